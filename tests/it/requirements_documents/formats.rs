//! What each format yields.

use regression_action::requirements::{Base, Document, Format, Kind, read};

use super::trees::{Tree, document, recipe};

fn of(document: &Document, kind: Kind) -> Vec<(&str, &str)> {
    let entries = document.entries().filter(|entry| entry.kind == kind);
    entries.map(|entry| (&*entry.name, &*entry.value)).collect()
}

fn fails(recipe: &regression_action::requirements::Recipe, tree: &Tree) -> String {
    format!("{:#}", read(recipe, tree).unwrap_err())
}

const PYPROJECT: &str = r#"
[project]
name = "My.Project"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["Torch == 2.4.0", "numpy>=2; python_version < '3.13'"]
optional-dependencies.CPU = ["onnx"]
optional-dependencies.all = ["my-project[cpu,gpu]"]
optional-dependencies.gpu = ["triton==3.0"]
[dependency-groups]
train = ["tqdm", {include-group = "Log_ging"}]
log-ging = ["mlflow"]
[build-system]
requires = ["hatchling >= 1"]
[tool.uv]
constraint-dependencies = ["Jinja2<4"]
package = false
conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]
index = [{name = "torch", url = "https://download.example/cu124"}]
[tool.uv.sources]
Torch = {index = "torch"}
[tool.ruff]
line-length = 100
"#;

