//! What a token may, and which operation needs what.

use std::collections::BTreeMap;

/// A workflow's `permissions`, each written `name: level`.
pub fn permissions(lines: &[&str]) -> BTreeMap<String, String> {
    lines
        .iter()
        .map(|line| line.split_once(": ").expect("`name: level`"))
        .map(|(name, level)| (name.to_owned(), level.to_owned()))
        .collect()
}

/// What an operation needs, any one of these: `name: level`.  None: any token will do.
///
/// <https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps>
pub fn needed(operation: &str) -> &'static [&'static str] {
    match operation {
        "pulls/list"
        | "pulls/get"
        | "pulls/list-reviews"
        | "repos/list-pull-requests-associated-with-commit" => &["pull-requests: read"],
        "repos/get-commit"
        | "git/get-commit"
        | "git/get-ref"
        | "git/get-tag"
        | "repos/compare-commits-with-basehead"
        | "repos/get-latest-release"
        | "repos/list-activities" => &["contents: read"],
        "actions/get-workflow-run" => &["actions: read"],
        "repos/list-commit-statuses-for-ref" => &["statuses: read"],
        "repos/create-commit-status" => &["statuses: write"],
        "issues/list-for-repo" => &["issues: read"],
        "issues/create" => &["issues: write"],
        "issues/list-comments" => &["issues: read", "pull-requests: read"],
        "issues/update"
        | "issues/create-comment"
        | "issues/update-comment"
        | "issues/delete-comment" => &["issues: write", "pull-requests: write"],
        _ => &[],
    }
}

/// Whether one of the needed permissions is granted.
pub fn may(granted: &BTreeMap<String, String>, needed: &[&str]) -> bool {
    let given = |line: &&str| {
        let (name, level) = line.split_once(": ").expect("`name: level`");
        granted.get(name).is_some_and(|granted| granted == level || granted == "write")
    };
    needed.is_empty() || needed.iter().any(given)
}

/// The token of an `Authorization` header: `Bearer x`, `token x`, or git's `Basic`.
pub fn presented(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    match scheme.to_lowercase().as_str() {
        "bearer" | "token" => Some(rest.to_owned()),
        "basic" => {
            let decoded = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, rest).ok()?;
            let text = String::from_utf8(decoded).ok()?;
            text.strip_prefix("x-access-token:").map(str::to_owned)
        }
        _ => None,
    }
}
