use std::collections::BTreeMap;

use anyhow::Result;

use super::*;
use crate::{
    config::Config,
    git::{Listed, ListedKind},
    python::requirements,
};

/// A commit's files.
struct Tree(BTreeMap<&'static str, &'static str>);

impl Files for Tree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).map(|text| text.as_bytes().to_vec()))
    }

    fn list(&self, directory: &str) -> Result<Vec<Listed>> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let below = self.0.keys().filter(|path| path.starts_with(&prefix));
        let listed = |path: &&str| Listed {
            path: (*path).to_owned(),
            kind: ListedKind::File,
            object: self.0[path].to_owned(),
        };
        Ok(below.map(listed).collect())
    }
}

fn made<const N: usize>(config: &str, files: [(&'static str, &'static str); N]) -> Result<String> {
    let text =
        format!("entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 1}}}}\n{config}");
    let recipe = Recipe::image(&Config::parse(&text, "test").unwrap());
    let tree = Tree(files.into());
    dockerfile(&recipe, &requirements::read(&recipe, &tree)?, &tree)
}

#[test]
fn of_requirements_with_nested_files() {
    let files = [
        ("requirements.txt", "-r deps/common.txt\ntorch==2.5.1\n"),
        ("deps/common.txt", "-c pins.txt\nnumpy\n"),
        ("deps/pins.txt", "numpy==2.1.0\n"),
        ("train.py", ""),
    ];
    insta::assert_snapshot!(made("", files).unwrap());
}

#[test]
fn of_the_project_itself_only_the_dependencies() {
    let files = [
        ("requirements.txt", "-e .[train]\n./libs/kernels\nsix\n"),
        (
            "pyproject.toml",
            "[project]\nname = \"digits\"\nversion = \"1\"\ndependencies = [\"idna\"]\n",
        ),
        ("libs/kernels/pyproject.toml", "[project]\nname = \"kernels\"\nversion = \"1\"\n"),
        ("src/digits/__init__.py", ""),
    ];
    let dockerfile = made("", files).unwrap();
    assert!(!dockerfile.contains("COPY ."), "{dockerfile}");
    insta::assert_snapshot!(dockerfile);
    let dockerfile = made("build: {local-paths: content}", files).unwrap();
    assert!(
        dockerfile.contains("COPY . /requirements/") && !dockerfile.contains("sed"),
        "{dockerfile}"
    );
}

#[test]
fn a_project_whose_dependencies_are_code_is_copied_as_far_as_it_counts() {
    let files = [("requirements.txt", "-e .\n"), ("setup.py", "setup()\n"), ("train.py", "")];
    let dockerfile = made("", files).unwrap();
    for part in
        ["COPY [\"requirements.txt\",\"setup.py\",", "--requirements /requirements/setup.py "]
    {
        assert!(dockerfile.contains(part), "{part}: {dockerfile}");
    }
    let reads = [("requirements.txt", "-e .\n"), ("setup.py", "open('x')\n"), ("train.py", "")];
    assert!(made("", reads).unwrap().contains("COPY . /requirements/\n"));
    let error = made("", [("requirements.txt", "-e .\n")]).unwrap_err().to_string();
    assert!(error.contains("requirements.txt names the project itself (`.`)"), "{error}");
    assert!(error.contains("`dockerfile` in the config"), "{error}");
}

#[test]
fn of_project_file_and_locks_with_extras_and_groups() {
    let config = "requirements: [app/pyproject.toml, uv.lock, pylock.toml, old/poetry.lock, old/Pipfile.lock]\n\
        python: '3.12'\ncluster: {ray-version: 2.59.1}\n\
        build: {extras: [train], groups: [gpu], base-image: 'nvcr.io/nvidia/pytorch:25.10-py3', epoch: it's 2}";
    let project = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"six\"]\n\
        [project.optional-dependencies]\ntrain = [\"idna\"]\n[dependency-groups]\ngpu = [\"attrs\"]\n";
    let files = [
        ("app/pyproject.toml", project),
        ("pyproject.toml", project),
        ("old/pyproject.toml", project),
        ("uv.lock", "version = 1\nrevision = 3\nrequires-python = \">=3.10\"\n"),
        ("pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"uv\"\npackages = []\n"),
        (
            "old/poetry.lock",
            "package = []\n[metadata]\nlock-version = \"2.1\"\npython-versions = \"^3.10\"\ncontent-hash = \"0\"\n",
        ),
        ("old/Pipfile.lock", "{\"_meta\": {\"sources\": []}, \"default\": {}, \"develop\": {}}"),
    ];
    insta::assert_snapshot!(made(config, files).unwrap());
}

#[test]
fn formats_that_uv_cannot_install_need_a_dockerfile_of_their_own() {
    let files = [
        ("environment.yml", "dependencies: [numpy]\n"),
        ("setup.py", "setup()\n"),
        ("pdm.lock", "package = []\n[metadata]\nlock_version = \"4.5\"\n"),
        ("Dockerfile.train", "FROM scratch\n"),
    ];
    for path in ["environment.yml", "setup.py", "pdm.lock"] {
        let error = made(&format!("requirements: {path}"), files).unwrap_err().to_string();
        assert!(error.contains(path) && error.contains("`dockerfile` in the config"), "{error}");
        let own = format!("requirements: {path}\ndockerfile: Dockerfile.train");
        assert_eq!(made(&own, files).unwrap(), "FROM scratch\n");
    }
}

#[test]
fn names_are_quoted_or_refused() {
    let config = "requirements: 'deps/my list.txt'\nbuild: {directory: a b}";
    let dockerfile = made(config, [("deps/my list.txt", "six\n")]).unwrap();
    assert!(
        dockerfile.contains("COPY [\"deps/my list.txt\",\"/requirements/deps/\"]"),
        "{dockerfile}"
    );
    assert!(dockerfile.contains("--requirements '/requirements/deps/my list.txt'"), "{dockerfile}");
    let error = made("requirements: '*.txt'", [("*.txt", "six\n")]).unwrap_err().to_string();
    assert!(error.contains("cannot copy *.txt"), "{error}");
}
