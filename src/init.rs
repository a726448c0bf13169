//! `init`: the files of a work tree -> what they tell of its training -> a config and workflows that fit, written
//! where there are none.  Looking is pure; files are read in `tree` and written in `files`, and `release` asks the
//! network.

mod contract;
mod draft;
mod files;
mod metrics;
mod python;
mod questions;
mod release;
mod requirements;
mod seeds;
mod survey;
mod training;
mod tree;
mod vocabulary;

use std::{
    fs,
    io::{self, BufRead, Write},
    path::Path,
};

use anyhow::{Context, Result};

use crate::{
    config::Config,
    git::Repository,
    output::{Check, Examination, State},
    progress::Progress,
    python::requirements::{NO_FILES, parent},
    shell::word,
};

pub use contract::Trial;

use contract::Sources;
use draft::Draft;
use requirements::Gap;
use survey::Survey;
use tree::Texts;

/// A work tree that was looked at, and what would be written there.
#[derive(Debug)]
pub struct Beginning {
    tree: Texts,
    survey: Survey,
    draft: Draft,
}

/// Looks at the work tree; with a command, at what that trains.
pub fn look(repository: &Repository, entrypoint: Option<&str>) -> Result<Beginning> {
    let tree = Texts::read(repository)?;
    let survey = Survey::of(&tree, entrypoint);
    let draft = Draft::of(&survey);
    Ok(Beginning { tree, survey, draft })
}

/// What a training owes us: to use its seed, and to report its metrics.
#[derive(Debug)]
pub struct Contract {
    tree: Texts,
    config: Config,
}

impl Contract {
    /// Of the training that a config names, in the work tree.
    pub fn read(repository: &Repository, config: Config) -> Result<Self> {
        Ok(Self { tree: Texts::read(repository)?, config })
    }

    /// Whether a training cannot even begin, by what the sources show.
    pub fn is_blocked(&self) -> bool {
        self.sources().is_blocked()
    }

    /// What the sources show that is missing, a line each.
    pub fn lacks(&self) -> Vec<String> {
        let missing = self.sources().clauses().into_iter().filter(|one| one.state != State::Ok);
        missing.map(|one| format!("{}: {}", one.name, one.found)).collect()
    }

    /// What of it is kept: as trainings show it, or where there was none, the sources.
    pub fn tried(&self, trial: Option<&Trial>) -> Examination {
        self.sources().tried(trial)
    }

    fn sources(&self) -> Sources<'_> {
        Sources::of(&self.tree, &self.config)
    }
}

impl Beginning {
    /// Asks at most five questions; at the end of the answers, the guesses stand.
    pub fn ask(self, answers: &mut impl BufRead, to: &mut impl Write) -> io::Result<Self> {
        let draft = questions::ask(self.draft, answers, to)?;
        Ok(Self { draft, ..self })
    }

    /// Writes what is not there below `root`, and tells what was found and what is still to be done.  `path` is the
    /// config's, and `shown` is how it is told.
    pub async fn write(
        &self,
        root: &Path,
        (path, shown): (&Path, &str),
        progress: &Progress,
    ) -> Result<Examination> {
        let text = self.draft.text();
        Config::parse(&text, shown)?;
        let is_new = files::write(root, path, &text)?;
        let config = if is_new {
            text
        } else {
            let cannot = || format!("cannot read the config {shown}");
            fs::read_to_string(root.join(path)).with_context(cannot)?
        };
        let config = Config::parse(&config, shown)?;
        let mut checks = contract::clauses(&self.tree, &config);
        if is_new {
            checks.splice(1..1, self.found());
        }
        checks.push(Check::ok("config", written(shown, is_new)));
        if self.draft.workflows {
            checks.push(workflows(root, progress).await?);
        }
        Ok(checks.into())
    }

    /// What was found besides the training's contract.
    fn found(&self) -> Vec<Check> {
        let Self { survey, draft, .. } = self;
        let mut found = Vec::new();
        if let Some(other) = survey.others.first().filter(|_| draft.entrypoint == survey.entrypoint)
        {
            found.push(self.other(other));
        }
        found.push(self.needs());
        if let Some(source) = survey.gpu.as_ref().filter(|_| draft.gpu) {
            let told = "a training on Kubernetes takes 1 GPU; on this machine, trainings share what there is";
            found.push(Check::ok("CUDA", format!("{source} uses it: {told}")));
        }
        found
    }

    /// Another model has a config of its own.
    fn other(&self, path: &str) -> Check {
        let command = survey::entrypoint(&self.tree, path);
        let name = Some(parent(path)).filter(|directory| !directory.is_empty()).unwrap_or(path);
        let name = name.trim_end_matches(".py").rsplit('/').next().unwrap_or(name);
        let config = format!(".github/regression-{name}.yml");
        let count = self.survey.others.len();
        Check::warning(
            "models",
            crate::output::count(count, "other script") + " may train, too: " + path,
        )
        .remedy(format!(
            "for a config of its own:\nregression-action init --config {} --entrypoint {}",
            word(&config),
            word(&command)
        ))
    }

    fn needs(&self) -> Check {
        let (files, needs) = (&self.draft.requirements, &self.survey.needs);
        match &needs.gap {
            Some(Gap { found, remedy }) if *files == needs.files => {
                Check::warning("requirements", found)
                    .remedy(format!("write and commit them:\n{remedy}"))
            }
            _ if files.is_empty() => Check::ok("requirements", NO_FILES),
            _ => Check::ok("requirements", files.join(", ")),
        }
    }
}

fn written(shown: &str, is_new: bool) -> String {
    format!("{shown} {}", if is_new { "is written" } else { "is there already, and left as it is" })
}

/// Writes the workflows of the gate.
async fn workflows(root: &Path, progress: &Progress) -> Result<Check> {
    let is_wanted = files::workflows(None).iter().any(|(path, _)| !root.join(path).exists());
    let asking = progress.waiting("asking for the commit of the release", release::find(root));
    let release = if is_wanted { Some(asking.await) } else { None };
    let found = release.as_ref().and_then(|release| release.as_ref().ok());
    let mut told = Vec::new();
    for (path, text) in files::workflows(found) {
        told.push(written(path, files::write(root, Path::new(path), &text)?));
    }
    let told = told.join("; ");
    Ok(match release {
        Some(Err(error)) => {
            let why =
                format!("{told}; the commit of {} is not known: {error:#}", release::version());
            let remedy =
                format!("replace the zeros in them by what this prints:\n{}", release::command());
            Check::warning("workflows", why).remedy(remedy)
        }
        Some(Ok(_)) | None => Check::ok("workflows", told),
    })
}
