//! Payloads of events: GitHub's own examples, with the state of the scenario laid over them.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, OnceLock},
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Account, GitHub, answer::overlay, call::Call, comments, description, pulls, repository,
};

/// An event, as a runner gets it.
#[derive(Debug, Clone)]
pub struct Event {
    /// `GITHUB_EVENT_NAME`.
    pub name: String,
    /// What stands in the file `GITHUB_EVENT_PATH`.
    pub payload: Value,
}

#[derive(Deserialize)]
struct Examples {
    name: String,
    examples: Vec<Value>,
}

fn examples() -> Arc<Vec<Examples>> {
    static READ: OnceLock<Arc<Vec<Examples>>> = OnceLock::new();
    let read = || {
        let text = fs::read(description::installed("webhooks.json")).unwrap();
        Arc::new(serde_json::from_slice(&text).unwrap())
    };
    READ.get_or_init(read).clone()
}

impl Event {
    /// GitHub's newest example of an event with this action; without: of any.
    pub fn example(name: &str, action: Option<&str>) -> Self {
        // A push that deletes a branch is unlike the others.
        let fits = |payload: &&Value| {
            action.is_none_or(|action| payload["action"] == action) && payload["deleted"] != true
        };
        let known = examples();
        let of = known.iter().find(|known| known.name == name);
        let found = of.and_then(|of| of.examples.iter().rfind(fits));
        let payload = found.unwrap_or_else(|| panic!("no example of {name} {action:?}")).clone();
        Self { name: name.to_owned(), payload }
    }

    /// Every example that GitHub gives of any event.
    pub fn all() -> Vec<Self> {
        let all = examples();
        let of = |of: &Examples| {
            let name = of.name.clone();
            of.examples
                .iter()
                .map(move |payload| Self { name: name.clone(), payload: payload.clone() })
                .collect::<Vec<_>>()
        };
        all.iter().flat_map(of).collect()
    }

    /// The event with these fields over its own.
    pub fn with(mut self, fields: Value) -> Self {
        overlay(&mut self.payload, fields);
        self
    }

    /// The event with what repositories have got since the example was taken.
    fn today(mut self) -> Self {
        for path in ["/repository", "/pull_request/head/repo", "/pull_request/base/repo"] {
            if let Some(Value::Object(repository)) = self.payload.pointer_mut(path) {
                let news = json!({"has_discussions": false, "disabled": false, "topics": [],
                    "visibility": "private"});
                // Old examples have an empty one, which is no address.
                if repository.get("homepage").is_some_and(|page| page == "") {
                    repository.insert("homepage".to_owned(), Value::Null);
                }
                for (name, value) in news.as_object().into_iter().flatten() {
                    repository.entry(name).or_insert(value.clone());
                }
            }
        }
        self
    }

    /// The event with those of these fields that the example has: no event grows what it never has.
    fn overlaid(mut self, fields: Value) -> Self {
        overlay_known(&mut self.payload, fields);
        self
    }
}

fn overlay_known(onto: &mut Value, with: Value) {
    match (onto, with) {
        (Value::Object(onto), Value::Object(with)) => {
            for (key, value) in with {
                if let Some(known) = onto.get_mut(&key) {
                    overlay_known(known, value);
                }
            }
        }
        (onto, with) => *onto = with,
    }
}

impl GitHub {
    /// `pull_request_review`, submitted.
    pub fn review_submitted(&self, review: u64) -> Event {
        self.of_review("submitted", review)
    }

    /// `pull_request_review`, dismissed.
    pub fn review_dismissed(&self, review: u64) -> Event {
        self.of_review("dismissed", review)
    }

    /// `issue_comment`, created.
    pub fn comment_created(&self, comment: u64) -> Event {
        self.event("issue_comment", Some("created"), |call| {
            let found = call.state.comments.iter().find(|known| known.id == comment).unwrap();
            let pull = &call.state.pulls[&found.issue];
            let user = call.account(&found.user);
            let url = call.site.url(&format!("/pulls/{}", pull.number));
            let issue = json!({
                "number": pull.number,
                "state": if pull.open { "open" } else { "closed" },
                "title": format!("Pull request {}", pull.number),
                "user": call.account(&pull.author),
                "url": call.site.url(&format!("/issues/{}", pull.number)),
                "html_url": call.site.page(&format!("/pull/{}", pull.number)),
            });
            let fields =
                json!({"comment": comments::render(call, found), "issue": issue, "sender": user});
            (fields, json!({"issue": {"pull_request": {"url": url}}}))
        })
    }

    /// `workflow_dispatch` on a branch with these inputs; GitHub gives each as text.
    pub fn dispatched(&self, user: &str, branch: &str, inputs: &Value) -> Event {
        self.event("workflow_dispatch", None, |call| {
            let sender = call.account(&Account(user.to_owned()));
            let fields = json!({"ref": format!("refs/heads/{branch}"), "sender": sender});
            (fields, json!({"inputs": inputs}))
        })
    }

