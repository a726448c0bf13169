//! A training that prints whatever the runner obeys: nothing happens, and no secret is in any byte.

use super::scene::{NUMBER, PATIENCE, Scene};
use crate::world::{
    ray::RunningRay,
    runner_parser::{HOSTILE, Parser},
};

pub fn a_hostile_log_changes_nothing(ray: &RunningRay) {
    let scene = Scene::new(ray, "sh hostile.sh");
    let lines: Vec<String> = HOSTILE.iter().map(|line| line.replace('\'', "'\\''")).collect();
    let mut script: String =
        lines.iter().map(|line| format!("printf '%s\\n' '{line}'\n")).collect();
    script += "printf 'x\\r::error::carriage return\\n'\nenv\n";
    script += "echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'\n";
    for branch in ["main", "change"] {
        scene.world.git(&["checkout", "--quiet", branch]);
        let file = scene.world.git(&["show", "HEAD:file"]);
        scene.world.commit(&[("hostile.sh", &script), ("file", &file)]);
    }
    scene.world.git(&["checkout", "--quiet", "--detach"]);
    let head = scene.world.git(&["rev-parse", "change"]);
    scene.world.git(&["branch", "--force", "change", &head]);
    scene.github.push(NUMBER, &head);
    scene.github.retarget(NUMBER, "main");
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
    let job = scene.job(&scene.github.review_submitted(review));
    let ended = job.main().finish(PATIENCE);
    assert_eq!(ended.refused, Vec::<String>::new());
    let parser = Parser::parse(&ended.log);
    assert!(parser.outputs().is_empty() && !parser.failed, "{ended:#?}");
    for (level, _, message) in parser.annotations() {
        assert_eq!(level, "notice", "{message}: {ended:#?}");
    }
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    let comment = &scene.github.comments(NUMBER)[0].body;
    let everything =
        format!("{}{:?}{:?}{comment}", ended.log, ended.outputs, ended.summary.as_ref().unwrap());
    // A mask is how the runner is told a secret; it shows it nowhere.
    let shown: String =
        everything.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    for secret in [scene.github.token(), scene.ray.token()] {
        assert!(!shown.contains(secret), "a secret was shown: {ended:#?}");
        assert!(parser.masks().contains(&secret), "a secret is not masked");
    }
    let logs = job.workspace().join("regression-report/logs");
    for log in std::fs::read_dir(logs).unwrap() {
        let text = std::fs::read_to_string(log.unwrap().path()).unwrap();
        assert!(!text.contains(scene.github.token()), "the training saw the token");
        assert!(!text.contains("INPUT_") && !text.contains("ACTIONS_"), "{text}");
    }
}
