//! Real installs of many shapes of projects, watched: every file below the repository that pip, uv or a
//! build backend opens has to count.  No network but for the installers themselves, once.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod indexes;
mod shapes;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use regression_action::python::requirements::{Document, read};

use crate::world::trees::Tree;
use shapes::{Shape, shapes};

/// What the wheelhouse has.
const WHEELS: [&str; 5] =
    ["numpy==1.26.4", "numpy==2.2.0", "six==1.17.0", "idna==3.10", "tqdm==4.67"];
/// Installs at a time.
const AT_ONCE: usize = 2;

#[test]
fn no_file_that_an_installer_opens_is_left_out() {
    let Some(bench) = bench() else { return };
    let (shapes, next) = (shapes(), AtomicUsize::new(0));
    assert!(shapes.len() >= 30, "{} shapes", shapes.len());
    let watch = || {
        let mut watched = Vec::new();
        while let Some(shape) = shapes.get(next.fetch_add(1, Ordering::Relaxed)) {
            watched.push(bench.watch(shape));
        }
        watched
    };
    let watched = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(watch)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let wrong: Vec<_> =
        watched.iter().filter_map(|watched| watched.as_ref().err()).cloned().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let seen: usize = watched.into_iter().flatten().sum();
    eprintln!("{} shapes, {seen} opened files, all of which count", shapes.len());
    assert!(seen > 80, "{seen}");
}

/// Made once for all tests.
fn bench() -> Option<&'static Bench> {
    static BENCH: LazyLock<Option<Bench>> = LazyLock::new(Bench::set_up);
    BENCH.as_ref()
}

/// The installers and a wheelhouse.
struct Bench {
    tools: PathBuf,
    wheels: PathBuf,
}

