//! What a comparison leaves behind serves the next one: an approved pull request whose trainings log to
//! a real MLflow from their pods, and a second one on the same base, which trains its head, and one seed of
//! base again.  Both share a head that trains one at a time, so that base is through before head's code comes.

use std::{collections::BTreeMap, net::UdpSocket, time::Duration};

use regression_action::experiment::tracking::{
    self, RunFound, RunStatus, Tracker, TrackerCredentials,
};

use super::{
    cluster::{Namespace, RealCluster},
    world::{
        World,
        docker::Docker,
        github::GitHub,
        mini_runner::{Ended, MiniRunner},
        mlflow::Mlflow,
    },
};

const PATIENCE: Duration = Duration::from_mins(4);

/// Prints accuracy, and logs the loss to its run by MLflow's REST API, out of the pod.
const ENTRYPOINT: &str = r#"python - <<'END'
import json, os, urllib.request
uri = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": 0.1, "timestamp": 1}
request = urllib.request.Request(uri, json.dumps(body).encode(), {"Content-Type": "application/json"})
urllib.request.urlopen(request, timeout=30)
END
echo "REGRESSION_METRICS {\"accuracy\": 0.95$REGRESSION_SEED}""#;

/// The address of this machine on which both pods and containers reach it.
fn machine() -> std::net::IpAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    // Nothing is sent: the system only says from where it would be.
    socket.connect("198.51.100.1:9").unwrap();
    socket.local_addr().unwrap().ip()
}

fn answered(
    docker: &Docker,
    namespace: &Namespace<'_>,
    github: &GitHub,
    (number, head): (u64, &str),
) -> Ended {
    let event = github.review_submitted(github.review(number, "bob", "APPROVED", head));
    let kubeconfig = namespace.encoded_kubeconfig();
    let job = MiniRunner::new(docker, &event.name, &event.payload)
        .on(github, head)
        .input("kubeconfig", &kubeconfig)
        .input("namespace", &namespace.name);
    let ended = job.main().finish(PATIENCE);
    assert_eq!((ended.code, ended.outputs["verdict"].as_str()), (Some(0), "pass"), "{ended:#?}");
    let post = job.post(&ended.state).finish(PATIENCE);
    assert!(post.is_success(), "{post:#?}");
    namespace.assert_empty();
    ended
}

/// All trainings that MLflow holds.
fn trainings(uri: &str) -> Vec<RunFound> {
    let tracker = Tracker::new(uri, TrackerCredentials::None, None).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let found = runtime.block_on(async {
        let experiment = tracker.experiment("digits").await.unwrap();
        tracker.search(&experiment, &BTreeMap::new(), 100).await.unwrap()
    });
    found.into_iter().filter(|run| run.tags.contains_key(tracking::SEED)).collect()
}

pub fn a_base_is_trained_once(cluster: &RealCluster) {
    let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
    let namespace = cluster.namespace("remembered");
    let mlflow = Mlflow::start_everywhere();
    let uri = format!("http://{}:{}", machine(), mlflow.port());
    let config = format!(
        "metrics:\n  accuracy: {{direction: higher, absolute: 0.01, sd: 0.001}}\n  loss: {{direction: lower, relative: 5%, sd: 0.001}}\n\
         cluster: {{head: {{cpu: 600m, memory: 2Gi}}}}\nisolation: shared\n\
         seeds: {{min: 2, max: 2}}\nmlflow: {{uri: {uri:?}, experiment: digits}}\nhistory: {{mlflow: true}}"
    );
    let world: World = namespace.training(ENTRYPOINT, &config);
    let head_of = |branch: &str, content: &str| {
        world.git(&["checkout", "--quiet", "-b", branch, "main"]);
        let head = world.commit(&[("file", content)]);
        world.git(&["checkout", "--quiet", "--detach"]);
        head
    };
    let (first, second) = (head_of("first", "2"), head_of("second", "3"));
    let github = GitHub::new(&world.repository());
    github.permission("bob", "write");
    github.open_pull(1, "alice", "first", "main");
    github.open_pull(2, "alice", "second", "main");

    let ended = answered(&docker, &namespace, &github, (1, &first));
    let runs = trainings(&uri);
    assert_eq!(runs.len(), 4, "{runs:#?}");
    for run in &runs {
        assert_eq!(run.status, Some(RunStatus::Finished));
        assert!((run.metrics["loss"] - 0.1).abs() < 1e-12, "{run:?}");
        assert!(run.metrics["accuracy"] > 0.95 && run.tags.contains_key("regression.machine.node"));
        assert_eq!(run.tags[tracking::PULL_REQUEST], "1", "{run:?}");
    }
    let link = &ended.outputs["experiment-url"];
    assert!(link.starts_with(&uri), "{link}");
    let comment = &github.comments(1)[0].body;
    assert!(comment.contains(link.as_str()), "{comment}");

    let ended = answered(&docker, &namespace, &github, (2, &second));
    let more: Vec<RunFound> =
        trainings(&uri).into_iter().filter(|run| !runs.contains(run)).collect();
    let of_base = more.iter().filter(|run| run.tags[tracking::ROLE] == "base").count();
    assert_eq!((more.len(), of_base), (3, 1), "two of head, and the anchor: {more:#?}");
    assert!(github.comments(2)[0].body.contains(ended.outputs["experiment-url"].as_str()));
    assert!(ended.log.contains("2 trainings of the base are known"), "{}", ended.log);
    println!("four trainings, then three: {:.1?} the second time", ended.took);
}
