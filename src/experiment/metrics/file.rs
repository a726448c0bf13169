//! Metrics in a file: a JSON object, or several, each on a line of its own or not.

use std::collections::BTreeSet;

use super::{
    LONGEST, MetricsOrigin, SHOWN,
    line::{self, Extent, Unread},
    object::{Others, head, object},
    tally::Tally,
};
use crate::output::{excerpt, shown, visible};

/// Takes in what a file tells; the last value of each name wins.
pub(super) fn read(place: MetricsOrigin, content: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let lossy = String::from_utf8_lossy(content);
    let text = visible(&lossy);
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut nulls = BTreeSet::new();
        // Commits from before adoption wrote their files for others.
        let skipped = place == MetricsOrigin::Tree;
        let others = if skipped { Others::Skipped(&mut nulls) } else { Others::Refused };
        let used = match object(rest, others) {
            Ok((values, used)) => {
                tally.read(values);
                tally.nulls.extend(nulls);
                used
            }
            Err(broken) => {
                let unread = line::unread(rest, &broken, Extent { starts: true, ends: true });
                tally.fail(Unread { text: start(rest), place, ..unread });
                // The next line that can be an object's start.
                rest.find("\n{").map_or(rest.len(), |end| end + 1)
            }
        };
        rest = rest.get(used..).unwrap_or_default().trim_start();
    }
    if content.len() > LONGEST {
        // Its end, which would count, was not looked at.
        let reason = "it is longer than 1 MiB".to_owned();
        tally.fail(Unread { reason, names: Vec::new(), text: start(&text), place });
    }
    tally
}

fn start(text: &str) -> String {
    excerpt(&shown(head(text, 4 * SHOWN).trim_ascii_end().as_bytes()), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_however_they_are_written() {
        for content in [
            "{\"a\": 1}",
            "\u{feff}{\n  \"a\": 1\r\n}\n",
            "{\"a\": 0}\n{\"a\": 1}\n\n",
            "{\"a\": 0}{\"a\": 1}",
            "{\"a\": 0.5, oops}\n{\"a\": 1}",
            "{\"b\": 0}\n{\"a\": 1}",
        ] {
            let tally = read(MetricsOrigin::File, content.as_bytes());
            assert_eq!((tally.values["a"], tally.unread), (1.0, None), "{content}");
        }
        assert_eq!(read(MetricsOrigin::File, b" \n").values.len(), 0);
    }

    #[test]
    fn a_last_object_that_cannot_be_read_is_told() {
        let tally = read(MetricsOrigin::File, b"{\"a\": 1}\n{\"a\": \n");
        let unread = tally.unread.unwrap();
        assert!(unread.text.starts_with("{\"a\":"), "{unread:?}");
        let long = b"{\"a\": 1}\n".repeat(1 << 17);
        let unread = read(MetricsOrigin::File, &long).unread.unwrap();
        assert!(unread.reason.contains("longer than 1 MiB"), "{unread:?}");
    }
}
