//! What is compared is what the merge would make.

use super::{
    scene::{GOOD, NUMBER, Scene},
    world::{ACCURACY, mini_runner::Ended, ray::RunningRay},
};

/// Worse where main's newer file meets the branch's change, and nowhere else.
const TOGETHER: &str = "if [ -e newer ] && [ $(cat file) = 2 ]; then \
                        echo 'REGRESSION_METRICS {\"accuracy\": 0.1}'; \
                        else echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'; fi";

/// Somebody pushes to main; yields the commit.
fn main_goes_on(scene: &Scene<'_>, files: &[(&str, &str)]) -> String {
    scene.world.git(&["checkout", "--quiet", "main"]);
    let tip = scene.world.commit(files);
    scene.world.git(&["checkout", "--quiet", "--detach", &scene.head]);
    scene.github.retarget(NUMBER, "main");
    tip
}

/// Somebody approves this head, which is pushed before.
fn approved(scene: &Scene<'_>, head: &str) -> Ended {
    scene.github.push(NUMBER, head);
    let review = scene.github.review(NUMBER, "bob", "APPROVED", head);
    scene.run(&scene.github.review_submitted(review))
}

/// A head that is behind is measured as its merge, and the merge queue's group is that very merge.
pub fn a_head_that_is_behind(ray: &RunningRay) {
    let scene = Scene::new(ray, TOGETHER);
    let tip = main_goes_on(&scene, &[("newer", "1")]);
    let ended = scene.run(&scene.approved());
    assert_eq!(ended.outputs["verdict"], "regressed", "{ended:#?}");
    assert_eq!(ended.outputs["base-sha"], tip);
    assert_eq!(ended.outputs["head-sha"], scene.head);
    assert_eq!(scene.states(&scene.head), ["pending", "failure"]);
    let told = "is 1 commit behind main: compared is what the merge would make (tree";
    let comment = &scene.github.comments(NUMBER)[0].body;
    assert!(comment.contains(told) && ended.log.contains(told), "{comment}\n{ended:#?}");

    scene.world.git(&["checkout", "--quiet", "--detach", "main"]);
    scene.world.git(&["merge", "--quiet", "--no-ff", "--no-edit", &scene.head]);
    let group = scene.world.git(&["rev-parse", "HEAD"]);
    let queued = scene.run(&scene.github.merge_group(NUMBER, &group));
    assert_eq!(queued.outputs["verdict"], "regressed", "{queued:#?}");
    assert_eq!(scene.states(&group), ["failure"]);
    assert_eq!(scene.trainings(), 2, "the group was trained: {queued:#?}");
    println!("queue: answered from evidence after {:.2?}", queued.took);
}

/// Held, with the files; the author merges main, and it starts.
pub fn a_conflict_is_held(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    main_goes_on(&scene, &[("file", "3")]);
    let ended = scene.run(&scene.approved());
    assert_eq!((ended.code, &*ended.outputs["verdict"]), (Some(0), "held"), "{ended:#?}");
    let told = format!("{} conflicts with `main` in file", &scene.head[..7]);
    assert_eq!(ended.outputs["reason"], told);
    let (state, text) = scene.statuses(&scene.head).pop().unwrap();
    assert!(state == "pending" && text.starts_with(&format!("held: {told}")), "{state} {text}");
    assert_eq!(scene.trainings(), 0);

    scene.world.git(&["merge", "--quiet", "--strategy", "ours", "--no-edit", "main"]);
    let merged = scene.world.git(&["rev-parse", "HEAD"]);
    let ended = approved(&scene, &merged);
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    assert!(!scene.github.comments(NUMBER)[0].body.contains("behind"));
}

/// The old way, by the config: base is where head branched off, if the default branch once ended there.
pub fn the_merge_base_by_config(ray: &RunningRay) {
    let scene = Scene::new(ray, TOGETHER);
    let quoted = serde_json::to_string(TOGETHER).unwrap();
    let config = format!("entrypoint: {quoted}\n{ACCURACY}\ncompare-with: merge-base\n");
    let parting = scene.world.git(&["rev-parse", "main"]);
    main_goes_on(&scene, &[(".github/regression.yml", &config), ("newer", "1")]);
    let ended = scene.run(&scene.approved());
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    assert_eq!(ended.outputs["base-sha"], parting);
    let comment = &scene.github.comments(NUMBER)[0].body;
    assert!(comment.contains("lacks the last 1 commits of"), "{comment}");

    // The author's own commit came to main inside of a merge, and is no base.
    scene.world.git(&["checkout", "--quiet", "main"]);
    scene.world.git(&["merge", "--quiet", "--no-ff", "--no-edit", &scene.head]);
    scene.world.commit(&[("newer", "2")]);
    scene.world.git(&["checkout", "--quiet", "--detach", &scene.head]);
    let next = scene.world.commit(&[("file", "4")]);
    let ended = approved(&scene, &next);
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    assert!(ended.outputs["reason"].contains("not on the first parents of `main`"), "{ended:#?}");
    assert_eq!(scene.trainings(), 2);
}
