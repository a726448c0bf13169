//! Packages and projects of the repository itself, and what their builds read.

use regression_action::{
    config::LocalPaths,
    python::requirements::{Document, FactKind, read},
};

use super::trees::{Tree, recipe};

const CORE: [(&str, &str); 5] = [
    ("requirements.txt", "./libs/core"),
    ("libs/core/setup.py", "setup()"),
    ("libs/core/build/a.py", "a"),
    ("libs/core/shared", "-> ../shared.py"),
    ("libs/shared.py", "shared"),
];

fn paths(document: &Document) -> Vec<&str> {
    let local = document.entries.iter().filter(|entry| entry.kind == FactKind::File);
    let mut paths: Vec<&str> = local.map(|entry| &*entry.name).collect();
    // By its bytes and by what git has.
    paths.dedup();
    paths
}

#[test]
fn the_content_of_a_package_counts_with_what_its_links_lead_to() {
    let mut tree = Tree::of(CORE);
    let document = read(&recipe(&["requirements.txt"]), &tree).unwrap();
    let wanted =
        ["libs/core/build/a.py", "libs/core/setup.py", "libs/core/shared", "libs/shared.py"];
    assert_eq!(paths(&document), wanted);
    tree.0.insert("libs/core/out".into(), b"-> ../../../etc".to_vec());
    let document = read(&recipe(&["requirements.txt"]), &tree).unwrap();
    assert!(document.warnings[0].contains("link out of the repository"));
}

#[test]
fn of_the_project_itself_its_dependencies_count_unless_asked_for() {
    let project = "[project]\nname = 'x'\ndependencies = ['six==1']\n";
    let tree = |code: &str| {
        Tree::of([("requirements.txt", "-e .[a]"), ("pyproject.toml", project), ("a.py", code)])
    };
    let mut asked = recipe(&["requirements.txt"]);
    let document = read(&asked, &tree("1")).unwrap();
    assert_eq!(paths(&document), [""; 0]);
    assert!(document.text().contains("[\"requirement\",\"six\",\"==1\"]"), "{}", document.text());
    assert!(document.warnings[0].contains("local-paths: content"), "{:?}", document.warnings);
    assert_eq!(document.tag(), read(&asked, &tree("2")).unwrap().tag());
    asked.build.local_paths = Some(LocalPaths::Content);
    let document = read(&asked, &tree("1")).unwrap();
    assert_eq!(paths(&document), ["a.py", "pyproject.toml", "requirements.txt"]);
    assert_ne!(document.tag(), read(&asked, &tree("2")).unwrap().tag());
}

#[test]
fn where_only_a_build_tells_the_dependencies_all_counts_that_it_may_read() {
    let declared = "[build-system]\nrequires = ['setuptools']\n";
    let cfg = "[options]\ninstall_requires = file: deps/a.txt\n";
    let plain = "from setuptools import setup\nsetup(install_requires=['numpy'])\n";
    let reads = "from setuptools import setup\nsetup(install_requires=open('r' + '.txt').read())\n";
    let plugin = "[build-system]\nrequires = ['hatchling', 'hatch-requirements-txt']\n\
                  [project]\nname = 'x'\ndynamic = ['dependencies']\n";
    let dynamic = "[project]\nname = 'x'\ndynamic = ['dependencies']\n\
                   [tool.setuptools.dynamic]\ndependencies = {file = ['deps/a.txt']}\n";
    let all = ["deps/a.txt", "pyproject.toml", "setup.cfg", "setup.py", "train.py"];
    for (files, wanted) in [
        ([declared, cfg, ""], &all[..4]),
        ([declared, "", plain], &["pyproject.toml", "setup.cfg", "setup.py"]),
        ([declared, "", reads], &all),
        ([plugin, "", ""], &all),
        ([dynamic, "", ""], &all[..4]),
    ] {
        let [project, cfg, setup] = files;
        let tree = Tree::of([
            ("pyproject.toml", project),
            ("setup.cfg", cfg),
            ("setup.py", setup),
            ("deps/a.txt", "numpy"),
            ("train.py", ""),
        ]);
        let mut asked = recipe(&["pyproject.toml"]);
        let document = read(&asked, &tree).unwrap();
        assert_eq!(paths(&document), wanted, "{files:?}");
        assert_eq!(document.whole.len(), usize::from(wanted.len() == all.len()));
        asked.build.local_paths = Some(LocalPaths::Metadata);
        let document = read(&asked, &tree).unwrap();
        assert!(!paths(&document).contains(&"train.py"), "{files:?}");
        assert_eq!(!document.warnings.is_empty(), wanted.len() == all.len(), "{files:?}");
    }
}