impl Bench {
    /// Installs once below the target directory.  Where strace or Python is missing the test says so and
    /// passes, but never in CI.
    fn set_up() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements");
        let target = env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
        let (tools, wheels) = (target.join("installers"), target.join("installers/wheels"));
        let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !runs("strace") {
            let _ = Command::new(source.join("../apt")).arg("strace").output();
        }
        if !runs("strace") || !runs("python3") {
            assert!(env::var_os("CI").is_none(), "strace and python3 are needed");
            eprintln!(
                "SKIPPED: no_file_that_an_installer_opens_is_left_out needs strace and python3"
            );
            return None;
        }
        let pinned = fs::read(source.join("installers.txt")).unwrap();
        if fs::read(tools.join("complete")).ok() != Some(pinned.clone()) {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&tools));
            let pip = tools.join("bin/pip");
            run(Command::new(pip)
                .args(["install", "--quiet", "-r"])
                .arg(source.join("installers.txt")));
            fs::create_dir_all(&wheels).unwrap();
            let script = source.join("wheels.py");
            run(Command::new("python3").arg(script).arg(&wheels).args(WHEELS));
            fs::write(tools.join("complete"), pinned).unwrap();
        }
        Some(Self { tools, wheels })
    }

    /// Installs a shape in each of its ways; yields how many files were opened, or what is wrong.
    fn watch(&self, shape: &Shape) -> Result<usize, String> {
        let (name, tree) = (shape.name, shape.tree(&self.wheels));
        let document =
            read(&shape.recipe(), &tree).map_err(|error| format!("{name}: {error:#}"))?;
        let mut all = BTreeSet::new();
        for command in shape.installs {
            let opened = self.install(shape, command, &tree, &document)?;
            let still = opened.iter().filter(|path| !moves(shape, &tree, &document, path));
            let still: Vec<&str> = still.map(String::as_str).collect();
            if !still.is_empty() {
                let text = document.text();
                return Err(format!(
                    "{name}: {command}\ndo not count: {}\n{text}",
                    still.join(", ")
                ));
            }
            all.extend(opened);
        }
        if all.is_empty() { Err(format!("{name}: nothing was opened")) } else { Ok(all.len()) }
    }

    /// Runs one install where the files lie that an image has; yields those that were opened.
    fn install(
        &self,
        shape: &Shape,
        command: &str,
        tree: &Tree,
        document: &Document,
    ) -> Result<Vec<String>, String> {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap().join("repository");
        let there = |path: &str| match shape.copied {
            Some(copied) => copied.iter().any(|copied| below(path, copied)),
            // By pip as from a checkout, by uv as by our Dockerfile: uv takes settings from where it is.
            None => command.starts_with("pip") || is_copied(document, path),
        };
        for (path, bytes) in tree.0.iter().filter(|(path, _)| there(path)) {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let read = document.files.iter().find(|read| read.path == *path);
            match bytes.strip_prefix(b"-> ") {
                // Docker, and we, copy what such a link leads to.
                Some(_) if read.is_some() => fs::write(file, &read.unwrap().bytes).unwrap(),
                Some(to) => std::os::unix::fs::symlink(str::from_utf8(to).unwrap(), file).unwrap(),
                None => fs::write(file, bytes).unwrap(),
            }
        }
        let log = place.path().join("log");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-y", "-s", "4096", "-e", "trace=open,openat,openat2", "-o"]);
        strace.arg(&log).args(["sh", "-euc", command]).current_dir(&root);
        self.lend(&mut strace, place.path()).env("OUT", place.path().join("out"));
        for (name, value) in
            [("PIP_NO_INDEX", "1"), ("UV_OFFLINE", "1"), ("UV_NO_INDEX", "1"), ("UV_NO_CACHE", "1")]
        {
            strace.env(name, value);
        }
        strace.env("PIP_FIND_LINKS", &self.wheels).env("UV_FIND_LINKS", &self.wheels);
        let output = strace.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        if !output.status.success() {
            return Err(format!("{}: {command}\n{}", shape.name, String::from_utf8_lossy(&said)));
        }
        Ok(opened(&fs::read_to_string(log).unwrap(), &root, tree))
    }

    /// A command of a shell that has the installers.
    fn shell(&self, command: &str, place: &Path) -> Command {
        let mut shell = Command::new("sh");
        self.lend(shell.args(["-euc", command]).current_dir(place), place);
        shell
    }

    /// What every install has.
    fn lend<'a>(&self, command: &'a mut Command, place: &Path) -> &'a mut Command {
        let path = format!("{}:{}", self.tools.join("bin").display(), env::var("PATH").unwrap());
        command.env("PATH", path).env("PYTHON", self.tools.join("bin/python"));
        command.env("HOME", place).env("TMPDIR", place);
        command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PYTHONDONTWRITEBYTECODE", "1")
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn below(path: &str, directory: &str) -> bool {
    directory == "."
        || path == directory
        || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether our Dockerfile copies it.
fn is_copied(document: &Document, path: &str) -> bool {
    document.files.iter().any(|file| file.path == path)
        || document.whole.iter().any(|whole| whole.is_empty() || below(path, whole))
        || document.entries.iter().any(|entry| entry.name == path)
}

/// The files of the tree that were opened to be read, from lines such as
/// `12 openat(AT_FDCWD</r>, "a.txt", O_RDONLY|O_CLOEXEC) = 3</r/a.txt>`.
fn opened(log: &str, root: &Path, tree: &Tree) -> Vec<String> {
    let root = format!("{}/", root.display());
    let read =
        log.lines().filter(|line| !line.contains("O_DIRECTORY") && !line.contains("O_WRONLY"));
    let names =
        read.filter_map(|line| line.rsplit_once(" = ")?.1.split_once('<')?.1.strip_suffix('>'));
    let inside = names.filter_map(|name| name.strip_prefix(&root));
    let known = inside.filter(|path| tree.0.contains_key(*path));
    known.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether another content of a file asks for another image.
fn moves(shape: &Shape, tree: &Tree, document: &Document, path: &str) -> bool {
    let mut other = tree.clone();
    let bytes = other.0.get_mut(path).unwrap();
    let end = Path::new(path).extension().and_then(|end| end.to_str()).unwrap_or_default();
    match end {
        // A comment alone would not have to count.
        "toml" | "lock" => bytes.extend(b"\n[other]\nkey = 1\n"),
        "txt" | "in" => bytes.extend(b"\nother==1\n"),
        _ => bytes.extend(b" "),
    }
    read(&shape.recipe(), &other).map_or(true, |other| other.tag() != document.tag())
}
