//! One name with several values in one report: from the ranks of a training, of which each prints its
//! own.

use std::collections::BTreeMap;

use super::{Doubt, object::NamedValues};

/// Values that are kept of a name.
const MOST: usize = 16;
/// Names that are kept.
const MOST_NAMES: usize = 1000;

/// Who told what in the last report.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    /// The last value by each process that a prefix tells, by name of the metric.
    processes: BTreeMap<String, Vec<(String, f64)>>,
    /// What stood in front of the lines of the row.
    prefix: String,
    /// Values of lines in a row, with nothing but the same in front of them, by name of the metric.
    row: BTreeMap<String, Vec<f64>>,
}

impl Ranks {
    /// Takes in a line's values, and what stood in front of them.
    pub(super) fn report(&mut self, before: &str, values: &NamedValues) {
        if let Some(process) = process(before) {
            self.end();
            for (name, value) in values {
                let Some(told) = entry(&mut self.processes, name) else { return };
                told.retain(|(other, _)| *other != process);
                told.truncate(MOST);
                told.push((process.clone(), *value));
            }
            return;
        }
        if self.prefix != before {
            self.end();
            before.clone_into(&mut self.prefix);
        }
        for (name, value) in values {
            let Some(told) = entry(&mut self.row, name) else { return };
            told.truncate(MOST);
            told.push(*value);
        }
    }

    /// Something else was printed, or time went by: what comes next is another report.
    pub(super) fn end(&mut self) {
        self.row.clear();
    }

    /// What is to be told of it.
    pub(super) fn doubts(self) -> impl Iterator<Item = Doubt> {
        let row = self.row.into_iter().map(|(name, told)| {
            let told: Vec<_> = told.into_iter().map(|value| (String::new(), value)).collect();
            (name, told)
        });
        self.processes.into_iter().chain(row).filter_map(|(name, told)| {
            let (_, last) = told.last()?;
            let differs = |(_, value): &(String, f64)| value.to_bits() != last.to_bits();
            told.iter().any(differs).then_some(Doubt::Ranks { name, told })
        })
    }
}

/// What was told of a name, unless there are too many.
fn entry<'a, T>(told: &'a mut BTreeMap<String, Vec<T>>, name: &str) -> Option<&'a mut Vec<T>> {
    (told.len() < MOST_NAMES).then(|| told.entry(name.to_owned()).or_default())
}

/// The process that a launcher's prefix names: that of Ray, of torchrun, of MPI, or of a logger.
fn process(before: &str) -> Option<String> {
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end).filter(|digits| !digits.is_empty()).map(str::to_owned)
    };
    let lower = before.to_ascii_lowercase();
    if let Some((_, rest)) = lower.split_once("pid=") {
        let address =
            rest.split_once("ip=").and_then(|(_, rest)| rest.split([')', ' ', ',']).next());
        let address = address.map(|address| format!(" at {address}")).unwrap_or_default();
        return Some(format!("pid {}{address}", digits(rest)?));
    }
    let rank =
        lower.split_once("rank").map(|(_, rest)| rest.trim_start_matches([' ', '=', ':', '_']));
    if let Some(rank) = rank.and_then(digits) {
        return Some(format!("rank {rank}"));
    }
    let (inner, rest) = lower.trim_start().strip_prefix('[')?.split_once(']')?;
    let number = match inner.split_once(',') {
        Some((job, rank)) if rest.starts_with('<') => digits(job).and(digits(rank.trim()))?,
        _ => digits(inner.trim_start_matches(|c: char| c.is_ascii_alphabetic()))?,
    };
    let whole = inner.ends_with(&number) && (rest.starts_with([':', '<']));
    whole.then(|| format!("rank {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launchers_tell_the_process() {
        for (before, told) in [
            ("(train pid=7) ", Some("pid 7")),
            ("(RayTrainWorker pid=1234, ip=10.0.0.1) ", Some("pid 1234 at 10.0.0.1")),
            ("[rank3]: ", Some("rank 3")),
            ("[default0]:", Some("rank 0")),
            ("[1,2]<stdout>:", Some("rank 2")),
            ("INFO [rank=1 step=200] ", Some("rank 1")),
            ("[RANK 12] ", Some("rank 12")),
            ("", None),
            ("epoch 3: ", None),
            ("INFO:root:", None),
            ("[10:00:00] INFO ", None),
            ("[2026-11-29 10:00:00,123] ", None),
            ("ranking 5 models ", None),
            ("[epoch 3] ", None),
        ] {
            assert_eq!(process(before).as_deref(), told, "{before:?}");
        }
    }
}
