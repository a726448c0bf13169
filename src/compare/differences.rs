//! What head changes, as far as a training can tell: where that is nothing, nothing is trained.

use std::{path::Path, time::Instant};

use anyhow::Result;

use super::{Question, Run, Sides};
use crate::{
    config::Config,
    experiment::{BackendChoice, trace::Watch},
    git::{Code, Commit, Content, Repository, is_aside},
    output::first_few,
    python::{environment, image::WantedImage},
    report::{Environments, Report, Shadow, Times, Usage, hints},
    verdict::Verdict,
};

/// What head changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Why no training could tell base and head apart; none if one may.
    pub same: Option<String>,
    /// Files that measure, by the config's `ruler`, and are head's own: both sides have the judge's.
    pub ruler: Vec<String>,
    /// What is looked out for in head's trainings.
    pub watch: Watch,
}

impl Differences {
    /// Compares two commits by their trees alone.
    pub fn between(
        repository: &Repository,
        config: &Config,
        backend: &BackendChoice,
        (sides, judge): (&Sides, &Commit),
    ) -> Result<Self> {
        let (base, head) = (&sides.base, sides.trained());
        if let Some(why) = one_tree(repository, base, head)? {
            return Ok(Self { same: Some(why), ..Self::default() });
        }
        let content = |commit| repository.content(&Code::whole(commit));
        let after = content(head)?;
        let changed = after.changed(&content(base)?);
        let (mut ruler, rest): (Vec<_>, Vec<_>) =
            changed.into_iter().partition(|path| config.ruler.take(path));
        let read = rest.iter().any(|path| config.is_input(path));
        let may_differ = config.all_counts()
            || read
            || environments_differ(repository, config, backend, (base, head))?;
        let same = (!may_differ).then(|| told(&ruler, &rest));
        let watch = if config.trace { watch(config, &rest, &after) } else { Watch::default() };
        if !ruler.is_empty() && judge != base {
            // Such as a head that is the judge, beside a release.
            let own = after.changed(&content(judge)?);
            ruler.retain(|path| own.contains(path));
        }
        Ok(Self { same, ruler, watch })
    }
}

fn watch(config: &Config, changed: &[String], after: &Content) -> Watch {
    Watch {
        files: watched(config, changed, after),
        aside: after.paths().filter(|path| !config.counts(path)).collect(),
    }
}

/// What was changed and is there, if it is all Python: what reads files of other kinds, Python does not see.
fn watched(config: &Config, changed: &[String], after: &Content) -> Vec<String> {
    let counts = |path: &&String| config.is_input(path) && !is_aside(path) && after.has(path);
    let counted: Vec<String> = changed.iter().filter(counts).cloned().collect();
    // A line break would end a name.
    let is_seen = |path: &String| {
        Path::new(path).extension().is_some_and(|end| end == "py") && !path.contains('\n')
    };
    if counted.iter().all(is_seen) { counted } else { Vec::new() }
}

fn one_tree(repository: &Repository, base: &Commit, head: &Commit) -> Result<Option<String>> {
    let why = if base.sha == head.sha {
        "base and head are the same commit"
    } else if repository.tree(base)? == repository.tree(head)? {
        "base and head have the same tree"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("{why}: no training could tell them apart, and none was started")))
}

/// Whether the requirements of both commits ask for different environments.
fn environments_differ(
    repository: &Repository,
    config: &Config,
    backend: &BackendChoice,
    (base, head): (&Commit, &Commit),
) -> Result<bool> {
    let of = |commit| environment_of(repository, config, backend, commit);
    Ok(of(base)? != of(head)?)
}

/// The name of the environment that a commit's requirements ask for.
pub(super) fn environment_of(
    repository: &Repository,
    config: &Config,
    backend: &BackendChoice,
    commit: &Commit,
) -> Result<String> {
    let files = repository.files(commit);
    Ok(match backend {
        BackendChoice::Existing { .. } => String::new(),
        // The machine's own Python is the same for both.
        BackendChoice::Local => environment::document(config, "3", &files)?.hash(),
        BackendChoice::Kubernetes(_) => WantedImage::of(config, &files)?.reference().to_string(),
    })
}

fn told(ruler: &[String], rest: &[String]) -> String {
    if rest.is_empty() {
        return format!(
            "only how it is measured has changed ({}), and both sides are measured alike",
            first_few(ruler)
        );
    }
    format!("nothing that the training reads has changed (but {})", first_few(rest))
}

/// The report of a comparison that needs no training.
pub(super) fn untrained(question: &Question, run: &Run, why: &str, started: Instant) -> Report {
    let mut times = Times::default();
    times.complete(started, std::iter::empty());
    let report = Report {
        schema: Report::SCHEMA,
        verdict: Verdict::Pass,
        reason: why.to_owned(),
        base: question.sides.base.clone(),
        head: question.sides.head.clone(),
        merge: question.sides.merged().cloned(),
        metrics: Vec::new(),
        observations: Vec::new(),
        cluster: String::new(),
        environments: Environments::default(),
        ruler: question.differences.ruler.clone(),
        shadow: question.has_shadow().then(|| {
            Shadow::failed(
                "nothing that a training reads has changed, so no training was started".to_owned(),
            )
        }),
        times,
        usage: Usage::default(),
        experiment_url: None,
        trend: Vec::new(),
        drift: None,
        stopped: None,
        hints: Vec::new(),
        cleanup: Vec::new(),
        warnings: Vec::new(),
        config: question.config_told.clone(),
        reproduce: question.reproduce.clone(),
        directory: run.directory.clone(),
    };
    Report { hints: hints(&report), ..report }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::program;

    /// A head that judges itself, such as main beside a release, changes nothing of how it is measured.
    #[test]
    fn a_ruler_is_heads_own_where_the_judge_has_another() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let git = |arguments: &[&str]| {
            let mut command = program::command(root);
            command.args(["-c", "user.name=a", "-c", "user.email=a@acme.dev"]).args(arguments);
            program::stdout(&mut command).unwrap();
        };
        git(&["init", "--quiet"]);
        for (evaluate, train) in [("1", "1"), ("2", "2"), ("2", "3")] {
            std::fs::write(root.join("evaluate.py"), evaluate).unwrap();
            std::fs::write(root.join("train.py"), train).unwrap();
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "--message=x"]);
        }
        let repository = Repository::discover(root).unwrap();
        let resolve = |name: &str| repository.resolve(name).unwrap();
        let text =
            "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 1}}\nruler: [evaluate.py]";
        let config = Config::parse(text, "x").unwrap();
        let own = |[base, head, judge]: [&str; 3]| {
            let sides = Sides::plain(resolve(base), resolve(head));
            let asked = (&sides, &resolve(judge));
            let backend = BackendChoice::Local;
            Differences::between(&repository, &config, &backend, asked).unwrap().ruler
        };
        assert_eq!(own(["HEAD~2", "HEAD~1", "HEAD~2"]), ["evaluate.py"]);
        assert_eq!(own(["HEAD~2", "HEAD~1", "HEAD~1"]), [""; 0]);
        assert_eq!(own(["HEAD~2", "HEAD~1", "HEAD"]), [""; 0]);
        // What head does not change is not its own, whoever judges.
        assert_eq!(own(["HEAD~1", "HEAD", "HEAD~2"]), [""; 0]);
    }
}
