//! What a difference is called.

use regression_action::python::requirements::{EnvironmentBase, Recipe, read};

use super::trees::{Tree, recipe};

fn words(before: (&Recipe, &Tree), after: (&Recipe, &Tree)) -> Vec<String> {
    let (old, new) = (read(before.0, before.1).unwrap(), read(after.0, after.1).unwrap());
    let changes = new.changes_since(&old);
    assert_eq!(changes.is_empty(), new.hash() == old.hash());
    changes.iter().map(ToString::to_string).collect()
}

fn of_file(path: &str, before: &str, after: &str) -> Vec<String> {
    let recipe = recipe(&[path]);
    words((&recipe, &Tree::of([(path, before)])), (&recipe, &Tree::of([(path, after)])))
}

#[test]
fn requirements_are_told_by_their_versions() {
    let of = |before: &str, after: &str| of_file("requirements.txt", before, after);
    assert_eq!(of("Torch==2.4.0", "torch == 2.5.1"), ["torch 2.4.0 -> 2.5.1"]);
    assert_eq!(of("torch==2.4.0", "torch>=2.5"), ["torch ==2.4.0 -> >=2.5"]);
    assert_eq!(of("torch", "torch>=2.5"), ["torch any -> >=2.5"]);
    assert_eq!(of("a", "a\nnumpy==2.1"), ["numpy added (==2.1)"]);
    assert_eq!(of("a\nnumpy==2.1", "a"), ["numpy removed"]);
    assert_eq!(of("a[x]", "a[y]"), ["a [x] -> [y]"]);
    let marker = of("a; python_version<'3.9'", "a; python_version<'3.8'");
    assert_eq!(marker, ["a ;python_version<'3.9' -> ;python_version<'3.8'"]);
    let (one, other) = ("0".repeat(64), "1".repeat(64));
    let hashes = of(&format!("a==1 --hash=sha256:{one}"), &format!("a==1 --hash=sha256:{other}"));
    assert_eq!(hashes, ["a changed"]);
    let both = of(&format!("a==1 --hash=sha256:{one}"), &format!("a==2 --hash=sha256:{other}"));
    assert_eq!(both, ["a 1 -> 2"]);
    let split = "a==1; python_version<'3.9'\na==2; python_version>='3.9'";
    let third = ["a ==2;python_version>='3.9' -> ==3;python_version>='3.9'"];
    assert_eq!(of(split, &split.replace("==2", "==3")), third);
    let order = of("-i https://a\n-i https://b", "-i https://b\n-i https://a");
    assert_eq!(order, ["option order changed"]);
    let index = of("--index-url https://a.example/s", "--index-url https://b.example/s");
    assert_eq!(index.len(), 1);
    assert!(index[0].contains("a.example") && index[0].contains("-> "), "{index:?}");
}

#[test]
fn locked_packages_are_told_by_their_versions() {
    let lock = |version: &str, hash: &str, more: &str| {
        format!(
            "version = 1\n[[package]]\nname = 'torch'\nversion = '{version}'\n\
             wheels = [{{url = 'u', hash = 'sha256:{hash}'}}]\n{more}"
        )
    };
    let of = |before: &str, after: &str| of_file("uv.lock", before, after);
    assert_eq!(of(&lock("2.4.0", "a", ""), &lock("2.5.1", "b", "")), ["torch 2.4.0 -> 2.5.1"]);
    assert_eq!(of(&lock("2.4.0", "a", ""), &lock("2.4.0", "b", "")), ["torch changed"]);
    let numpy = "[[package]]\nname = 'numpy'\nversion = '2.1'\n";
    assert_eq!(of(&lock("1", "a", ""), &lock("1", "a", numpy)), ["numpy added (2.1)"]);
    assert_eq!(of(&lock("1", "a", numpy), &lock("1", "a", "")), ["numpy removed"]);
    let pipfile = |version: &str| {
        format!(
            r#"{{"_meta":{{"pipfile-spec":6}},"default": {{"a": {{"version": "=={version}"}}}}}}"#
        )
    };
    assert_eq!(of_file("Pipfile.lock", &pipfile("1"), &pipfile("2")), ["a 1 -> 2"]);
}

#[test]
fn the_recipe_is_told_in_its_own_words() {
    let tree =
        Tree::of([("requirements.txt", "numpy==1"), ("D1", "FROM a"), ("D2", "FROM b"), ("x", "")]);
    let old = recipe(&["requirements.txt"]);
    let mut new = old.clone();
    new.python = "3.12".into();
    new.ray_version = "2.61.0".into();
    new.platform = "linux/arm64".into();
    new.base = EnvironmentBase::Image { base_image: "python:3.12".into(), dockerfile: None };
    new.build.epoch = Some("2".into());
    new.build.extras = vec!["gpu".into()];
    new.build.extra_files = vec!["x".into()];
    let told = words((&old, &tree), (&new, &tree));
    assert_eq!(
        told[..3],
        ["platform linux/amd64 -> linux/arm64", "python 3.11 -> 3.12", "ray 2.60.0 -> 2.61.0"]
    );
    assert!(told[3].starts_with("base image python:3.11-slim-bookworm@sha256:"), "{told:?}");
    assert_eq!(told[4..], ["extra gpu added", "epoch added (2)", "x added"]);
    let dockerfile = |path: &str| {
        let base_image = "python:3".to_owned();
        Recipe {
            base: EnvironmentBase::Image { base_image, dockerfile: Some(path.into()) },
            ..old.clone()
        }
    };
    let (one, other) = (dockerfile("D1"), dockerfile("D2"));
    assert_eq!(words((&one, &tree), (&other, &tree)), ["Dockerfile changed"]);
}

#[test]
fn of_a_file_that_is_not_understood_the_changed_lines_are_told() {
    let (old, new) =
        ("[options]\ninstall_requires =\n    numpy==1.26.4\n", "# x\nnumpy==2.2.0\n[options]");
    let told = of_file("setup.cfg", old, &old.replace("1.26.4", "2.2.0"));
    assert_eq!(told, ["setup.cfg \"numpy==1.26.4\" -> \"numpy==2.2.0\""]);
    let many = of_file("setup.cfg", &format!("{old}a\nb\nc\nd"), new);
    assert_eq!(many, ["setup.cfg changed"]);
}

#[test]
fn a_change_is_data_too() {
    let recipe = recipe(&["requirements.txt"]);
    let document = |text| read(&recipe, &Tree::of([("requirements.txt", text)])).unwrap();
    let changes = document("a==2").changes_since(&document("a==1"));
    let json = serde_json::to_string(&changes).unwrap();
    assert_eq!(json, r#"[{"kind":"requirement","name":"a","before":"1","after":"2"}]"#);
}
