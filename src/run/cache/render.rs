//! The contents of a cache as text, Markdown and JSON.  Pure.

use std::{fmt::Write, path::Path};

use anyhow::Result;

use super::{CacheItem, Contents};
use crate::output::{Format, count, json, literal, plain, size};

impl Contents {
    /// How much there is, in words.
    pub(super) fn summary(&self) -> String {
        let bytes = self.items.iter().map(|item| item.bytes).sum();
        let all = format!("{}, {}", count(self.items.len(), "item"), size(bytes));
        let is_removed = |item: &&CacheItem| item.outcome.as_deref() == Some("removed");
        let removed: Vec<&CacheItem> = self.items.iter().filter(is_removed).collect();
        if self.items.iter().all(|item| item.outcome.is_none()) {
            return all;
        }
        let freed = removed.iter().map(|item| item.bytes).sum();
        format!("{all}; removed: {}, {}", count(removed.len(), "item"), size(freed))
    }

    /// In one of its forms, ending with a line break.
    pub(super) fn render(&self, format: Format) -> Result<String> {
        match format {
            Format::Text => Ok(self.text()),
            Format::Markdown => Ok(self.markdown()),
            Format::Json => json(self, "the contents of the cache"),
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        for item in &self.items {
            let CacheItem { kind, path, bytes, outcome, .. } = item;
            let path = plain(&self.shown(path));
            let outcome = outcome.as_ref().map(|outcome| format!("  {}", plain(outcome)));
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "{kind:<11}  {:>8}  {:>8}  {path}{}",
                size(*bytes),
                age(item.idle_seconds),
                outcome.unwrap_or_default()
            );
        }
        format!("{out}{} in {}\n", self.summary(), self.root.display())
    }

    fn markdown(&self) -> String {
        let mut out = "| kind | size | unused for | path | |\n|---|---|---|---|---|\n".to_owned();
        for item in &self.items {
            let outcome = item.outcome.as_deref().unwrap_or_default();
            let (size, age) = (size(item.bytes), age(item.idle_seconds));
            let path = literal(&plain(&self.shown(&item.path)));
            // Writing to a string cannot fail.
            let _ =
                writeln!(out, "| {} | {size} | {age} | {path} | {} |", item.kind, literal(outcome));
        }
        format!("{out}\n{} in {}\n", self.summary(), literal(&self.root.display().to_string()))
    }

    /// A path below the cache.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// A time as people read it, in its largest unit.
fn age(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3600), ("min", 60)];
    let unit = units.into_iter().find(|(_, unit)| seconds >= *unit);
    unit.map_or_else(|| format!("{seconds} s"), |(name, unit)| format!("{} {name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_at_a_glance() {
        for (seconds, text) in
            [(59, "59 s"), (3599, "59 min"), (86_399, "23 h"), (30 * 86_400, "30 d")]
        {
            assert_eq!(age(seconds), text);
        }
    }

    #[test]
    fn what_was_removed_is_counted() {
        let item = |bytes, outcome: Option<&str>| CacheItem {
            kind: "run",
            path: "/cache/runs/a".into(),
            bytes,
            idle_seconds: 90_000,
            outcome: outcome.map(str::to_owned),
        };
        let contents = |items| Contents { root: "/cache".into(), items };
        assert_eq!(
            contents(vec![item(1000, None)]).text(),
            "run            1.0 kB       1 d  runs/a\n1 item, 1.0 kB in /cache\n"
        );
        let cleaned =
            contents(vec![item(1000, Some("removed")), item(5, Some("kept: a run uses it"))]);
        assert_eq!(cleaned.summary(), "2 items, 1.0 kB; removed: 1 item, 1.0 kB");
        assert!(cleaned.text().contains("runs/a  kept: a run uses it\n"));
    }
}
