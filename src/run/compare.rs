//! `compare`: the command line -> the questions, one for each head, and the reports, printed.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result};

use super::{
    judged_by::{FoundConfig, found_config},
    revision::{TypedCommit, typed_commit},
    sides, write_out,
};
use crate::{
    cancel::unless_cancelled,
    cli::{
        BackendName, Compare, Place, Shared,
        again::Again,
        setup::{backend, registry, remember},
    },
    compare::{Differences, Images, Memory, Question, Resume, Sides, compare},
    experiment::{Tools, measure::Role},
    git::{Repository, WORK_TREE},
    report::Report,
    verdict::Verdict,
};

/// Compares each head, with the exit code of the worst verdict.
pub(super) async fn run(options: &Compare, shared: &Shared, tools: &Tools<'_>) -> Result<ExitCode> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let format = shared.format.unwrap_or_default();
    let answered = |report: &Report| write_out(&report.render(format)?);
    all(options, (&here, shared.config.as_deref()), tools, answered).await
}

/// Asks of every head before any is trained; each report is told as soon as it is there.
pub(super) async fn all(
    options: &Compare,
    (directory, config): (&Path, Option<&Path>),
    tools: &Tools<'_>,
    answered: impl Fn(&Report) -> Result<()>,
) -> Result<ExitCode> {
    let mut questions = Vec::with_capacity(options.head.len());
    for (at, head) in options.head.iter().enumerate() {
        let resume = resume(options.fresh, at, options.head.len());
        let question = ask(options, head, (directory, config), tools).await?;
        questions.push(Question { resume: Some(resume), ..question });
    }
    let mut verdicts = Vec::with_capacity(questions.len());
    for question in &questions {
        let run = question.begin(tools.cache)?;
        let report = Box::pin(compare(question, &run, tools)).await?;
        answered(&report)?;
        verdicts.push(report.verdict);
    }
    Ok(ExitCode::from(worst(&verdicts).exit_code()))
}

/// Base is read once for all heads; what was read of a head serves that head alone.
fn resume(fresh: bool, at: usize, heads: usize) -> Resume {
    let afresh: &[Role] = match (fresh, at) {
        (false, _) => &[],
        (true, 0) => &[Role::Base, Role::Head],
        (true, _) => &[Role::Head],
    };
    let is_last = at + 1 == heads;
    Resume { afresh, done: if is_last { &[Role::Base, Role::Head] } else { &[Role::Head] } }
}

fn worst(verdicts: &[Verdict]) -> Verdict {
    let worst_first = [Verdict::Regressed, Verdict::Inconclusive];
    let worst = worst_first.into_iter().find(|verdict| verdicts.contains(verdict));
    worst.unwrap_or(Verdict::Pass)
}

/// Everything that can be wrong with the question comes to light here, before anything is started.
async fn ask(
    options: &Compare,
    head: &str,
    (directory, config): (&Path, Option<&Path>),
    tools: &Tools<'_>,
) -> Result<Question> {
    let repository = Repository::discover(directory)?;
    let again = Again::new(config, &options.place).training(&options.trainings);
    let again = again.judged_by(options.config_from);
    let base = repository.resolve(&options.base)?;
    let typed = head;
    let TypedCommit { repository, commit: head, name } =
        typed_commit(repository, typed, tools.progress)?;
    let from = (options.config_from, config);
    let FoundConfig { config, told, of_head } =
        found_config(&repository, from, ("base", &base, &head))?;
    tools.progress.say(format!("config: {told}"));
    let config = options.trainings.of(config);
    let of_head = of_head.then(|| head.clone());
    let backend = backend(&options.place, None)?;
    let sides = if typed == WORK_TREE {
        Sides::plain(base, head)
    } else {
        sides::sides(&repository, &config, (&options.base, base), head, tools.progress)?
    };
    let judge = of_head.unwrap_or_else(|| sides.base.clone());
    let question = Question {
        differences: Differences::between(&repository, &config, &backend, (&sides, &judge))?,
        reproduce: again.compare(&sides.base.sha, &name),
        config_told: told,
        repository,
        config,
        sides,
        judge,
        backend,
        images: Images::default(),
        memory: Memory::default(),
        resume: None,
    };
    complete(question, &options.place, tools).await
}

/// With the images that trainings need, if there are to be any, and with what is remembered.
pub(super) async fn complete(
    question: Question,
    place: &Place,
    tools: &Tools<'_>,
) -> Result<Question> {
    let Question { repository, config, sides, differences, .. } = &question;
    let images = match place.backend {
        BackendName::Kubernetes if differences.same.is_none() => {
            let registry = registry(&place.login, None)?;
            let looking = Images::look(repository, config, sides, &registry, tools.progress);
            unless_cancelled(tools.cancel, Box::pin(looking)).await?
        }
        BackendName::Kubernetes | BackendName::Local | BackendName::Ray => Images::default(),
    };
    images.check()?;
    let memory = remember(repository, config, Some(sides))?;
    Ok(Question { images, memory, ..question })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_counts() {
        use Verdict::{Inconclusive, Pass, Regressed};
        assert_eq!(worst(&[Pass, Regressed, Inconclusive]), Regressed);
        assert_eq!(worst(&[Pass, Inconclusive, Pass]), Inconclusive);
        assert_eq!(worst(&[Pass, Pass]), Pass);
    }

    #[test]
    fn base_is_kept_until_the_last_head_is_answered() {
        use Role::{Base, Head};
        let told = |fresh| [0, 1].map(|at| resume(fresh, at, 2)).map(|one| (one.afresh, one.done));
        assert_eq!(told(false), [(&[][..], &[Head][..]), (&[], &[Base, Head])]);
        assert_eq!(told(true), [(&[Base, Head][..], &[Head][..]), (&[Head], &[Base, Head])]);
    }
}
