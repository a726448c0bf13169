//! What never moves a tag, and what always does: 10,000 documents each.

use proptest::{prelude::*, test_runner::Config};
use regression_action::python::requirements::{Document, EnvironmentBase, Recipe, read};

use super::trees::{Tree, recipe};

fn many() -> Config {
    Config { cases: 10_000, failure_persistence: None, ..Config::default() }
}

/// A package of a lock.
#[derive(Debug, Clone)]
struct Package {
    name: String,
    version: u8,
    marker: Option<u8>,
    hash: u16,
}

/// What a commit pins.
#[derive(Debug, Clone)]
struct Pins {
    packages: Vec<Package>,
    index: u8,
    code: u8,
}

/// How it is written down, which must not matter.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way to write, on or off")]
struct Style {
    rotated: usize,
    upper: bool,
    comments: bool,
    blanks: bool,
    crlf: bool,
    keys_last_first: bool,
}

fn pins() -> impl Strategy<Value = Pins> {
    let package = ("[a-d]{1,2}(-[a-d])?", 1..9_u8, prop::option::of(8..14_u8), any::<u16>());
    let package =
        package.prop_map(|(name, version, marker, hash)| Package { name, version, marker, hash });
    (prop::collection::vec(package, 1..4), 0..9_u8, any::<u8>())
        .prop_map(|(packages, index, code)| Pins { packages, index, code })
}

fn style() -> impl Strategy<Value = Style> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (0..5_usize, flags).prop_map(|(rotated, (upper, comments, blanks, crlf, keys_last_first))| {
        Style { rotated, upper, comments, blanks, crlf, keys_last_first }
    })
}

/// The formats that are written.
const PATHS: [&str; 5] =
    ["requirements.txt", "uv.lock", "pylock.toml", "Pipfile.lock", "pyproject.toml"];

impl Pins {
    fn write(&self, path: &str, style: &Style) -> String {
        let mut packages = self.packages.clone();
        let middle = style.rotated % packages.len();
        packages.rotate_left(middle);
        if style.upper {
            for package in &mut packages {
                package.name = package.name.to_uppercase().replace('-', "_.");
            }
        }
        let text = match path {
            "requirements.txt" => self.requirements(&packages, style),
            "Pipfile.lock" => self.pipfile(&packages, style),
            "pyproject.toml" => self.pyproject(&packages, style),
            lock => self.lock(lock, &packages, style),
        };
        if style.crlf { text.replace('\n', "\r\n") } else { text }
    }

    fn requirements(&self, packages: &[Package], style: &Style) -> String {
        let (blank, comment) = style.marks();
        let index = format!("--index-url https://i{}.example{comment}\n./code\n", self.index);
        let mut lines = vec![index];
        for Package { name, version, marker, hash } in packages {
            let marker = marker.map(|minor| format!(";{blank}python_version<{blank}'3.{minor}'"));
            let marker = marker.unwrap_or_default();
            lines.push(format!(
                "{name}{blank}=={blank}{version}{marker} --hash=sha256:{hash:064x}{comment}\n"
            ));
        }
        lines.concat()
    }

    fn pyproject(&self, packages: &[Package], style: &Style) -> String {
        let (blank, comment) = style.marks();
        let mut lines = Vec::new();
        for Package { name, version, marker, hash } in packages {
            let marker = marker.map(|minor| format!("{blank};{blank}python_version<\"3.{minor}\""));
            // A project has no hashes.
            lines.push(format!("'{name}{blank}=={version}.{hash}{}'", marker.unwrap_or_default()));
        }
        let project = format!(
            "[project]{comment}\nname{blank}='p'\ndependencies = [\n{}]\n",
            lines.join(",\n")
        );
        let uv = format!("[tool.uv]\nindex-url = 'https://i{}.example'{comment}\n", self.index);
        let sources = "[tool.uv.sources]\nx = {path = 'code'}\n";
        if style.keys_last_first {
            sources.to_owned() + &uv + &project
        } else {
            project + &uv + sources
        }
    }

    fn lock(&self, path: &str, packages: &[Package], style: &Style) -> String {
        let (blank, comment) = style.marks();
        let uv = path == "uv.lock";
        let (version, table, local) = if uv {
            ("version = 1", "package", "source = {directory = 'code'}")
        } else {
            ("lock-version = '1.0'", "packages", "directory = {path = 'code'}")
        };
        let mut tables = vec![format!("{version}{comment}\n[[{table}]]\nname = 'x'\n{local}\n")];
        for Package { name, version, marker, hash } in packages {
            let mut keys = [
                format!("name{blank}={blank}'{name}'{comment}"),
                format!("version = \"{version}\""),
                format!("marker = \"{marker:?}\""),
                format!("index = 'https://i{}.example'", self.index),
                format!("wheels = [{{size{blank}=1,{blank}hash = '{hash:x}'}}]"),
            ];
            if style.keys_last_first {
                keys.reverse();
            }
            tables.push(format!("[[{table}]]{comment}\n{}\n{blank}\n", keys.join("\n")));
        }
        tables.concat()
    }

