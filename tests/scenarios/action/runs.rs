//! Approvals by a workflow without rights and one on the default branch that follows it, also from a fork.
//! What such a run may claim is in `tests/it/runs.rs`.

use super::scene::{GOOD, NUMBER, PATIENCE, Scene, after};
use super::world::{github::Event, mini_runner::MiniRunner, ray::RunningRay};

/// Of the pull request from a fork.
const FORK: u64 = 8;

impl Scene<'_> {
    /// A job on the default branch, after a run for this event of a pull request.
    fn job_after(&self, of: &Event) -> MiniRunner<'static> {
        let main = self.world.git(&["rev-parse", "main"]);
        self.job(&self.github.run_ended(of)).github("sha", &main).github("ref", "refs/heads/main")
    }

    /// A pull request from erin's fork, whose commit is on no branch here.
    fn forked(&self) -> String {
        let head = self.world.commit(&[("file", "3")]);
        self.github.open_fork_pull(FORK, "erin", &head, "main");
        head
    }
}

pub fn from_a_branch_and_from_a_fork(ray: &RunningRay) {
    for number in [NUMBER, FORK] {
        let scene = Scene::new(ray, GOOD);
        let head = if number == FORK { scene.forked() } else { scene.head.clone() };
        let review = scene.github.review(number, "bob", "APPROVED", &head);
        let approved = scene.github.review_submitted(review);
        let ended = scene.job_after(&approved).main().finish(PATIENCE).expect(0, &[]);
        assert_eq!((&*ended.outputs["verdict"], &ended.outputs["head-sha"]), ("pass", &head));
        assert_eq!(scene.states(&head).last().unwrap(), "success");
        assert_eq!(scene.github.comments(number).len(), 1);
        // The event's own commit is that of the default branch.
        assert_eq!(scene.states("main"), [""; 0]);

        scene.github.dismiss(review);
        let dismissed = scene.github.review_dismissed(review);
        let ended = scene.job_after(&dismissed).main().finish(PATIENCE).expect(0, &[]);
        assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
        assert_eq!(scene.states(&head).last().unwrap(), "pending", "success was taken back");
    }
}

pub fn a_fork_is_dismissed_in_training(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let head = scene.forked();
    let review = scene.github.review(FORK, "bob", "APPROVED", &head);
    let job = scene.job_after(&scene.github.review_submitted(review));
    let ended = after(job.main(), "training ...", || scene.github.dismiss(review));
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    let (state, last) = scene.statuses(&head).pop().unwrap();
    assert!(state == "pending" && last.starts_with("stopped:"), "{state}: {last}");
}
