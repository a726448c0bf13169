//! What is installed from: the archives of a release, where cargo-binstall looks for them, and the Python package.

#![allow(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::CommandFactory;
use regression_action::cli::Cli;
use toml::Table;

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn manifest(path: &str) -> Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// Runs a program to its end; what it printed.
fn output(command: &mut Command) -> String {
    let ended = command.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{command:?}: {told}");
    String::from_utf8(ended.stdout).unwrap()
}

/// What cargo-binstall makes of one of its keys for `TARGET`.
fn binstall(key: &str) -> String {
    let package = manifest("Cargo.toml").remove("package").unwrap();
    let template = package["metadata"]["binstall"][key].as_str().unwrap().to_owned();
    let known = [
        ("{ repo }", env!("CARGO_PKG_REPOSITORY")),
        ("{ version }", env!("CARGO_PKG_VERSION")),
        ("{ name }", env!("CARGO_PKG_NAME")),
        ("{ target }", TARGET),
        ("{ bin }", "regression-action"),
        ("{ binary-ext }", ""),
    ];
    let filled = known.iter().fold(template, |text, (name, value)| text.replace(name, value));
    assert!(!filled.contains(['{', '}']), "{key}: {filled}");
    filled
}

/// Packs the binary under test; the archive's content.
fn unpacked(directory: &Path) -> PathBuf {
    let folder = directory.join("archives");
    output(
        Command::new(root().join(".github/release/build-archive"))
            .args([TARGET, env!("CARGO_BIN_EXE_regression-action")])
            .arg(&folder),
    );
    let url = binstall("pkg-url");
    let release = concat!("/releases/download/v", env!("CARGO_PKG_VERSION"), "/");
    let (_, name) = url.split_once(release).unwrap();
    output(Command::new("tar").arg("-xzf").arg(folder.join(name)).arg("-C").arg(directory));
    directory.join(binstall("bin-dir"))
}

#[test]
fn an_archive_is_found_by_binstall_and_has_the_manual_and_completions() {
    let directory = tempfile::tempdir().unwrap();
    let program = unpacked(directory.path());
    let version = output(Command::new(&program).arg("--version"));
    assert_eq!(version.trim(), concat!("regression-action ", env!("CARGO_PKG_VERSION")));
    let names = |folder: &str| -> BTreeSet<String> {
        let files = fs::read_dir(program.parent().unwrap().join(folder)).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut cli = Cli::command();
    cli.build();
    let commands = cli.get_subcommands().map(|command| format!("-{}", command.get_name()));
    let pages = commands.chain([String::new()]).map(|end| format!("regression-action{end}.1"));
    assert_eq!(names("man"), pages.collect());
    let scripts = ["_regression-action", "regression-action.bash", "regression-action.fish"];
    assert_eq!(names("completions"), scripts.map(str::to_owned).into());
    assert!(names("").contains("LICENSE"));
}

#[test]
fn a_target_without_wheels_is_refused() {
    let script = root().join(".github/release/build-wheel");
    let ended = Command::new(script).args(["x86_64-pc-windows-msvc", "x"]).output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success() && told.contains("no wheels for x86_64-pc-windows"), "{told}");
}

/// Version, description, licence and address are written once, in Cargo.toml.
#[test]
fn the_python_package_is_the_crate() {
    let package = manifest("pyproject.toml");
    let project = &package["project"];
    assert_eq!(project["name"].as_str(), Some(env!("CARGO_PKG_NAME")));
    let dynamic = project["dynamic"].as_array().unwrap().iter().map(|key| key.as_str().unwrap());
    let dynamic: BTreeSet<_> = dynamic.collect();
    assert_eq!(dynamic, BTreeSet::from(["description", "license", "urls", "version"]));
    assert_eq!(package["tool"]["maturin"]["bindings"].as_str(), Some("bin"));
}

/// Which targets the workflow builds, and on how many kinds of machine each.
#[test]
fn a_release_has_wheels_for_linux_old_and_static_and_for_macos() {
    let text = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    let workflow: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let built = workflow["jobs"]["binaries"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let mut of_system = BTreeMap::<&str, BTreeSet<&str>>::new();
    for one in built {
        let (processor, system) = one["target"].as_str().unwrap().split_once('-').unwrap();
        of_system.entry(system).or_default().insert(processor);
    }
    let both = BTreeSet::from(["x86_64", "aarch64"]);
    let systems = ["apple-darwin", "unknown-linux-gnu", "unknown-linux-musl"];
    assert_eq!(of_system, systems.map(|system| (system, both.clone())).into());
}
