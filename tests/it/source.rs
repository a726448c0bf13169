//! The stage `source` on real git repositories, unpacked by Python's zipfile as Ray does it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use regression_action::git::{Code, Package, Repository, package};
use tempfile::TempDir;

/// The steps of Ray's `unzip_package` (without its checks): content, then mode.
const UNPACK: &str = "
import os, shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as package:
    assert package.testzip() is None
    for member in package.namelist():
        path = os.path.join(sys.argv[2], member)
        if member.endswith('/'):
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with package.open(member) as source, open(path, 'wb') as target:
            shutil.copyfileobj(source, target)
        os.chmod(path, package.getinfo(member).external_attr >> 16)
";

/// A git repository in a temporary directory, and a place for packages beside it.
struct World {
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(options: &[&str]) -> Self {
        let world = Self { directory: TempDir::new().unwrap() };
        fs::create_dir(world.path("packages")).unwrap();
        fs::create_dir(world.path("repository")).unwrap();
        world.git(&[&["init", "-q", "-b", "main"], options].concat());
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = git(&self.path("repository"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path("repository").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn link(&self, path: &str, target: &str) -> &Self {
        std::os::unix::fs::symlink(target, self.path("repository").join(path)).unwrap();
        self
    }

    fn commit(&self) -> &Self {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "Train longer\n\nBecause."]);
        self
    }

    /// Commits a tree that git itself would not write; records as of `git mktree -z`.
    fn commit_tree(&self, records: &[u8]) {
        let tree = self.git_with(&["mktree", "-z"], records);
        self.commit_object(&tree);
    }

    fn commit_object(&self, tree: &str) {
        let commit = self.git(&["commit-tree", tree, "-m", "x"]);
        self.git(&["update-ref", "refs/heads/main", &commit]);
    }

    fn blob(&self, content: &[u8]) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], content)
    }

    fn repository(&self) -> Repository {
        Repository::discover(&self.path("repository")).unwrap()
    }

    fn package(&self) -> anyhow::Result<Package> {
        let repository = self.repository();
        package(&repository, &Code::whole(&repository.resolve("main")?), &self.path("packages"))
    }

    /// Path -> content and mode of what Python unpacks.
    fn unpacked(&self, package: &Package) -> BTreeMap<String, (String, u32)> {
        let target = TempDir::new_in(self.directory.path()).unwrap();
        let mut python = Command::new("python3");
        python.args(["-c", UNPACK]).args([&package.path, target.path()]);
        assert!(python.status().unwrap().success());
        let mut found = BTreeMap::new();
        collect(target.path(), target.path(), &mut found);
        found
    }
}

/// Git without the settings of whoever runs the tests.
fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Ada")
            .env(format!("GIT_{who}_EMAIL"), "ada@example.org");
    }
    git
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeMap<String, (String, u32)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            if fs::read_dir(&path).unwrap().next().is_none() {
                found.insert(name + "/", (String::new(), 0));
            }
            collect(root, &path, found);
        } else {
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            found.insert(name, (content, mode));
        }
    }
}

fn files(list: &[(&str, &str, u32)]) -> BTreeMap<String, (String, u32)> {
    list.iter().map(|&(path, text, mode)| (path.to_owned(), (text.to_owned(), mode))).collect()
}

fn sample(world: &World) -> &World {
    world.write("train.py", "print('hi')\n").write("a/b/c/d/e/deep.txt", "deep\r\nlines\n");
    world.write("a-b", "beside a/").write("empty", "").write("new\nline ü", "name\n");
    world.write("run.sh", "#!/bin/sh\n");
    let script = world.path("repository").join("run.sh");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    world.commit()
}

#[test]
fn a_tree_comes_back_with_its_modes() {
    let world = World::new();
    let package = sample(&world).package().unwrap();
    let expected = files(&[
        ("a-b", "beside a/", 0o644),
        ("a/b/c/d/e/deep.txt", "deep\r\nlines\n", 0o644),
        ("empty", "", 0o644),
        ("new\nline ü", "name\n", 0o644),
        ("run.sh", "#!/bin/sh\n", 0o755),
        ("train.py", "print('hi')\n", 0o644),
    ]);
    assert_eq!(world.unpacked(&package), expected);
    assert_eq!((package.files, package.warnings), (6, vec![]));
    assert_eq!(fs::metadata(&package.path).unwrap().len(), package.size);
    let name = package.path.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, format!("{}.zip", package.sha256));
    let sum = Command::new("sha256sum").arg(&package.path).output();
    if let Ok(sum) = sum {
        assert!(sum.stdout.starts_with(package.sha256.as_bytes()));
    }
}

