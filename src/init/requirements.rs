//! Files of a tree -> those that say what a training needs to be installed, as far as an environment on this
//! machine can be made of them.

use super::{
    python::imports,
    tree::{Texts, upwards},
};
use crate::{python::requirements::below, shell::word};

/// What the config is to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    /// Paths from the root of the tree.
    pub(super) files: Vec<String>,
    /// The directory where they lie: that of the training's project.
    pub(super) unit: String,
    /// What is still to be done by hand.
    pub(super) gap: Option<Gap>,
}

/// Requirements that cannot be installed as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// What there is in their place.
    pub(super) found: String,
    /// The command that writes what the config names.
    pub(super) remedy: String,
}

/// What can be installed on this machine, the most exact first.
const INSTALLED: [&str; 8] = [
    "uv.lock",
    "pylock.toml",
    "requirements.lock",
    "requirements.txt",
    "requirements-train.txt",
    "requirements/train.txt",
    "requirements/base.txt",
    "pyproject.toml",
];
/// What goes into images alone, with the way to a file that is installed anywhere.
const EXPORTED: [(&str, &str); 5] = [
    ("poetry.lock", "poetry export --without-hashes --output requirements.txt"),
    ("Pipfile.lock", "pipenv requirements > requirements.txt"),
    ("environment.yml", "pip list --format=freeze > requirements.txt"),
    ("environment.yaml", "pip list --format=freeze > requirements.txt"),
    ("setup.py", "uv pip compile setup.py --output-file requirements.txt"),
];

/// Import names of libraries, with those of their packages.
const PACKAGES: [(&str, &str); 24] = [
    ("PIL", "pillow"),
    ("accelerate", "accelerate"),
    ("catboost", "catboost"),
    ("cv2", "opencv-python-headless"),
    ("datasets", "datasets"),
    ("flax", "flax"),
    ("jax", "jax"),
    ("joblib", "joblib"),
    ("keras", "keras"),
    ("lightgbm", "lightgbm"),
    ("lightning", "lightning"),
    ("matplotlib", "matplotlib"),
    ("mlflow", "mlflow"),
    ("numpy", "numpy"),
    ("pandas", "pandas"),
    ("polars", "polars"),
    ("pytorch_lightning", "pytorch-lightning"),
    ("scipy", "scipy"),
    ("sklearn", "scikit-learn"),
    ("tensorflow", "tensorflow"),
    ("torch", "torch"),
    ("torchvision", "torchvision"),
    ("transformers", "transformers"),
    ("xgboost", "xgboost"),
];

/// The package that brings a module: mostly of the same name.
pub(super) fn package(module: &str) -> &str {
    PACKAGES.iter().find(|(name, _)| *name == module).map_or(module, |(_, package)| package)
}

/// What a training in that directory needs: the nearest files, upwards.
pub(super) fn needs(tree: &Texts, directory: &str) -> Needs {
    upwards(directory).find_map(|unit| in_directory(tree, unit)).unwrap_or_else(|| without(tree))
}

fn in_directory(tree: &Texts, unit: &str) -> Option<Needs> {
    let there = |name: &str| Some(below(unit, name)).filter(|path| tree.has(path));
    let is_project = |path: &String| !path.ends_with("pyproject.toml") || has_project(tree, path);
    if let Some(file) = INSTALLED.iter().filter_map(|name| there(name)).find(is_project) {
        return Some(Needs { files: vec![file], unit: unit.to_owned(), gap: None });
    }
    let found = EXPORTED.iter().find_map(|(name, remedy)| Some((there(name)?, *remedy)));
    let (found, remedy) = found?;
    let remedy =
        if unit.is_empty() { remedy.to_owned() } else { format!("cd {} && {remedy}", word(unit)) };
    let files = vec![below(unit, "requirements.txt")];
    let found = format!("{found} is installed into images only, not on this machine");
    Some(Needs { files, unit: unit.to_owned(), gap: Some(Gap { found, remedy }) })
}

/// Whether a project file names dependencies, and not only settings of tools.
fn has_project(tree: &Texts, path: &str) -> bool {
    tree.text(path).is_some_and(|text| text.lines().any(|line| line.trim_end() == "[project]"))
}

/// Nothing says what is needed but the imports.
fn without(tree: &Texts) -> Needs {
    let imported: Vec<&str> = tree.texts(".py").flat_map(|(_, source)| imports(source)).collect();
    let packages = PACKAGES.iter().filter(|(name, _)| imported.contains(name));
    let packages: Vec<&str> = packages.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Needs { files: Vec::new(), unit: String::new(), gap: None };
    }
    let remedy = format!("printf '%s\\n' {} > requirements.txt", packages.join(" "));
    let found = format!("no file lists them, and sources import {}", packages.join(", "));
    let files = vec!["requirements.txt".to_owned()];
    Needs { files, unit: String::new(), gap: Some(Gap { found, remedy }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)], directory: &str) -> (Vec<String>, String, Option<String>) {
        let Needs { files, unit, gap } = needs(&Texts::of(files), directory);
        (files, unit, gap.map(|gap| gap.remedy))
    }

    #[test]
    fn the_nearest_and_most_exact_file_counts() {
        let project = ("pyproject.toml", "[project]\nname = \"a\"\n");
        let tools = ("models/a/pyproject.toml", "[tool.ruff]\n");
        let cases = [
            (vec![project, ("uv.lock", "")], "src/a", "uv.lock", ""),
            (
                vec![("requirements.in", ""), ("requirements.txt", ""), tools],
                "models/a",
                "requirements.txt",
                "",
            ),
            (
                vec![("models/a/requirements.txt", ""), ("requirements.txt", "")],
                "models/a",
                "models/a/requirements.txt",
                "models/a",
            ),
            (vec![project, ("poetry.lock", "")], "", "pyproject.toml", ""),
        ];
        for (files, directory, file, unit) in cases {
            assert_eq!(of(&files, directory), (vec![file.to_owned()], unit.to_owned(), None));
        }
    }

    #[test]
    fn what_this_machine_cannot_install_is_told_with_the_way_around() {
        let (files, _, remedy) =
            of(&[("poetry.lock", ""), ("pyproject.toml", "[tool.poetry]\n")], "");
        assert_eq!(files, ["requirements.txt"]);
        assert!(remedy.unwrap().starts_with("poetry export"));
        let (files, unit, remedy) = of(&[("m/environment.yml", "")], "m");
        assert_eq!((files[0].as_str(), unit.as_str()), ("m/requirements.txt", "m"));
        assert_eq!(remedy.unwrap(), "cd m && pip list --format=freeze > requirements.txt");
    }

    #[test]
    fn without_a_file_the_imports_tell() {
        let train = ("train.py", "import numpy as np, os\nfrom sklearn.svm import SVC\n");
        let remedy = "printf '%s\\n' numpy scikit-learn > requirements.txt";
        assert_eq!(of(&[train], "").2.unwrap(), remedy);
        assert_eq!(of(&[("train.py", "import os\n")], ""), (Vec::new(), String::new(), None));
    }
}
