//! Runs that ended, by the binary and a GitHub: what they claim starts nothing, and strangers change nothing.

use std::time::Duration;

use serde_json::json;

use super::world::{
    World,
    github::{Event, GitHub},
    mini_runner::{Ended, MiniRunner},
};

const PATIENCE: Duration = Duration::from_mins(1);
const CONTEXT: &str = "regression / verdict";
const NUMBER: u64 = 7;
/// Of the pull request from a fork.
const FORK: u64 = 8;

/// Alice's pull request; bob may write, carol may read, and erin has a fork.
struct Scene {
    world: World,
    github: GitHub,
    head: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        world.commit(&[("file", "1")]);
        world.git(&["checkout", "--quiet", "-b", "change"]);
        let head = world.commit(&[("file", "2")]);
        world.git(&["checkout", "--quiet", "--detach"]);
        let github = GitHub::new(&world.repository());
        for (user, role) in [("alice", "write"), ("bob", "write"), ("carol", "read")] {
            github.permission(user, role);
        }
        github.open_pull(NUMBER, "alice", "change", "main");
        Self { world, github, head }
    }

    fn approved(&self) -> Event {
        let review = self.github.review(NUMBER, "bob", "APPROVED", &self.head);
        self.github.review_submitted(review)
    }

    /// A pull request from erin's fork, whose commit is on no branch here.
    fn forked(&self) -> String {
        let head = self.world.commit(&[("file", "3")]);
        self.github.open_fork_pull(FORK, "erin", &head, "main");
        head
    }

    /// A job on the default branch, which has nothing to train with.
    fn run(&self, event: &Event, command: &str) -> Ended {
        self.job(event, command).main().finish(PATIENCE).expect(0, &[])
    }

    fn job(&self, event: &Event, command: &str) -> MiniRunner<'static> {
        MiniRunner::bare(&event.name, &event.payload)
            .on(&self.github, &self.world.git(&["rev-parse", "main"]))
            .github("ref", "refs/heads/main")
            .input("command", command)
    }

    /// Somebody pushes another commit to alice's pull request.
    fn pushes(&self, user: &str) {
        let new = self.world.commit(&[("file", user)]);
        self.github.push_by(user, NUMBER, &new);
    }

    /// The states of our statuses of a commit, oldest first.
    fn states(&self, commit: &str) -> Vec<String> {
        let all = self.github.statuses(commit).into_iter();
        all.filter(|status| status.context == CONTEXT).map(|status| status.state).collect()
    }
}

#[test]
fn what_is_awaited_is_told_and_what_is_approved_is_left_to_the_next_job() {
    for number in [NUMBER, FORK] {
        let scene = Scene::new();
        let head = if number == FORK { scene.forked() } else { scene.head.clone() };
        let opened = scene.github.run_ended(&scene.github.pull_opened(number));
        assert_eq!(scene.run(&opened, "announce").outputs["verdict"], "held");
        let status = scene.github.statuses(&head).pop().unwrap();
        let waits = format!("awaiting approval of {}", &head[..7]);
        assert_eq!((&*status.state, status.description), ("pending", Some(waits)));
        let review = scene.github.review(number, "bob", "APPROVED", &head);
        let approved = scene.github.run_ended(&scene.github.review_submitted(review));
        let ended = scene.run(&approved, "announce");
        assert_eq!(ended.outputs["verdict"], "approved", "{ended:#?}");
        assert_eq!(ended.outputs["reason"], "approved by bob (write)");
        assert_eq!((&ended.outputs["head-sha"], scene.states(&head).len()), (&head, 1));
    }
}

/// A group of the merge queue needs no environment that its own branch may use: whoever may push can call one so.
#[test]
fn a_group_of_the_queue_is_told_of_by_a_run() {
    let scene = Scene::new();
    let queued = scene.github.run_ended(&scene.github.merge_group(NUMBER, &scene.head));
    let ended = scene.run(&queued, "announce");
    assert_eq!(ended.outputs["verdict"], "approved", "{ended:#?}");
    assert_eq!(ended.outputs["reason"], "approved by the merge queue");
    assert_eq!(ended.outputs["head-sha"], scene.head);
    let pushed = queued.with(json!({"workflow_run": {"event": "push"}}));
    assert_eq!(scene.run(&pushed, "announce").outputs["verdict"], "held");
    assert_eq!(scene.states(&scene.head), [""; 0]);
    // A success would count for a pull request of the same commit into main, too.
    scene.world.git(&["branch", "lax", "main"]);
    scene.github.retarget(NUMBER, "lax");
    let queued = scene.github.merge_group(NUMBER, &scene.head);
    for event in [scene.github.run_ended(&queued), queued] {
        let ended = scene.run(&event, "run");
        assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
        assert!(ended.outputs["reason"].contains("is queued into `lax`"), "{ended:#?}");
        assert_eq!(scene.states(&scene.head).last().unwrap(), "pending");
    }
}