#[test]
fn the_same_tree_is_the_same_package_whatever_the_clone() {
    let first = World::new();
    let package = sample(&first).package().unwrap();

    // Another clone, where git would convert, expand and replace; another umask; another commit.
    let second = World::new();
    second.git(&["config", "core.autocrlf", "true"]);
    second.write(
        ".git/info/attributes",
        "* text eol=crlf export-subst\n*.py filter=upper export-ignore\n",
    );
    second.git(&["config", "filter.upper.smudge", "tr a-z A-Z"]);
    second.git(&["fetch", "-q", first.path("repository").to_str().unwrap(), "main"]);
    let tree = second.git(&["rev-parse", "FETCH_HEAD^{tree}"]);
    second.commit_object(&tree);
    let (old, new) = (second.git(&["rev-parse", &format!("{tree}:train.py")]), second.blob(b"no"));
    second.git(&["replace", &old, &new]);
    assert_ne!(second.git(&["rev-parse", "main"]), first.git(&["rev-parse", "main"]));

    let again = second.package().unwrap();
    assert_eq!(again.sha256, package.sha256);
    assert_eq!(fs::read(again.path).unwrap(), fs::read(package.path).unwrap());
}

#[test]
fn packed_loose_and_many_objects_are_the_same() {
    let world = World::new();
    for index in 0..3000 {
        world.write(format!("d{}/f{index}", index % 7), format!("{index}\n").repeat(index));
    }
    let loose = world.commit().package().unwrap();
    world.git(&["gc", "-q"]);
    assert_eq!(world.package().unwrap(), loose);
    let unpacked = world.unpacked(&loose);
    assert_eq!(unpacked.len(), 3000);
    assert_eq!(unpacked["d4/f2503"].0, "2503\n".repeat(2503));
}

#[test]
fn links_become_what_they_lead_to() {
    let world = World::new();
    world.write("data/v1/x.csv", "1,2").write("bin/run", "#!/bin/sh\n").write("lib/a.py", "a");
    let run = world.path("repository").join("bin/run");
    fs::set_permissions(run, fs::Permissions::from_mode(0o755)).unwrap();
    world.link("data/latest", "v1").link("run", "bin/run").link("lib/self", ".");
    world.link("gone", "nowhere").link("passwd", "/etc/passwd").link("up", "../x");
    world.link("again", "data/latest/x.csv").link("circle", "circle");
    let package = world.commit().package().unwrap();
    let expected = files(&[
        ("again", "1,2", 0o644),
        ("bin/run", "#!/bin/sh\n", 0o755),
        ("data/latest/x.csv", "1,2", 0o644),
        ("data/v1/x.csv", "1,2", 0o644),
        ("lib/a.py", "a", 0o644),
        ("run", "#!/bin/sh\n", 0o755),
    ]);
    assert_eq!(world.unpacked(&package), expected);
    let [gone, outside, endless] = package.warnings.try_into().unwrap();
    assert!(gone.ends_with("(1): gone"), "{gone}");
    assert!(outside.ends_with("(2): passwd, up") && outside.contains("entrypoint"), "{outside}");
    assert!(endless.ends_with("(2): circle, lib/self"), "{endless}");
}

#[test]
fn links_that_multiply_without_end_are_refused() {
    let world = World::new();
    for level in 0..30 {
        for link in ["a", "b"] {
            fs::create_dir_all(world.path(&format!("repository/d{level:02}"))).unwrap();
            world.link(&format!("d{level:02}/{link}"), &format!("../d{:02}", level + 1));
        }
    }
    world.write("d30/file", "x").commit();
    let error = world.package().unwrap_err().to_string();
    assert!(error.contains("symbolic links to directories multiply"), "{error}");
}

#[test]
fn lfs_pointers_and_submodules_are_told() {
    let world = World::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n";
    world.write("model.bin", pointer).write("not-lfs", format!("{pointer}{}", "x".repeat(1024)));
    world.commit();
    let commit = world.git(&["rev-parse", "HEAD"]);
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},third/party")]);
    let tree = world.git(&["write-tree"]);
    world.commit_object(&tree);
    let package = world.package().unwrap();
    let [lfs, submodule] = package.warnings.clone().try_into().unwrap();
    assert!(lfs.contains("Git LFS") && lfs.ends_with("(1): model.bin"), "{lfs}");
    assert!(
        submodule.contains("submodules") && submodule.ends_with("(1): third/party"),
        "{submodule}"
    );
    let unpacked = world.unpacked(&package);
    assert_eq!(unpacked["model.bin"].0, pointer);
    assert!(unpacked.contains_key("third/party/"));
    assert_eq!(package.files, 2);
}

