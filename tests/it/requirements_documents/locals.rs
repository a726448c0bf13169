//! Packages of the repository itself.

use regression_action::{
    config::LocalPaths,
    requirements::{Document, Kind, Recipe, read},
};

use super::trees::{Tree, recipe};

const CORE: [(&str, &str); 9] = [
    ("requirements.txt", "./libs/core"),
    ("libs/core/setup.py", "setup()"),
    ("libs/core/core/a.py", "a"),
    ("libs/core/core/build/b.py", "b"),
    ("libs/core/shared", "-> ../shared.py"),
    ("libs/core/build/lib/a.py", "made"),
    ("libs/core/core/__pycache__/a.pyc", "made"),
    ("libs/shared.py", "shared"),
    ("libs/core.txt", "other"),
];

fn paths(document: &Document) -> Vec<&str> {
    let local = document.entries().filter(|entry| entry.kind == Kind::Local);
    local.map(|entry| &*entry.name).collect()
}

fn fails(recipe: &Recipe, tree: &Tree) -> String {
    format!("{:#}", read(recipe, tree).unwrap_err())
}

#[test]
fn the_content_of_a_package_counts_with_what_its_links_lead_to() {
    let document = read(&recipe(&["requirements.txt"]), &Tree::of(CORE)).unwrap();
    let wanted = [
        "libs/core/core/a.py",
        "libs/core/core/build/b.py",
        "libs/core/setup.py",
        "libs/core/shared",
        "libs/shared.py",
    ];
    assert_eq!(paths(&document), wanted);
    let link = document.entries().find(|entry| entry.name == "libs/core/shared").unwrap();
    assert_eq!(link.value, "-> ../shared.py");
    assert_eq!(document.locals().count(), 1);
}

#[test]
fn a_link_may_not_leave_the_repository_and_a_pointer_is_told() {
    let mut tree = Tree::of(CORE);
    tree.0.insert("libs/core/out".into(), b"-> ../../../etc".to_vec());
    assert!(fails(&recipe(&["requirements.txt"]), &tree).contains("link out of the repository"));
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n".to_vec();
    tree.0.insert("libs/core/out".into(), pointer);
    let document = read(&recipe(&["requirements.txt"]), &tree).unwrap();
    assert!(document.warnings()[0].contains("libs/core/out is a pointer of Git LFS"));
}

#[test]
fn of_the_project_itself_only_the_build_counts_unless_asked_for() {
    let tree = |code: &str| {
        Tree::of([("requirements.txt", "-e ."), ("pyproject.toml", "[project]"), ("a.py", code)])
    };
    let mut asked = recipe(&["requirements.txt"]);
    let document = read(&asked, &tree("1")).unwrap();
    assert_eq!(paths(&document), ["pyproject.toml"]);
    assert!(document.warnings()[0].contains("local-paths: content"), "{:?}", document.warnings());
    assert_eq!(document.tag(), read(&asked, &tree("2")).unwrap().tag());
    asked.local_paths = LocalPaths::Content;
    let document = read(&asked, &tree("1")).unwrap();
    assert_eq!(paths(&document), ["a.py", "pyproject.toml", "requirements.txt"]);
    assert_ne!(document.tag(), read(&asked, &tree("2")).unwrap().tag());
}

#[test]
fn locks_and_projects_may_name_packages_of_the_repository() {
    let uv = "version = 1\n[[package]]\nname = 'core'\nsource = { editable = '../libs/core' }\n";
    let sources = "[project]\nname = 'x'\ndependencies = ['core']\n[tool.uv.sources]\ncore = ";
    let path = format!("{sources}{{ path = '../libs/core', editable = true }}\n");
    let workspace = format!("{sources}{{ workspace = true }}\n");
    let pylock =
        "lock-version = '1.0'\n[[packages]]\nname = 'core'\ndirectory = {path = '../libs/core'}\n";
    let poetry =
        "[[package]]\nname = 'core'\nsource = {type = 'directory', url = '../libs/core'}\n";
    for (file, text) in [
        ("uv.lock", uv),
        ("pyproject.toml", &path),
        ("pyproject.toml", &workspace),
        ("pylock.toml", pylock),
        ("poetry.lock", poetry),
    ] {
        let mut tree = Tree::of(CORE);
        tree.0.insert("libs/core/pyproject.toml".into(), b"[project]\nname = 'Core'\n".to_vec());
        let place = format!("app/{file}");
        tree.0.insert(place.clone(), text.as_bytes().to_vec());
        let document = read(&recipe(&[&place]), &tree).unwrap();
        assert!(paths(&document).contains(&"libs/core/core/a.py"), "{text}: {}", document.text());
    }
}

#[test]
fn paths_are_seen_from_the_directory_of_the_config() {
    let tree = Tree::of([("r/requirements.txt", "./core"), ("sub/core/setup.py", "")]);
    let mut asked = recipe(&["r/requirements.txt"]);
    asked.directory = "sub".into();
    assert_eq!(paths(&read(&asked, &tree).unwrap()), ["sub/core/setup.py"]);
}
