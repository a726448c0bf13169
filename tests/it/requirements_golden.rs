//! Documents that were frozen: `tests/requirements/golden/<name>/` holds the files of a commit, and
//! `<name>.txt` beside it the canonical text.  There is no switch that writes these anew: users' images
//! carry the tags, so another text for the same files is another version of the document.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use regression_action::python::requirements::{EnvironmentBase, Recipe, read};

use crate::world::trees::{Tree, recipe};

/// Name, requirement files, tag.
const VECTORS: [(&str, &[&str], &str); 8] = [
    ("pip", &["requirements.txt"], "req2-ba5731067ce0ba96dd52"),
    ("pyproject", &["pyproject.toml"], "req2-ac00322ad602f0e42d86"),
    ("uv", &["uv.lock"], "req2-eefe52bf72418ba3d088"),
    ("pylock", &["pylock.toml"], "req2-99193dcbf8df31698022"),
    ("poetry", &["poetry.lock"], "req2-4359765d1dc301caa47e"),
    ("pipfile", &["Pipfile.lock"], "req2-0a701c5075bf8ad4b0bf"),
    ("conda", &["environment.yml", "conda-lock.yml"], "req2-f8a35354f4586f5c36ab"),
    ("image", &["requirements.txt", "setup.py"], "req2-69efaecd17be8dbe2a39"),
];

#[test]
fn frozen_documents_stay_as_they_are() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements/golden");
    for (name, requirements, tag) in VECTORS {
        let mut tree = Tree::default();
        collect(&golden.join(name), "", &mut tree);
        let document = read(&asked(name, requirements), &tree).unwrap();
        let expected = fs::read_to_string(golden.join(format!("{name}.txt"))).unwrap_or_default();
        let why = "a changed vector is a new version of the document: raise VERSION in \
                   src/python/requirements/document.rs, keep the old vector, add a new one";
        assert_eq!(document.text(), expected, "{name}: {why}");
        assert_eq!(document.tag(), tag, "{name}: {why}");
        assert!(!document.text().contains("secret"), "{name}");
    }
}

fn asked(name: &str, requirements: &[&str]) -> Recipe {
    let mut recipe = recipe(requirements);
    if name == "pyproject" {
        recipe.build.extras = vec!["GPU".into()];
        recipe.build.groups = vec!["train".into()];
    }
    if name == "image" {
        let base_image = "python:3.11-slim-bookworm".to_owned();
        recipe.base = EnvironmentBase::Image { base_image, dockerfile: Some("Dockerfile".into()) };
        recipe.build.extra_files = vec!["apt.txt".into()];
        recipe.build.epoch = Some("2".into());
        recipe.platform = "linux/arm64".into();
    }
    recipe
}

fn collect(directory: &Path, prefix: &str, tree: &mut Tree) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), tree);
        } else {
            tree.0.insert(path, fs::read(entry.path()).unwrap());
        }
    }
}
