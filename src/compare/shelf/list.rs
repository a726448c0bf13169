//! The list of past runs as text, Markdown and JSON.  Pure.

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::PastRun;
use crate::{
    output::{Format, columns, escape, excerpt, json},
    verdict::Verdict,
};

/// Longer sentences are cut.
const LONGEST: usize = 100;

/// All past runs of a cache, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "regression-action list")]
pub struct RunList<'a> {
    /// Version of this form.
    pub schema: u32,
    /// The runs.
    pub runs: &'a [PastRun],
}

const HEADER: [&str; 8] =
    ["#", "ended (UTC)", "verdict", "base", "head", "config", "run", "change"];

impl RunList<'_> {
    /// Version of the JSON form; it rises with every change that a reader could stumble over.
    pub(super) const SCHEMA: u32 = 1;

    /// The list in one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        Ok(match format {
            Format::Json => json(self, "the list")?,
            _ if self.runs.is_empty() => "no past runs\n".to_owned(),
            Format::Text => {
                let header = HEADER.map(str::to_owned);
                let rows: Vec<_> =
                    std::iter::once(header).chain(self.runs.iter().map(row)).collect();
                columns(&rows)
            }
            Format::Markdown => {
                let line = |cells: [String; 8]| format!("| {} |\n", cells.join(" | "));
                let rows = self.runs.iter().map(|run| line(row(run).map(|cell| escape(&cell))));
                let head = line(HEADER.map(str::to_owned)) + "|--:|---|---|---|---|---|---|---|\n";
                std::iter::once(head).chain(rows).collect()
            }
        })
    }

    /// The published JSON Schema of the JSON form.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(RunList<'_>)
    }
}

fn row(run: &PastRun) -> [String; 8] {
    let PastRun { number, at, report, trouble, .. } = run;
    let (verdict, base, head, change) = match report {
        Some(told) => {
            let change = excerpt(&told.head.subject, LONGEST);
            let verdict = told.verdict.map_or("measured", Verdict::word);
            let base = told.base.as_ref().map_or("-", |base| base.sha.short());
            (verdict, base, told.head.sha.short(), change)
        }
        None => ("-", "-", "-", excerpt(trouble.as_deref().unwrap_or_default(), LONGEST)),
    };
    let [verdict, base, head] = [verdict, base, head].map(str::to_owned);
    let config = report.as_ref().and_then(|told| told.config.as_deref()).unwrap_or("-");
    // What else is said of it comes behind.
    let config = excerpt(config.split(';').next().unwrap_or_default(), LONGEST);
    let name = excerpt(&run.run, LONGEST);
    [number.to_string(), at.clone(), verdict, base, head, config, name, change]
}
