//! The gate, each row once by GitHub's own payload: nothing is trained, nothing is a success.

use serde_json::json;

use super::scene::{CONTEXT, GOOD, NUMBER, Scene, after};
use super::world::{github::Event, ray::RunningRay};

/// What a row leaves the status at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// As it was: there is none.
    Nothing,
    /// Waiting.
    Pending,
}

type Row = (&'static str, &'static str, Left, fn(&Scene<'_>) -> Event);

const ROWS: [Row; 17] = [
    ("stale approval", "another commit", Left::Nothing, |scene| {
        let old = scene.world.git(&["rev-parse", "main"]);
        let review = scene.github.review(NUMBER, "bob", "APPROVED", &old);
        scene.github.review_submitted(review)
    }),
    ("self-approval", "is the author", Left::Nothing, |scene| {
        let review = scene.github.review(NUMBER, "alice", "APPROVED", &scene.head);
        scene.github.review_submitted(review)
    }),
    ("approval by a reader", "carol", Left::Nothing, |scene| {
        let review = scene.github.review(NUMBER, "carol", "APPROVED", &scene.head);
        scene.github.review_submitted(review)
    }),
    ("commented after approval", "only comments", Left::Nothing, |scene| {
        scene.github.review(NUMBER, "bob", "APPROVED", &scene.head);
        let review = scene.github.review(NUMBER, "dave", "COMMENTED", &scene.head);
        scene.github.review_submitted(review)
    }),
    ("changes requested after it", "changes", Left::Pending, |scene| {
        scene.github.review(NUMBER, "bob", "APPROVED", &scene.head);
        let review = scene.github.review(NUMBER, "dave", "CHANGES_REQUESTED", &scene.head);
        scene.github.review_submitted(review)
    }),
    ("approved while changes are requested", "changes", Left::Pending, |scene| {
        scene.github.review(NUMBER, "dave", "CHANGES_REQUESTED", &scene.head);
        scene.approved()
    }),
    ("dismissed", "dismissed", Left::Pending, |scene| {
        let review = scene.github.review(NUMBER, "bob", "APPROVED", &scene.head);
        scene.github.dismiss(review);
        scene.github.review_dismissed(review)
    }),
    ("new push before start", "not the head", Left::Nothing, |scene| {
        let event = scene.approved();
        let new = scene.world.commit(&[("file", "3")]);
        scene.github.push(NUMBER, &new);
        event
    }),
    ("draft", "draft", Left::Pending, |scene| {
        scene.github.draft(NUMBER, true);
        scene.approved()
    }),
    ("closed", "closed", Left::Nothing, |scene| {
        let event = scene.approved();
        scene.github.close(NUMBER);
        event
    }),
    ("fork", "fork", Left::Nothing, |scene| {
        scene.github.open_fork_pull(8, "erin", &scene.head, "main");
        let review = scene.github.review(8, "bob", "APPROVED", &scene.head);
        scene.github.review_submitted(review)
    }),
    ("bot", "bot", Left::Nothing, |scene| {
        scene.github.permission("helper[bot]", "write");
        let review = scene.github.review(NUMBER, "helper[bot]", "APPROVED", &scene.head);
        scene.github.review_submitted(review)
    }),
    ("deleted branch", "was deleted", Left::Nothing, |scene| {
        scene.github.open_fork_pull(8, "erin", &scene.head, "main");
        let review = scene.github.review(8, "bob", "APPROVED", &scene.head);
        scene.github.delete_fork(8);
        scene.github.review_submitted(review)
    }),
    ("other event", "`watch`", Left::Nothing, |scene| {
        let ours = json!({"repository": {"full_name": scene.github.repository()}});
        Event::example("watch", None).with(ours)
    }),
    ("other repository", "not of", Left::Nothing, |scene| {
        scene.approved().with(json!({"repository": {"full_name": "other/model"}}))
    }),
    ("pushed", "awaiting approval", Left::Pending, |scene| scene.github.pull_opened(NUMBER)),
    ("command with a short commit", "all digits", Left::Nothing, |scene| {
        let body = format!("/regression {}", &scene.head[..12]);
        let comment = scene.github.comment(NUMBER, "bob", &body);
        scene.github.comment_created(comment)
    }),
];

pub fn none_of_these_starts(ray: &RunningRay) {
    let scenes = ROWS.map(|row| (row, Scene::new(ray, GOOD)));
    for ((name, told, left, event), scene) in &scenes {
        let ended = scene.run(&event(scene));
        assert!(ended.is_success(), "{name}: {ended:#?}");
        assert_eq!(ended.outputs["verdict"], "held", "{name}: {ended:#?}");
        let reason = &ended.outputs["reason"];
        assert!(reason.contains(told), "{name}: {reason}");
        assert!(ended.summary.is_some_and(|summary| summary.contains("held")), "{name}");
        let all = scene.github.statuses(&scene.head);
        let states: Vec<&str> = all.iter().map(|status| status.state.as_str()).collect();
        let expected = if *left == Left::Pending { &["pending"][..] } else { &[] };
        assert_eq!(states, expected, "{name}: {all:#?}");
        assert!(all.iter().all(|status| status.context == CONTEXT), "{name}");
        assert!(scene.github.comments(NUMBER).iter().all(|comment| comment.user.0 == "bob"));
        assert_eq!(scene.trainings(), 0, "{name}: something was trained");
        println!("{name}: {reason}");
    }
}

/// What does start: by an approval, the button (a fork too), a comment, the queue, a push, a schedule.
pub fn all_of_these_start(ray: &RunningRay) {
    type Start = (&'static str, fn(&Scene<'_>) -> (Event, Vec<(&'static str, String)>));
    let starts: [Start; 6] = [
        ("approval", |scene| (scene.approved(), Vec::new())),
        ("button", |scene| {
            scene.github.open_fork_pull(8, "erin", &scene.head, "main");
            let inputs = vec![("pull-request", "8".to_owned()), ("sha", scene.head.clone())];
            (scene.github.dispatched("bob", "main", &json!({})), inputs)
        }),
        ("comment", |scene| {
            let body = format!("/regression {}", scene.head);
            let comment = scene.github.comment(NUMBER, "bob", &body);
            (scene.github.comment_created(comment), Vec::new())
        }),
        ("queue", |scene| (scene.github.merge_group(NUMBER, &scene.head), Vec::new())),
        ("push", |scene| {
            let before = scene.world.git(&["rev-parse", "main"]);
            (scene.github.pushed("bob", "main", &before, &scene.head), Vec::new())
        }),
        ("schedule", |_| {
            let payload = json!({"schedule": "0 3 * * *"});
            let event = Event { name: "schedule".to_owned(), payload };
            (event, vec![("base", "main".to_owned())])
        }),
    ];
    for (name, start) in starts {
        let scene = Scene::new(ray, GOOD);
        let (event, inputs) = start(&scene);
        let job = scene.job(&event);
        let job = inputs.iter().fold(job, |job, (input, value)| job.input(input, value));
        let ended = job.main().finish(super::scene::PATIENCE).expect(0, &[]);
        assert_eq!(ended.outputs["verdict"], "pass", "{name}: {ended:#?}");
        assert_eq!(scene.states(&scene.head).last().unwrap(), "success", "{name}");
    }
}

/// A push, a dismissal or a request for changes while it trains: no success for that commit.
pub fn what_is_withdrawn_meanwhile_is_no_success(ray: &RunningRay) {
    type Change = (&'static str, fn(&Scene<'_>));
    let changes: [Change; 4] = [
        ("pushed", |scene| {
            let new = scene.world.commit(&[("file", "3")]);
            scene.github.push(NUMBER, &new);
        }),
        ("dismissed", |scene| scene.github.dismiss(scene.github.reviews(NUMBER)[0].id)),
        ("changes requested", |scene| {
            scene.github.review(NUMBER, "dave", "CHANGES_REQUESTED", &scene.head);
        }),
        ("closed", |scene| scene.github.close(NUMBER)),
    ];
    for (name, change) in changes {
        let scene = Scene::new(ray, GOOD);
        let event = scene.approved();
        let ended = after(scene.job(&event).main(), "training ...", || change(&scene));
        assert_eq!(ended.outputs["verdict"], "held", "{name}: {ended:#?}");
        let states = scene.states(&scene.head);
        assert!(states.iter().all(|state| state == "pending"), "{name}: {states:?}");
        let (_, last) = scene.statuses(&scene.head).pop().unwrap();
        assert!(last.starts_with("stopped:"), "{name}: {last}");
        let comment = &scene.github.comments(NUMBER)[0].body;
        assert!(comment.contains("Result withheld"), "{name}: {comment}");
    }
}

/// Another base of the API, another address of GraphQL, and no merge queue in between.
pub fn on_an_enterprise_server(ray: &RunningRay) {
    let scene = Scene::enterprise(ray, GOOD);
    let ended = scene.run(&scene.approved()).expect(0, &[]);
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    assert_eq!(scene.states(&scene.head), ["pending", "success"]);
    assert_eq!(scene.github.comments(NUMBER).len(), 1);
}

/// Whoever may not approve takes no success back: it came by the button, and no review was needed.
pub fn a_strangers_review_takes_nothing_back(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let event = scene.github.dispatched("bob", "main", &json!({}));
    let job = scene.job(&event).input("pull-request", "7").input("sha", &scene.head);
    job.main().finish(super::scene::PATIENCE).expect(0, &[]);
    for verdict in ["APPROVED", "CHANGES_REQUESTED"] {
        let review = scene.github.review(NUMBER, "carol", verdict, &scene.head);
        let ended = scene.run(&scene.github.review_submitted(review));
        assert_eq!(ended.outputs["verdict"], "held", "{verdict}: {ended:#?}");
        assert_eq!(scene.states(&scene.head).last().unwrap(), "success", "{verdict}");
    }
    let review = scene.github.review(NUMBER, "dave", "CHANGES_REQUESTED", &scene.head);
    scene.run(&scene.github.review_submitted(review));
    assert_eq!(scene.states(&scene.head).last().unwrap(), "pending");
}

/// Bob pushes to alice's pull request, so that his approval is none where the workflow says so.
pub fn whoever_pushed_last_does_not_approve(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let new = scene.world.commit(&[("file", "3")]);
    scene.github.push_by("bob", NUMBER, &new);
    let approved = |by: &str| {
        let review = scene.github.review(NUMBER, by, "APPROVED", &new);
        let job = scene.job(&scene.github.review_submitted(review));
        job.input("require-last-push-approval", "true").main().finish(super::scene::PATIENCE)
    };
    let own = approved("bob");
    assert_eq!((own.outputs["verdict"].as_str(), scene.trainings()), ("held", 0), "{own:#?}");
    assert!(own.outputs["reason"].contains(&format!("bob pushed {} last", &new[..7])), "{own:#?}");
    let other = approved("dave");
    assert_eq!((other.outputs["verdict"].as_str(), scene.trainings()), ("pass", 2), "{other:#?}");
    assert_eq!(scene.states(&new).last().unwrap(), "success");
}
