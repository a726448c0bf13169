//! The report in GitHub's Markdown.  Subjects, authors and logs are strangers' text.

use std::fmt::{Result, Write};

use super::{BisectReport, Finding, Reached, Suspect, Witness, chart, text::used};
use crate::output::{excerpt, link, literal, number};

/// Longer text of one field is cut.
const LONGEST: usize = 400;

/// Rows of a table of commits.
const MOST_ROWS: usize = 100;

/// Values of one commit.
const MOST_VALUES: usize = 240;

pub(super) fn render(report: &BisectReport) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = body(report, &mut out);
    out
}

fn body(report: &BisectReport, out: &mut String) -> Result {
    writeln!(out, "### {}\n", title(report))?;
    for search in &report.searches {
        let inside = search.inside.as_ref();
        let inside = inside.map(|merge| format!("Inside merge `{}`: ", merge.sha.short()));
        writeln!(out, "{}{}.\n", inside.unwrap_or_default(), told(&search.answer))?;
        if let Some(known) = &search.known {
            writeln!(out, "From the {}.\n", told(known))?;
        }
        if let Some(closed) = &search.closed {
            writeln!(out, "Its inside was not searched: {}.\n", told(closed))?;
        }
    }
    if let Some(suspect) = &report.culprit {
        writeln!(out, "{}\n", named(suspect))?;
    }
    if let Some(cause) = &report.cause {
        writeln!(out, "{}.\n", told(&cause.told))?;
    }
    if let Some(search) = report.deepest() {
        if let Some(assumed) = &search.assumed {
            writeln!(out, "Assumed: {}.\n", told(assumed))?;
        }
        writeln!(out, "**Next:** {}.\n", told(&search.advice))?;
    }
    for search in &report.searches {
        chart::probabilities(search).iter().try_for_each(|chart| writeln!(out, "{chart}"))?;
        chart::readings(report, search).iter().try_for_each(|chart| writeln!(out, "{chart}"))?;
    }
    writeln!(out, "{}.\n", used(report))?;
    let experiment = report.experiment_url.as_deref();
    if let Some(page) = experiment.and_then(|url| link("all runs and metrics", url)) {
        writeln!(out, "Experiment: {page}\n")?;
    }
    for warning in &report.warnings {
        writeln!(out, "> [!WARNING]\n> {}\n", told(warning))?;
    }
    for search in &report.searches {
        rows(search, out)?;
    }
    writeln!(out, "<details><summary>How to reproduce</summary>\n")?;
    for command in report.show.iter().chain([&report.reproduce]) {
        let fence = fence(command);
        writeln!(out, "{fence}sh\n{command}\n{fence}\n")?;
    }
    writeln!(out, "</details>")
}

/// A fence longer than any in the text.
fn fence(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    fence
}

fn title(report: &BisectReport) -> String {
    let metric = told(&report.metric);
    match (&report.culprit, report.finding) {
        (Some(culprit), _) => {
            format!("Bisect: `{}` made {metric} worse", culprit.step.commit.sha.short())
        }
        (None, Finding::OneOf | Finding::AllSkipped) => {
            format!("Bisect: {metric} became worse, one of several commits")
        }
        (None, _) => format!("Bisect of {metric}: no commit named"),
    }
}

fn named(Suspect { step, probability, before, after, .. }: &Suspect) -> String {
    let pull = step.pull.map(|pull| format!(" in pull request #{pull}")).unwrap_or_default();
    let author = match &step.author.login {
        Some(login) => format!("{} ({})", told(&step.author.name), told(login)),
        None => told(&step.author.name),
    };
    format!(
        "`{}` {}, by {author}{pull}: {} before, {} after, probability {:.3}.",
        step.commit.sha,
        told(&step.commit.subject),
        number(before.unwrap_or(f64::NAN)),
        number(after.unwrap_or(f64::NAN)),
        probability
    )
}

fn rows(search: &Reached, out: &mut String) -> Result {
    writeln!(out, "<details><summary>Commits and readings</summary>\n")?;
    writeln!(out, "| commit | subject | probability | readings |\n|---|---|---|---|")?;
    let telling = |witness: &&Witness| !witness.readings.is_empty() || witness.skipped.is_some();
    for witness in search.commits.iter().filter(telling).take(MOST_ROWS) {
        let values = witness.readings.iter().map(|read| number(read.value.unwrap_or(f64::NAN)));
        let values = excerpt(&values.collect::<Vec<_>>().join(" "), MOST_VALUES);
        let skipped = witness.skipped.as_ref().map(|why| format!(" skipped: {}", told(why)));
        let (sha, subject) = (witness.step.commit.sha.short(), told(&witness.step.commit.subject));
        let percent = witness.probability * 100.0;
        let skipped = skipped.unwrap_or_default();
        writeln!(out, "| `{sha}` | {subject} | {percent:.1} % | {values}{skipped} |")?;
    }
    let hidden = search.commits.iter().filter(telling).count().saturating_sub(MOST_ROWS);
    if hidden > 0 {
        writeln!(out, "\n{hidden} more in the JSON report.")?;
    }
    writeln!(out, "\n</details>\n")
}

/// A stranger's text, as text on one line.
fn told(text: &str) -> String {
    literal(&excerpt(text, LONGEST))
}
