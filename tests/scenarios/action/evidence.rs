//! One training for one comparison, whoever asks how often.

use std::time::Duration;

use super::scene::{CONTEXT, GOOD, NUMBER, PATIENCE, Scene, WORSE};
use super::world::{ACCURACY, github::Run, mini_runner::Ended, ray::RunningRay};

/// Two approvals at once, a re-run, an amended message, the merge queue: all get the verdict of the one
/// training.
pub fn one_training_in_all(ray: &RunningRay) {
    let scene = Scene::new(ray, &format!("sleep 3; {GOOD}"));
    let (one, two) = (scene.approved(), {
        let review = scene.github.review(NUMBER, "dave", "APPROVED", &scene.head);
        scene.github.review_submitted(review)
    });
    let (first, second) = (scene.job(&one), scene.job(&two));
    let (mut first, mut second) = (first.main(), second.main());
    let together = [first.finish(PATIENCE), second.finish(PATIENCE)];
    for ended in &together {
        assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
        assert!(ended.is_success(), "{ended:#?}");
    }
    assert_eq!(scene.trainings(), 2, "{together:#?}");
    let waited = together.iter().filter(|ended| ended.log.contains("measured before by")).count();
    assert_eq!(waited, 1, "{together:#?}");
    assert_eq!(scene.github.comments(NUMBER).len(), 1);

    let rerun = scene.run(&one);
    known("re-run", &rerun);

    scene.world.git(&["commit", "--quiet", "--amend", "--message", "other words"]);
    let amended = scene.world.git(&["rev-parse", "HEAD"]);
    scene.github.push(NUMBER, &amended);
    let stale = scene.run(&scene.github.pull_synchronized(NUMBER, &scene.head));
    assert_eq!(stale.outputs["verdict"], "held", "an approval of other words: {stale:#?}");
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &amended);
    known("amended", &scene.run(&scene.github.review_submitted(review)));
    assert_eq!(scene.states(&amended), ["pending", "success"]);

    let group = scene.world.commit(&[]);
    known("queue", &scene.run(&scene.github.merge_group(NUMBER, &group)));
    assert_eq!(scene.states(&group), ["success"]);
    assert_eq!(scene.trainings(), 2, "something was trained again");
    assert_eq!(scene.github.comments(NUMBER).len(), 1);
}

fn known(name: &str, ended: &Ended) {
    assert_eq!(ended.outputs["verdict"], "pass", "{name}: {ended:#?}");
    println!("{name}: answered from evidence after {:.2?}", ended.took);
}

/// A change of docs alone, behind a change that was measured, and by itself.
pub fn docs_alone_train_nothing(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    scene.world.git(&["checkout", "--quiet", "main"]);
    let quoted = serde_json::to_string(GOOD).unwrap();
    scene
        .world
        .config(&format!("entrypoint: {quoted}\n{ACCURACY}\nignore: [\"docs/**\", \"*.md\"]\n"));
    scene.world.commit(&[]);
    scene.world.git(&["checkout", "--quiet", "--detach"]);
    let push = |files: &[(&str, &str)]| {
        let head = scene.world.commit(files);
        scene.github.push(NUMBER, &head);
        scene.github.retarget(NUMBER, "main");
        let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
        (scene.run(&scene.github.review_submitted(review)), head)
    };
    let (ended, head) = push(&[("README.md", "1"), ("docs/a.txt", "1")]);
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    let (state, text) = scene.statuses(&head).pop().unwrap();
    let told = "pass: nothing that the training reads has changed (but README.md and docs/a.txt)";
    assert!(state == "success" && text.starts_with(told), "{state} {text}");
    assert_eq!(scene.trainings(), 0);
    println!("docs alone: answered after {:.2?}", ended.took);
    let (ended, _) = push(&[("file", "3")]);
    assert_eq!((ended.outputs["verdict"].as_str(), scene.trainings()), ("pass", 2), "{ended:#?}");
    let (ended, _) = push(&[("docs/a.txt", "2")]);
    assert_eq!(scene.trainings(), 2, "{ended:#?}");
    known("docs behind a change", &ended);
}