/// What a run claims, what it is answered, and whether the head's status says that it waits.
type Row = (&'static str, &'static str, bool, fn(&Scene) -> Event);

const HELD: [Row; 11] = [
    ("a head that is none any more", "is not the head of an open pull request", false, |scene| {
        let event = scene.github.run_ended(&scene.approved());
        let new = scene.world.commit(&[("file", "4")]);
        scene.github.push(NUMBER, &new);
        event
    }),
    ("a head that was never one", "is not the head of an open pull request", false, |scene| {
        let head_sha = scene.world.git(&["rev-parse", "main"]);
        let event = scene.github.run_ended(&scene.approved());
        event.with(json!({"workflow_run": {"head_sha": head_sha}}))
    }),
    ("a push", "of the event `push`", false, |scene| {
        let event = scene.github.run_ended(&scene.approved());
        event.with(json!({"workflow_run": {"event": "push"}}))
    }),
    ("a run that only begins", "`requested`", false, |scene| {
        scene.github.run_ended(&scene.approved()).with(json!({"action": "requested"}))
    }),
    ("another repository's", "not of", false, |scene| {
        let event = scene.github.run_ended(&scene.approved());
        event.with(json!({"repository": {"full_name": "erin/model"}}))
    }),
    ("dismissed meanwhile", "dismissed", true, |scene| {
        let event = scene.github.run_ended(&scene.approved());
        scene.github.dismiss(scene.github.reviews(NUMBER)[0].id);
        event
    }),
    ("a reader's approval", "carol approves but may not push", true, |scene| {
        let review = scene.github.review(NUMBER, "carol", "APPROVED", &scene.head);
        scene.github.run_ended(&scene.github.review_submitted(review))
    }),
    ("a reader's review of what is approved", "may not push changes nothing", false, |scene| {
        scene.approved();
        let review = scene.github.review(NUMBER, "carol", "COMMENTED", &scene.head);
        scene.github.run_ended(&scene.github.review_submitted(review))
    }),
    ("approved when it went into another branch", "into another branch", true, |scene| {
        scene.world.git(&["branch", "lax", "main"]);
        scene.github.retarget(NUMBER, "lax");
        let event = scene.github.run_ended(&scene.approved());
        scene.github.retarget(NUMBER, "main");
        event
    }),
    ("commanded when it went into another branch", "into another branch", false, |scene| {
        scene.world.git(&["branch", "lax", "main"]);
        scene.github.retarget(NUMBER, "lax");
        let comment = scene.github.comment(NUMBER, "bob", &format!("/regression {}", scene.head));
        let event = scene.github.comment_created(comment);
        scene.github.retarget(NUMBER, "main");
        event
    }),
    ("a pull request into another branch", "only the default branch", false, |scene| {
        scene.world.git(&["branch", "lax", "main"]);
        scene.github.retarget(NUMBER, "lax");
        scene.github.run_ended(&scene.approved())
    }),
];

#[test]
fn what_a_run_claims_starts_nothing() {
    for (name, told, waits, event) in HELD {
        let scene = Scene::new();
        let ended = scene.run(&event(&scene), "run");
        assert_eq!(ended.outputs["verdict"], "held", "{name}: {ended:#?}");
        assert!(ended.outputs["reason"].contains(told), "{name}: {}", ended.outputs["reason"]);
        let expected = if waits { &["pending"][..] } else { &[] };
        assert_eq!(scene.states(&scene.head), expected, "{name}");
        assert_eq!(scene.states("main"), [""; 0], "{name}");
    }
}

