//! What each format yields.

use regression_action::python::requirements::{
    Document, EnvironmentBase, FactKind, Recipe, RequirementsFormat, read,
};

use super::trees::{Tree, document, recipe};

fn of(document: &Document, kind: FactKind) -> Vec<(&str, &str)> {
    let entries = document.entries.iter().filter(|entry| entry.kind == kind);
    entries.map(|entry| (&*entry.name, &*entry.value)).collect()
}

fn fails(recipe: &Recipe, tree: &Tree) -> String {
    format!("{:#}", read(recipe, tree).unwrap_err())
}

const PYPROJECT: &str = r#"
[project]
name = "My.Project"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["Torch == 2.4.0", "numpy>=2; python_version < '3.13'"]
optional-dependencies.gpu = ["triton==3.0"]
[dependency-groups]
train = ["tqdm", {include-group = "log"}]
[build-system]
requires = ["hatchling >= 1"]
[tool.uv]
constraint-dependencies = ["Jinja2<4"]
index = [{name = "torch", url = "https://u:p@download.example/cu124"}]
[tool.ruff]
line-length = 100
"#;

#[test]
fn a_pyproject_yields_what_is_installed_and_how() {
    let tree = Tree::of([("pyproject.toml", PYPROJECT)]);
    let mut recipe = recipe(&["pyproject.toml"]);
    recipe.build.extras = vec!["GPU".into()];
    recipe.build.groups = vec!["train".into()];
    let document = read(&recipe, &tree).unwrap();
    let wanted = [
        ("numpy", ">=2;python_version<'3.13'"),
        ("torch", "==2.4.0"),
        ("tqdm", " in group train"),
        ("triton", "==3.0 in extra gpu"),
    ];
    assert_eq!(of(&document, FactKind::Requirement), wanted);
    let metadata = [
        ("pyproject.toml build-system", r#"{"requires":["hatchling >= 1"]}"#),
        ("pyproject.toml in group train", r#"{"include-group":"log"}"#),
        ("pyproject.toml project.name", "My.Project"),
        ("pyproject.toml project.requires-python", ">=3.10"),
        (
            "pyproject.toml tool.uv",
            r#"{"constraint-dependencies":["Jinja2<4"],"index":[{"name":"torch","url":"https://download.example/cu124"}]}"#,
        ),
    ];
    assert_eq!(of(&document, FactKind::Metadata), metadata);
    assert!(document.warnings[0].ends_with(": numpy, tqdm"), "{:?}", document.warnings);
    recipe.build.extras = vec!["none".into()];
    let error = "pyproject.toml has no extra none; check `build.extras` in the config";
    assert_eq!(fails(&recipe, &tree), error);
    recipe.build.extras.clear();
    recipe.build.groups = vec!["none".into()];
    assert!(fails(&recipe, &tree).contains("no dependency group none"));
}

const UV: &str = r#"
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "Torch"
version = "2.4.0"
source = { registry = "https://pypi.example/simple" }
wheels = [{ url = "https://files.example/t.whl", hash = "sha256:aa", size = 5, upload-time = "2025-01-01T00:00:00Z" }]

[[package]]
name = "project"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "torch" }]
"#;

