//! What judges comes from the tip of the default branch, and names mean one commit each.

use serde_json::json;

use super::{
    scene::{GOOD, NUMBER, PATIENCE, Scene, WORSE},
    world::{ACCURACY, ray::RunningRay},
};

const CONFIG: &str = ".github/regression.yml";

fn config(entrypoint: &str) -> String {
    format!("entrypoint: {}\n{ACCURACY}\n", serde_json::to_string(entrypoint).unwrap())
}

/// Two merges that change nothing together: the first has the author's own config, and the next pull request
/// branches off there.
pub fn a_config_on_the_way_judges_nobody(ray: &RunningRay) {
    let scene = Scene::new(ray, WORSE);
    scene.world.git(&["checkout", "--quiet", "main"]);
    let hostile = scene.world.commit(&[(CONFIG, &config(GOOD))]);
    scene.world.commit(&[(CONFIG, &config(WORSE))]);
    scene.world.git(&["checkout", "--quiet", "--detach", &hostile]);
    let head = scene.world.commit(&[("file", "3")]);
    scene.github.push(NUMBER, &head);
    scene.github.retarget(NUMBER, "main");
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
    let ended = scene.run(&scene.github.review_submitted(review));
    assert_eq!(ended.outputs["verdict"], "regressed", "{ended:#?}");
}

/// A head that changes its judge is told that this comes later.
pub fn a_config_of_head_takes_effect_later(ray: &RunningRay) {
    let scene = Scene::new(ray, WORSE);
    let head = scene.world.commit(&[(CONFIG, &config(GOOD))]);
    scene.github.push(NUMBER, &head);
    scene.github.retarget(NUMBER, "main");
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
    let ended = scene.run(&scene.github.review_submitted(review));
    assert_eq!(ended.outputs["verdict"], "regressed", "{ended:#?}");
    let told = &scene.github.comments(NUMBER)[0].body;
    assert!(told.contains("that takes effect after the merge"), "{told}");
}

/// A branch that is named as a tag, a base beside the default branch, and a few digits.
pub fn a_name_means_one_commit(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let main = scene.world.git(&["rev-parse", "main"]).trim().to_owned();
    scene.world.git(&["tag", "v1", "main"]);
    let base = |name: &str| {
        let event = scene.github.dispatched("dave", "main", &json!({}));
        let job = scene.job(&event).input("base", name).github("sha", &scene.head);
        job.main().finish(PATIENCE)
    };
    assert_eq!(base("v1").outputs["verdict"], "pass");
    scene.world.git(&["branch", "v1", &scene.head]);
    let told = format!("a tag (of {main}) and a branch (at {})", scene.head);
    let ended = base("v1").expect(2, &["the input base names `v1`", &told]);
    assert_eq!(ended.outputs["verdict"], "error");
    base(&main[..7]).expect(2, &["is not all digits of a commit, a tag or a branch"]);
    let ended = base("change");
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    assert!(ended.outputs["reason"].contains("is not on `main`"), "{ended:#?}");
}