#[test]
fn names_that_ray_cannot_unpack_are_left_out_and_told() {
    let world = World::new();
    let blob = world.blob(b"x");
    let names: [&[u8]; 5] = [b"fine", b"back\\slash", b"C:drive", b"latin-\xe9", b".."];
    let records: Vec<u8> = names
        .iter()
        .flat_map(|name| [format!("100644 blob {blob}\t").as_bytes(), name, b"\0"].concat())
        .collect();
    world.commit_tree(&records);
    let package = world.package().unwrap();
    assert_eq!(world.unpacked(&package), files(&[("fine", "x", 0o644)]));
    let [latin, odd] = package.warnings.try_into().unwrap();
    assert!(latin.contains("not UTF-8") && latin.contains("(1): latin-"), "{latin}");
    assert!(odd.contains(r"(3): .., C:drive, back\\slash"), "{odd}");
}

#[test]
fn a_tree_that_lists_a_path_twice_is_refused() {
    let world = World::new();
    let blob = world.blob(b"x");
    let binary =
        (0..blob.len()).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap());
    let entry = [b"100644 twice\0".to_vec(), binary.collect()].concat();
    let tree = [entry.clone(), entry].concat();
    let tree =
        world.git_with(&["hash-object", "--literally", "-w", "-t", "tree", "--stdin"], &tree);
    world.commit_object(&tree);
    let error = world.package().unwrap_err().to_string();
    assert!(error.ends_with("lists twice twice"), "{error}");
}

#[test]
fn an_empty_tree_is_an_empty_package() {
    let world = World::new();
    let package = world.commit().package().unwrap();
    assert!(world.unpacked(&package).is_empty());
    assert_eq!((package.files, package.size), (0, 22));
}

#[test]
fn more_files_than_a_plain_zip_counts_are_all_there() {
    let world = World::new();
    let blob = world.blob(b"x");
    let records = (0..66_000).map(|index| format!("100644 blob {blob}\t{index}\0"));
    let records = records.collect::<Vec<_>>().concat();
    world.commit_tree(records.as_bytes());
    let package = world.package().unwrap();
    assert_eq!(package.files, 66_000);
    let count = "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))";
    let output = Command::new("python3").args(["-c", count]).arg(&package.path).output().unwrap();
    assert_eq!(output.stdout, b"66000\n");
}

#[test]
fn a_commit_beyond_rays_limit_is_refused_with_its_largest_files() {
    let world = World::new();
    // One blob under many names: large for Ray, small for git.
    let blob = world.blob(&vec![0; 9 << 20]);
    let mut records: Vec<u8> = (0..12)
        .flat_map(|at| format!("100644 blob {blob}\tcheckpoint-{at:02}.pt\0").into_bytes())
        .collect();
    records.extend(format!("100644 blob {}\ttrain.py\0", world.blob(b"x")).into_bytes());
    world.commit_tree(&records);
    let error = world.package().unwrap_err().to_string();
    assert!(error.contains("108.0 MiB (11324"), "{error}");
    assert!(error.contains("less than 100.0 MiB (104857600 bytes)"), "{error}");
    assert!(error.contains("\n    9.0 MiB  checkpoint-00.pt"), "{error}");
    assert_eq!(error.lines().count(), 11, "{error}");
    assert!(fs::read_dir(world.path("packages")).unwrap().next().is_none());
}

#[test]
fn revisions_resolve_as_git_has_them() {
    let world = World::new();
    world.write("a", "1").commit();
    world.git(&["tag", "-a", "v1", "-m", "first"]);
    world.write("a", "2").commit();
    let repository = world.repository();
    let head = repository.resolve("main").unwrap();
    assert_eq!(head.sha.as_str(), world.git(&["rev-parse", "HEAD"]));
    assert_eq!(head.subject, "Train longer");
    assert_eq!(head.sha.short().len(), 7);
    let first = repository.resolve("v1").unwrap();
    assert_eq!(first, repository.resolve("HEAD~1").unwrap());
    assert_eq!(repository.resolve(head.sha.short()).unwrap(), head);
}

#[test]
fn an_unknown_revision_is_named_with_what_is_near() {
    let world = World::new();
    world.write("a", "1").commit();
    world.git(&["branch", "simplify-activation"]);
    world.git(&["update-ref", "refs/remotes/origin/release", "HEAD"]);
    let repository = world.repository();
    let error = |revision: &str| format!("{:#}", repository.resolve(revision).unwrap_err());
    assert!(error("simplfy-activation").contains("no commit `simplfy-activation`"));
    assert!(error("simplfy-activation").ends_with("did you mean `simplify-activation`?"));
    assert!(error("release").contains("`origin/release`"), "{}", error("release"));
    assert!(error("1a2b3c4d").contains("`git fetch`"), "{}", error("1a2b3c4d"));
    assert!(error(&"1".repeat(40)).contains("`git fetch`"));
    assert_eq!(error("HEAD:a"), "`HEAD:a` is a blob, not a commit; name a commit");
    assert!(error("--output=/tmp/x").contains("begins with `-`"));
    assert!(error(" ").contains("empty"));
    assert!(error("main..HEAD").contains("no commit `main..HEAD`"));
}

