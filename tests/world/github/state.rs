//! What GitHub knows besides the commits.

use std::collections::BTreeMap;

use super::Account;

/// The whole of it.
pub struct State {
    pub default_branch: String,
    pub private: bool,
    pub pulls: BTreeMap<u64, Pull>,
    /// Oldest first, of all repositories.
    pub activities: Vec<Activity>,
    /// Oldest first, of all pulls.
    pub reviews: Vec<Review>,
    /// Role by login in lower case.
    pub roles: BTreeMap<String, String>,
    /// Oldest first, of all commits.
    pub statuses: Vec<Status>,
    /// Oldest first, of all pulls.
    pub comments: Vec<Comment>,
    /// Oldest first.
    pub issues: Vec<Issue>,
    /// Whether the repository has issues at all.
    pub has_issues: bool,
    /// Runs of workflows, by number.
    pub runs: BTreeMap<u64, Run>,
    /// The tag of the latest release.
    pub release: Option<String>,
    /// Who the token is.
    pub viewer: Account,
    /// What the token may, as a workflow's `permissions` have it.
    pub permissions: BTreeMap<String, String>,
    last_id: u64,
}

#[derive(Debug, Clone)]
pub struct Pull {
    pub number: u64,
    pub author: Account,
    pub head: End,
    pub base: End,
    pub open: bool,
    pub closed_at: Option<String>,
    /// The commits by which it was merged; none: it was not.
    pub merged: Vec<String>,
    pub draft: bool,
    /// When it was made to go into another branch.
    pub retargeted: Option<String>,
}

/// One end of a pull request.
#[derive(Debug, Clone)]
pub struct End {
    pub branch: String,
    pub sha: String,
    /// None: deleted.
    pub repository: Option<String>,
}

/// How a branch came to a commit.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Where the branch is, and the branch.
    pub repository: String,
    pub branch: String,
    /// None: it was not there before.
    pub before: Option<String>,
    pub after: String,
    pub actor: Account,
    pub at: String,
}

#[derive(Debug, Clone)]
pub struct Review {
    pub id: u64,
    pub pull: u64,
    pub user: Account,
    /// As the API has it: `APPROVED`.
    pub state: String,
    pub commit: String,
    pub submitted_at: String,
}

#[derive(Debug, Clone)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub context: String,
    pub creator: Account,
    pub created_at: String,
}

#[derive(Debug, Clone)]
pub struct Comment {
    pub id: u64,
    pub issue: u64,
    pub user: Account,
    pub body: String,
    pub created_at: String,
    pub updated_at: String,
    /// Why it is hidden, as the API has it: `outdated`.
    pub minimized: Option<String>,
}

/// A run of a workflow.
#[derive(Debug, Clone)]
pub struct Run {
    pub event: String,
    /// The branch that it runs for, and where that is.
    pub branch: String,
    pub repository: String,
    /// Path of the workflow's file.
    pub path: String,
    pub over: bool,
}

#[derive(Debug, Clone)]
pub struct Issue {
    pub number: u64,
    pub user: Account,
    pub title: String,
    pub body: Option<String>,
    pub open: bool,
    /// Why it is in its state, as the API has it: `completed`.
    pub reason: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

impl State {
    pub fn new(default_branch: String) -> Self {
        let granted =
            ["actions: read", "contents: read", "pull-requests: write", "statuses: write"];
        Self {
            default_branch,
            private: true,
            pulls: BTreeMap::new(),
            activities: Vec::new(),
            reviews: Vec::new(),
            roles: BTreeMap::new(),
            statuses: Vec::new(),
            comments: Vec::new(),
            issues: Vec::new(),
            has_issues: true,
            runs: BTreeMap::new(),
            release: None,
            viewer: Account("github-actions[bot]".to_owned()),
            permissions: super::token::permissions(&granted),
            last_id: 1000,
        }
    }

    /// A number that was never given.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The next number of an issue or a pull request, which count together.
    pub fn next_number(&self) -> u64 {
        let issues = self.issues.iter().map(|issue| issue.number);
        issues.chain(self.pulls.keys().copied()).max().unwrap_or(0) + 1
    }

    /// The role of an account that is anyone here, `none` if nothing was said of it.
    pub fn role(&self, login: &str) -> Option<String> {
        let login = login.to_lowercase();
        let mut seen = self
            .pulls
            .values()
            .map(|pull| &pull.author)
            .chain(self.reviews.iter().map(|review| &review.user))
            .chain(self.comments.iter().map(|comment| &comment.user));
        let role = self.roles.get(&login).cloned();
        role.or_else(|| seen.any(|user| user.0.to_lowercase() == login).then(|| "none".to_owned()))
    }
}

/// The time, as GitHub writes it.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}
