//! Python sources -> which of them trains, and the command that runs it.

use super::{
    metrics::candidates,
    python::{calls, imports},
    tree::{Texts, upwards},
};
use crate::python::requirements::{below, parent};

/// A source that seems to train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) path: String,
    /// How much speaks for it.
    points: usize,
}

/// Names of scripts, with what speaks for each.
const NAMES: [(&str, usize); 7] = [
    ("train", 8),
    ("training", 6),
    ("fit", 5),
    ("finetune", 5),
    ("main", 3),
    ("run", 2),
    ("experiment", 2),
];
/// Directories that hold no training of the project itself, and parts of names.
const OTHERS: [&str; 9] = [
    "tests",
    "test",
    "docs",
    "doc",
    "examples",
    "benchmarks",
    "notebooks",
    "third_party",
    "vendor",
];
/// Libraries of whoever trains.
const LIBRARIES: [&str; 14] = [
    "torch",
    "lightning",
    "pytorch_lightning",
    "tensorflow",
    "keras",
    "jax",
    "flax",
    "sklearn",
    "xgboost",
    "lightgbm",
    "catboost",
    "transformers",
    "ray",
    "mlflow",
];
/// Less is no training.
const LEAST: usize = 6;
/// Points less than the best that make another training beside it.
const BESIDE: usize = 2;

/// Scripts that may be trainings, the likeliest first; those that are as likely are of other models.
pub(super) fn scripts(tree: &Texts) -> Vec<Script> {
    let script = |(path, source): (&str, &str)| {
        let points = points(path, source)?;
        Some(Script { path: path.to_owned(), points })
    };
    let mut scripts: Vec<Script> = tree.texts(".py").filter_map(script).collect();
    scripts.sort_by(|one, other| other.points.cmp(&one.points).then(one.path.cmp(&other.path)));
    let best = scripts.first().map_or(0, |best| best.points);
    scripts.retain(|one| one.points + BESIDE >= best);
    scripts
}

/// Whether a source is a test, an example, or somebody else's.
pub(super) fn is_of_others(path: &str) -> bool {
    let (directory, name) = (parent(path), path.rsplit('/').next().unwrap_or(path));
    let is_other = |part: &str| OTHERS.contains(&part) || part.starts_with('.');
    directory.split('/').any(is_other) || name.starts_with("test_") || name.ends_with("_test.py")
}

fn points(path: &str, source: &str) -> Option<usize> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let stem = parts.pop()?.trim_end_matches(".py");
    let is_no_script = ["setup", "conftest", "noxfile", "__init__"].contains(&stem);
    if is_of_others(path) || is_no_script {
        return None;
    }
    let words = |name: &str| stem.split(['_', '-']).any(|word| word == name);
    let named = NAMES.iter().find(|(name, _)| words(name)).map_or(0, |(_, points)| *points);
    let imports = imports(source);
    let learns = imports.iter().any(|import| LIBRARIES.contains(import));
    let tells = !candidates(source, &calls(source)).is_empty();
    let runs = source.contains("__main__");
    let seen = [(learns, 3), (tells, 3), (runs, 3)];
    let seen: usize = seen.iter().filter(|(is, _)| *is).map(|(_, points)| points).sum();
    let points = (named + seen).saturating_sub(parts.len().min(2));
    // A module that only helps does not run by itself.
    (points >= LEAST && (named > 0 || runs)).then_some(points)
}

/// The command that runs a script, from the root of the tree.  `unit` is the directory of its project, from which
/// it is run.
pub(super) fn command(tree: &Texts, path: &str, unit: &str) -> String {
    let inside = path.strip_prefix(unit).map_or(path, |inside| inside.trim_start_matches('/'));
    let run = match module(tree, path) {
        Some((root, module)) => {
            let root = root.strip_prefix(unit).unwrap_or(root).trim_start_matches('/');
            let places = if root.is_empty() { String::new() } else { python_path(root) };
            format!("{places}python -m {module}")
        }
        None => format!("{}python {}", places(tree, path, unit), word(inside)),
    };
    if unit.is_empty() { run } else { format!("cd {} && {run}", word(unit)) }
}

/// The script that a command runs; none if that is not seen, and its name as typed if it is not there.
pub(super) fn named(tree: &Texts, command: &str) -> Result<Option<String>, String> {
    let words = words(command);
    let behind = |option: &str| {
        let at = words.iter().position(|word| word == option)?;
        words.get(at + 1)
    };
    if let Some(module) = behind("-m").filter(|_| command.contains("python")) {
        let path = format!("{}.py", module.replace('.', "/"));
        let is_it = |found: &&str| *found == path || found.ends_with(&format!("/{path}"));
        if let Some(found) = tree.paths().find(is_it) {
            return Ok(Some(found.to_owned()));
        }
    }
    // What comes before, such as unit tests, trains nothing; what comes behind a script is its own.
    let mut parts = words.rsplit(|word| word == NEXT);
    let script = parts.find_map(|part| part.iter().find(|word| word.strip_suffix(".py").is_some()));
    let Some(script) = script else { return Ok(None) };
    let directory = behind("cd").map_or("", |directory| directory.trim_end_matches('/'));
    let path = below(directory, script.trim_start_matches("./"));
    if tree.has(&path) { Ok(Some(path)) } else { Err(path) }
}

/// Between commands of a line.
const NEXT: &str = "&";

/// The words of a command line, without their quotes, with one between each two of its commands.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '&' | ';' | '|') => words.extend([NEXT.to_owned(), String::new()]),
            (None, _) if c.is_whitespace() => words.push(String::new()),
            (Some(_) | None, _) => {
                if let Some(last) = words.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn python_path(directory: &str) -> String {
    format!("PYTHONPATH={} ", word(directory))
}

/// The directory to import a script's package from, and its name there, if the script is part of a package and
/// imports the rest of it by dots or by name.
fn module<'a>(tree: &Texts, path: &'a str) -> Option<(&'a str, String)> {
    let is_package = |directory: &&str| tree.has(&below(directory, "__init__.py"));
    let package = upwards(parent(path)).take_while(|at| !at.is_empty() && is_package(at)).last()?;
    let root = parent(package);
    let name = package.rsplit('/').next()?;
    let of_package = |import: &&str| import.starts_with('.') || *import == name;
    imports(tree.text(path)?).iter().any(of_package).then(|| {
        let inside = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        (root, inside.trim_end_matches(".py").replace('/', "."))
    })
}

/// `PYTHONPATH=...` where a script imports code of the repository that does not lie beside it.
fn places(tree: &Texts, path: &str, unit: &str) -> String {
    let holds = |root: &str, name: &str| {
        tree.has(&below(root, &format!("{name}.py"))) || tree.has_directory(&below(root, name))
    };
    let own = parent(path);
    let imports = imports(tree.text(path).unwrap_or_default());
    let needed = ["", "src"].into_iter().filter(|place| {
        let root = if place.is_empty() { unit.to_owned() } else { below(unit, place) };
        let elsewhere = |name: &&&str| holds(&root, name) && !holds(own, name);
        root != own
            && imports.iter().filter(|name| !name.starts_with('.')).any(|name| elsewhere(&name))
    });
    let needed: Vec<&str> =
        needed.map(|place| if place.is_empty() { "." } else { place }).collect();
    if needed.is_empty() { String::new() } else { python_path(&needed.join(":")) }
}

/// A word of a shell.
fn word(text: &str) -> String {
    crate::shell::word(text)
}