#[test]
fn a_pyproject_yields_what_is_installed_and_how() {
    let mut recipe = recipe(&["pyproject.toml"]);
    recipe.extras = vec!["All".into()];
    recipe.groups = vec!["train".into()];
    let document = read(&recipe, &Tree::of([("pyproject.toml", PYPROJECT)])).unwrap();
    let names: Vec<_> = of(&document, Kind::Requirement);
    let wanted = [
        ("mlflow", ""),
        ("my-project", "[cpu,gpu]"),
        ("numpy", ">=2 ; python_version < \"3.13\""),
        ("onnx", ""),
        ("torch", "==2.4.0"),
        ("tqdm", ""),
        ("triton", "==3.0"),
    ];
    assert_eq!(names, wanted);
    assert_eq!(of(&document, Kind::Constraint), [("jinja2", "<4")]);
    let metadata = [
        ("build-system requires", "hatchling>=1"),
        ("requires-python", ">=3.10"),
        ("source of torch", r#"{"index":"torch"}"#),
        ("tool.uv.conflicts", r#"[[{"extra":"cpu"},{"extra":"gpu"}]]"#),
        ("tool.uv.index", r#"[{"name":"torch","url":"https://download.example/cu124"}]"#),
    ];
    assert_eq!(of(&document, Kind::Metadata), metadata);
    assert_eq!(document.warnings(), [""; 0]);
}

#[test]
fn what_is_chosen_has_to_be_there() {
    let tree = Tree::of([("pyproject.toml", PYPROJECT)]);
    let mut extra = recipe(&["pyproject.toml"]);
    extra.extras = vec!["none".into()];
    assert_eq!(
        fails(&extra, &tree),
        "pyproject.toml has no extra none; check `build.extras` in the config"
    );
    let mut group = recipe(&["pyproject.toml"]);
    group.groups = vec!["none".into()];
    assert!(fails(&group, &tree).contains("no dependency group none"));
    group.groups = vec!["a".into()];
    let cycle = "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'a'}]";
    assert!(fails(&group, &Tree::of([("pyproject.toml", cycle)])).contains("includes itself"));
}

#[test]
fn dynamic_dependencies_are_followed_or_count_by_bytes() {
    let text = "[project]\ndynamic = ['dependencies']\n\
                [tool.setuptools.dynamic]\ndependencies = {file = ['deps/a.txt']}";
    let tree = Tree::of([("p/pyproject.toml", text), ("p/deps/a.txt", "numpy==2.0")]);
    let document = read(&recipe(&["p/pyproject.toml"]), &tree).unwrap();
    assert_eq!(of(&document, Kind::Requirement), [("numpy", "==2.0")]);
    let text = "[project]\ndynamic = ['dependencies']\n";
    let tree = Tree::of([("pyproject.toml", text), ("setup.py", "setup()")]);
    let document = read(&recipe(&["pyproject.toml"]), &tree).unwrap();
    let files: Vec<_> = of(&document, Kind::File).into_iter().map(|(path, _)| path).collect();
    assert_eq!(files, ["pyproject.toml", "setup.py"]);
    assert!(document.warnings()[0].contains("leaves dependencies to the build"));
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
fn a_uv_lock_drops_what_does_not_decide() {
    let one = document("uv.lock", UV);
    let locked = [
        ("project", r#"{"dependencies":[{"name":"torch"}],"source":{"virtual":"."}}"#),
        (
            "torch",
            r#"{"source":{"registry":"https://pypi.example/simple"},"version":"2.4.0","wheels":[{"hash":"sha256:aa","url":"https://files.example/t.whl"}]}"#,
        ),
    ];
    assert_eq!(of(&one, Kind::Locked), locked);
    let metadata = [("requires-python", ">=3.11"), ("uv.lock version", "1")];
    assert_eq!(of(&one, Kind::Metadata), metadata);
    let same = [("revision = 3", "revision = 4"), ("0.1.0", "0.2.0"), ("size = 5", "size = 6")];
    for (from, to) in same {
        assert_eq!(document("uv.lock", &UV.replace(from, to)).tag(), one.tag(), "{to}");
    }
    assert_ne!(document("uv.lock", &UV.replace("aa", "ab")).tag(), one.tag());
}

#[test]
fn the_project_beside_a_lock_counts_for_its_python_alone() {
    let tree = |python: &str, version: &str| {
        let project = format!("[project]\nversion = '{version}'\nrequires-python = '{python}'");
        Tree::of([("a/uv.lock", UV), ("a/pyproject.toml", &project)])
    };
    let tag = |tree| read(&recipe(&["a/uv.lock"]), &tree).unwrap().tag();
    assert_eq!(tag(tree(">=3.11", "1")), tag(tree(">=3.11", "2")));
    assert_ne!(tag(tree(">=3.11", "1")), tag(tree(">=3.12", "1")));
    let files = read(&recipe(&["a/uv.lock"]), &tree(">=3.11", "1")).unwrap();
    let files: Vec<_> = files.files().iter().map(|file| file.path.clone()).collect();
    assert_eq!(files, ["a/uv.lock", "a/pyproject.toml"]);
}

#[test]
fn a_pylock_drops_who_made_it() {
    let text = "lock-version = '1.0'\ncreated-by = 'uv'\n[tool.x]\na = 1\n\
                [[packages]]\nname = 'Numpy'\nversion = '2.0'\nmarker = 'x'\n\
                wheels = [{name = 'n.whl', size = 1, upload-time = 2025-01-01T00:00:00Z, hashes = {sha256 = 'aa'}}]\n\
                [packages.tool.x]\nb = 2\n";
    let document = document("pylock.gpu.toml", text);
    let numpy =
        r#"{"marker":"x","version":"2.0","wheels":[{"hashes":{"sha256":"aa"},"name":"n.whl"}]}"#;
    assert_eq!(of(&document, Kind::Locked), [("numpy", numpy)]);
    assert_eq!(of(&document, Kind::Metadata), [("pylock.toml lock-version", "1.0")]);
}

#[test]
fn poetry_pdm_and_pipfile_locks_are_read() {
    let poetry = "# @generated by Poetry 1.8\n[[package]]\nname = \"numpy\"\nversion = \"2.0\"\n\
                  files = [{file = \"n.whl\", hash = \"sha256:aa\"}]\n[metadata]\nlock-version = \"2.0\"\n";
    for path in ["poetry.lock", "pdm.lock"] {
        let one = document(path, poetry);
        let numpy = r#"{"files":[{"file":"n.whl","hash":"sha256:aa"}],"version":"2.0"}"#;
        assert_eq!(of(&one, Kind::Locked), [("numpy", numpy)]);
        let name = format!("{path} metadata");
        assert_eq!(of(&one, Kind::Metadata), [(&*name, r#"{"lock-version":"2.0"}"#)]);
        assert_eq!(one.tag(), document(path, &poetry.replace("1.8", "2.1")).tag());
    }
    let pipfile = r#"{"_meta": {"hash": {"sha256": "x"}, "sources": []}, "default": {"NumPy": {"version": "==2.0"}}}"#;
    let one = document("Pipfile.lock", pipfile);
    assert_eq!(of(&one, Kind::Locked), [("numpy", r#"{"default":{"version":"==2.0"}}"#)]);
    assert_eq!(one.tag(), document("Pipfile.lock", &pipfile.replace("\"x\"", "\"y\"")).tag());
}

#[test]
fn a_conda_environment_keeps_its_channels_in_order() {
    let text = "name: any\nprefix: /opt\nchannels: [pytorch, conda-forge]\ndependencies:\n  \
                - python=3.11\n  - pytorch::PyTorch >=2.4\n  - no\n  - pip:\n    - -r more.txt\n    - Tqdm==4.0\n";
    let tree = Tree::of([("env/environment.yml", text), ("env/more.txt", "mlflow")]);
    let document = read(&recipe(&["env/environment.yml"]), &tree).unwrap();
    assert_eq!(of(&document, Kind::Channel), [("01", "pytorch"), ("02", "conda-forge")]);
    let wanted = [
        ("conda:no", ""),
        ("conda:python", "=3.11"),
        ("conda:pytorch", ">=2.4 from pytorch"),
        ("mlflow", ""),
        ("tqdm", "==4.0"),
    ];
    assert_eq!(of(&document, Kind::Requirement), wanted);
    assert_eq!(of(&document, Kind::Metadata), []);
    assert_eq!(document.warnings(), [""; 0]);
    let lock = "version: 1\nmetadata: {content_hash: {a: b}, time_metadata: {at: 1}}\n\
                package:\n- {name: numpy, version: '2.0', hash: {sha256: aa}}\n";
    let one = self::document("conda-lock.yml", lock);
    assert_eq!(of(&one, Kind::Locked), [("numpy", r#"{"hash":{"sha256":"aa"},"version":"2.0"}"#)]);
    assert_eq!(one.tag(), self::document("conda-lock.yml", &lock.replace("at: 1", "at: 2")).tag());
}

#[test]
fn what_is_not_understood_counts_by_its_bytes_with_a_warning() {
    for (path, text) in [
        ("setup.py", "setup()"),
        ("setup.cfg", "[options]"),
        ("pixi.lock", "version: 6"),
        ("Pipfile", "[packages]"),
        ("uv.lock", "version = = 1"),
        ("environment.yml", "- a\n- b"),
        ("Pipfile.lock", "{"),
    ] {
        let one = document(path, text);
        assert_eq!(of(&one, Kind::File).len(), 1, "{path}");
        assert!(one.warnings()[0].starts_with(path), "{:?}", one.warnings());
        assert_ne!(one.tag(), document(path, &format!("{text} ")).tag(), "{path}");
    }
}

#[test]
fn the_image_is_part_of_it() {
    let files = [
        ("requirements.txt", "numpy"),
        ("Dockerfile", "FROM --platform=$X python:3 AS build\nFROM build\n"),
        ("apt.txt", "git"),
    ];
    let mut recipe = recipe(&["./requirements.txt", "requirements.txt"]);
    recipe.base =
        Base::Image { base_image: "python:3.11".into(), dockerfile: Some("Dockerfile".into()) };
    recipe.extra_files = vec!["apt.txt".into()];
    recipe.epoch = Some("2".into());
    recipe.extras = vec!["B_b".into(), "a".into(), "b-b".into()];
    let document = read(&recipe, &Tree::of(files)).unwrap();
    let text = document.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#"["regression-action requirements","1"]"#);
    assert_eq!(lines[1], r#"["platform","linux/amd64"]"#);
    assert!(text.contains("[\"extra\",\"a\"]\n[\"extra\",\"b-b\"]\n[\"epoch\",\"2\"]\n"), "{text}");
    assert!(text.contains("[\"Dockerfile\",\"") && text.contains("[\"file\",\"apt.txt\",\""));
    assert_eq!(document.warnings().len(), 1, "{:?}", document.warnings());
    assert!(document.warnings()[0].starts_with("base image python:3 is not pinned by digest"));
    assert_eq!(document.roots().len(), 1);
    assert_eq!(document.roots()[0].format, Format::Requirements);
    assert_eq!(document.tag(), format!("req1-{}", &document.hash()[..20]));
    recipe.extra_files = vec!["none.txt".into()];
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
