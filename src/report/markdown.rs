//! The report as the comment that a pull request gets, in GitHub's Markdown.

use std::fmt::{Result, Write};

use super::{
    Report, chart,
    number::{known, number},
    text::{worsening, worst_first},
};
use crate::{
    config::Direction,
    verdict::{MetricVerdict, Verdict},
};

/// Hidden end of the comment, by which it is found again.  It stays last.
pub const MARKER: &str = "<!-- regression-action: verdict -->";

/// GitHub takes 65,536 characters; the details are left out before that, with room for a hidden end.
const LONGEST: usize = 55_000;

const TOO_LONG: &str = "\nThe details are too long for a comment; they are in the JSON report.\n";

/// More charts than this are noise.
const MOST_CHARTS: usize = 4;

/// The whole comment.
pub(super) fn render(report: &Report) -> String {
    let mut short = String::new();
    let mut details = String::new();
    // Writing to a String cannot fail.
    let _ = summary(report, &mut short);
    let _ = all_details(report, &mut details);
    let fits = short.len() + details.len() <= LONGEST;
    let details = if fits { &details } else { TOO_LONG };
    format!("{short}{details}\n{MARKER}\n")
}

fn summary(report: &Report, out: &mut String) -> Result {
    let (symbol, headline) = match report.verdict {
        Verdict::Pass => ("✅", "no metric got worse than its margin allows"),
        Verdict::Regressed => ("❌", "this change makes the model worse"),
        Verdict::Inconclusive => {
            ("⚠️", "not decided: neither a regression nor its absence was shown")
        }
    };
    writeln!(
        out,
        "## {symbol} {}: {headline}\n\n{}\n",
        report.verdict.word(),
        escape(&report.reason)
    )?;
    for (name, commit) in [("base", &report.base), ("head", &report.head)] {
        writeln!(out, "- **{name}** `{}` {}", commit.sha.short(), escape(&commit.subject))?;
    }
    if let Some(difference) = report.environments.difference() {
        writeln!(out, "- **environment** {}", escape(&difference))?;
    }
    writeln!(
        out,
        "\n| metric | base | head | worsening [bounds] | margin | verdict |\n|---|---|---|---|---|---|"
    )?;
    for metric in worst_first(&report.metrics) {
        row(metric, out)?;
    }
    for warning in &report.warnings {
        writeln!(out, "\n> [!WARNING]\n> {}", escape(warning))?;
    }
    Ok(())
}

fn row(metric: &MetricVerdict, out: &mut String) -> Result {
    let better = match metric.direction {
        Direction::Higher => "↑",
        Direction::Lower => "↓",
    };
    writeln!(
        out,
        "| {} {better} | {} | {} | {} | {} | **{}**: {} |",
        escape(&metric.name),
        known(metric.base),
        known(metric.head),
        worsening(metric),
        known(metric.margin),
        metric.verdict.word(),
        escape(&metric.reason),
    )
}

fn all_details(report: &Report, out: &mut String) -> Result {
    writeln!(out, "\n<details><summary>Every seed</summary>\n")?;
    let names: Vec<&str> =
        worst_first(&report.metrics).map(|metric| metric.name.as_str()).collect();
    for chart in names.iter().filter_map(|name| chart::seeds(report, name)).take(MOST_CHARTS) {
        writeln!(out, "{chart}")?;
    }
    observations(report, &names, out)?;
    writeln!(
        out,
        "\n</details>\n\n<details><summary>Where the time went, and what was cleaned up</summary>\n"
    )?;
    writeln!(out, "| step | seconds |\n|---|---|")?;
    for (what, seconds) in report.times.rows() {
        writeln!(out, "| {what} | {seconds:.2} |")?;
    }
    writeln!(out, "\nRan on {}.", escape(&report.cluster))?;
    images(report, out)?;
    for cleanup in &report.cleanup {
        writeln!(out, "Cleanup: {}.", escape(&cleanup.summary))?;
    }
    writeln!(out, "\n</details>\n\nReproduce on a laptop: `{}`", report.reproduce.replace('`', ""))
}

fn images(report: &Report, out: &mut String) -> Result {
    for (name, facts) in report.environments.sides() {
        if let Some(image) = &facts.image {
            writeln!(out, "Image of {name}: {}.", escape(image))?;
        }
    }
    Ok(())
}

fn observations(report: &Report, names: &[&str], out: &mut String) -> Result {
    let header: Vec<String> = names.iter().map(|name| escape(name)).collect();
    writeln!(out, "| | seed | {} | seconds |", header.join(" | "))?;
    writeln!(out, "|---|---|{}---|", "---|".repeat(names.len()))?;
    for observation in &report.observations {
        let reading = |name: &&str| {
            observation
                .readings
                .get(*name)
                .map_or_else(|| "missing".to_owned(), |value| number(*value))
        };
        let readings: Vec<String> = names.iter().map(reading).collect();
        let (role, seed, seconds) =
            (observation.role.word(), observation.seed, observation.seconds);
        writeln!(out, "| {role} | {seed} | {} | {seconds:.1} |", readings.join(" | "))?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    literal(&crate::output::excerpt(text, 200))
}

/// Text by strangers as text: no markup, no mention of people, no issue that is closed.
pub(crate) fn literal(line: &str) -> String {
    let mut escaped = String::new();
    for c in line.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A zero-width joiner keeps names and issue numbers from becoming links.
            '@' | '#' => escaped.extend([c, '\u{200d}']),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}
