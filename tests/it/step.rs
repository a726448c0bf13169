//! The action without a container, as the runner starts it: it becomes the program, or says what it lacks.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::world::executable;

/// Tells who it is, how it is called, and what it is given; a shell itself drops names with hyphens.
const PROGRAM: &str = "#!/bin/sh\necho $$ $1\ntr '\\0' '\\n' < /proc/$$/environ\n";

/// A workspace, and a folder with what stands for the program, which needs more of a runner.
struct Scene(TempDir);

impl Scene {
    fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        for folder in ["workspace", "bin"] {
            executable::write(&scene.path(folder).join("regression-action"), PROGRAM);
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a script of the action, with nothing but system programs and one more folder on the PATH.
    fn run(&self, script: &str, folder: &str) -> (u32, Output) {
        let mut node = Command::new(node());
        node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("run").join(script));
        node.current_dir(self.path("workspace")).env_clear().env("INPUT_GITHUB-TOKEN", "a-token");
        node.env("PATH", format!("{folder}:/usr/bin:/bin"));
        let child = node.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        (child.id(), child.wait_with_output().unwrap())
    }
}

fn printed(expression: &str) -> String {
    let output = Command::new("node").args(["--print", expression]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Where it lies, because the PATH of the step may not have it.
fn node() -> String {
    printed("process.execPath")
}

fn node_can_become_another() -> bool {
    printed("typeof process.execve") == "function"
}

#[test]
fn the_step_becomes_the_program() {
    let scene = Scene::new();
    for (script, command) in [("main.mjs", "run"), ("post.mjs", "post")] {
        let (process, output) = scene.run(script, scene.path("bin").to_str().unwrap());
        let said = String::from_utf8(output.stdout).unwrap();
        if node_can_become_another() {
            assert!(said.starts_with(&format!("{process} {command}\n")), "{script}: {said}");
            assert!(said.contains("INPUT_GITHUB-TOKEN=a-token"), "{script}: {said}");
        } else {
            // The machine's own node is older than that of runners, on which tests/scenarios/image/bare.rs runs it.
            assert!(said.contains("runner 2.327.1 or later"), "{script}: {said}");
            assert_eq!(output.status.code(), Some(1), "{script}: {said}");
        }
    }
}

/// In the workspace lies what a pull request brings along.
#[test]
fn a_program_of_the_workspace_is_not_the_program() {
    let scene = Scene::new();
    for folder in [".", "", "bin"] {
        let (_, output) = scene.run("main.mjs", folder);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("::error title=regression-action::"), "{folder:?}: {said}");
        assert!(said.contains("use org/regression-action/setup"), "{folder:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{folder:?}: {said}");
    }
}
