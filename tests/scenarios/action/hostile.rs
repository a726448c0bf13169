//! A training that prints whatever the runner obeys: nothing happens, and no secret is in any byte.

use super::scene::{NUMBER, PATIENCE, Scene};
use super::world::{
    ray::RunningRay,
    runner_parser::{HOSTILE, Parser},
};

pub fn a_hostile_log_changes_nothing(ray: &RunningRay) {
    let quoted = |line: &&str| format!("'{}'", line.replace('\'', "'\\''"));
    let lines: Vec<String> = HOSTILE.iter().map(quoted).collect();
    let mut script = format!("printf '%s\\n' {}\n", lines.join(" "));
    script += "printf 'x\\r::error::carriage return\\n'\nenv\n";
    script += "echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'\n";
    let scene = Scene::with(ray, "sh hostile.sh", &[("hostile.sh", &script)]);
    let job = scene.job(&scene.approved());
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
