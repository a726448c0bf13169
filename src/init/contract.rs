//! What of a training's contract can be seen in its sources: whether there is one, whether it reads its seed, and
//! whether it tells the metrics that the config judges.  Pure.

mod reporting;
mod trial;

use super::{
    python::imports,
    requirements::{Needs, needs},
    seeds::{Fixed, Seeding, VARIABLE, line_to_add},
    survey::{rings, seed},
    training::named,
    tree::Texts,
};
use crate::{
    config::Config,
    output::{Check, State, first_few},
    python::requirements::parent,
};

pub use trial::Trial;

/// The sources of the training that a config names.
pub(super) struct Sources<'a> {
    tree: &'a Texts,
    config: &'a Config,
    /// What the entrypoint runs, if that is seen, or the name of what is not there.
    named: Result<Option<String>, String>,
    needs: Needs,
    /// By their distance from the script.
    rings: [Vec<&'a str>; 3],
}

/// All clauses, in the order in which a training needs them.
pub(super) fn clauses(tree: &Texts, config: &Config) -> Vec<Check> {
    Sources::of(tree, config).clauses()
}

impl<'a> Sources<'a> {
    pub(super) fn of(tree: &'a Texts, config: &'a Config) -> Self {
        let named = named(tree, &config.entrypoint);
        let script = named.as_ref().ok().and_then(Option::as_deref);
        let needs = needs(tree, script.map_or("", parent));
        let rings = rings(tree, script, &needs.unit);
        Self { tree, config, named, needs, rings }
    }
}

impl Sources<'_> {
    /// All clauses, in the order in which a training needs them.
    pub(super) fn clauses(&self) -> Vec<Check> {
        vec![self.training(), self.seed(), self.metrics()]
    }

    /// Whether a training cannot even begin, by what the sources show.
    pub(super) fn is_blocked(&self) -> bool {
        self.named.is_err()
    }

    fn training(&self) -> Check {
        let entrypoint = &self.config.entrypoint;
        let Err(missing) = &self.named else { return Check::ok("training", entrypoint) };
        let found = format!("`{entrypoint}` runs {missing}, which is not in the repository");
        Check::new("training", State::Problem, found)
            .remedy("name the command that trains as `entrypoint` in the config")
    }

    fn text(&self, path: &str) -> &str {
        self.tree.text(path).unwrap_or_default()
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.rings.iter().flatten().copied()
    }

    /// Where lines are to be added.
    fn script(&self) -> &str {
        let script = self.named.as_ref().ok().and_then(Option::as_deref);
        script.unwrap_or("the training")
    }

    fn seed(&self) -> Check {
        if self.config.metrics.values().all(|metric| metric.deterministic) {
            return Check::ok("seed", "none is needed: every metric is deterministic");
        }
        if self.config.entrypoint.contains(VARIABLE) {
            return Check::ok("seed", format!("the entrypoint hands {VARIABLE} over"));
        }
        let others = [".sh", ".yml", ".yaml", "Makefile"].into_iter();
        let mut others = others.flat_map(|ending| self.tree.texts(ending));
        let (path, seeding) = seed(self.tree, &self.rings);
        let reading = match &seeding {
            Seeding::Read => Some(path.as_str()),
            Seeding::Given(_) | Seeding::Fixed(_) | Seeding::Unset => {
                others.find(|(_, text)| text.contains(VARIABLE)).map(|(path, _)| path)
            }
        };
        if let Some(path) = reading {
            return Check::ok("seed", format!("{path} reads {VARIABLE}"));
        }
        let unread = format!(
            "nothing reads {VARIABLE}, so that all trainings of a side may be one and the same, and nothing passes"
        );
        Check::new("seed", State::Problem, unread).remedy(self.seeded(&path, &seeding))
    }

    fn seeded(&self, path: &str, seeding: &Seeding) -> String {
        match seeding {
            Seeding::Given(words) => {
                format!("in the config, end `entrypoint` with what {path} takes:\n{words}")
            }
            Seeding::Fixed(lines) => {
                let places =
                    lines.iter().map(|Fixed { line, text, .. }| format!("`{text}` in line {line}"));
                let places: Vec<String> = places.collect();
                let better = lines.iter().map(|fixed| format!("\n{}", fixed.better));
                let better: String = better.collect();
                format!("in {path}, in place of {}, write:\nimport os{better}", first_few(&places))
            }
            Seeding::Read | Seeding::Unset => self.seeding_at_the_start(path),
        }
    }

    /// For a seed that is read, and changes nothing.
    fn reaching(&self) -> String {
        let (path, _) = seed(self.tree, &self.rings);
        format!("let the seed reach whatever is random; {}", self.seeding_at_the_start(&path))
    }

    /// The line that fits the libraries of a source.
    fn seeding_at_the_start(&self, path: &str) -> String {
        let line = line_to_add(&imports(self.text(path)));
        format!("at the start of {}, add:\n{line}", self.script())
    }
}

#[cfg(test)]
mod tests;
