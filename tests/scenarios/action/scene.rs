//! One repository on a GitHub of its own, with a pull request by alice, and jobs for its events.

use std::{collections::BTreeMap, path::Path, time::Duration};

use regression_action::cluster::ray::JobInfo;

use super::world::{
    ACCURACY, World,
    github::{Event, GitHub, Run},
    mini_runner::{Ended, MiniRunner, Step},
    ray::RunningRay,
};

/// Nothing that these tests wait for takes longer.
pub const PATIENCE: Duration = Duration::from_mins(3);
pub const CONTEXT: &str = "regression / verdict";
/// Who writes statuses, unless a scenario has the account of all workflows write them.
pub const APP: &str = "acme-regression[bot]";
/// Path of our workflow.
const WORKFLOW: &str = ".github/workflows/regression.yml";
/// Of the pull request.
pub const NUMBER: u64 = 7;

/// Head is as good as base.
pub const GOOD: &str = "echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
/// Head is worse.
pub const WORSE: &str = "if [ $(cat file) = 1 ]; then echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'; \
                         else echo 'REGRESSION_METRICS {\"accuracy\": 0.1}'; fi";

pub struct Scene<'a> {
    pub ray: &'a RunningRay,
    pub world: World,
    pub github: GitHub,
    /// The head of the pull request.
    pub head: String,
    runs: std::cell::Cell<u64>,
}

impl<'a> Scene<'a> {
    /// Alice opened a pull request; bob may write, carol may read, dave may write too.
    pub fn new(ray: &'a RunningRay, entrypoint: &str) -> Self {
        Self::with(ray, entrypoint, &[])
    }

    /// The same on a GitHub Enterprise Server.
    pub fn enterprise(ray: &'a RunningRay, entrypoint: &str) -> Self {
        Self::on(GitHub::enterprise, ray, entrypoint, &[])
    }

    /// The same with more files.
    pub fn with(ray: &'a RunningRay, entrypoint: &str, files: &[(&str, &str)]) -> Self {
        Self::on(GitHub::new, ray, entrypoint, files)
    }

    fn on(
        github: fn(&Path) -> GitHub,
        ray: &'a RunningRay,
        entrypoint: &str,
        files: &[(&str, &str)],
    ) -> Self {
        let world = World::training(entrypoint, ACCURACY);
        // No other scene has these commits, so that whose trainings are whose can be told.
        world.commit(&[("scene", &world.path("").display().to_string())]);
        world.commit(files);
        world.git(&["checkout", "--quiet", "-b", "change"]);
        let head = world.commit(&[("file", "2")]);
        world.git(&["checkout", "--quiet", "--detach"]);
        let github = github(&world.repository());
        for (user, role) in
            [("alice", "write"), ("bob", "write"), ("carol", "read"), ("dave", "write")]
        {
            github.permission(user, role);
        }
        github.open_pull(NUMBER, "alice", "change", "main");
        // An account that writes for us alone.
        github.viewer(APP);
        Self { ray, world, github, head, runs: std::cell::Cell::new(100) }
    }

    /// Bob approves the head.
    pub fn approved(&self) -> Event {
        let review = self.github.review(NUMBER, "bob", "APPROVED", &self.head);
        self.github.review_submitted(review)
    }

    /// A job for an event, as a workflow run of its own.
    pub fn job(&self, event: &Event) -> MiniRunner<'static> {
        self.job_of(event, Run { event: event.name.clone(), ..self.reviewed() })
    }

    /// A run by a review of the pull request, which goes on.
    pub fn reviewed(&self) -> Run {
        Run {
            event: "pull_request_review".to_owned(),
            branch: "change".to_owned(),
            repository: self.github.repository().to_owned(),
            path: WORKFLOW.to_owned(),
            over: false,
        }
    }

    /// The same as a run that GitHub tells of in these words.
    pub fn job_of(&self, event: &Event, run: Run) -> MiniRunner<'static> {
        self.runs.set(self.runs.get() + 1);
        let file = format!("{}/{}@refs/heads/main", self.github.repository(), run.path);
        self.github.run(self.runs.get(), run);
        MiniRunner::bare(&event.name, &event.payload)
            .on(&self.github, &self.head)
            .github("run_id", &self.runs.get().to_string())
            .github("workflow_ref", &file)
            .input("backend", "ray")
            .input("ray-address", &self.ray.address())
            .input("ray-token", self.ray.token())
            .variable("TMPDIR", self.world.path("").to_str().unwrap())
    }

    /// Runs the main step of a job for an event to its end.
    pub fn run(&self, event: &Event) -> Ended {
        self.job(event).main().finish(PATIENCE)
    }

    /// State and description of every status of a commit, oldest first.
    pub fn statuses(&self, commit: &str) -> Vec<(String, String)> {
        let all = self.github.statuses(commit).into_iter();
        let ours = all.filter(|status| status.context == CONTEXT);
        ours.map(|status| (status.state, status.description.unwrap_or_default())).collect()
    }

    /// The states alone.
    pub fn states(&self, commit: &str) -> Vec<String> {
        self.statuses(commit).into_iter().map(|(state, _)| state).collect()
    }

    /// How many trainings of this scene were started on the Ray so far.
    pub fn trainings(&self) -> usize {
        self.jobs().len()
    }

    /// How many of them have not ended.
    pub fn running(&self) -> usize {
        self.jobs().into_iter().filter(|job| !job.status.is_terminal()).count()
    }

    /// Their names begin with the base, which is a commit of main.
    fn jobs(&self) -> Vec<JobInfo> {
        let main = self.world.git(&["rev-list", "main"]);
        let bases: Vec<String> = main.lines().map(|sha| format!("{}-", &sha[..7])).collect();
        let of = |id: &String| bases.iter().any(|base| id.starts_with(base));
        let ours = |job: &JobInfo| job.submission_id.iter().any(of);
        let jobs = self.ray.runtime.block_on(self.ray.client().jobs()).unwrap();
        jobs.into_iter().filter(ours).collect()
    }
}

/// Runs the post step after a main step.
pub fn post(job: &MiniRunner<'_>, state: &BTreeMap<String, String>) -> Ended {
    job.post(state).finish(PATIENCE)
}

/// Waits until a step has said a text, then does something, then waits for its end.
pub fn after(mut step: Step<'_>, text: &str, act: impl FnOnce()) -> Ended {
    step.wait_for(text, PATIENCE);
    act();
    step.finish(PATIENCE)
}
