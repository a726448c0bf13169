//! Branches and tags by their whole names.

use serde_json::{Value, json};

use super::{answer::Answer, call::Call};

pub fn get(call: &mut Call) -> Answer {
    let name = format!("refs/{}", call.parameter("ref"));
    // Exactly this one, where `rev-parse` would go on looking.
    let shown = call.objects().git(&["show-ref", "--verify", "--hash", &name]);
    let Some(sha) = shown else { return Answer::not_found() };
    let fields = json!({
        "ref": name,
        "url": call.site.url(&format!("/git/{name}")),
        "object": object(call, &sha),
    });
    Answer::ok(call.example("git/get-ref", fields))
}

pub fn tag(call: &mut Call) -> Answer {
    let sha = call.parameter("tag_sha").to_owned();
    let Some(of) =
        call.objects().git(&["rev-parse", "--verify", "--quiet", &format!("{sha}^{{tag}}")])
    else {
        return Answer::not_found();
    };
    let shown = call.objects().git(&["cat-file", "tag", &of]).unwrap();
    let line = |start: &str| {
        let found = shown.lines().find_map(|line| line.strip_prefix(start));
        found.unwrap_or_default().to_owned()
    };
    let fields = json!({
        "sha": sha,
        "tag": line("tag "),
        "url": call.site.url(&format!("/git/tags/{sha}")),
        "object": object(call, &line("object ")),
    });
    Answer::ok(call.example("git/get-tag", fields))
}

fn object(call: &Call, sha: &str) -> Value {
    let kind = call.objects().git(&["cat-file", "-t", sha]).unwrap();
    let url = call.site.url(&format!("/git/{kind}s/{sha}"));
    json!({"type": kind, "sha": sha, "url": url})
}
