//! A run that ended, of a workflow without rights, is followed by a job on the default branch.  What such a run may
//! claim is in `tests/it/runs.rs`.

use super::scene::{GOOD, Scene, after};
use super::world::{github::Event, mini_runner::MiniRunner, ray::RunningRay};

/// Of the pull request from a fork.
pub const FORK: u64 = 8;

impl Scene<'_> {
    /// A job on the default branch, after a run that ended.
    pub fn job_after(&self, ended: &Event) -> MiniRunner<'static> {
        let main = self.world.git(&["rev-parse", "main"]);
        self.job(ended).github("sha", &main).github("ref", "refs/heads/main")
    }

    /// A pull request from erin's fork, whose commit is on no branch here.
    pub fn forked(&self) -> String {
        let head = self.world.commit(&[("file", "3")]);
        self.github.open_fork_pull(FORK, "erin", &head, "main");
        head
    }
}

pub fn a_fork_is_dismissed_in_training(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let head = scene.forked();
    let review = scene.github.review(FORK, "bob", "APPROVED", &head);
    let submitted = scene.github.review_submitted(review);
    let job = scene.job_after(&scene.github.run_ended(&submitted));
    let ended = after(job.main(), "training ...", || scene.github.dismiss(review));
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    let (state, last) = scene.statuses(&head).pop().unwrap();
    assert!(state == "pending" && last.starts_with("stopped:"), "{state}: {last}");
}
