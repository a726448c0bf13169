use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::shell::executable;

/// A clone with one commit of `kept`, `changed`, `gone` and `run.sh`.
struct Tree {
    _directory: TempDir,
    repository: Repository,
}

impl Tree {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let root = directory.path();
        program::stdout(program::command(root).args(["init", "--quiet", "--template="])).unwrap();
        let tree = Self { repository: Repository::discover(root).unwrap(), _directory: directory };
        for name in ["kept", "changed", "gone", "run.sh"] {
            tree.write(name, "1\n");
        }
        tree.commit();
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.repository.root().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = program::command(self.repository.root());
        command.args(["-c", "user.name=a", "-c", "user.email=a@acme.dev"]).args(arguments);
        String::from_utf8(program::stdout(&mut command).unwrap()).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=x"]);
    }

    /// Mode and path of every file of the work tree's commit.
    fn taken(&self) -> Vec<String> {
        let (repository, commit) = self.repository.work_tree().unwrap();
        let list = ["ls-tree", "-r", "--format=%(objectmode) %(path)", commit.sha.as_str()];
        let list = program::stdout(repository.git().args(list)).unwrap();
        String::from_utf8(list).unwrap().lines().map(str::to_owned).collect()
    }

    /// All that must stay as it is.
    fn state(&self) -> (Vec<u8>, [String; 3]) {
        let told = [
            self.git(&["status", "--porcelain", "--ignored"]),
            self.git(&["for-each-ref"]),
            self.git(&["cat-file", "--batch-check", "--batch-all-objects"]),
        ];
        (fs::read(self.path(".git/index")).unwrap(), told)
    }
}

#[test]
fn all_that_is_there_is_taken_and_nothing_is_touched() {
    let tree = Tree::new();
    assert_eq!(tree.repository.work_tree().unwrap().1, tree.repository.resolve("HEAD").unwrap());
    tree.write(".git/info/exclude", "excluded\n");
    for (name, text) in [
        (".gitignore", "*.log\ndata/\n"),
        ("changed", "2\n"),
        ("staged", "1\n"),
        ("new/file", "1\n"),
        ("a.log", "1\n"),
        ("data/set", "1\n"),
        ("excluded", "1\n"),
    ] {
        tree.write(name, text);
    }
    tree.git(&["add", "staged"]);
    tree.write("staged", "2\n");
    fs::remove_file(tree.path("gone")).unwrap();
    fs::set_permissions(tree.path("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("kept", tree.path("link")).unwrap();
    let before = tree.state();
    let expected = [
        "100644 .gitignore",
        "100644 changed",
        "100644 kept",
        "120000 link",
        "100644 new/file",
        "100755 run.sh",
        "100644 staged",
    ];
    assert_eq!(tree.taken(), expected);
    let (repository, commit) = tree.repository.work_tree().unwrap();
    assert_eq!(commit, tree.repository.work_tree().unwrap().1, "the same files, another name");
    let head = tree.repository.resolve("HEAD").unwrap();
    assert_eq!(commit.subject, format!("the work tree on {}", head.sha.short()));
    let read = |path| repository.read(&commit, path).unwrap().unwrap();
    assert_eq!([read("changed"), read("staged"), read("kept")], [b"2\n", b"2\n", b"1\n"]);
    assert_eq!(repository.resolve(commit.sha.as_str()).unwrap(), commit);
    assert_eq!(repository.merge_bases(&head, &commit).unwrap(), [head]);
    assert_eq!(tree.state(), before);
    let store = repository.store.as_ref().unwrap().objects();
    drop(repository);
    assert!(!store.exists());
}

/// As Git LFS is set up, and worse.
#[test]
fn nothing_that_is_configured_runs() {
    let tree = Tree::new();
    let told = tree.path(".git/told");
    let tell = format!("echo x >> '{}'; cat", told.display());
    tree.write("big.bin", "pointer\n");
    tree.commit();
    tree.write(".gitattributes", "*.bin filter=a=b\n*.txt filter=c text\n");
    for (name, value) in [
        ("filter.a=b.clean", &*tell),
        ("filter.a=b.required", "true"),
        ("filter.c.process", &tell),
        ("filter.c.required", "true"),
        ("core.fsmonitor", &tell),
        ("core.safecrlf", "true"),
    ] {
        tree.git(&["config", name, value]);
    }
    let hook = tree.path(".git/hooks/post-index-change");
    executable::write(&hook, &format!("#!/bin/sh\n{tell}"));
    tree.write("other.bin", "1\n");
    tree.write("lines.txt", "1\r\n");
    let (repository, commit) = tree.repository.work_tree().unwrap();
    let read = |path| repository.read(&commit, path).unwrap().unwrap();
    assert_eq!(read("big.bin"), b"pointer\n");
    assert_eq!(read("other.bin"), b"1\n");
    assert_eq!(read("lines.txt"), b"1\n", "as git add would take it");
    assert!(!told.exists(), "{:?}", fs::read_to_string(told));
}

#[test]
fn what_cannot_be_taken_is_told() {
    let tree = Tree::new();
    tree.write("small", "1\n");
    File::create(tree.path("weights.pt")).unwrap().set_len(MAX_SIZE).unwrap();
    let told = format!("{:#}", tree.repository.work_tree().unwrap_err());
    assert!(
        told.contains("untracked files are 104 MB, the largest weights.pt and small"),
        "{told}"
    );
    assert!(told.ends_with("in .gitignore"), "{told}");
    let bare = TempDir::new().unwrap();
    program::stdout(program::command(bare.path()).args(["init", "--quiet", "--bare"])).unwrap();
    let told = Repository::discover(bare.path()).unwrap().work_tree().unwrap_err().to_string();
    assert!(told.contains("has no work tree; name a commit in place of `.`"), "{told}");
}