#[test]
fn a_file_is_read_at_a_commit() {
    let world = World::new();
    world.write("dir/config.yml", b"a\r\n\xff").write("empty", "").link("alias", "dir/config.yml");
    world.link("out", "/etc/passwd").commit();
    let repository = world.repository();
    let commit = repository.resolve("main").unwrap();
    let read = |path: &str| repository.read(&commit, path);
    assert_eq!(read("dir/config.yml").unwrap().unwrap(), b"a\r\n\xff");
    assert_eq!(read("./alias").unwrap().unwrap(), b"a\r\n\xff");
    assert_eq!(read("empty").unwrap().unwrap(), b"");
    for none in ["no", "dir/no", "empty/no", "/etc/passwd"] {
        assert_eq!(read(none).unwrap(), None, "{none}");
    }
    assert!(format!("{:#}", read("dir").unwrap_err()).contains("cannot read dir at commit"));
    assert!(format!("{:#}", read("out").unwrap_err()).contains("link out of the tree"));
}

#[test]
fn every_shape_of_repository_is_found() {
    let world = World::new();
    let package = sample(&world).package().unwrap();
    let root = world.path("repository");
    let same = |place: &Path| {
        let repository = Repository::discover(place).unwrap();
        let commit = repository.resolve("HEAD").unwrap();
        let code = Code::whole(&commit);
        let again = self::package(&repository, &code, &world.path("packages")).unwrap();
        assert_eq!(again.sha256, package.sha256, "{}", place.display());
        repository.root().canonicalize().unwrap()
    };
    assert_eq!(same(&root.join("a/b")), root.canonicalize().unwrap());
    world.git(&["worktree", "add", "-q", "--detach", "../worktree"]);
    assert_eq!(same(&world.path("worktree")), world.path("worktree").canonicalize().unwrap());
    world.git(&["clone", "-q", "--bare", ".", "../bare"]);
    assert_eq!(same(&world.path("bare")), world.path("bare").canonicalize().unwrap());
    let origin = format!("file://{}", root.display());
    world.commit().git(&["clone", "-q", "--depth=1", &origin, "../shallow"]);
    same(&world.path("shallow"));
    let shallow = Repository::discover(&world.path("shallow")).unwrap();
    let error = shallow.resolve("HEAD~1").unwrap_err().to_string();
    assert!(error.contains("--unshallow"), "{error}");
}

#[test]
fn a_sha256_repository_works() {
    let world = World::with(&["--object-format=sha256"]);
    let package = sample(&world).package().unwrap();
    assert_eq!(world.repository().resolve("main").unwrap().sha.as_str().len(), 64);
    let other = World::new();
    assert_eq!(sample(&other).package().unwrap().sha256, package.sha256);
}

#[test]
fn no_repository_is_said() {
    let empty = TempDir::new().unwrap();
    let error = Repository::discover(empty.path()).unwrap_err().to_string();
    assert!(error.starts_with("no git repository at or above "), "{error}");
    let error = Repository::discover(&empty.path().join("no")).unwrap_err().to_string();
    assert!(error.ends_with("is not a directory"), "{error}");
}

#[test]
fn a_content_that_is_gone_is_an_error_with_a_remedy() {
    let world = World::new();
    world.write("keep", "1").write("gone", "2").commit();
    let gone = world.git(&["rev-parse", "HEAD:gone"]);
    let object = format!("repository/.git/objects/{}/{}", &gone[..2], &gone[2..]);
    fs::remove_file(world.path(&object)).unwrap();
    let error = format!("{:#}", world.package().unwrap_err());
    assert!(error.contains("gone") && error.contains("git fetch"), "{error}");
}

/// Runs in a process of its own, which the test below starts in an odd environment.
#[test]
fn child_packages() {
    let Some(place) = std::env::var_os("SOURCE_TEST_CHILD").map(PathBuf::from) else { return };
    let repository = Repository::discover(&place.join("repository")).unwrap();
    let commit = repository.resolve("main").unwrap();
    let package = package(&repository, &Code::whole(&commit), &place.join("packages")).unwrap();
    fs::write(place.join("sha256"), package.sha256).unwrap();
}

#[test]
fn umask_time_zone_and_a_hooks_environment_do_not_matter() {
    let world = World::new();
    let package = sample(&world).package().unwrap();
    let status = Command::new("sh")
        .args(["-c", "umask 077; exec \"$0\" --exact source::child_packages"])
        .arg(std::env::current_exe().unwrap())
        .env("SOURCE_TEST_CHILD", world.directory.path())
        .env("GIT_DIR", "/nowhere/.git")
        .env("GIT_INDEX_FILE", "/nowhere/index")
        .env("TZ", "Asia/Tokyo")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read_to_string(world.path("sha256")).unwrap(), package.sha256);
}