    /// `merge_group`, `checks_requested`: the queue made this commit of the pull request and the base.
    pub fn merge_group(&self, number: u64, head: &str) -> Event {
        let base = self.pull(number).base;
        let (head, base_sha) = (self.resolve(head), self.resolve(&base.branch));
        let branch = base.branch;
        self.event("merge_group", Some("checks_requested"), |call| {
            let commit = call.objects().commit(&head);
            let queue = format!("refs/heads/gh-readonly-queue/{branch}/pr-{number}-{base_sha}");
            let group = json!({
                "head_sha": head,
                "head_ref": queue,
                "base_sha": base_sha,
                "base_ref": format!("refs/heads/{branch}"),
                "head_commit": {"id": head, "tree_id": commit.tree, "message": commit.message},
            });
            (json!({"merge_group": group}), json!({}))
        })
    }

    /// `push` of a branch from one commit to another.
    pub fn pushed(&self, user: &str, branch: &str, before: &str, after: &str) -> Event {
        let (before, after) = (self.resolve(before), self.resolve(after));
        self.event("push", None, |call| {
            let commit = call.objects().commit(&after);
            let fields = json!({
                "ref": format!("refs/heads/{branch}"),
                "before": before,
                "after": after,
                "created": false,
                "head_commit": {"id": after, "tree_id": commit.tree, "message": commit.message},
                "pusher": {"name": user},
                "sender": call.account(&Account(user.to_owned())),
            });
            (fields, json!({}))
        })
    }

    /// `pull_request`, opened.
    pub fn pull_opened(&self, number: u64) -> Event {
        self.of_pull("opened", number)
    }

    /// `pull_request`, synchronize: it was pushed to; before, it was at this commit.
    pub fn pull_synchronized(&self, number: u64, before: &str) -> Event {
        let pushed = json!({"before": self.resolve(before), "after": self.pull(number).head.sha});
        self.of_pull("synchronize", number).with(pushed)
    }

    /// `workflow_run`, completed: of a workflow on this event of a pull request or a group, which could nothing.
    pub fn run_ended(&self, of: &Event) -> Event {
        self.event("workflow_run", Some("completed"), |call| {
            let group = &of.payload["merge_group"];
            let head = if group.is_null() {
                of.payload["pull_request"]["head"].clone()
            } else {
                let branch = group["head_ref"].as_str().unwrap().trim_start_matches("refs/heads/");
                json!({"sha": group["head_sha"], "ref": branch, "repo": repository::fields(call)})
            };
            let run = json!({
                "event": of.name,
                "head_sha": head["sha"],
                "head_branch": head["ref"],
                "head_repository": head["repo"],
                "pull_requests": [],
                "actor": of.payload["sender"],
                "triggering_actor": of.payload["sender"],
                "repository": repository::fields(call),
            });
            (json!({"workflow_run": run, "sender": of.payload["sender"]}), json!({}))
        })
    }

    fn of_pull(&self, action: &str, number: u64) -> Event {
        self.event("pull_request", Some(action), |call| {
            let pull = &call.state.pulls[&number];
            let sender = call.account(&pull.author);
            let fields = pulls::fields(call, pull);
            let gone = pull.head.repository.is_none();
            let fields = json!({"number": number, "pull_request": fields, "sender": sender});
            (fields, headless(gone))
        })
    }

    fn of_review(&self, action: &str, review: u64) -> Event {
        self.event("pull_request_review", Some(action), |call| {
            let found = call.state.reviews.iter().find(|known| known.id == review).unwrap();
            let pull = &call.state.pulls[&found.pull];
            let mut review = pulls::render_review(call, found);
            // Events have it in lower case, the API in upper case.
            review["state"] = found.state.to_lowercase().into();
            let fields = json!({
                "review": review,
                "pull_request": pulls::fields(call, pull),
                "sender": call.account(&found.user),
            });
            (fields, headless(pull.head.repository.is_none()))
        })
    }

    /// An example with what it has of the first fields, and with all of the second.
    fn event(
        &self,
        name: &str,
        action: Option<&str>,
        fields: impl FnOnce(&Call) -> (Value, Value),
    ) -> Event {
        self.state(|state| {
            let shared = &self.shared;
            let call = Call {
                site: &shared.site,
                state,
                description: &shared.description,
                parameters: BTreeMap::new(),
                query: BTreeMap::new(),
                path: "",
                body: Value::Null,
            };
            let (known, all) = fields(&call);
            let repository = json!({"repository": repository::fields(&call)});
            let example = Event::example(name, action);
            let event = example.overlaid(known).overlaid(repository).with(all).today();
            // That of GitHub Enterprise Server lacks some.
            let described = description::of(description::GITHUB);
            let wrong = described.wrong_with_event(name, &event.payload);
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            event
        })
    }
}

/// What says that the repository of the head is gone.
fn headless(gone: bool) -> Value {
    if gone { json!({"pull_request": {"head": {"repo": null}}}) } else { json!({}) }
}
