//! Commits, and how two of them relate.

use serde_json::{Value, json};

use super::{answer::Answer, call::Call, objects::Commit, page};

/// Most files of one answer.
const MOST_FILES: usize = 300;

pub fn get(call: &mut Call) -> Answer {
    let name = call.parameter("ref");
    let Some(sha) = call.objects().resolve(name) else {
        return Answer::error(422, &format!("No commit found for SHA: {name}"));
    };
    let commit = call.objects().commit(&sha);
    let mut rendered = render(call, &commit);
    let parent = commit.parents.first().map_or(EMPTY_TREE, String::as_str);
    rendered["files"] = files(call, parent, &sha);
    Answer::ok(rendered)
}

/// The tree without files, which every git knows.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

pub fn git(call: &mut Call) -> Answer {
    let sha = call.parameter("commit_sha");
    let known = call.objects().resolve(sha).filter(|found| found == sha);
    let Some(sha) = known else { return Answer::not_found() };
    let commit = call.objects().commit(&sha);
    let fields = json!({
        "sha": commit.sha,
        "url": call.site.url(&format!("/git/commits/{sha}")),
        "html_url": call.site.page(&format!("/commit/{sha}")),
        "author": commit.author,
        "committer": commit.committer,
        "message": commit.message,
        "tree": tree(call, &commit),
        "parents": parents(call, &commit),
    });
    Answer::ok(call.example("git/get-commit", fields))
}

pub fn compare(call: &mut Call) -> Answer {
    let Some((base, head)) = call.parameter("basehead").split_once("...") else {
        return Answer::not_found();
    };
    let objects = call.objects();
    let (Some(first), Some(second)) = (objects.resolve(base), objects.resolve(head)) else {
        return Answer::not_found();
    };
    let Some(merge_base) = objects.merge_base(&first, &second) else {
        return Answer::error(404, &format!("No common ancestor between {base} and {head}."));
    };
    let (ahead, behind) = (objects.between(&first, &second), objects.between(&second, &first));
    let commits = ahead.iter().map(|sha| render(call, &objects.commit(sha))).collect();
    let (commits, link) = page::cut(call, commits);
    let fields = json!({
        "url": call.site.url(&format!("/compare/{base}...{head}")),
        "base_commit": render(call, &objects.commit(&first)),
        "merge_base_commit": render(call, &objects.commit(&merge_base)),
        "status": relation(ahead.len(), behind.len()),
        "ahead_by": ahead.len(),
        "behind_by": behind.len(),
        "total_commits": ahead.len(),
        "commits": commits,
        "files": files(call, &merge_base, &second),
    });
    let body = call.example("repos/compare-commits-with-basehead", fields);
    link.into_iter().fold(Answer::ok(body), |answer, link| answer.with("link", &link))
}

/// How the head stands to the base.
fn relation(ahead: usize, behind: usize) -> &'static str {
    match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    }
}

/// A commit, as lists show it.
fn render(call: &Call, commit: &Commit) -> Value {
    let sha = &commit.sha;
    let fields = json!({
        "sha": sha,
        "url": call.site.url(&format!("/commits/{sha}")),
        "html_url": call.site.page(&format!("/commit/{sha}")),
        "comments_url": call.site.url(&format!("/commits/{sha}/comments")),
        "commit": {
            "url": call.site.url(&format!("/git/commits/{sha}")),
            "author": commit.author,
            "committer": commit.committer,
            "message": commit.message,
            "tree": tree(call, commit),
        },
        // No account has the address of a commit of the tests.
        "author": null,
        "committer": null,
        "parents": parents(call, commit),
    });
    let mut rendered = call.example("repos/get-commit", fields);
    if let Some(whole) = rendered.as_object_mut() {
        whole.remove("stats");
        whole.remove("files");
    }
    rendered
}

fn tree(call: &Call, commit: &Commit) -> Value {
    let url = call.site.url(&format!("/git/trees/{}", commit.tree));
    json!({"sha": commit.tree, "url": url})
}

fn parents(call: &Call, commit: &Commit) -> Value {
    let parent = |sha: &String| {
        json!({
            "sha": sha,
            "url": call.site.url(&format!("/commits/{sha}")),
            "html_url": call.site.page(&format!("/commit/{sha}")),
        })
    };
    commit.parents.iter().map(parent).collect()
}

/// Which files differ; how much in each, nobody asks.
fn files(call: &Call, from: &str, to: &str) -> Value {
    let file = |(name, letter, blob): (String, String, String)| {
        json!({
            "filename": name,
            "sha": blob,
            "status": match letter.as_str() {
                "A" => "added",
                "D" => "removed",
                _ => "modified",
            },
            "additions": 0,
            "deletions": 0,
            "changes": 0,
            "blob_url": call.site.page(&format!("/blob/{to}/{name}")),
            "raw_url": call.site.page(&format!("/raw/{to}/{name}")),
            "contents_url": call.site.url(&format!("/contents/{name}?ref={to}")),
        })
    };
    call.objects().changed(from, to).into_iter().take(MOST_FILES).map(file).collect()
}
