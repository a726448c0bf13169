//! What data a training says that it read: the lines `REGRESSION_DATA {"train": "sha256:..."}` of its log.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{experiment::marked::behind, output::excerpt};

/// Name of a data set to its version, such as a digest.
pub type DataVersions = BTreeMap<String, String>;

/// What stands before the names and versions, anywhere in a line.
const PREFIX: &str = "REGRESSION_DATA";

/// What the names of its tags start with.
const TAG: &str = "regression.data.";

/// Names that are kept.
const MOST_NAMES: usize = 100;

/// Characters of a name and of a version that are kept.
const LONGEST: usize = 200;

/// Takes in what a line of a training tells: of each name the last version counts.  A line that cannot be
/// read is told in words instead.
pub(crate) fn take(data: &mut Result<DataVersions, String>, line: &str) {
    let (Ok(known), Some((before, rest))) = (&mut *data, behind(line, PREFIX)) else { return };
    match told(&rest) {
        Some(told) => known.extend(told),
        None if before.trim().is_empty() => *data = Err(unread(&rest)),
        None => {}
    }
    while let Ok(known) = data
        && known.len() > MOST_NAMES
    {
        known.pop_last();
    }
}

fn told(rest: &str) -> Option<DataVersions> {
    let object = rest.trim_start_matches([' ', '\t', ':', '=']);
    let value = serde_json::Deserializer::from_str(object).into_iter().next()?.ok()?;
    let Value::Object(named) = value else { return None };
    let version = |value: &Value| match value {
        Value::String(text) => Some(excerpt(text, LONGEST)),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    named.iter().map(|(name, value)| Some((excerpt(name, LONGEST), version(value)?))).collect()
}

fn unread(rest: &str) -> String {
    let expected = format!("{PREFIX} {{\"name\": \"version\", ...}}");
    format!("cannot read its line `{PREFIX} {}`; expected `{expected}`", excerpt(rest, LONGEST))
}

/// The same as tags of a run in the experiment tracker.
pub(crate) fn tags(data: &DataVersions) -> impl Iterator<Item = (String, String)> {
    data.iter().map(|(name, version)| (format!("{TAG}{name}"), version.clone()))
}

/// The data of a run with these tags.
pub(crate) fn of_tags(tags: &BTreeMap<String, String>) -> DataVersions {
    let named = |(name, version): (&String, &String)| {
        Some((name.strip_prefix(TAG)?.to_owned(), version.clone()))
    };
    tags.iter().filter_map(named).collect()
}

/// Whether both tell of one name and of different versions.  What only one of them tells says nothing: it
/// may be that only one of two commits tells it.
pub(crate) fn differ(one: &DataVersions, other: &DataVersions) -> bool {
    one.iter().any(|(name, version)| other.get(name).is_some_and(|other| other != version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{marked::Lines, metrics::Frame};

    fn read_text(text: &[u8]) -> Result<DataVersions, String> {
        read([b"REGRESSION_BEGINS x\n", text].concat().as_slice(), "x")
    }

    fn read(log: &[u8], word: &str) -> Result<DataVersions, String> {
        let mut lines = Lines::new(Frame::new(word));
        let mut data = Ok(DataVersions::new());
        for piece in log.chunks(1000) {
            lines.push(piece, |line| take(&mut data, line));
        }
        lines.end(|line| take(&mut data, line));
        data
    }

    fn data(pairs: &[(&str, &str)]) -> DataVersions {
        pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    #[test]
    fn versions_are_found_wherever_a_line_is() {
        let log = b"10%|#   |\rREGRESSION_DATA {\"train\": \"v1\"}\r\n\
            (task pid=3) INFO REGRESSION_DATA: {\"train\": \"v2\", \"rows\": 70000} behind\n\
            \xff\xfe\x1b[1mREGRESSION_DATA={\"test\": \"v1\"}\x1b[0m";
        let expected = data(&[("train", "v2"), ("rows", "70000"), ("test", "v1")]);
        assert_eq!(read_text(log).unwrap(), expected);
        let spoken = b"Running entrypoint: echo REGRESSION_DATA {$(cat versions)}\n";
        assert_eq!(read_text(spoken).unwrap(), DataVersions::new());
        let behind = [vec![b'x'; 1 << 20], b"\nREGRESSION_DATA {\"a\": \"1\"}".to_vec()].concat();
        assert_eq!(read_text(&behind).unwrap(), data(&[("a", "1")]));
    }

    /// Ray writes the command into the log before it runs.
    #[test]
    fn the_command_in_the_log_is_not_read() {
        let line = |version| format!("echo 'REGRESSION_DATA {{\"train\": \"{version}\"}}'\n");
        let log =
            format!("{}REGRESSION_BEGINS x\n{}", line("v1"), line("v2").replace("train", "a"));
        let told = |word| read(log.as_bytes(), word).unwrap();
        assert_eq!(told("x"), data(&[("a", "v2")]));
        assert_eq!(told("y"), DataVersions::new());
    }

    #[test]
    fn what_cannot_be_read_is_told_and_much_is_cut() {
        for wrong in ["", "[1]", "{\"a\": [1]}", "{\"a\": ", "{a: 1}"] {
            let error = read_text(format!("REGRESSION_DATA {wrong}\n").as_bytes()).unwrap_err();
            assert!(error.contains("expected `REGRESSION_DATA {"), "{wrong}: {error}");
        }
        let line = |at: usize| format!("REGRESSION_DATA {{\"n{at}\": \"{}\"}}\n", "x".repeat(1000));
        let text: String = (0..500).map(line).collect();
        let kept = read_text(text.as_bytes()).unwrap();
        assert_eq!(kept.len(), MOST_NAMES);
        assert!(kept.values().all(|version| version.len() < 300));
    }

    #[test]
    fn only_versions_of_one_name_differ() {
        let (one, two) = (data(&[("a", "1"), ("b", "1")]), data(&[("a", "1"), ("c", "2")]));
        assert!(!differ(&one, &two) && !differ(&one, &DataVersions::new()));
        assert!(differ(&one, &data(&[("b", "2")])));
    }
}
