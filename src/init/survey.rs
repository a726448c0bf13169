//! What a tree tells of its training: the command, its requirements, its metrics, its seed, its GPUs.  Pure.

use super::{
    metrics::{Candidate, best, candidates},
    python::{calls, imports},
    requirements::{Needs, needs},
    seeds::{Seeding, seeding},
    training::{command, is_of_others, named, scripts},
    tree::Texts,
};
use crate::python::requirements::parent;

/// What was found.
#[derive(Debug)]
pub(super) struct Survey {
    /// Scripts that look as much like it: other models.
    pub(super) others: Vec<String>,
    /// The command that trains.
    pub(super) entrypoint: String,
    pub(super) needs: Needs,
    /// The metrics to judge; none where no source tells any.
    pub(super) metrics: Vec<Candidate>,
    /// Where a GPU is used, if one is.
    pub(super) gpu: Option<String>,
}

/// The command that is written where no script looks like a training.
pub(super) const NO_TRAINING: &str = "python train.py";

impl Survey {
    /// Looks for the training, unless a command is named, and from there for the rest.
    pub(super) fn of(tree: &Texts, command: Option<&str>) -> Self {
        let mut scripts = scripts(tree).into_iter().map(|script| script.path);
        let (script, others) = match command {
            Some(command) => (named(tree, command).ok().flatten(), Vec::new()),
            None => (scripts.next(), scripts.collect()),
        };
        let needs = needs(tree, script.as_deref().map_or("", parent));
        let rings = rings(tree, script.as_deref(), &needs.unit);
        let found = script.as_ref().map(|script| entrypoint(tree, script));
        let entrypoint = command.map(str::to_owned).or(found);
        Self {
            entrypoint: entrypoint.unwrap_or_else(|| NO_TRAINING.to_owned()),
            metrics: metrics(tree, &rings),
            gpu: gpu(tree, &rings),
            others,
            needs,
        }
    }
}

/// The command that runs a script, with our seed if it takes one.
pub(super) fn entrypoint(tree: &Texts, script: &str) -> String {
    let command = command(tree, script, &needs(tree, parent(script)).unit);
    match seeding(tree.text(script).unwrap_or_default()) {
        Seeding::Given(words) => format!("{command} {words}"),
        Seeding::Read | Seeding::Fixed(_) | Seeding::Unset => command,
    }
}

/// Sources by their distance from a script: itself, those beside and below it, those of its project.
pub(super) fn rings<'a>(tree: &'a Texts, script: Option<&str>, unit: &str) -> [Vec<&'a str>; 3] {
    let directory = script.map_or("", parent);
    let inside = |path: &str, of: &str| of.is_empty() || path.starts_with(&format!("{of}/"));
    let mut rings = [Vec::new(), Vec::new(), Vec::new()];
    for (path, _) in tree.texts(".py").filter(|(path, _)| !is_of_others(path)) {
        let ring = match () {
            () if script == Some(path) => 0,
            () if inside(path, directory) && !(directory.is_empty() && path.contains('/')) => 1,
            () if inside(path, unit) => 2,
            () => continue,
        };
        rings[ring].push(path);
    }
    rings
}

/// The metrics of the nearest ring that tells any.
fn metrics(tree: &Texts, rings: &[Vec<&str>]) -> Vec<Candidate> {
    let of = |ring: &Vec<&str>| {
        let told = ring.iter().flat_map(|path| {
            let source = tree.text(path).unwrap_or_default();
            candidates(source, &calls(source))
        });
        best(told.collect())
    };
    rings.iter().map(of).find(|found| !found.is_empty()).unwrap_or_default()
}

/// What the project does about seeds: ours, if it is read anywhere, else what the nearest ring says.
pub(super) fn seed(tree: &Texts, rings: &[Vec<&str>; 3]) -> (String, Seeding) {
    let of = |path: &&str| ((*path).to_owned(), seeding(tree.text(path).unwrap_or_default()));
    let [own, beside, rest] = rings;
    let all: Vec<_> = own.iter().chain(beside).chain(rest).map(of).collect();
    let read = all.iter().find(|(_, seeding)| *seeding == Seeding::Read);
    // Another script's option is not the training's.
    let own_says = all.iter().take(own.len()).find(|(_, seeding)| *seeding != Seeding::Unset);
    let fixed = all.iter().find(|(_, seeding)| matches!(seeding, Seeding::Fixed(_)));
    let script = own.first().copied().unwrap_or_default().to_owned();
    read.or(own_says).or(fixed).cloned().unwrap_or((script, Seeding::Unset))
}

/// Where CUDA is named: in a source of the training, or among the requirements.
fn gpu(tree: &Texts, rings: &[Vec<&str>]) -> Option<String> {
    let uses = |path: &&&str| {
        let source = tree.text(path).unwrap_or_default();
        let libraries = ["torch", "jax", "tensorflow", "cupy", "lightning", "pytorch_lightning"];
        let learns = imports(source).iter().any(|import| libraries.contains(import));
        learns && ["cuda", "\"gpu\"", "'gpu'"].iter().any(|word| source.contains(word))
    };
    rings.iter().flatten().find(uses).map(|path| (*path).to_owned())
}

#[cfg(test)]
mod tests;
