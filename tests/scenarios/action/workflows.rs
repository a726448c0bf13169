//! The two workflows of the gate in a row, as GitHub runs them: examples/review.yml for an event of a pull request,
//! then examples/approval.yml on the default branch.  Each job has the rights that its file gives it, and no others.
//! `kubernetes::approval_by_act` has a real runner read the same files.

use std::process::Command;

use serde_json::{Value, json};

use super::{
    runs::FORK,
    scene::{GOOD, NUMBER, PATIENCE, Scene},
    world::{github::Event, mini_runner::Ended, ray::RunningRay},
};

const REVIEW: &str = include_str!("../../../examples/review.yml");
const APPROVAL: &str = include_str!("../../../examples/approval.yml");

fn workflow(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// Whether a job runs; `verdict` is the output of `announce`.
fn runs(job: &Value, event: &Event, verdict: &str) -> bool {
    match job["if"].as_str().unwrap() {
        "github.event.review.state != 'commented'" => {
            event.payload["review"]["state"] != "commented"
        }
        "github.event.workflow_run.conclusion != 'skipped'" => {
            event.payload["workflow_run"]["conclusion"] != "skipped"
        }
        "${{ !cancelled() && needs.announce.outputs.verdict == 'approved' }}" => {
            verdict == "approved"
        }
        condition => panic!("this test does not know what is asked by {condition}"),
    }
}

/// Whether the job of review.yml runs for an event, which it does without a token.
fn is_reviewed(event: &Event) -> bool {
    let review = workflow(REVIEW);
    let types = &review["on"][&event.name]["types"];
    assert!(types.as_array().unwrap().contains(&event.payload["action"]), "{types}");
    let job = &review["jobs"]["occasion"];
    if !runs(job, event, "") {
        return false;
    }
    assert_eq!(job["permissions"], json!({}));
    for step in job["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap();
        let mut shell = Command::new("sh");
        assert!(shell.args(["-ec", script]).env_clear().output().unwrap().status.success());
    }
    true
}

impl Scene<'_> {
    /// What GitHub does after an event: yields what the jobs of approval.yml came to that ran.
    fn happens(&self, event: &Event) -> Vec<Ended> {
        let conclusion = if is_reviewed(event) { "success" } else { "skipped" };
        let run = json!({"workflow_run": {"conclusion": conclusion}});
        let event = self.github.run_ended(event).with(run);
        let approval = workflow(APPROVAL);
        let announce = &approval["jobs"]["announce"];
        if !runs(announce, &event, "") {
            return Vec::new();
        }
        let announced = self.step(announce, &event);
        let train = &approval["jobs"]["train"];
        let starts = runs(train, &event, &announced.outputs["verdict"]);
        let trained = starts.then(|| self.step(train, &event));
        [announced].into_iter().chain(trained).collect()
    }

    /// The one step of a job on the default branch, but for where it trains: on a Ray that runs already.
    fn step(&self, job: &Value, event: &Event) -> Ended {
        let rights = job["permissions"].as_object().unwrap();
        let rights: Vec<String> = rights
            .iter()
            .map(|(name, level)| format!("{name}: {}", level.as_str().unwrap()))
            .collect();
        self.github.token_may(&rights.iter().map(String::as_str).collect::<Vec<_>>());
        let [step] = job["steps"].as_array().unwrap().as_slice() else { panic!("{job}") };
        assert!(step["uses"].as_str().unwrap().starts_with("org/regression-action@"), "{step}");
        let mut runner = self.job_after(event);
        for (name, value) in step["with"].as_object().unwrap() {
            runner = match (&**name, value.as_str()) {
                ("kubeconfig" | "namespace", _) => runner,
                // Nobody pressed the button.
                (_, Some("${{ inputs.pull-request }}" | "${{ inputs.sha }}")) => {
                    runner.input(name, "")
                }
                (_, Some(text)) => {
                    assert!(!text.contains("${{"), "this test does not know what {text} is");
                    runner.input(name, text)
                }
                (_, None) => runner.input(name, &value.to_string()),
            };
        }
        runner.main().finish(PATIENCE).expect(0, &[])
    }
}

fn verdicts(jobs: &[Ended]) -> Vec<&str> {
    jobs.iter().map(|job| &*job.outputs["verdict"]).collect()
}

pub fn from_a_branch_and_from_a_fork(ray: &RunningRay) {
    for number in [NUMBER, FORK] {
        let scene = Scene::new(ray, GOOD);
        let head = if number == FORK { scene.forked() } else { scene.head.clone() };
        // As nobody set up an app, each job writes as the account of all workflows.
        scene.github.viewer("github-actions[bot]");
        assert_eq!(verdicts(&scene.happens(&scene.github.pull_opened(number))), ["held"]);
        assert_eq!(scene.states(&head), ["pending"]);

        let asked = scene.github.requests().len();
        let remark = scene.github.review(number, "carol", "COMMENTED", &head);
        assert!(scene.happens(&scene.github.review_submitted(remark)).is_empty());
        assert_eq!(scene.github.requests().len(), asked, "a remark asks GitHub nothing");

        let review = scene.github.review(number, "bob", "APPROVED", &head);
        let jobs = scene.happens(&scene.github.review_submitted(review));
        assert_eq!(verdicts(&jobs), ["approved", "pass"], "{jobs:#?}");
        assert!(jobs.iter().all(|job| job.outputs["head-sha"] == head), "{jobs:#?}");
        assert_eq!(scene.states(&head).last().unwrap(), "success");
        assert_eq!(scene.github.comments(number).len(), 1);
        // The event's own commit is that of the default branch.
        assert_eq!(scene.states("main"), [""; 0]);

        scene.github.dismiss(review);
        let jobs = scene.happens(&scene.github.review_dismissed(review));
        assert_eq!(verdicts(&jobs), ["held"], "{jobs:#?}");
        assert_eq!(scene.states(&head).last().unwrap(), "pending", "success was taken back");
    }
}
