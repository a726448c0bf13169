//! A tree that was read in, and switched, is as one that git makes anew.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use super::*;

/// A clone with two commits, `a` and `b`.
struct Clone {
    directory: tempfile::TempDir,
    commits: Vec<CommitSha>,
}

impl Clone {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clone = Self { directory, commits: Vec::new() };
        fs::create_dir(clone.root()).unwrap();
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        for (name, value) in [("user.name", "A"), ("user.email", "a@example.org")] {
            clone.git(&["config", name, value]);
        }
        clone
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("clone")
    }

    fn git(&self, arguments: &[&str]) -> String {
        run_git(&self.root(), arguments)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&mut self) {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--message=x"]);
        self.commits.push(self.git(&["rev-parse", "HEAD"]).try_into().unwrap());
    }

    /// Two commits that differ in all kinds of ways.
    fn of_two() -> Self {
        let mut clone = Self::new();
        for (path, text) in [
            ("same.py", "same"),
            ("train.py", "a = 1"),
            ("lib/deep/one.py", "one"),
            ("lib/two.py", "two"),
            ("only/a.py", "a"),
            ("kind", "a file"),
            (".gitignore", "cache/\n*.pyc\n"),
            ("sub/kept", "kept"),
        ] {
            clone.write(path, text);
        }
        symlink("same.py", clone.root().join("link")).unwrap();
        let module = "160000,0123456789012345678901234567890123456789,module";
        clone.git(&["add", "--all"]);
        clone.git(&["update-index", "--add", "--cacheinfo", module]);
        clone.git(&["commit", "--quiet", "--message=a"]);
        clone.commits.push(clone.git(&["rev-parse", "HEAD"]).try_into().unwrap());
        clone.write("train.py", "a = 2");
        clone.write("only/b.py", "b");
        fs::remove_file(clone.root().join("only/a.py")).unwrap();
        fs::remove_file(clone.root().join("kind")).unwrap();
        clone.write("kind/now.py", "a directory");
        clone.git(&["add", "--all", ":!module"]);
        clone.git(&["commit", "--quiet", "--message=b"]);
        clone.commits.push(clone.git(&["rev-parse", "HEAD"]).try_into().unwrap());
        clone
    }

    fn checkouts(&self) -> Checkouts {
        let repository = Repository::discover(&self.root()).unwrap();
        Checkouts::open(&repository, &self.directory.path().join("trees")).unwrap()
    }
}

fn run_git(at: &Path, arguments: &[&str]) -> String {
    let bytes = program::stdout(program::command(at).args(arguments)).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// All that is in a tree, with modes, and what git says of it.
fn seen(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut seen = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let (path, found) = (entry.path(), entry.metadata().unwrap());
            let text = if found.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else if found.is_dir() {
                directories.push(path.clone());
                "directory".to_owned()
            } else {
                fs::read_to_string(&path).unwrap()
            };
            let mode = found.permissions().mode();
            let path = path.strip_prefix(root).unwrap().to_owned();
            if path != Path::new(".git") {
                seen.insert(path, format!("{mode:o} {text}"));
            }
        }
    }
    for question in [
        &["status", "--porcelain", "--ignored"][..],
        &["rev-parse", "HEAD"],
        &["ls-files", "-v"],
        &["rev-parse", "--absolute-git-dir"],
    ] {
        seen.insert(format!("git {question:?}").into(), run_git(root, question));
    }
    seen
}