/// The pull request is the one whose head it is, whatever the payload has beside the commit.
#[test]
fn the_right_pull_request_is_found() {
    type Case = (&'static str, u64, fn(&Scene) -> Event);
    let cases: [Case; 4] = [
        ("a branch whose name is a query", 9, |scene| {
            let odd = "fix/a&head=erin#%2e%2e+é@ü;x";
            let head = scene.world.commit(&[("file", "5")]);
            scene.world.git(&["branch", odd, &head]);
            scene.github.open_pull(9, "alice", odd, "main");
            let review = scene.github.review(9, "bob", "APPROVED", &head);
            scene.github.run_ended(&scene.github.review_submitted(review))
        }),
        ("a branch that nobody can have", NUMBER, |scene| {
            let event = scene.github.run_ended(&scene.approved());
            event
                .with(json!({"workflow_run": {"head_branch": "../..?\n::error::&head=erin:patch"}}))
        }),
        ("the numbers of others", NUMBER, |scene| {
            let head = scene.forked();
            let event = scene.github.run_ended(&scene.approved());
            let claimed = json!([{"number": FORK, "head": {"ref": "patch", "sha": head}}]);
            event.with(json!({"workflow_run": {"pull_requests": claimed}}))
        }),
        ("the same commit in a fork", NUMBER, |scene| {
            scene.github.open_fork_pull(FORK, "erin", &scene.head, "main");
            scene.github.run_ended(&scene.approved())
        }),
    ];
    for (name, number, event) in cases {
        let scene = Scene::new();
        let ended = scene.run(&event(&scene), "announce");
        assert_eq!(ended.outputs["verdict"], "approved", "{name}: {ended:#?}");
        assert_eq!(ended.outputs["head-sha"], scene.github.pull(number).head.sha, "{name}");
    }
}

/// Erin may not push.  She opens a pull request of a commit that has passed, and reviews that of alice.
#[test]
fn a_stranger_takes_nothing_back_and_says_nothing_twice() {
    let scene = Scene::new();
    scene.github.open_fork_pull(FORK, "erin", &scene.head, "main");
    let opened = scene.github.run_ended(&scene.github.pull_opened(FORK));
    let review = scene.github.review(NUMBER, "erin", "CHANGES_REQUESTED", &scene.head);
    let reviewed = scene.github.run_ended(&scene.github.review_submitted(review));
    for event in [&opened, &reviewed] {
        let ended = scene.run(event, "run");
        assert!(ended.outputs["reason"].starts_with("awaiting approval"), "{ended:#?}");
        assert_eq!(scene.states(&scene.head), ["pending"]);
    }
    scene.github.status(&scene.head, "github-actions[bot]", "success", CONTEXT);
    for event in [&opened, &reviewed] {
        assert_eq!(scene.run(event, "run").outputs["verdict"], "held");
        assert_eq!(scene.states(&scene.head), ["pending", "success"]);
    }
    // Who may push does, as by a review of a workflow in one file.
    let review = scene.github.review(NUMBER, "bob", "CHANGES_REQUESTED", &scene.head);
    let reviewed = scene.github.run_ended(&scene.github.review_submitted(review));
    assert_eq!(scene.run(&reviewed, "announce").outputs["verdict"], "held");
    assert_eq!(scene.states(&scene.head).last().unwrap(), "pending");
}

/// Who else may approve what bob pushed, where the workflow asks for that; and what is held since nobody knows.
#[test]
fn whoever_pushed_last_does_not_approve() {
    type Case = (&'static str, u64, fn(&Scene), &'static str);
    let cases: [Case; 7] = [
        ("by the author", NUMBER, |_| {}, "approved by bob (write)"),
        ("by the approver", NUMBER, |scene| scene.pushes("bob"), "bob pushed"),
        ("by another", NUMBER, |scene| scene.pushes("alice"), "approved by bob (write)"),
        ("by a workflow", NUMBER, |scene| scene.pushes("github-actions[bot]"), "every workflow"),
        ("forgotten", NUMBER, |scene| scene.github.forget_pushes(), "lists no push"),
        ("in a private fork", FORK, |_| {}, "may not read the activity of erin/model"),
        ("in a public fork", FORK, |scene| scene.github.publish(), "approved by bob (write)"),
    ];
    for (name, number, happens, told) in cases {
        let scene = Scene::new();
        scene.forked();
        happens(&scene);
        let head = scene.github.pull(number).head.sha;
        let review = scene.github.review(number, "bob", "APPROVED", &head);
        let event = scene.github.run_ended(&scene.github.review_submitted(review));
        let job = scene.job(&event, "announce").input("require-last-push-approval", "true");
        let ended = job.main().finish(PATIENCE).expect(0, &[]);
        assert!(ended.outputs["reason"].contains(told), "{name}: {ended:#?}");
        let starts = told.starts_with("approved");
        let verdict = if starts { "approved" } else { "held" };
        assert_eq!(ended.outputs["verdict"], verdict, "{name}");
        assert_eq!(scene.states(&head).is_empty(), starts, "{name}: what it waits for is told");
        let lax = scene.run(&event, "announce");
        assert_eq!(lax.outputs["verdict"], "approved", "{name}: {lax:#?}");
    }
}
