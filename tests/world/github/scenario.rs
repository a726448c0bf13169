//! What happens on GitHub, step by step; and what can be seen there.

use std::time::{Duration, SystemTime};

use super::{
    Account, Comment, Fault, GitHub, Issue, Pull, Review, Run, Status,
    fault::Armed,
    objects::Objects,
    state::{End, State, now},
    token,
};

impl GitHub {
    /// Somebody opens a pull request for a branch of the repository.
    pub fn open_pull(&self, number: u64, author: &str, head: &str, base: &str) {
        self.open(number, author, head, base, self.repository());
    }

    /// Somebody opens a pull request from their fork, whose branch points to this commit.
    pub fn open_fork_pull(&self, number: u64, author: &str, commit: &str, base: &str) {
        let (_, name) = self.repository().split_once('/').unwrap();
        self.open(number, author, commit, base, &format!("{author}/{name}"));
    }

    fn open(&self, number: u64, author: &str, head: &str, base: &str, from: &str) {
        let own = from == self.repository();
        let sha = self.resolve(head);
        self.objects().point(&format!("refs/pull/{number}/head"), &sha);
        let branch = if own { head } else { "patch" }.to_owned();
        self.record_push(author, (from, &branch), None, &sha);
        let pull = Pull {
            number,
            author: Account(author.to_owned()),
            head: End { branch, sha, repository: Some(from.to_owned()) },
            base: self.end(base),
            open: true,
            closed_at: None,
            merged: Vec::new(),
            draft: false,
            retargeted: None,
        };
        self.state(|state| state.pulls.insert(number, pull));
    }

    /// The pull request is to be merged into another branch.
    pub fn retarget(&self, number: u64, base: &str) {
        let base = self.end(base);
        self.change(number, |pull| {
            if pull.base.branch != base.branch {
                pull.retargeted = Some(now());
            }
            pull.base = base;
        });
    }

    pub fn close(&self, number: u64) {
        self.change(number, |pull| {
            pull.open = false;
            pull.closed_at = Some(now());
        });
    }

    /// The pull request is merged by these commits: one, or, by a rebase, as many as it had.
    pub fn merge(&self, number: u64, commits: &[&str]) {
        self.close(number);
        let commits = commits.iter().map(|commit| (*commit).to_owned()).collect();
        self.change(number, |pull| pull.merged = commits);
    }

    /// Turns the pull request into a draft, or, by false, makes it ready.
    pub fn draft(&self, number: u64, draft: bool) {
        self.change(number, |pull| pull.draft = draft);
    }

    /// The fork that the pull request comes from is deleted.
    pub fn delete_fork(&self, number: u64) {
        self.change(number, |pull| pull.head.repository = None);
    }

    /// A branch of the repository is deleted.
    pub fn delete_branch(&self, name: &str) {
        self.objects().git(&["update-ref", "-d", &format!("refs/heads/{name}")]).unwrap();
    }

    /// Somebody reviews: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, having seen this commit.
    /// Yields the review's id.
    pub fn review(&self, number: u64, user: &str, said: &str, commit: &str) -> u64 {
        let commit = self.resolve(commit);
        self.state(|state| {
            let id = state.next_id();
            let (user, said) = (Account(user.to_owned()), said.to_owned());
            let submitted_at = now();
            state.reviews.push(Review {
                id,
                pull: number,
                user,
                state: said,
                commit,
                submitted_at,
            });
            id
        })
    }

    /// The review of this id is dismissed.
    pub fn dismiss(&self, review: u64) {
        self.state(|state| {
            let found = state.reviews.iter_mut().find(|known| known.id == review);
            "DISMISSED".clone_into(&mut found.expect("a review").state);
        });
    }

    /// Gives somebody a role: none, read, triage, write, maintain, admin.
    pub fn permission(&self, user: &str, role: &str) {
        self.state(|state| state.roles.insert(user.to_lowercase(), role.to_owned()));
    }

    /// Somebody comments.  Yields the comment's id.
    pub fn comment(&self, number: u64, user: &str, body: &str) -> u64 {
        self.state(|state| {
            let id = state.next_id();
            state.comments.push(Comment {
                id,
                issue: number,
                user: Account(user.to_owned()),
                body: body.to_owned(),
                created_at: now(),
                updated_at: now(),
                minimized: None,
            });
            id
        })
    }

    /// Somebody opens an issue.  Yields its number.
    pub fn issue(&self, user: &str, title: &str, body: &str) -> u64 {
        self.state(|state| {
            let number = state.next_number();
            state.issues.push(Issue {
                number,
                user: Account(user.to_owned()),
                title: title.to_owned(),
                body: Some(body.to_owned()),
                open: true,
                reason: None,
                created_at: now(),
                updated_at: now(),
            });
            number
        })
    }

