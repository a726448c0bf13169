//! A JSON object of numbers at the start of a text, as training code prints it: Python writes NaN and
//! Infinity bare, and what stands behind the object is somebody else's.

use std::collections::BTreeSet;

/// Names and values, in their order.
pub(super) type NamedValues = Vec<(String, f64)>;

/// Where a text stops being an object of numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Bytes that could be read.
    pub(super) at: usize,
    /// What would have to stand there.
    pub(super) expected: &'static str,
}

/// Most bytes of a metric's name, as of one in MLflow.
pub(super) const LONGEST_NAME: usize = 250;

/// What to do with values that are no numbers.
#[derive(Debug)]
pub(super) enum Others<'a> {
    Refused,
    /// They are left out; the names that are null where they stand last come here.
    Skipped(&'a mut BTreeSet<String>),
}

/// The object at the start of `text`, and how many bytes it takes.
pub(super) fn object(text: &str, mut others: Others<'_>) -> Result<(NamedValues, usize), Broken> {
    let mut cursor = Cursor { text, at: 0 };
    let (mut values, mut first) = (NamedValues::new(), true);
    cursor.expect("{", "an object, such as {\"name\": 0.5}")?;
    while std::mem::take(&mut first) || cursor.takes(",") {
        let name = cursor.name()?;
        cursor.expect(":", "a colon")?;
        match (cursor.number(), &mut others) {
            (Ok(value), others) => {
                if let Others::Skipped(nulls) = others {
                    nulls.remove(&name);
                }
                values.push((name, value));
            }
            (Err(broken), Others::Refused) => return Err(broken),
            (Err(broken), Others::Skipped(nulls)) => {
                if cursor.skip(broken)? == "null" {
                    nulls.insert(name);
                }
            }
        }
    }
    cursor.expect("}", "a comma or }")?;
    Ok((values, cursor.at))
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn broken(&self, expected: &'static str) -> Broken {
        Broken { at: self.at, expected }
    }

    /// Takes blanks and a mark.
    fn takes(&mut self, mark: &str) -> bool {
        self.blanks();
        let there = self.rest().starts_with(mark);
        if there {
            self.at += mark.len();
        }
        there
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_ascii_start().len();
    }

    fn expect(&mut self, mark: &str, words: &'static str) -> Result<(), Broken> {
        if self.takes(mark) { Ok(()) } else { Err(self.broken(words)) }
    }

    fn name(&mut self) -> Result<String, Broken> {
        self.blanks();
        let broken = self.broken("a name of up to 250 bytes in double quotes");
        // An escaped character takes up to six bytes.
        let (name, end) = quoted(head(self.rest(), 8 * LONGEST_NAME)).ok_or(broken)?;
        if name.len() > LONGEST_NAME {
            return Err(self.broken("a name of up to 250 bytes"));
        }
        self.at += end;
        Ok(name)
    }

    /// Takes a value that is no number; yields it.
    fn skip(&mut self, broken: Broken) -> Result<&'a str, Broken> {
        self.at = broken.at;
        let (mut depth, begun) = (0_usize, self.at);
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' => {
                    self.at += quoted(self.rest()).ok_or(Broken { at: self.at, ..broken })?.1;
                    continue;
                }
                '{' | '[' => depth += 1,
                ',' | '}' | ']' if depth == 0 => break,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            self.at += c.len_utf8();
        }
        let value = self.text.get(begun..self.at).filter(|value| depth == 0 && !value.is_empty());
        value.map(str::trim_ascii).ok_or(broken)
    }

    /// A number, bare; one that is not finite also in quotes.
    fn number(&mut self) -> Result<f64, Broken> {
        self.blanks();
        let rest = self.rest();
        let broken = self.broken("a number");
        let (value, end) = if let Some((word, end)) = quoted(head(rest, LONGEST_NAME)) {
            (word.parse().ok().filter(|value: &f64| !value.is_finite()), end)
        } else {
            let of_number = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
            let end = rest.find(|c| !of_number(c)).unwrap_or(rest.len());
            (rest.get(..end).and_then(|word| word.parse().ok()), end)
        };
        self.at += end;
        value.ok_or(broken)
    }
}

/// The first bytes of a text, so that what is hostile is not looked through again and again.
pub(super) fn head(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// The JSON string at the start of a text, and how many bytes it takes.
pub(super) fn quoted(text: &str) -> Option<(String, usize)> {
    let mut escaped = false;
    let closes = |c: char| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    };
    let end = text.strip_prefix('"')?.find(closes)? + 2;
    Some((serde_json::from_str(text.get(..end)?).ok()?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_object_is_left() {
        let (values, end) = object("{\"a\": 1, \"b\":-2.5e-3 } 30%|###", Others::Refused).unwrap();
        assert_eq!(values, [("a".to_owned(), 1.0), ("b".to_owned(), -0.0025)]);
        assert_eq!(end, 22);
    }

    #[test]
    fn what_is_no_object_of_numbers_tells_where() {
        for (text, at, expected) in [
            ("", 0, "an object"),
            ("[1]", 0, "an object"),
            ("{}", 1, "a name"),
            ("{'a': 1}", 1, "a name"),
            ("{\"a\" 1}", 5, "a colon"),
            ("{\"a\": null}", 6, "a number"),
            ("{\"a\": \"0.9\"}", 6, "a number"),
            ("{\"a\": {\"b\": 1}}", 6, "a number"),
            ("{\"a\": 1", 7, "a comma or }"),
            ("{\"a\": 0.5 \"b\": 1}", 10, "a comma or }"),
            ("{\"a\": 1,}", 8, "a name"),
            ("{\"a\": tensor(0.5)}", 6, "a number"),
        ] {
            let broken = object(text, Others::Refused).unwrap_err();
            assert!(broken.at == at && broken.expected.starts_with(expected), "{text}: {broken:?}");
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_skipped_on_request() {
        let text = r#"{"model": "a, }", "a": 1, "best": null, "of": {"b": [2, "]"]}, "c": NaN, "ok": true}"#;
        let mut nulls = BTreeSet::new();
        let (values, end) = object(text, Others::Skipped(&mut nulls)).unwrap();
        assert_eq!(nulls, ["best".to_owned()].into());
        let names: Vec<&str> = values.iter().map(|(name, _)| &**name).collect();
        assert_eq!((names, end), (vec!["a", "c"], text.len()));
        for torn in ["{\"a\": ", "{\"a\": \"", "{\"a\": [1", "{\"a\": ,}"] {
            assert!(object(torn, Others::Skipped(&mut nulls)).is_err(), "{torn}");
        }
    }

    proptest::proptest! {
        #[test]
        fn json_objects_are_read_as_json(
            values in proptest::collection::btree_map(".{0,20}", proptest::num::f64::NORMAL, 1..5),
            behind in ".{0,9}",
        ) {
            let json = serde_json::to_string(&values).unwrap();
            let (read, end) = object(&(json.clone() + &behind), Others::Refused).unwrap();
            proptest::prop_assert_eq!(end, json.len());
            proptest::prop_assert_eq!(read.into_iter().collect::<std::collections::BTreeMap<_, _>>(), values);
        }
    }
}
