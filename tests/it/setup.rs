//! `setup/install`, as a runner starts it: what it puts on the PATH, and what it refuses.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::world::executable;

/// What the script calls, and no `gh`: a runner may have one.
const TOOLS: [&str; 9] =
    ["uname", "sed", "cut", "dirname", "mktemp", "curl", "sha256sum", "tar", "gzip"];
const VERSION: &str = "1.2.3";
/// Stands for the program, which is large.
const PROGRAM: &str = "#!/bin/sh\necho regression-action 1.2.3\n";

/// A release with archives for two systems, the action at its commit, and a runner's directory.
struct Scene(TempDir);

/// What the script did.
#[derive(Debug)]
struct Installed {
    succeeded: bool,
    said: String,
    path: String,
    output: String,
}

impl Scene {
    fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        for folder in ["bin", "temp", "action", "releases/v1.2.3"] {
            fs::create_dir_all(scene.path(folder)).unwrap();
        }
        for tool in TOOLS {
            symlink(located(tool), scene.path("bin").join(tool)).unwrap();
        }
        for system in ["unknown-linux-gnu", "unknown-linux-musl", "apple-darwin"] {
            for machine in ["x86_64", "aarch64"] {
                scene.archive(&format!("regression-action-{machine}-{system}"));
            }
        }
        fs::copy(root().join("setup/install"), scene.path("action/install")).unwrap();
        scene.pin();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// As `.github/release/build-archive` packs it.
    fn archive(&self, name: &str) {
        let program = self.path("pack").join(name).join("regression-action");
        executable::write(&program, PROGRAM);
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(self.path("pack")).arg("-czf");
        tar.arg(self.path("releases/v1.2.3").join(format!("{name}.tar.gz"))).arg(name);
        assert!(tar.status().unwrap().success());
    }

    /// As a release writes it.
    fn pin(&self) {
        let mut pin = Command::new(root().join(".github/release/pin-archives"));
        pin.arg(VERSION).arg(self.path("releases/v1.2.3")).arg(self.path("action/archives"));
        let output = pin.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// A program that comes before all others.
    fn tool(&self, name: &str, script: &str) {
        let file = self.path("bin").join(name);
        drop(fs::remove_file(&file));
        executable::write(&file, script);
    }

    fn install(&self, attestation: &str) -> Installed {
        let [path, output] = ["path", "output"].map(|name| self.path(name));
        for file in [&path, &output] {
            fs::write(file, "").unwrap();
        }
        let mut install = Command::new("/bin/sh");
        install.arg(self.path("action/install")).env_clear().env("PATH", self.path("bin"));
        install.env("RUNNER_TEMP", self.path("temp")).env("ATTESTATION", attestation);
        install.env("RELEASES", format!("file://{}", self.path("releases").display()));
        install.env("GITHUB_PATH", &path).env("GITHUB_OUTPUT", &output);
        install.env("NOTES", self.path("notes"));
        let ended = install.output().unwrap();
        let read = |file| fs::read_to_string(file).unwrap();
        Installed {
            succeeded: ended.status.success(),
            said: String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap(),
            path: read(path),
            output: read(output),
        }
    }

    /// It puts nothing on the PATH, and says why.
    fn refuses(&self, attestation: &str, reason: &str) {
        let installed = self.install(attestation);
        assert!(
            !installed.succeeded && installed.said.contains("::error title="),
            "{installed:#?}"
        );
        assert!(installed.said.contains(reason), "{reason}: {installed:#?}");
        assert_eq!((installed.path.as_str(), installed.output.as_str()), ("", ""), "{reason}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn located(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(tool));
    places.find(|file| file.is_file()).unwrap_or_else(|| panic!("no {tool} on the PATH"))
}

/// The machine's own, whichever it is.
#[test]
fn the_program_of_the_release_comes_onto_the_path() {
    let scene = Scene::new();
    let installed = scene.install("skip");
    assert!(installed.succeeded, "{installed:#?}");
    assert_eq!(installed.output, "version=1.2.3\n");
    let folder = Path::new(installed.path.trim_end());
    let told = Command::new(folder.join("regression-action")).output().unwrap();
    assert_eq!(told.stdout, b"regression-action 1.2.3\n", "{installed:#?}");
    assert!(folder.starts_with(scene.path("temp")), "{installed:#?}");
    // Nothing of an earlier job is used: a second one has its own.
    assert_ne!(scene.install("skip").path, installed.path);
}

#[test]
fn each_machine_gets_its_archive() {
    for (system, machine, archive) in [
        ("Linux", "x86_64", "x86_64-unknown-linux-musl"),
        ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
    ] {
        let scene = Scene::new();
        let uname = format!("#!/bin/sh\n[ $1 = -s ] && echo {system} || echo {machine}\n");
        scene.tool("uname", &uname);
        let installed = scene.install("skip");
        let end = format!("regression-action-{archive}\n");
        assert!(installed.succeeded && installed.path.ends_with(&end), "{installed:#?}");
    }
    let scene = Scene::new();
    for (system, machine, reason) in [
        ("MINGW64_NT-10.0", "x86_64", "no archive for MINGW64_NT-10.0"),
        ("Linux", "riscv64", "no archive for riscv64"),
    ] {
        let uname = format!("#!/bin/sh\n[ $1 = -s ] && echo {system} || echo {machine}\n");
        scene.tool("uname", &uname);
        scene.refuses("skip", reason);
    }
}

/// Where it came from does not matter, what the action's commit says does.
#[test]
fn an_archive_that_was_changed_is_refused() {
    let scene = Scene::new();
    for file in fs::read_dir(scene.path("releases/v1.2.3")).unwrap() {
        let path = file.unwrap().path();
        let changed = [fs::read(&path).unwrap(), b"\n".to_vec()].concat();
        fs::write(path, changed).unwrap();
    }
    scene.refuses("skip", "and the action's commit says");
    fs::remove_dir_all(scene.path("releases/v1.2.3")).unwrap();
    scene.refuses("skip", "the input releases names a mirror");
}

/// Notes how it is called, and confirms.
const CONFIRMING: &str = "#!/bin/sh\necho \"$@\" > \"$NOTES\"\n";

#[test]
fn without_an_attestation_nothing_is_installed_unless_the_workflow_says_so() {
    let scene = Scene::new();
    scene.refuses("required", "gh is not on this runner");
    scene.refuses("no", "attestation: no is neither required nor skip");
    scene.tool("gh", CONFIRMING);
    scene.refuses("required", "attestation.jsonl");
    fs::write(scene.path("releases/v1.2.3/attestation.jsonl"), "{}\n").unwrap();
    let installed = scene.install("required");
    assert!(installed.succeeded, "{installed:#?}");
    let asked = fs::read_to_string(scene.path("notes")).unwrap();
    for part in [
        "attestation verify",
        "--bundle",
        "--repo org/regression-action",
        "--signer-workflow org/regression-action/.github/workflows/release.yml",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    scene.tool("gh", "#!/bin/sh\necho no attestation matches\nexit 1\n");
    scene.refuses("required", "gh does not confirm");
}

#[test]
fn a_commit_that_is_of_no_release_names_no_archives() {
    let scene = Scene::new();
    fs::copy(root().join("setup/archives"), scene.path("action/archives")).unwrap();
    scene.refuses("skip", "take the commit of one: git ls-remote");
    fs::write(scene.path("action/archives"), "version 1.2.3\n").unwrap();
    scene.refuses("skip", "release 1.2.3 has no archive for");
}