    /// Somebody closes an issue as done.
    pub fn close_issue(&self, number: u64) {
        self.state(|state| {
            let found = state.issues.iter_mut().find(|issue| issue.number == number);
            let issue = found.expect("an issue");
            issue.open = false;
            issue.reason = Some("completed".to_owned());
        });
    }

    /// The repository has no issues: its settings say so.
    pub fn disable_issues(&self) {
        self.state(|state| state.has_issues = false);
    }

    /// Somebody posts a status.  Yields its id.
    pub fn status(&self, commit: &str, user: &str, state: &str, context: &str) -> u64 {
        let sha = self.resolve(commit);
        self.state(|world| {
            let id = world.next_id();
            world.statuses.push(Status {
                id,
                sha,
                state: state.to_owned(),
                description: None,
                target_url: None,
                context: context.to_owned(),
                creator: Account(user.to_owned()),
                created_at: now(),
            });
            id
        })
    }

    /// The tag of the latest release; there is none at first.
    pub fn release(&self, tag: &str) {
        self.state(|state| state.release = Some(tag.to_owned()));
    }

    /// Anyone may read; at first nobody may.
    pub fn publish(&self) {
        self.state(|state| state.private = false);
    }

    /// What the token may, as in a workflow: `["contents: read", "statuses: write"]`; nothing else.
    pub fn token_may(&self, permissions: &[&str]) {
        self.state(|state| state.permissions = token::permissions(permissions));
    }

    /// Whose token it is: `github-actions[bot]` at first.
    pub fn viewer(&self, login: &str) {
        self.state(|state| state.viewer = Account(login.to_owned()));
    }

    /// There is a run of a workflow.
    pub fn run(&self, id: u64, run: Run) {
        self.state(|state| state.runs.insert(id, run));
    }

    /// That run writes a status, at that time from now.
    pub fn tells(
        &self,
        commit: &str,
        (run, context): (u64, &str),
        (state, text): (&str, &str),
        ahead: Duration,
    ) {
        let page = self.shared.site.page(&format!("/actions/runs/{run}"));
        self.state(|world| {
            let status = Status {
                id: world.next_id(),
                sha: commit.to_owned(),
                state: state.to_owned(),
                description: Some(text.to_owned()),
                target_url: Some(page),
                context: context.to_owned(),
                creator: world.viewer.clone(),
                created_at: humantime::format_rfc3339_seconds(SystemTime::now() + ahead)
                    .to_string(),
            };
            world.statuses.push(status);
        });
    }

    /// The next so many requests with this method and this text in path or query meet a fault.
    pub fn fail(&self, method: &str, path: &str, fault: Fault, times: usize) {
        let armed = Armed { method: method.to_owned(), path: path.to_owned(), fault, times };
        self.shared.faults.lock().unwrap().push(armed);
    }

    /// Faults that have not met their requests are forgotten.
    pub fn heal(&self) {
        self.shared.faults.lock().unwrap().clear();
    }

    pub fn pull(&self, number: u64) -> Pull {
        self.state(|state| state.pulls[&number].clone())
    }

    /// The statuses of a commit, oldest first.
    pub fn statuses(&self, commit: &str) -> Vec<Status> {
        let sha = self.resolve(commit);
        self.state(|state| {
            state.statuses.iter().filter(|status| status.sha == sha).cloned().collect()
        })
    }

    /// The comments of a pull request, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.state(|state| {
            state.comments.iter().filter(|comment| comment.issue == number).cloned().collect()
        })
    }

    /// All issues, oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.state(|state| state.issues.clone())
    }

    /// The reviews of a pull request, oldest first.
    pub fn reviews(&self, number: u64) -> Vec<Review> {
        self.state(|state| {
            state.reviews.iter().filter(|review| review.pull == number).cloned().collect()
        })
    }

    pub(super) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.state.lock().unwrap())
    }

    pub(super) fn change(&self, number: u64, change: impl FnOnce(&mut Pull)) {
        self.state(|state| change(state.pulls.get_mut(&number).expect("a pull request")));
    }

    pub(super) fn objects(&self) -> Objects<'_> {
        Objects(&self.shared.site.directory)
    }

    pub(super) fn resolve(&self, commit: &str) -> String {
        self.objects().resolve(commit).unwrap_or_else(|| panic!("no commit {commit}"))
    }

    /// A branch of the repository as one end of a pull request.
    fn end(&self, branch: &str) -> End {
        let repository = Some(self.repository().to_owned());
        End { branch: branch.to_owned(), sha: self.resolve(branch), repository }
    }
}
