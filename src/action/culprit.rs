//! Tells the culprit of a bisect, once: under its pull request, or by an issue where it has none.
//! *Best effort, warned*: it never changes the answer.

use anyhow::{Context as _, Result};

use super::Action;
use crate::{
    bisect::{BisectReport, Reached, Suspect},
    clients::github::{Error, PullNumber, marker},
    git::{CommitSha, LineCommit},
    output::{excerpt, literal, number},
};

/// Longest name of a metric in a title, in characters.
const LONGEST_METRIC: usize = 100;

/// Notes the pull request that the culprit came with.  GitHub knows it; what the commit's subject says,
/// anybody can write, and it stays only where GitHub knows none.
pub(super) async fn find_pull(action: &Action<'_>, report: &mut BisectReport) {
    let Some(Suspect { step, .. }) = &mut report.culprit else { return };
    match action.github.merged_with(&step.commit.sha).await {
        Ok(pull) => step.pull = pull.map(|pull| pull.0).or(step.pull),
        Err(error) => action.progress.say(format!("warning: {error}")),
    }
}

/// Tells whom it concerns; yields the address of what was written.
pub(super) async fn tell(action: &Action<'_>, report: &BisectReport) -> Option<String> {
    let suspect = report.culprit.as_ref().filter(|_| action.inputs.comment)?;
    match told(action, report, suspect).await {
        Ok(url) => Some(url),
        Err(error) => {
            action.progress.say(format!("warning: nobody was told of the culprit: {error:#}"));
            None
        }
    }
}

async fn told(action: &Action<'_>, report: &BisectReport, suspect: &Suspect) -> Result<String> {
    let text = text(report, suspect, &action.context.run_url());
    let sha = &suspect.step.commit.sha;
    if let Some(pull) = pull(&report.searches, &suspect.step)
        && exists(action, pull).await?
    {
        let marker = marker("bisect", &[&report.metric]);
        let comment = action.github.upsert_comment(pull, &text, &marker).await;
        return Ok(comment.context("the comment is not written")?.html_url);
    }
    let metric = excerpt(&report.metric, LONGEST_METRIC);
    let title = format!("{metric} became worse with {}", sha.short());
    let marker = marker("bisect", &[sha.as_str(), &report.metric]);
    let issue = action.github.upsert_issue(&title, &text, &marker).await;
    Ok(issue.context("the issue is not written")?.html_url)
}

/// The pull request of the culprit, or of the merge that it came with.  The commits say so, and anybody
/// can write it.
fn pull(searches: &[Reached], culprit: &LineCommit) -> Option<PullNumber> {
    let step = |search: &Reached, sha: &CommitSha| {
        let mut steps = search.commits.iter().map(|witness| &witness.step);
        steps.find(|step| step.commit.sha == *sha).cloned()
    };
    // The innermost merge comes last.
    let mut merges = searches.iter().rev().filter_map(|search| {
        let merge = search.inside.as_ref()?;
        step(search, &culprit.commit.sha)?;
        step(search, &merge.sha)?.pull
    });
    culprit.pull.or_else(|| merges.next()).map(PullNumber)
}

/// Whether the number is one of this repository's pull requests; it may be another's, or an issue's.
async fn exists(action: &Action<'_>, pull: PullNumber) -> Result<bool> {
    match action.github.pull(pull).await {
        Ok(_) => Ok(true),
        Err(Error::NotFound { .. }) => {
            action.progress.say(format!("there is no pull request {pull} here"));
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

fn text(report: &BisectReport, suspect: &Suspect, run: &str) -> String {
    let author = suspect.step.author.login.as_deref().unwrap_or(&suspect.step.author.name);
    format!(
        "## 🔎 {}\n\n`{}` {} by {}: {} from {} to {}, {:.0} % sure after {} readings.\n\n\
         [The run]({run}) has the charts, every reading, and how to reproduce it.\n",
        literal(&report.answer),
        suspect.step.commit.sha.short(),
        literal(&suspect.step.commit.subject),
        literal(author),
        literal(&report.metric),
        number(suspect.before.unwrap_or(f64::NAN)),
        number(suspect.after.unwrap_or(f64::NAN)),
        suspect.probability * 100.0,
        report.readings,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bisect::{Finding, Witness},
        git::{Author, Commit, Touched},
    };

    fn step(digit: char, pull: Option<u64>) -> LineCommit {
        let sha = CommitSha::parse(&digit.to_string().repeat(40)).unwrap();
        let author = Author { name: "Ann".into(), email: "ann@acme.dev".into(), login: None };
        LineCommit {
            commit: Commit { sha, subject: "Change".into() },
            parents: Vec::new(),
            touched: Touched::default(),
            author,
            at: 0,
            pull,
        }
    }

    fn search(steps: &[&LineCommit], inside: Option<&LineCommit>) -> Reached {
        let witness = |step: &&LineCommit| Witness {
            step: (*step).clone(),
            probability: 0.0,
            readings: Vec::new(),
            skipped: None,
        };
        Reached {
            inside: inside.map(|merge| merge.commit.clone()),
            finding: Finding::Culprit,
            answer: String::new(),
            advice: String::new(),
            assumed: None,
            levels: None,
            likeliest: 0,
            rounds: 1,
            known: None,
            commits: steps.iter().map(witness).collect(),
            closed: None,
            stopped: None,
        }
    }

    #[test]
    fn a_commit_inside_of_a_merge_belongs_to_the_merges_pull_request() {
        let (good, merge) = (step('a', Some(5)), step('b', Some(7)));
        let (first, second) = (step('c', None), step('d', Some(9)));
        let line = search(&[&good, &merge], None);
        let inside = search(&[&good, &first, &second, &merge], Some(&merge));
        let of = |step: &LineCommit| pull(&[line.clone(), inside.clone()], step).map(|pull| pull.0);
        assert_eq!(of(&merge), Some(7));
        assert_eq!(of(&first), Some(7));
        assert_eq!(of(&second), Some(9), "one merged into the branch of another");
        assert_eq!(pull(&[line], &first), None);
    }
}
