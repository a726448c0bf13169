//! `command: image`: what the job that builds images is told, after the gate, without a word to others.

use super::scene::{GOOD, NUMBER, PATIENCE, Scene};
use super::{
    registry::Registry,
    world::{github::Event, ray::RunningRay},
};

const LABEL: &str = "org.regression-action.requirements-sha256";

/// Held before the approval; then missing, with how to build it; then found, by digest.
pub fn the_image_is_looked_for_after_the_gate(ray: &RunningRay) {
    let Some(registry) = Registry::start() else { return };
    let image = format!("{}/org/train", registry.address);
    let config = format!(
        "entrypoint: 'true'\nimage: {image}\nmetrics: {{accuracy: {{direction: higher, relative: 1%}}}}\n"
    );
    let scene = Scene::with(ray, GOOD, &[(".github/regression.yml", &config)]);
    let look = |event: &Event| {
        let job = scene.job(event).input("command", "image");
        job.main().finish(PATIENCE)
    };

    let held = look(&scene.github.pull_opened(NUMBER));
    assert_eq!((held.code, held.outputs["verdict"].as_str()), (Some(0), "held"), "{held:#?}");
    assert!(!held.outputs.contains_key("image-found"), "{held:#?}");

    let event = scene.approved();
    let missing = look(&event);
    assert_eq!(
        (missing.code, &*missing.outputs["image-found"]),
        (Some(0), "false"),
        "{missing:#?}"
    );
    assert!(!missing.outputs.contains_key("verdict"), "{missing:#?}");
    let summary = missing.summary.as_deref().unwrap_or_default();
    assert!(summary.contains("docker buildx build"), "{summary}");
    let hash = &missing.outputs["requirements-hash"];
    let tag = missing.outputs["image"].strip_prefix(&format!("{image}:")).unwrap();
    assert_eq!(tag, format!("req2-{hash:.20}"));

    let digest = registry.push("org/train", tag, ("linux", "amd64"), (LABEL, hash));
    let found = look(&event);
    assert_eq!((found.code, &*found.outputs["image-found"]), (Some(0), "true"), "{found:#?}");
    assert_eq!(found.outputs["image-digest"], digest);
    assert!(scene.statuses(&scene.head).is_empty(), "the status is for the comparison to write");
    assert_eq!(scene.trainings(), 0);
}