#[test]
fn a_lock_drops_what_does_not_decide() {
    let one = document("uv.lock", UV);
    let locked = [
        ("project", r#"{"dependencies":[{"name":"torch"}],"source":{"virtual":"."}}"#),
        (
            "torch",
            r#"{"source":{"registry":"https://pypi.example/simple"},"version":"2.4.0","wheels":[{"hash":"sha256:aa","url":"https://files.example/t.whl"}]}"#,
        ),
    ];
    assert_eq!(of(&one, FactKind::Locked), locked);
    for (from, to) in [
        ("revision = 3", "revision = 4"),
        ("size = 5", "size = 6"),
        ("\n\n", "\n# why\n"),
        ("0.1.0", "0.2.0"),
    ] {
        assert_eq!(document("uv.lock", &UV.replace(from, to)).tag(), one.tag(), "{to}");
    }
    assert_ne!(document("uv.lock", &UV.replace("aa", "ab")).tag(), one.tag());

    let pylock = "lock-version = '1.0'\ncreated-by = 'uv'\n[tool.x]\na = 1\n\
                  [[packages]]\nname = 'Numpy'\nversion = '2.0'\n\
                  wheels = [{name = 'n.whl', size = 1, hashes = {sha256 = 'aa'}}]\n[packages.tool.x]\nb = 2\n";
    let numpy = r#"{"version":"2.0","wheels":[{"hashes":{"sha256":"aa"},"name":"n.whl"}]}"#;
    assert_eq!(of(&document("pylock.gpu.toml", pylock), FactKind::Locked), [("numpy", numpy)]);

    let poetry = "# by Poetry 1.8\n[[package]]\nname = \"numpy\"\nversion = \"2.0\"\n\
                  files = [{file = \"n.whl\", hash = \"sha256:aa\"}]\n[metadata]\nlock-version = \"2.0\"\n";
    let one = document("poetry.lock", poetry);
    assert_eq!(one.tag(), document("poetry.lock", &poetry.replace("1.8", "2.1")).tag());
    assert_eq!(
        of(&one, FactKind::Metadata),
        [("poetry.lock metadata", r#"{"lock-version":"2.0"}"#)]
    );

    let pipfile = r#"{"_meta": {"hash": {"sha256": "x"}, "pipfile-spec": 6}, "default": {"NumPy": {"version": "==2.0"}}}"#;
    let one = document("Pipfile.lock", pipfile);
    assert_eq!(of(&one, FactKind::Locked), [("numpy", r#"{"default":{"version":"==2.0"}}"#)]);
    assert_eq!(one.tag(), document("Pipfile.lock", &pipfile.replace("\"x\"", "\"y\"")).tag());

    let conda = "version: 1\nmetadata: {content_hash: {a: b}, time_metadata: {at: 1}}\n\
                 package:\n- {name: numpy, version: '2.0', hash: {sha256: aa}}\n";
    let one = document("conda-lock.yml", conda);
    assert_eq!(
        of(&one, FactKind::Locked),
        [("numpy", r#"{"hash":{"sha256":"aa"},"version":"2.0"}"#)]
    );
    assert_eq!(one.tag(), document("conda-lock.yml", &conda.replace("at: 1", "at: 2")).tag());
}

#[test]
fn the_project_beside_a_lock_counts_but_for_its_description() {
    let tag = |python: &str, version: &str| {
        let project = format!("[project]\nversion = '{version}'\nrequires-python = '{python}'");
        let tree = Tree::of([("a/uv.lock", UV), ("a/pyproject.toml", &project)]);
        read(&recipe(&["a/uv.lock"]), &tree).unwrap().tag()
    };
    assert_eq!(tag(">=3.11", "1"), tag(">=3.11", "2"));
    assert_ne!(tag(">=3.11", "1"), tag(">=3.12", "1"));
}

#[test]
fn a_conda_environment_keeps_its_channels_in_order() {
    let text = "name: any\nprefix: /opt\nchannels: [pytorch, conda-forge]\ndependencies:\n  \
                - python=3.11\n  - pytorch::pytorch >=2.4\n  - no\n  - pip:\n    - -r more.txt\n    - Tqdm==4.0\n";
    let tree = Tree::of([("env/environment.yml", text), ("env/more.txt", "mlflow")]);
    let document = read(&recipe(&["env/environment.yml"]), &tree).unwrap();
    let locked = [("conda:no", ""), ("conda:python", "=3.11"), ("conda:pytorch::pytorch", ">=2.4")];
    assert_eq!(of(&document, FactKind::Locked), locked);
    assert_eq!(of(&document, FactKind::Requirement), [("mlflow", ""), ("tqdm", "==4.0")]);
    let channels = [("env/environment.yml channels", r#"["pytorch","conda-forge"]"#)];
    assert_eq!(of(&document, FactKind::Metadata), channels);
}

#[test]
fn formats_are_told_by_what_they_hold() {
    for (path, text, format) in [
        ("deps.lock", UV, RequirementsFormat::UvLock),
        ("requirements.in", "numpy\n", RequirementsFormat::Requirements),
        ("lock.toml", "lock-version = '1.0'\npackages = []\n", RequirementsFormat::Pylock),
        (
            "a.lock",
            "package = []\n[metadata]\nlock-version = '2.1'\n",
            RequirementsFormat::PoetryLock,
        ),
        ("b.lock", "package = []\n[metadata]\nlock_version = '4.5'\n", RequirementsFormat::Bytes),
        (
            "locked",
            "{\"_meta\": {\"pipfile-spec\": 6}, \"default\": {}}",
            RequirementsFormat::PipfileLock,
        ),
        ("project", "[project]\nname = 'x'\n", RequirementsFormat::Pyproject),
        ("conda", "channels: [a]\ndependencies: [b]\n", RequirementsFormat::CondaEnvironment),
        (
            "environment.yml",
            "version: 1\nmetadata: {}\npackage: []\n",
            RequirementsFormat::CondaLock,
        ),
        ("requirements.txt", "", RequirementsFormat::Requirements),
        ("pyproject.toml", "", RequirementsFormat::Pyproject),
    ] {
        assert_eq!(document(path, text).roots[0].format, format, "{path}");
    }
}

#[test]
fn what_is_not_understood_counts_by_its_bytes_with_a_warning() {
    for (path, text) in [
        ("setup.py", "setup()"),
        ("setup.cfg", "[options]"),
        ("pixi.lock", "version: 6"),
        ("Pipfile", "[packages]"),
        ("uv.lock", "version = = 1"),
        ("uv.lock", "version = 2\npackage = []"),
        ("environment.yml", "- a\n- b"),
        ("Pipfile.lock", "{"),
        ("strange.toml", "a = 1"),
    ] {
        let one = document(path, text);
        assert_eq!(of(&one, FactKind::File).len(), 1, "{path}");
        assert!(one.warnings[0].starts_with(path), "{:?}", one.warnings);
        assert_ne!(one.tag(), document(path, &format!("{text} ")).tag(), "{path}");
    }
}

#[test]
fn the_image_is_part_of_it() {
    let files =
        [("requirements.txt", "numpy==1"), ("Dockerfile", "FROM a@sha256:0\n"), ("apt.txt", "git")];
    let mut recipe = recipe(&["./requirements.txt", "requirements.txt"]);
    recipe.base = EnvironmentBase::Image {
        base_image: "python:3.11".into(),
        dockerfile: Some("Dockerfile".into()),
    };
    recipe.build.extra_files = vec!["apt.txt".into()];
    recipe.build.epoch = Some("2".into());
    recipe.build.extras = vec!["B_b".into(), "a".into(), "b-b".into()];
    let document = read(&recipe, &Tree::of(files)).unwrap();
    let text = document.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#"["regression-action requirements","2"]"#);
    assert_eq!(lines[1], r#"["platform","linux/amd64"]"#);
    assert!(text.contains("[\"extra\",\"a\"]\n[\"extra\",\"b-b\"]\n[\"epoch\",\"2\"]\n"), "{text}");
    assert!(text.contains("[\"Dockerfile\",\"") && text.contains("[\"file\",\"apt.txt\",\""));
    assert_eq!(document.warnings, [""; 0]);
    assert_eq!(document.roots.len(), 1);
    assert_eq!(document.tag(), format!("req2-{}", &document.hash()[..20]));
    recipe.build.extra_files = vec!["none.txt".into()];
    let error = fails(&recipe, &Tree::of(files));
    assert_eq!(error, "none.txt is not in the commit; check `build.extra-files` in the config");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for path in ["requirements.txt", "uv.lock", "environment.yml"] {
        let error = fails(&recipe(&[path]), &Tree::default());
        assert!(error.contains(path) && error.contains("`requirements`"), "{error}");
    }
    assert!(fails(&recipe(&["../x"]), &Tree::default()).contains("outside of the repository"));
}