    fn pipfile(&self, packages: &[Package], style: &Style) -> String {
        let (blank, _) = style.marks();
        // A name twice is no valid table; the later one wins in any reader.
        let mut sections: Vec<String> = Vec::new();
        for (index, Package { name, version, marker, hash }) in self.packages.iter().enumerate() {
            let spelled = if packages.iter().any(|other| other.name == *name) {
                name.clone()
            } else {
                name.to_uppercase()
            };
            let mut keys = [
                format!("\"version\":{blank}\"=={version}\""),
                format!("\"hashes\": [\"{hash}\"]"),
                format!("\"markers\":\"{marker:?}\",\"index\":\"i{}\"", self.index),
            ];
            if style.keys_last_first {
                keys.reverse();
            }
            sections.push(format!(
                "\"s{index}\": {{\"{spelled}\":{blank}{{{}}}}}",
                keys.join(&format!(",{blank}\n"))
            ));
        }
        sections.push("\"_meta\": {\"pipfile-spec\": 6}".to_owned());
        sections.push("\"default\": {\"x\": {\"path\": \"./code\"}}".to_owned());
        let middle = style.rotated % sections.len();
        sections.rotate_left(middle);
        format!("{{{blank}\n{}\n}}", sections.join(",\n"))
    }

    fn tree(&self, path: &str, style: &Style) -> Tree {
        let text = self.write(path, style);
        Tree::of([(path, &*text), ("code/a.py", &*self.code.to_string())])
    }

    fn document(&self, path: &str, style: &Style) -> Document {
        read(&recipe(&[path]), &self.tree(path, style)).unwrap()
    }
}

impl Style {
    fn marks(&self) -> (&'static str, &'static str) {
        (if self.blanks { "  " } else { "" }, if self.comments { " # why" } else { "" })
    }
}

/// Changes one thing that decides; says which.
fn change_pins(pins: &mut Pins, what: usize, which: usize) -> &'static str {
    let count = pins.packages.len();
    let package = &mut pins.packages[which % count];
    match what % 6 {
        0 => {
            package.version += 10;
            "version"
        }
        1 => {
            package.marker = Some(package.marker.map_or(20, |minor| minor + 20));
            "marker"
        }
        2 => {
            package.hash ^= 0x8000;
            "hash"
        }
        3 => {
            pins.index += 10;
            "index"
        }
        4 => {
            pins.code = !pins.code;
            "local content"
        }
        _ => {
            let name = "new".to_owned();
            pins.packages.push(Package { name, version: 1, marker: None, hash: 0 });
            "package"
        }
    }
}

fn change_recipe(recipe: &mut Recipe, what: usize) -> &'static str {
    match what % 8 {
        0 => {
            recipe.python = "3.12".into();
            "python"
        }
        1 => {
            recipe.platform = "linux/arm64".into();
            "platform"
        }
        2 => {
            recipe.ray_version = "2.61.0".into();
            "ray"
        }
        3 => {
            recipe.build.epoch = Some("1".into());
            "epoch"
        }
        4 => {
            recipe.base = EnvironmentBase::Image { base_image: "other".into(), dockerfile: None };
            "base image"
        }
        5 => {
            recipe.build.extras = vec!["gpu".into()];
            "extra"
        }
        6 => {
            recipe.build.groups = vec!["train".into()];
            "group"
        }
        _ => {
            recipe.base = EnvironmentBase::Machine;
            "base"
        }
    }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn how_it_is_written_never_moves_the_tag(pins in pins(), style in style(), path in 0..PATHS.len()) {
        let path = PATHS[path];
        let (plain, styled) = (pins.document(path, &Style::default()), pins.document(path, &style));
        prop_assert_eq!(plain.text(), styled.text(), "{}", pins.write(path, &style));
        prop_assert_eq!(styled.changes_since(&plain), []);
    }

    #[test]
    fn what_is_pinned_always_moves_the_tag(
        pins in pins(), style in style(), path in 0..PATHS.len(), what in 0..6_usize, which in any::<usize>(),
    ) {
        let path = PATHS[path];
        let mut other = pins.clone();
        let changed = change_pins(&mut other, what, which);
        let (old, new) = (pins.document(path, &Style::default()), other.document(path, &style));
        prop_assert_ne!(old.tag(), new.tag(), "{} of {}", changed, path);
        prop_assert!(!new.changes_since(&old).is_empty());
    }

    #[test]
    fn the_recipe_always_moves_the_tag(pins in pins(), lock in any::<bool>(), what in 0..8_usize) {
        let path = if lock { "Pipfile.lock" } else { "requirements.txt" };
        let tree = pins.tree(path, &Style::default());
        let mut other = recipe(&[path]);
        let changed = change_recipe(&mut other, what);
        let (old, new) = (read(&recipe(&[path]), &tree).unwrap(), read(&other, &tree).unwrap());
        prop_assert_ne!(old.tag(), new.tag(), "{}", changed);
        prop_assert!(!new.changes_since(&old).is_empty());
    }

    #[test]
    fn no_bytes_of_any_format_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), path in 0..10_usize) {
        let paths = ["uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "environment.yml",
            "conda-lock.yml", "pyproject.toml", "setup.py", "requirements.txt"];
        let mut tree = Tree::default();
        tree.0.insert(paths[path].to_owned(), bytes);
        if let Ok(document) = read(&recipe(&[paths[path]]), &tree) {
            prop_assert!(document.text().lines().all(|line| serde_json::from_str::<Vec<String>>(line).is_ok()));
        }
    }
}
