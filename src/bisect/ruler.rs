//! By what commits are measured: those that are trained all as the judge is, so that none is named for a
//! change of how it is measured.

use anyhow::Result;

use super::{BisectRequest, ReadingSource};
use crate::{
    git::{Code, Commit},
    output::first_few,
};

impl BisectRequest {
    /// The files of a commit's trainings.
    pub(super) fn code(&self, commit: &Commit) -> Code {
        match self.readings.on_ray() {
            Some(on) => Code::measured(commit, &self.judge, &on.config.ruler),
            None => Code::whole(commit),
        }
    }

    /// What a reader should know of how the commits are measured, if there is a ruler.
    pub(super) fn measured(&self) -> Result<Option<String>> {
        match &self.readings {
            ReadingSource::Command { ruled, .. } => Ok(ruled.then(|| {
                "`ruler` of the config does not hold for --command, which runs in trees that are exactly the \
                 commits: each was measured by its own files"
                    .to_owned()
            })),
            ReadingSource::Ray(on) if on.config.ruler.is_empty() => Ok(None),
            ReadingSource::Ray(on) => {
                let content = |commit| self.repository.content(&Code::whole(commit));
                let judge = content(&self.judge)?;
                let mut changed = judge.changed(&content(&self.good)?);
                changed.extend(judge.changed(&content(&self.bad)?));
                changed.retain(|path| on.config.ruler.take(path));
                changed.sort_unstable();
                changed.dedup();
                Ok((!changed.is_empty()).then(|| {
                    format!(
                        "how it is measured changed ({}): every commit was measured as {} is",
                        first_few(&changed),
                        self.judge.sha.short()
                    )
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        bisect::{OnRay, SearchState},
        cache::Cache,
        cli::{Place, again::Again},
        config::{Config, Direction, Metric, MetricSources},
        experiment::BackendChoice,
        git::{Repository, program},
    };

    const CONFIG: &str = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 1}}\nruler: [evaluate.py]\n\
         inputs: [train.py]";

    fn commit(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            std::fs::write(root.join(path), text).unwrap();
        }
        for arguments in [&["add", "--all"][..], &["commit", "--quiet", "--message=x"]] {
            let mut command = program::command(root);
            command.args(["-c", "user.name=a", "-c", "user.email=a@acme.dev"]).args(arguments);
            program::stdout(&mut command).unwrap();
        }
    }

    /// A repository whose second commit changes how it is measured, and whose third the training.
    fn repository(root: &Path) -> Repository {
        program::stdout(program::command(root).args(["init", "--quiet"])).unwrap();
        commit(root, &[("train.py", "1"), ("evaluate.py", "1")]);
        commit(root, &[("evaluate.py", "2")]);
        commit(root, &[("train.py", "2")]);
        Repository::discover(root).unwrap()
    }

    fn question(repository: &Repository, readings: ReadingSource, judge: &str) -> BisectRequest {
        let resolve = |name: &str| repository.resolve(name).unwrap();
        BisectRequest {
            repository: repository.clone(),
            good: resolve("HEAD~2"),
            bad: resolve("HEAD"),
            judge: resolve(judge),
            metric: "a".to_owned(),
            judged: Metric::new(Direction::Higher, 0.0, 1.0),
            requirements: Vec::new(),
            readings,
            recorded: None,
            parallel: 1,
            budget: 1,
            fresh: false,
            again: Again::new(None, &Place::default()),
            run: "run".to_owned(),
            journal: None,
        }
    }

    fn on_ray(config: &str) -> ReadingSource {
        ReadingSource::Ray(Box::new(OnRay {
            config: Config::parse(config, "x").unwrap(),
            backend: BackendChoice::Local,
            history: None,
            tracker: None,
            registry: None,
        }))
    }

    #[test]
    fn commits_that_are_trained_are_measured_as_the_judge_is() {
        let directory = tempfile::tempdir().unwrap();
        let repository = repository(directory.path());
        let cache = Cache::open(Some(&directory.path().join(".git/cache"))).unwrap();
        let by = |judge: &str| question(&repository, on_ray(CONFIG), judge);
        let content = |question: &BisectRequest, name: &str| {
            let commit = repository.resolve(name).unwrap();
            repository.content(&question.code(&commit)).unwrap()
        };
        let new = by("HEAD");
        // The second commit changes nothing else.
        assert_eq!(content(&new, "HEAD~2"), content(&new, "HEAD~1"));
        assert_ne!(content(&new, "HEAD~1"), content(&new, "HEAD"));
        let told = new.measured().unwrap().unwrap();
        let judge = new.judge.sha.short();
        assert_eq!(
            told,
            format!(
                "how it is measured changed (evaluate.py): every commit was measured as {judge} is"
            )
        );
        // What was read by one ruler is nothing that another search goes on from.
        let key =
            |question: &BisectRequest| SearchState::open(question, &cache, Vec::new()).unwrap().key;
        assert_ne!(key(&new), key(&by("HEAD~2")));
        let whole = CONFIG.replace("ruler: [evaluate.py]", "ignore: [docs]");
        let whole = question(&repository, on_ray(&whole), "HEAD");
        assert_eq!(whole.measured().unwrap(), None);
        assert_ne!(content(&whole, "HEAD~2"), content(&whole, "HEAD~1"));
    }

    #[test]
    fn a_command_has_the_commit_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let repository = repository(directory.path());
        let by = |ruled| ReadingSource::Command {
            shell: "true".to_owned(),
            limit: std::time::Duration::from_secs(1),
            sources: MetricSources::default(),
            total: None,
            ruled,
        };
        let question = question(&repository, by(true), "HEAD");
        assert_eq!(question.code(&question.good), Code::whole(&question.good));
        assert!(question.measured().unwrap().unwrap().contains("does not hold for --command"));
        assert_eq!(self::question(&repository, by(false), "HEAD").measured().unwrap(), None);
    }
}
