//! The files of a work tree, committed or not.

use anyhow::{Result, ensure};

use super::{Repository, program};

impl Repository {
    /// Paths of what git tracks and of what it does not ignore, from the top of the work tree, in order; those
    /// that are no UTF-8 are left out.
    pub fn work_tree_files(&self) -> Result<Vec<String>> {
        ensure!(
            self.has_work_tree(),
            "{} has no work tree; run in a clone that has one",
            self.root().display()
        );
        let list =
            ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"];
        let listed = program::stdout(self.git().args(list))?;
        let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(paths.filter_map(|path| String::from_utf8(path.to_vec()).ok()).collect())
    }
}
