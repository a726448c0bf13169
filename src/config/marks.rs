//! Labels and annotations of the cluster, in the syntax of Kubernetes.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

/// The label by which Kueue knows the queue of a job.
pub(crate) const QUEUE: &str = "kueue.x-k8s.io/queue-name";
/// The label by which Kueue knows the priority of a job.
pub(super) const PRIORITY: &str = "kueue.x-k8s.io/priority-class";

/// Marks by which we find what is ours.
const OURS: [&str; 2] = ["regression-action/", "app.kubernetes.io/managed-by"];
/// Labels that have a key of their own.
const KEYED: [(&str, &str); 2] = [(QUEUE, "cluster.queue"), (PRIORITY, "cluster.priority-class")];
/// Most characters of a label's value, and of a key behind its prefix.
const LONGEST: usize = 63;
/// Most characters of a key's prefix.
const LONGEST_PREFIX: usize = 253;
/// Most bytes of all annotations, ours included.
const ANNOTATIONS: usize = 200 * 1024;

pub(super) fn labels<'de, D>(yaml: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let labels = keyed(yaml)?;
    let told = |(label, value): &(&String, &String)| format!("{label}: read {value:?}");
    if let Some(wrong) = labels.iter().find(|(_, value)| !value.is_empty() && !is_word(value)) {
        return Err(Error::custom(format!("{}; {WORD}", told(&wrong))));
    }
    match KEYED.iter().find(|(label, _)| labels.contains_key(*label)) {
        None => Ok(labels),
        Some((label, key)) => {
            Err(Error::custom(format!("read \"{label}\"; allowed: its value at {key} instead")))
        }
    }
}

pub(super) fn annotations<'de, D>(yaml: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let annotations = keyed(yaml)?;
    let bytes: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > ANNOTATIONS {
        return Err(Error::custom(format!("read {bytes} bytes; allowed: up to {ANNOTATIONS}")));
    }
    Ok(annotations)
}

/// The name of an object, which becomes the value of a label.
pub(super) fn name<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(yaml)?;
    match name.as_ref().filter(|name| !is_word(name)) {
        Some(wrong) => Err(Error::custom(format!("read {wrong:?}; {WORD}"))),
        None => Ok(name),
    }
}

const WORD: &str = "allowed: up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and \
                    last";

fn keyed<'de, D>(yaml: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let marks = BTreeMap::<String, String>::deserialize(yaml)?;
    let wrong = |wrong: &str, allowed: &str| Error::custom(format!("read {wrong:?}; {allowed}"));
    if let Some(ours) = marks.keys().find(|key| OURS.iter().any(|mark| key.starts_with(mark))) {
        return Err(wrong(
            ours,
            "allowed: any but ours, by which a run finds what it has to remove",
        ));
    }
    match marks.keys().find(|key| !is_key(key)) {
        Some(key) => {
            Err(wrong(key, "allowed: a key as Kubernetes takes it, such as acme.dev/team"))
        }
        None => Ok(marks),
    }
}

fn is_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(it, name)| (Some(it), name));
    let is_domain = |prefix: &str| {
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let ends = |part: &str| part.starts_with('-') || part.ends_with('-');
        let is_part = |part: &str| !part.is_empty() && part.chars().all(small) && !ends(part);
        prefix.len() <= LONGEST_PREFIX && prefix.split('.').all(is_part)
    };
    is_word(name) && prefix.is_none_or(is_domain)
}

fn is_word(word: &str) -> bool {
    let within = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let end = |c: char| c.is_ascii_alphanumeric();
    word.len() <= LONGEST
        && word.starts_with(end)
        && word.ends_with(end)
        && word.chars().all(within)
}
