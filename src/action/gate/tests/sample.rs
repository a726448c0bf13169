//! A pull request to turn about, and GitHub's payloads about it.

use std::num::NonZeroU32;

use serde_json::{Value, json};

use crate::{
    action::{
        event::{self, Event},
        gate::{Decision, Intent, PullFacts, Refusal, RequestedAction, decide, intent},
    },
    clients::github::{Permission, Pull, PullNumber, RepositoryName, Review},
    git::CommitSha,
};

pub(super) const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(super) const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(super) const C: &str = "cccccccccccccccccccccccccccccccccccccccc";

pub(super) fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

pub(super) fn here() -> RepositoryName {
    "acme/model".parse().unwrap()
}

pub(super) fn request(approvals: u32) -> RequestedAction {
    let approvals = NonZeroU32::new(approvals).unwrap();
    let (compares, last_push_approval) = (true, false);
    RequestedAction {
        pull_request: None,
        sha: None,
        base: None,
        compares,
        approvals,
        last_push_approval,
    }
}

pub(super) fn account(login: &str) -> Value {
    json!({"login": login, "type": if login.eq_ignore_ascii_case("robot") { "Bot" } else { "User" }})
}

/// The time after so many reviews.
pub(super) fn after(reviews: usize) -> String {
    format!("2026-11-24T12:00:{reviews:02}Z")
}

/// Pull request 7 of author ann.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) head: &'static str,
    pub(super) open: bool,
    pub(super) draft: bool,
    pub(super) home: Option<&'static str>,
    pub(super) target: &'static str,
    pub(super) reviews: Vec<(String, &'static str, &'static str)>,
    /// Who pushed the head, as far as GitHub tells.
    pub(super) pusher: Option<&'static str>,
    /// After how many reviews it was made to go into its branch.
    pub(super) retargeted: Option<usize>,
}

impl Sample {
    pub(super) fn new() -> Self {
        let (home, target) = (Some("acme/model"), "main");
        let (reviews, pusher, retargeted) = (Vec::new(), None, None);
        Self { head: A, open: true, draft: false, home, target, reviews, pusher, retargeted }
    }

    pub(super) fn review(mut self, login: &str, state: &'static str, head: &'static str) -> Self {
        self.reviews.push((login.to_owned(), state, head));
        self
    }

    pub(super) fn pull(&self) -> Value {
        json!({"number": 7, "state": if self.open { "open" } else { "closed" },
            "draft": self.draft, "user": account("ann"),
            "head": {"ref": "change", "sha": self.head,
                "repo": self.home.map(|name| json!({"full_name": name}))},
            "base": {"ref": self.target, "sha": C,
                "repo": {"full_name": "Acme/Model", "default_branch": "main"}}})
    }

    pub(super) fn facts(&self) -> PullFacts {
        let pull: Pull = serde_json::from_value(self.pull()).unwrap();
        let reviews = (1..).zip(&self.reviews).map(|(id, (login, state, head))| {
            let review = json!({"id": id, "user": account(login), "state": state, "commit_id": head,
                "submitted_at": after(id)});
            serde_json::from_value(review).unwrap()
        });
        // The API's order does not matter, its numbers do.
        let mut reviews: Vec<Review> = reviews.collect();
        reviews.reverse();
        let may = |login: &str| match login {
            "rita" => Permission::Read,
            "adam" => Permission::Admin,
            _ => Permission::Write,
        };
        let known = ["ann", "will", "wanda", "adam", "rita", "robot"];
        let permissions = known.map(|login| (login.to_owned(), may(login))).into();
        let pushed = |by| json!({"after": self.head, "actor": account(by)});
        let activity = self.pusher.map(|by| serde_json::from_value(pushed(by)).unwrap());
        let retargeted = self.retargeted.map(after);
        PullFacts { pull, reviews, permissions, retargeted, activity: Ok(activity) }
    }

    pub(super) fn changed(&self, action: &str) -> Event {
        Self::event("pull_request", json!({"action": action, "pull_request": self.pull()}))
    }

    pub(super) fn reviewed(&self, action: &str, login: &str, state: &str) -> Event {
        let review = json!({"user": account(login), "state": state, "commit_id": self.head});
        let payload = json!({"action": action, "review": review, "pull_request": self.pull()});
        Self::event("pull_request_review", payload)
    }

    /// A run for an event about it ended, which was this account's.
    pub(super) fn ran(&self, of: &str, login: &str) -> Event {
        let head = self.pull()["head"].clone();
        let run = json!({"event": of, "head_sha": head["sha"], "head_branch": head["ref"],
            "head_repository": head["repo"], "actor": account(login)});
        Self::event("workflow_run", json!({"action": "completed", "workflow_run": run}))
    }

    pub(super) fn commented(login: &str, body: &str) -> Event {
        Self::new().commands(login, body)
    }

    /// The same after the reviews that there are.
    pub(super) fn commands(&self, login: &str, body: &str) -> Event {
        let at = after(self.reviews.len());
        Self::event(
            "issue_comment",
            json!({"action": "created", "issue": {"number": 7, "pull_request": {}},
                "comment": {"user": account(login), "body": body, "created_at": at}}),
        )
    }

    pub(super) fn event(name: &str, mut payload: Value) -> Event {
        if payload.get("repository").is_none() {
            payload["repository"] = json!({"full_name": "acme/model", "default_branch": "main"});
        }
        event::parse(name, payload.to_string().as_bytes()).unwrap()
    }

    pub(super) fn answer(&self, event: &Event, request: &RequestedAction) -> Decision {
        match intent(event, request, &here(), &sha(C)) {
            Intent::Pull(question) => {
                assert_eq!(question.number(), PullNumber(7));
                decide(&question, &self.facts())
            }
            Intent::Ran(sought) => match sought.question(&[self.facts().pull]) {
                Ok(question) => decide(&question, &self.facts()),
                Err(refusal) => Decision::Held(refusal),
            },
            Intent::Decided(decision) => decision,
        }
    }

    pub(super) fn refusal(&self, event: &Event) -> Refusal {
        match self.answer(event, &request(1)) {
            Decision::Held(refusal) => refusal,
            Decision::Approved(approval) => panic!("{approval:?}"),
        }
    }
}
