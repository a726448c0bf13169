//! Branches that part at several commits.

use super::World;

impl World {
    /// Main and `change` that have merged the same branch: `change` takes back what main has mended meanwhile, and
    /// beside that branch alone it looks as if it did not.  Yields the head.
    pub fn crossed(&self) -> String {
        self.git(&["checkout", "--quiet", "-b", "side"]);
        self.commit(&[("side", "1")]);
        self.git(&["checkout", "--quiet", "main"]);
        self.commit(&[("file", "mended")]);
        self.git(&["checkout", "--quiet", "-b", "change"]);
        self.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "side"]);
        let head = self.commit(&[("file", "1")]);
        self.git(&["checkout", "--quiet", "main"]);
        self.git(&["merge", "--quiet", "--no-ff", "--message", "merge side", "side"]);
        head
    }
}