/// What a training leaves behind.
fn leave(at: &Path, what: usize) {
    let write = |path: &str, text: &str| fs::write(at.join(path), text).unwrap();
    let git = |arguments: &[&str]| drop(run_git(at, arguments));
    match what {
        0 => {
            fs::create_dir_all(at.join("cache/deep")).unwrap();
            write("cache/deep/file", "x");
            write("lib/two.pyc", "x");
            write("new.txt", "x");
            fs::create_dir_all(at.join("empty/empty")).unwrap();
        }
        1 => {
            write("same.py", "emas");
            write("train.py", "a = 3");
            fs::remove_file(at.join("lib/deep/one.py")).unwrap();
        }
        2 => {
            // The same size and time.
            let time = fs::metadata(at.join("same.py")).unwrap().modified().unwrap();
            write("same.py", "SAME");
            fs::File::options()
                .write(true)
                .open(at.join("same.py"))
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
        3 => {
            for path in ["same.py", "lib/two.py"] {
                fs::set_permissions(at.join(path), PermissionsExt::from_mode(0o755)).unwrap();
            }
            fs::set_permissions(at.join("lib"), PermissionsExt::from_mode(0o700)).unwrap();
            fs::set_permissions(at.join("train.py"), PermissionsExt::from_mode(0o600)).unwrap();
        }
        4 => {
            fs::remove_dir_all(at.join("lib")).unwrap();
            fs::remove_file(at.join("same.py")).unwrap();
            fs::create_dir(at.join("same.py")).unwrap();
            write("same.py/x", "x");
            fs::write(at.join("lib"), "a file").unwrap();
        }
        5 => {
            // Nothing behind the link may be touched.
            let outside = at.parent().unwrap().parent().unwrap().join("outside");
            fs::create_dir_all(outside.join("deep")).unwrap();
            fs::write(outside.join("two.py"), "mine").unwrap();
            fs::write(outside.join("other.py"), "mine").unwrap();
            fs::remove_dir_all(at.join("lib")).unwrap();
            symlink(&outside, at.join("lib")).unwrap();
        }
        6 => {
            git(&["init", "--quiet", "sub"]);
            git(&["init", "--quiet", "nested"]);
            fs::create_dir_all(at.join("module")).unwrap();
            write("module/checked-out", "x");
        }
        7 => {
            write("same.py", "emas");
            git(&["update-index", "--assume-unchanged", "same.py"]);
            git(&["update-index", "--skip-worktree", "lib/two.py"]);
            write("lib/two.py", "x");
            let entry = run_git(at, &["rev-parse", "--absolute-git-dir"]);
            for name in ["index.lock", "HEAD.lock", "MERGE_HEAD", "locked"] {
                fs::write(Path::new(&entry).join(name), "").unwrap();
            }
        }
        8 => {
            write("new.txt", "x");
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "--message=theirs"]);
            git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
        }
        9 => {
            fs::remove_file(at.join(".git")).unwrap();
            git(&["init", "--quiet", "."]);
        }
        10 => {
            fs::remove_dir_all(at).unwrap();
        }
        _ => {
            let entry = run_git(at, &["rev-parse", "--absolute-git-dir"]);
            fs::remove_dir_all(entry).unwrap();
        }
    }
}

#[tokio::test]
async fn a_switched_tree_is_the_commit_exactly() {
    let clone = Clone::of_two();
    let commits = &clone.commits;
    for what in 0..12 {
        for (from, to) in [(0, 1), (0, 0)] {
            let checkouts = clone.checkouts();
            let fresh = checkouts.checkout(&commits[to]).await.unwrap();
            let mut expected = seen(&fresh.path);
            let used = checkouts.checkout(&commits[from]).await.unwrap();
            leave(&used.path, what);
            let path = used.path.clone();
            used.give_back();
            let again = checkouts.checkout(&commits[to]).await.unwrap();
            // Its place is another, unless git's entry or the tree was gone.
            assert_eq!(again.path == path, what < 10, "{what}");
            let key = PathBuf::from(r#"git ["rev-parse", "--absolute-git-dir"]"#);
            let mut seen = seen(&again.path);
            assert_ne!(expected.remove(&key), seen.remove(&key));
            assert_eq!(seen, expected, "{what}, {from} to {to}");
            let outside = clone.directory.path().join("outside");
            if what == 5 {
                assert_eq!(fs::read_to_string(outside.join("two.py")).unwrap(), "mine");
                assert_eq!(fs::read_to_string(outside.join("other.py")).unwrap(), "mine");
            }
            drop((fresh, again, checkouts));
            assert_eq!(clone.git(&["worktree", "list"]).lines().count(), 1, "{what}");
            assert!(!clone.directory.path().join("trees").exists(), "{what}");
        }
    }
}

/// A file that does not change is written in another way where attributes do.
#[tokio::test]
async fn attributes_that_change_make_a_tree_anew() {
    let mut clone = Clone::new();
    clone.write("text", "a\nb\n");
    clone.commit();
    clone.write(".gitattributes", "text eol=crlf\n");
    clone.commit();
    let checkouts = clone.checkouts();
    for (at, text) in [(0, "a\nb\n"), (1, "a\r\nb\r\n"), (0, "a\nb\n")] {
        let checkout = checkouts.checkout(&clone.commits[at]).await.unwrap();
        assert_eq!(fs::read_to_string(checkout.path.join("text")).unwrap(), text);
        checkout.give_back();
    }
}

#[tokio::test]
async fn one_that_is_not_given_back_is_removed() {
    let clone = Clone::of_two();
    let checkouts = clone.checkouts();
    let first = checkouts.checkout(&clone.commits[0]).await.unwrap();
    let path = first.path.clone();
    drop(first);
    assert!(!path.exists() && !tree::own(&path).exists());
    assert_eq!(clone.git(&["worktree", "list"]).lines().count(), 1);
    checkouts.close();
    assert!(checkouts.checkout(&clone.commits[0]).await.is_err());
}
