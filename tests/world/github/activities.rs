//! Who did what to which branch.

use serde_json::{Value, json};

use super::{
    Account, GitHub,
    answer::Answer,
    call::Call,
    page,
    state::{Activity, now},
};

impl GitHub {
    /// The author pushes this commit to the branch of the pull request.
    pub fn push(&self, number: u64, commit: &str) {
        self.push_by(&self.pull(number).author.0, number, commit);
    }

    /// Somebody does.
    pub fn push_by(&self, user: &str, number: u64, commit: &str) {
        let sha = self.resolve(commit);
        let head = self.pull(number).head;
        if let Some(home) = &head.repository {
            self.record_push(user, (home, &head.branch), Some(head.sha.clone()), &sha);
        }
        if head.repository.as_deref() == Some(self.repository()) {
            self.objects().point(&format!("refs/heads/{}", head.branch), &sha);
        }
        self.objects().point(&format!("refs/pull/{number}/head"), &sha);
        self.change(number, |pull| pull.head.sha = sha);
        self.retarget(number, &self.pull(number).base.branch);
    }

    pub(super) fn record_push(
        &self,
        user: &str,
        (repository, branch): (&str, &str),
        before: Option<String>,
        after: &str,
    ) {
        let activity = Activity {
            repository: repository.to_owned(),
            branch: branch.to_owned(),
            before,
            after: after.to_owned(),
            actor: Account(user.to_owned()),
            at: now(),
        };
        self.state(|state| state.activities.push(activity));
    }

    /// GitHub forgets who pushed what.
    pub fn forget_pushes(&self) {
        self.state(|state| state.activities.clear());
    }
}

/// The newest first, of a repository or of a fork.
pub fn list(call: &mut Call) -> Answer {
    let home = format!("{}/{}", call.parameter("owner"), call.parameter("repo"));
    let asked = call.query.get("ref").map(|name| name.trim_start_matches("refs/heads/"));
    let fits = |known: &&Activity| {
        known.repository.eq_ignore_ascii_case(&home)
            && asked.is_none_or(|asked| known.branch == asked)
    };
    let newest_first = call.state.activities.iter().rev().filter(fits);
    page::answer(call, newest_first.map(|known| render(call, known)).collect())
}

fn render(call: &Call, known: &Activity) -> Value {
    let kind = if known.before.is_some() { "push" } else { "branch_creation" };
    let fields = json!({
        "before": known.before.clone().unwrap_or_else(|| "0".repeat(40)),
        "after": known.after,
        "ref": format!("refs/heads/{}", known.branch),
        "timestamp": known.at,
        "activity_type": kind,
        "actor": call.account(&known.actor),
    });
    let mut rendered = call.example("repos/list-activities", fields);
    // The description's example has the names of before.
    for old in ["pushed_at", "push_type", "pusher"] {
        rendered.as_object_mut().unwrap().remove(old);
    }
    rendered
}
