//! Refusals by those whom the API server asks before it creates anything: webhooks and policies, each with rules
//! of its own.  They are told in their own words, and no right of ours would help.

use super::quoted;

/// Who refuses, and in which words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Denial<'a> {
    /// Such as `the admission webhook vrayjob.kb.io`.
    who: String,
    words: &'a str,
    remedy: String,
}

/// What a server's message says of a refusal by a webhook or a policy, if it is one.
pub(super) fn denial(said: &str) -> Option<Denial<'_>> {
    silent(said).or_else(|| by_webhook(said)).or_else(|| by_policy(said))
}

impl Denial<'_> {
    /// The sentence for whoever wanted to `verb` a `resource`.
    pub(super) fn told(&self, verb: &str, resource: &str, namespace: &str) -> String {
        let Self { who, words, remedy } = self;
        let (who, words) = (quoted(who), quoted(words));
        format!(
            "{who} does not let us {verb} {resource} in namespace {namespace}: {words}; {remedy}"
        )
    }
}

/// A webhook that must be asked does not answer.
fn silent(said: &str) -> Option<Denial<'_>> {
    let (webhook, words) = named(said, "failed calling webhook \"", '"')?;
    let words = words.trim_start_matches(": ");
    let remedy = "it does not work: ask whoever runs it".to_owned();
    Some(Denial { who: format!("the admission webhook {webhook}"), words, remedy })
}

fn by_webhook(said: &str) -> Option<Denial<'_>> {
    let (webhook, rest) = named(said, "admission webhook \"", '"')?;
    let words = rest.strip_prefix(" denied the request")?.trim_start_matches(": ");
    Some(Denial { who: format!("the admission webhook {webhook}"), words, remedy: remedy(words) })
}

fn by_policy(said: &str) -> Option<Denial<'_>> {
    let (policy, rest) = named(said, "ValidatingAdmissionPolicy '", '\'')?;
    let (_, words) = rest.split_once(" denied request: ")?;
    Some(Denial { who: format!("the admission policy {policy}"), words, remedy: remedy(words) })
}

/// The name behind `before`, and what comes after it.
fn named<'a>(said: &'a str, before: &str, end: char) -> Option<(&'a str, &'a str)> {
    said.split_once(before)?.1.split_once(end)
}

fn remedy(words: &str) -> String {
    let remedy = if words.contains("enableInTreeAutoscaling") {
        "Kueue takes no cluster that scales: write the same `min` and `max` under `cluster.workers`, 2 or \
         more (1 with `isolation: shared`), or turn on Kueue's ElasticJobsViaWorkloadSlices and write \
         `annotations: {kueue.x-k8s.io/elastic-job: \"true\"}` under `cluster`"
    } else {
        "give it what it demands by `labels`, `annotations` or `template` under `cluster`, or ask whoever \
         made the rule"
    };
    remedy.to_owned()
}
