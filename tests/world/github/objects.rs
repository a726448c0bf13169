//! The git repository behind it all: names, commits, merge bases, changed files.

use std::path::Path;

use serde_json::{Value, json};

use super::super::clean;

/// A repository on disk.
pub struct Objects<'a>(pub &'a Path);

/// A commit, as git has it.
pub struct Commit {
    pub sha: String,
    pub tree: String,
    pub parents: Vec<String>,
    pub message: String,
    /// `{name, email, date}`.
    pub author: Value,
    pub committer: Value,
}

const FORMAT: &str = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B";
const DATE: &str = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";

impl Objects<'_> {
    /// What git prints; none: it fails.
    pub fn git(&self, arguments: &[&str]) -> Option<String> {
        let mut command = clean("git");
        command.env("TZ", "UTC").current_dir(self.0).args(arguments);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        output.status.success().then(|| text.trim_end_matches('\n').to_owned())
    }

    /// The commit that a branch, a tag, `heads/…`, `tags/…`, `pull/…` or a hash names.
    pub fn resolve(&self, name: &str) -> Option<String> {
        let hash = name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let places = ["refs/heads/", "refs/tags/", "refs/"].map(|place| format!("{place}{name}"));
        let names = places.into_iter().chain(hash.then(|| name.to_owned()));
        names.into_iter().find_map(|name| {
            self.git(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])
        })
    }

    /// Points a reference at a commit.
    pub fn point(&self, reference: &str, sha: &str) {
        self.git(&["update-ref", reference, sha])
            .unwrap_or_else(|| panic!("{reference}: no commit {sha}"));
    }

    pub fn commit(&self, sha: &str) -> Commit {
        let format = format!("--format={FORMAT}");
        let shown = self.git(&["show", "--no-patch", DATE, &format, sha]).unwrap();
        let mut parts = shown.splitn(10, '\0').map(str::to_owned);
        let mut next = || parts.next().unwrap();
        let (sha, tree, parents) = (next(), next(), next());
        let mut person = || json!({"name": next(), "email": next(), "date": next()});
        let (author, committer) = (person(), person());
        let parents = parents.split_whitespace().map(str::to_owned).collect();
        Commit { sha, tree, parents, message: next(), author, committer }
    }

    pub fn merge_base(&self, base: &str, head: &str) -> Option<String> {
        self.git(&["merge-base", base, head])
    }

    /// The commits of the second that the first has not, oldest first.
    pub fn between(&self, base: &str, head: &str) -> Vec<String> {
        let range = format!("{base}..{head}");
        let listed = self.git(&["rev-list", "--reverse", "--topo-order", &range]).unwrap();
        listed.lines().map(str::to_owned).collect()
    }

    /// The files that differ: name, letter of the change, and the new blob.
    pub fn changed(&self, from: &str, to: &str) -> Vec<(String, String, String)> {
        let options = ["diff", "--raw", "--abbrev=40", "--no-renames", "-z", from, to];
        let shown = self.git(&options).unwrap();
        let parts: Vec<&str> = shown.split('\0').filter(|part| !part.is_empty()).collect();
        let change = |pair: &[&str]| {
            let columns: Vec<&str> = pair[0].split(' ').collect();
            let blob = if columns[4] == "D" { columns[2] } else { columns[3] };
            (pair[1].to_owned(), columns[4].to_owned(), blob.to_owned())
        };
        parts.chunks(2).map(change).collect()
    }
}