#[test]
fn locks_and_projects_may_name_packages_of_the_repository() {
    let uv = "version = 1\n[[package]]\nname = 'core'\nsource = { editable = '../libs/core' }\n";
    let sources = "[project]\nname = 'x'\ndependencies = ['core']\n[tool.uv.sources]\ncore = ";
    let path = format!("{sources}{{ path = '../libs/core', editable = true }}\n");
    let workspace = format!("{sources}{{ workspace = true }}\n");
    let pylock =
        "lock-version = '1.0'\n[[packages]]\nname = 'core'\ndirectory = {path = '../libs/core'}\n";
    let lock = "package = [{name = 'core', source = {type = 'directory', url = '../libs/core'}}]\n\
                [metadata]\nlock-version = '2.0'\n";
    // Installs what only its own project file names.
    let through = "[tool.poetry.dependencies]\nother = {path = '../libs/other'}\n";
    for (file, text) in [
        ("uv.lock", uv),
        ("pyproject.toml", &path),
        ("pyproject.toml", &workspace),
        ("pyproject.toml", through),
        ("pylock.toml", pylock),
        ("poetry.lock", lock),
        ("requirements.txt", "core @ file:../libs/core"),
        ("requirements.txt", "--find-links=../libs"),
    ] {
        let mut tree = Tree::of(CORE);
        tree.0.insert("libs/core/pyproject.toml".into(), b"[project]\nname = 'Core'\n".to_vec());
        let other = b"[tool.poetry.dependencies]\ncore = {path = '../core'}\n";
        tree.0.insert("libs/other/pyproject.toml".into(), other.to_vec());
        let place = format!("app/{file}");
        tree.0.insert(place.clone(), text.as_bytes().to_vec());
        let mut asked = recipe(&[&place]);
        asked.build.directory = "app".into();
        let document = read(&asked, &tree).unwrap();
        assert!(paths(&document).contains(&"libs/core/setup.py"), "{text}: {}", document.text());
    }
    let outside = Tree::of([("pyproject.toml", &*path)]);
    let error = format!("{:#}", read(&recipe(&["pyproject.toml"]), &outside).unwrap_err());
    assert!(error.contains("../libs/core, which is outside of the repository"), "{error}");
}

#[test]
fn paths_are_seen_from_the_directory_of_the_config() {
    let tree = Tree::of([("r/requirements.txt", "./core"), ("sub/core/setup.py", "")]);
    let mut asked = recipe(&["r/requirements.txt"]);
    asked.build.directory = "sub".into();
    assert_eq!(paths(&read(&asked, &tree).unwrap()), ["sub/core/setup.py"]);
    asked.build.directory = String::new();
    let beside = Tree::of([("r/requirements.txt", "./core"), ("r/core/setup.py", "")]);
    let error = format!("{:#}", read(&asked, &beside).unwrap_err());
    assert!(error.contains("set `build: directory` in the config"), "{error}");
}

#[test]
fn packages_that_name_one_another_without_end_are_refused() {
    let chain = |length: usize| {
        let mut tree = Tree::of([("requirements.txt", "./p0")]);
        for at in 0..length {
            let next = format!("[tool.uv.sources]\nx = {{path = '../p{}'}}\n", (at + 1) % length);
            tree.0.insert(format!("p{at}/pyproject.toml"), next.into_bytes());
        }
        read(&recipe(&["requirements.txt"]), &tree)
    };
    assert_eq!(paths(&chain(20).unwrap()).len(), 20);
    let error = format!("{:#}", chain(5_000).unwrap_err());
    assert!(error.contains("name one another too often"), "{error}");
}

#[test]
fn a_project_without_a_backend_is_told_to_install_nothing() {
    let poetry = "[tool.poetry.dependencies]\nnumpy = '^1.26'\n";
    let tree = Tree::of([("pyproject.toml", poetry)]);
    let document = read(&recipe(&["pyproject.toml"]), &tree).unwrap();
    assert!(document.warnings[0].contains("neither `[project]` nor `[build-system]`"));
}