/// Another tree or another base is another comparison; a regression is found again as one.
pub fn another_tree_is_trained(ray: &RunningRay) {
    let scene = Scene::new(ray, WORSE);
    let ended = scene.run(&scene.approved());
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert_eq!(ended.outputs["verdict"], "regressed");
    assert_eq!(scene.states(&scene.head).last().unwrap(), "failure");
    let again = scene.run(&scene.approved());
    assert_eq!((again.code, scene.trainings()), (Some(1), 2), "{again:#?}");
    let new = scene.world.commit(&[("file", "3")]);
    scene.github.push(NUMBER, &new);
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &new);
    let ended = scene.run(&scene.github.review_submitted(review));
    assert_eq!(ended.outputs["verdict"], "regressed", "{ended:#?}");
    assert_eq!(scene.trainings(), 4);
    let comments = scene.github.comments(NUMBER);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.contains("regressed") && comments[0].body.contains(&new[..7]));
}

/// Two workflows compare one pull request, by two status contexts: neither overwrites what the other told.
pub fn each_question_has_its_comment(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let event = scene.approved();
    scene.run(&event);
    let other = scene.job(&event).input("status-context", "ml / speed --> @bob");
    let ended = other.main().finish(PATIENCE);
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    scene.run(&event);
    let comments = scene.github.comments(NUMBER);
    assert_eq!(comments.len(), 2, "{comments:#?}");
    assert!(comments[0].body.trim_end().ends_with("<!-- regression-action: verdict -->"));
    assert!(comments[1].body.contains("Status ml / speed --&gt; @\u{200d}bob"), "{comments:#?}");
    assert!(ended.outputs["comment-url"].contains(&comments[1].id.to_string()));
}

/// A verdict in the name of all workflows counts with a proof that it is ours, whichever workflow it is from,
/// and neither a copy of it elsewhere nor words of the same kind.
pub fn only_who_cannot_be_forged_is_heard(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    scene.github.viewer("github-actions[bot]");
    let event = scene.approved();
    let first = scene.run(&event);
    assert_eq!((first.outputs["verdict"].as_str(), scene.trainings()), ("pass", 2), "{first:#?}");
    known("with a proof", &scene.run(&event));
    assert_eq!(scene.trainings(), 2);
    let (_, text) = scene.statuses(&scene.head).pop().unwrap();
    assert!(text.starts_with("pass: ") && text.ends_with(']'), "{text}");

    scene.world.git(&["commit", "--quiet", "--amend", "--message", "other words"]);
    let amended = scene.world.git(&["rev-parse", "HEAD"]);
    scene.github.push(NUMBER, &amended);
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &amended);
    let event = scene.github.review_submitted(review);
    scene.github.tells(&amended, (101, CONTEXT), ("success", &text), Duration::ZERO);
    // The comment would lead to the commit that it was measured on.
    let copied = scene.job(&event).input("comment", "false").main().finish(PATIENCE);
    assert!(copied.log.contains("nothing proves"), "{copied:#?}");
    assert_eq!((copied.outputs["verdict"].as_str(), scene.trainings()), ("pass", 4), "{copied:#?}");
}

/// A claim of a run that has ended is none, and one from the future neither.
pub fn a_dead_claim_is_not_waited_for(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let measured = scene.run(&scene.approved());
    assert_eq!(measured.outputs["verdict"], "pass", "{measured:#?}");
    let (_, text) = scene.statuses(&scene.head).pop().unwrap();
    let (_, tag) = text.rsplit_once(" [").unwrap();
    for (number, ahead, over) in [(1, 0, true), (2, 3600, false)] {
        scene.world.git(&["commit", "--quiet", "--amend", "--message", &format!("words {number}")]);
        let amended = scene.world.git(&["rev-parse", "HEAD"]);
        scene.github.push(NUMBER, &amended);
        scene.github.run(number, Run { over, ..scene.reviewed() });
        let ahead = Duration::from_secs(ahead);
        let claim = format!("starting [{tag}");
        scene.github.tells(&amended, (number, CONTEXT), ("pending", &claim), ahead);
        let review = scene.github.review(NUMBER, "bob", "APPROVED", &amended);
        let ended = scene.run(&scene.github.review_submitted(review));
        assert!(!ended.log.contains("waiting for"), "{ended:#?}");
        known("behind a dead claim", &ended);
    }
}
