//! The shapes: what a repository holds, how it is asked for, and what installs it.

mod others;
mod pip;
mod projects;

use std::{fs, path::Path};

use regression_action::python::requirements::{EnvironmentBase, Recipe};

use crate::world::trees::{Tree, recipe};

/// A shape of a project.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// `wheel:NAME` stands for the bytes of a wheel of the wheelhouse.
    files: &'static [(&'static str, &'static str)],
    requirements: &'static str,
    extras: &'static [&'static str],
    extra_files: &'static [&'static str],
    /// What a Dockerfile of their own copies before it installs.
    pub(super) copied: Option<&'static [&'static str]>,
    /// Shell commands, each a way to install it.
    pub(super) installs: &'static [&'static str],
}

const PIP: &str = "pip install --no-build-isolation --quiet --target $OUT -r requirements.txt";
const UV: &str = "uv pip install --no-build-isolation --quiet --python $PYTHON --target $OUT -r requirements.txt";
const PROJECT: &str =
    "uv pip install --no-build-isolation --quiet --python $PYTHON --target $OUT -r pyproject.toml";
const BOTH: &[&str] = &[PIP, UV];

impl Shape {
    pub(super) fn recipe(&self) -> Recipe {
        let mut recipe = recipe(&[self.requirements]);
        recipe.build.extras = self.extras.iter().map(ToString::to_string).collect();
        recipe.build.extra_files = self.extra_files.iter().map(ToString::to_string).collect();
        if self.copied.is_some() {
            recipe.base = EnvironmentBase::Image {
                base_image: "x".into(),
                dockerfile: Some("Dockerfile".into()),
            };
        }
        recipe
    }

    pub(super) fn tree(&self, wheels: &Path) -> Tree {
        let mut tree = Tree::of(self.files.iter().copied());
        for bytes in tree.0.values_mut() {
            if let Some(name) = bytes.strip_prefix(b"wheel:") {
                *bytes = fs::read(wheels.join(str::from_utf8(name).unwrap())).unwrap();
            }
        }
        // What lies about in every repository.
        for path in ["README.md", "train.py", "LICENSE", ".gitignore", "docs/index.md"] {
            tree.0.entry(path.to_owned()).or_insert_with(|| b"x = 1\n".to_vec());
        }
        if let Some(copied) = self.copied {
            let dockerfile = format!("FROM x@sha256:0\nCOPY {} /app/\n", copied.join(" "));
            tree.0.insert("Dockerfile".to_owned(), dockerfile.into_bytes());
        }
        tree
    }
}

/// A shape of pip's format, which both install.
const fn lines(name: &'static str, files: &'static [(&'static str, &'static str)]) -> Shape {
    Shape {
        name,
        files,
        requirements: "requirements.txt",
        extras: &[],
        extra_files: &[],
        copied: None,
        installs: BOTH,
    }
}

/// A project, which uv installs by its project file.
const fn project(name: &'static str, files: &'static [(&'static str, &'static str)]) -> Shape {
    Shape { requirements: "pyproject.toml", installs: &[PROJECT], ..lines(name, files) }
}

/// A Dockerfile of their own, which copies and installs.
const fn own(
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    copied: &'static [&'static str],
    installs: &'static [&'static str],
) -> Shape {
    Shape { copied: Some(copied), installs, ..lines(name, files) }
}

const SETUP: &str = "from setuptools import setup\nsetup(name='core', version='1', py_modules=['core'], install_requires=['six'])\n";
const SETUPTOOLS: &str =
    "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n";
const HATCH: &str = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n\
    [project]\nname = 'core'\nreadme = 'README.md'\nlicense-files = ['LICEN[CS]E*']\ndynamic = ['version']\ndependencies = ['six']\n\
    [tool.hatch.version]\npath = 'core/__init__.py'\n";
const FLIT: &str = "[build-system]\nrequires = ['flit_core']\nbuild-backend = 'flit_core.buildapi'\n\
    [project]\nname = 'core'\ndynamic = ['version', 'description']\ndependencies = ['six']\n";
const POETRY: &str = "[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n\
    [tool.poetry]\nname = 'core'\nversion = '1'\ndescription = ''\nauthors = []\nreadme = 'README.md'\n\
    [tool.poetry.dependencies]\npython = '>=3.8'\nsix = '*'\n";
const CORE: &str = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n\
    [project]\nname = 'core'\nversion = '1'\ndependencies = ['six']\n[tool.setuptools]\npy-modules = ['core']\n";
const UV_LOCK: &str = "version = 1\nrequires-python = '>=3.8'\n\
    [[package]]\nname = 'six'\nversion = '1.17.0'\nsource = { registry = 'https://pypi.org/simple' }\n\
    wheels = [{ url = 'https://files.example/six-1.17.0-py3-none-any.whl', hash = 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }]\n\
    [[package]]\nname = 'six-user'\nversion = '1'\nsource = { virtual = '.' }\ndependencies = [{ name = 'six' }]\n";

/// All of them.
pub(super) fn shapes() -> Vec<Shape> {
    let mut shapes = pip::of_pip();
    shapes.extend(projects::of_projects());
    shapes.extend(projects::of_builds());
    shapes.extend(others::of_locks_and_dockerfiles());
    shapes
}
