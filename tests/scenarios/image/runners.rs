//! The image under the mini-runner and under act; the two are checked themselves by it.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use serde_json::json;

use super::world::{
    act::act,
    docker::Docker,
    mini_runner::{MiniRunner, UNTIL_KILL, UNTIL_TERMINATION},
    runner_parser,
};

const PATIENCE: Duration = Duration::from_secs(30);

pub fn files_are_read_as_the_runner_reads_them() {
    let read = runner_parser::values;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let cases = [
        ("", vec![]),
        ("\u{feff}a=1\n\n\nb=x=y<<z", vec![pair("a", "1"), pair("b", "x=y<<z")]),
        ("a<<EOF\none\n\nb=2\r\nEOF\nb=3\n", vec![pair("a", "one\n\nb=2\r"), pair("b", "3")]),
        ("a<<E=F\nE=F", vec![pair("a", "")]),
        ("a=1\r\n", vec![pair("a", "1\r")]),
    ];
    for (text, pairs) in cases {
        assert_eq!(read(text), Ok(pairs), "{text:?}");
    }
    for text in
        ["words", "<<EOF\nEOF\n", "a<<\n\n", "a<<EOF\none\n", "a<<EOF\none", "a<<EOF\nx\n EOF"]
    {
        assert!(read(text).is_err(), "{text:?}: {:?}", read(text));
    }
}

const TELL: &str = "
    echo \"$(pwd) of $(id -u)\"; cat \"$GITHUB_EVENT_PATH\"; echo
    echo 'verdict=pass' >> \"$GITHUB_OUTPUT\"
    printf 'report<<E\\ntwo\\nlines\\nE\\n' >> \"$GITHUB_OUTPUT\"
    echo '# passed' >> \"$GITHUB_STEP_SUMMARY\"
    echo 'cluster=r-1' >> \"$GITHUB_STATE\"
    echo 'to standard error' >&2
    exit 3
";

pub fn variables_and_files(docker: &Docker) {
    let payload = json!({"pull_request": {"number": 7}});
    let job = MiniRunner::new(docker, "pull_request_review", &payload)
        .input("kube-context", "here")
        .input("with blank", "")
        .github("api_url", "http://127.0.0.1:1/api/v3");
    let workspace = job.workspace().join("kubeconfig");
    let job = job.variable("KUBECONFIG", workspace.to_str().unwrap());
    let ended = job.start("/bin/sh", &["-euc", TELL], &BTreeMap::new()).finish(PATIENCE);
    let told = ["/github/workspace of 0\n", "\"number\":7", "to standard error"];
    let ended = ended.expect(3, &told);
    assert_eq!(ended.outputs["verdict"], "pass");
    assert_eq!(ended.outputs["report"], "two\nlines");
    assert_eq!(ended.summary.as_deref(), Some("# passed\n"));
    assert_eq!(ended.refused, Vec::<String>::new());
    let environment = job.start("/bin/env", &[], &ended.state).finish(PATIENCE).expect(0, &[]);
    let lines: Vec<&str> = environment.log.lines().collect();
    let expected = [
        "CI=true",
        "GITHUB_ACTIONS=true",
        "GITHUB_API_URL=http://127.0.0.1:1/api/v3",
        "GITHUB_EVENT_NAME=pull_request_review",
        "GITHUB_EVENT_PATH=/github/workflow/event.json",
        "GITHUB_WORKSPACE=/github/workspace",
        "HOME=/github/home",
        "INPUT_KUBE-CONTEXT=here",
        "INPUT_SHA=",
        "INPUT_WITH_BLANK=",
        "KUBECONFIG=/github/workspace/kubeconfig",
        "RUNNER_TEMP=/github/runner_temp",
        "STATE_cluster=r-1",
    ];
    for line in expected {
        assert!(lines.contains(&line), "no {line}: {lines:#?}");
    }
    for name in ["GITHUB_TOKEN=", "DOCKER_HOST=", "NO_COLOR=", "SSL_CERT_FILE="] {
        assert!(!lines.iter().any(|line| line.starts_with(name)), "{name}: {lines:#?}");
    }
}

/// A container outlives the client that is killed at last.
pub fn a_step_that_ignores_signals(docker: &Docker) {
    let job = MiniRunner::new(docker, "push", &json!({}));
    let waits = "echo waiting; while :; do sleep 0.1; done";
    let ignores = format!("trap '' INT TERM; {waits}");
    let mut deaf = job.start("/bin/sh", &["-c", &ignores], &BTreeMap::new());
    deaf.wait_for("waiting", PATIENCE);
    let ended = deaf.cancel();
    assert_eq!(ended.code, None, "{ended:?}");
    assert!(ended.took >= UNTIL_TERMINATION + UNTIL_KILL, "{ended:?}");
    assert!(deaf.is_running());
    deaf.kill_container();
    let begun = Instant::now();
    while deaf.is_running() {
        assert!(begun.elapsed() < PATIENCE, "runs after it was killed");
        std::thread::sleep(Duration::from_millis(20));
    }
    let handles = format!("trap 'echo interrupted; exit 5' INT; {waits}");
    let mut polite = job.start("/bin/sh", &["-c", &handles], &BTreeMap::new());
    polite.wait_for("waiting", PATIENCE);
    let ended = polite.cancel().expect(5, &["interrupted"]);
    println!("interrupt to end of the container: {:?}", ended.took);
    assert!(ended.took < UNTIL_TERMINATION && !polite.is_running(), "{ended:?}");
}

pub fn act_runs_a_workflow(docker: &Docker) {
    let directory = tempfile::tempdir().unwrap();
    let action = format!(
        r##"
name: probe
description: tells what it got
inputs: {{word: {{description: any, required: true}}}}
runs:
  using: docker
  image: docker://{}
  entrypoint: /bin/sh
  args: [-c, 'echo "event $GITHUB_EVENT_NAME"; echo "verdict=$INPUT_WORD" >> "$GITHUB_OUTPUT"; echo "# passed" >> "$GITHUB_STEP_SUMMARY"']
"##,
        docker.image()
    );
    let workflow = "
on: pull_request_review
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - {uses: acme/probe@v1, with: {word: pass}}
";
    fs::create_dir(directory.path().join("probe")).unwrap();
    fs::write(directory.path().join("probe/action.yml"), action).unwrap();
    fs::write(directory.path().join("workflow.yml"), workflow).unwrap();
    let local = format!("acme/probe@v1={}", directory.path().join("probe").display());
    let payload = json!({"action": "submitted", "number": 7});
    let event = ("pull_request_review", &payload);
    let options = ["--local-repository", &local];
    let begun = Instant::now();
    let ran = act(docker, directory.path(), "workflow.yml", event, &options);
    println!("act: {:?}", begun.elapsed());
    assert_eq!((ran.code, ran.conclusion()), (Some(0), Some("success")), "{ran:#?}");
    assert!(ran.log().contains("event pull_request_review"), "{ran:#?}");
    assert_eq!(ran.output("verdict"), Some("pass"), "{ran:#?}");
    assert_eq!(ran.summary().map(str::trim), Some("# passed"), "{ran:#?}");
}
