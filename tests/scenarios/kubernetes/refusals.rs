//! Clusters that cannot start: each is refused with its reason and remedy, as soon as Kubernetes
//! knows, and leaves nothing.  All at once, since none of them ever trains.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    cluster::{Namespace, RealCluster},
    world::{Outcome, World, finish},
};

const ACCURACY: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01}}\nseeds: {values: [1]}";

/// One way to fail.
struct Row {
    name: &'static str,
    /// Lines of the config besides entrypoint and metrics; `IMAGE` stands for the real image.
    config: &'static str,
    /// The template, if there is one.
    template: &'static str,
    /// What the namespace gets first.
    objects: &'static str,
    /// What the error tells.
    told: &'static [&'static str],
    /// How long the answer may take, removal and a slow machine included.
    within: Duration,
}

const NOTHING: Row = Row {
    name: "",
    config: "image: IMAGE",
    template: "",
    objects: "",
    told: &[],
    within: Duration::from_secs(30),
};

const ROWS: [Row; 12] = [
    Row {
        name: "bad image name",
        config: "image: localhost:16440/Ray:1",
        told: &["localhost:16440/Ray:1", "names of images are lower-case"],
        ..NOTHING
    },
    Row {
        name: "no such tag",
        config: "image: localhost:16440/ray:absent",
        told: &["there is no image localhost:16440/ray:absent"],
        ..NOTHING
    },
    Row {
        name: "registry out of reach",
        config: "image: localhost:9/ray:1",
        told: &["registry", "localhost:9/ray:1"],
        within: Duration::from_secs(80),
        ..NOTHING
    },
    Row {
        name: "missing pull secret",
        config: "image: PRIVATE",
        told: &["pull secret"],
        ..NOTHING
    },
    Row {
        name: "quota",
        config: "image: IMAGE\ncluster: {head: {cpu: 1, memory: 2Gi}}",
        objects: "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: compute}\n\
                  spec: {hard: {requests.cpu: 100m}}",
        told: &["exceeded quota", "compute"],
        within: Duration::from_secs(40),
        ..NOTHING
    },
    Row {
        name: "no such service account",
        template: "headGroupSpec: {template: {spec: {serviceAccountName: trainer}}}",
        told: &["serviceaccount", "trainer"],
        within: Duration::from_secs(40),
        ..NOTHING
    },
    Row {
        name: "too much cpu",
        config: "image: IMAGE\ncluster: {head: {cpu: 64, memory: 2Gi}}",
        told: &["Insufficient cpu", "cluster.head.cpu"],
        within: Duration::from_mins(1),
        ..NOTHING
    },
    Row {
        name: "no GPU",
        template: "headGroupSpec: {template: {spec: {containers: [{name: ray, resources: \
                   {limits: {nvidia.com/gpu: 1}}}]}}}",
        config: "image: IMAGE\ncluster: {template: t.yml}",
        told: &["nvidia.com/gpu"],
        within: Duration::from_mins(1),
        ..NOTHING
    },
    Row {
        name: "node selector",
        template: "headGroupSpec: {template: {spec: {nodeSelector: {pool: none}}}}",
        told: &["node selector"],
        within: Duration::from_mins(1),
        ..NOTHING
    },
    Row {
        name: "crash loop",
        config: "image: CRASH",
        told: &["head"],
        within: Duration::from_mins(1),
        ..NOTHING
    },
    Row {
        name: "missing Secret",
        config: "image: IMAGE\nsecrets: [train-secrets]",
        told: &["train-secrets", "secrets"],
        within: Duration::from_secs(40),
        ..NOTHING
    },
    Row {
        name: "unknown field in the template",
        template: "headGroupSpec: {tempalte: {}}",
        told: &["tempalte", "cluster.template"],
        ..NOTHING
    },
];

/// Those for which Ray itself has to start, which takes a core.
const HEADS: [Row; 2] = [
    Row {
        name: "head out of memory",
        config: "image: IMAGE\ncluster: {head: {cpu: 500m, memory: 300Mi}}",
        told: &["300Mi", "cluster.head.memory"],
        within: Duration::from_mins(2),
        ..NOTHING
    },
    Row {
        name: "another Ray in the image",
        config: "image: IMAGE\ncluster: {ray-version: 2.59.0, head: {cpu: 500m, memory: 2Gi}}",
        told: &["2.60.0", "2.59.0", "cluster.ray-version"],
        within: Duration::from_mins(2),
        ..NOTHING
    },
];

/// Every row, each in a namespace of its own.
pub fn what_cannot_start_is_refused(cluster: &RealCluster) {
    let started = Instant::now();
    let outcomes: Vec<(&Row, Result<String, String>)> = thread::scope(|scope| {
        let rows = ROWS.iter().enumerate();
        let running: Vec<_> = rows
            .map(|(number, row)| (row, scope.spawn(move || refused(cluster, number, row))))
            .collect();
        let join = |(row, thread): (_, thread::ScopedJoinHandle<'_, _>)| {
            let panicked = |_| Err("panicked, see above".to_owned());
            (row, thread.join().unwrap_or_else(panicked))
        };
        running.into_iter().map(join).collect()
    });
    println!("| refused | answer |\n|---|---|");
    for (row, outcome) in &outcomes {
        let (Ok(told) | Err(told)) = outcome;
        println!("| {} | {told} |", row.name);
    }
    println!("all after {:.1?}", started.elapsed());
    let wrong: Vec<_> =
        outcomes.iter().filter(|(_, outcome)| outcome.is_err()).map(|(row, _)| row.name).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn refused(cluster: &RealCluster, number: usize, row: &Row) -> Result<String, String> {
    let namespace = cluster.namespace(&format!("test-refused-{number}"));
    if !row.objects.is_empty() {
        cluster.apply(&namespace.name, row.objects);
    }
    let world = project(&namespace, row);
    let begun = Instant::now();
    let outcome = finish(namespace.compare(&world, "main", &world.twin(), &[]));
    let took = begun.elapsed();
    let error = outcome.stderr.lines().last().unwrap_or_default().to_owned();
    let answer = format!("{:.1} s, removal included: {error}", took.as_secs_f64());
    let told = row.told.iter().all(|text| error.contains(text));
    let left = namespace.objects();
    if outcome.code == Some(2) && told && took < row.within && left.is_empty() {
        Ok(answer)
    } else {
        Err(format!("WRONG {answer}; exit {:?}; left {left:?}\n{}", outcome.code, outcome.stderr))
    }
}

fn project(namespace: &Namespace<'_>, row: &Row) -> World {
    let cluster = namespace.cluster;
    let mut config = row
        .config
        .replace("IMAGE", &cluster.image)
        .replace("CRASH", &cluster.variable("CRASH_IMAGE"))
        .replace("PRIVATE", &cluster.variable("PRIVATE_IMAGE"));
    if !row.template.is_empty() && !config.contains("cluster:") {
        config += "\ncluster: {head: {cpu: 50m, memory: 1Gi}, template: t.yml}";
    } else if !config.contains("cluster:") {
        config += "\ncluster: {head: {cpu: 50m, memory: 1Gi}}";
    }
    let world = World::training("true", &format!("{config}\nisolation: shared\n{ACCURACY}"));
    world.commit(&[("t.yml", row.template)]);
    world
}

/// One after another.
pub fn heads_that_start_and_cannot_stay(cluster: &RealCluster) {
    for (number, row) in HEADS.iter().enumerate() {
        let answer = refused(cluster, 100 + number, row).unwrap_or_else(|wrong| panic!("{wrong}"));
        println!("| {} | {answer} |", row.name);
    }
}

/// What no pod is needed for.
pub fn a_cluster_that_is_not_there(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-not-there");
    let world = namespace.training("true", ACCURACY);
    let compare = |rest: &[&str]| {
        let begun = Instant::now();
        let outcome = finish(namespace.compare(&world, "main", &world.twin(), rest));
        println!("{:.1?}: {}", begun.elapsed(), outcome.stderr.lines().last().unwrap_or_default());
        outcome
    };
    // With the Role alone, Kubernetes would not tell whether there is such a namespace.
    let admin = cluster.kubeconfig.to_str().unwrap();
    let elsewhere = ["--kubeconfig", admin, "--namespace", "not-there"];
    compare_as(&world, &elsewhere).expect(2, &["there is no namespace not-there"]);
    namespace.kubectl(&["delete", "rolebinding", "regression-action"]);
    compare(&[]).expect(2, &["does not let these credentials", "rayjobs", "role.yml"]);
    namespace.assert_empty();
}

/// A `RayJob` that a queue holds waits, says so, and is given up by a signal alone.
pub fn a_queue_holds_the_cluster(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-queue");
    let world = namespace.training("true", &format!("{ACCURACY}\nlimits: {{provision: 5s}}"));
    let mut running = world.start(namespace.compare(&world, "main", &world.twin(), &[]));
    let limit = Duration::from_secs(30);
    let begun = Instant::now();
    // At once, because a head that runs already is lost by it.
    let job = loop {
        if let Some(job) = cluster.server.ray_jobs(&namespace.name).pop() {
            break format!("rayjob/{}", job.metadata.name.unwrap());
        }
        assert!(
            begun.elapsed() < limit && running.child.try_wait().unwrap().is_none(),
            "no RayJob"
        );
    };
    // As Kueue does.
    let patch = "--patch={\"spec\": {\"suspend\": true}}";
    namespace.kubectl(&["patch", &job, "--type=merge", patch]);
    world.wait_for(&mut running, "queued");
    assert!(running.child.try_wait().unwrap().is_none(), "the queue's time is not ours");
    running.signal(sysinfo::Signal::Interrupt);
    world.outcome(running).expect(2, &["cancelled"]);
    namespace.wait(limit, "end of everything", <[String]>::is_empty);
}

fn compare_as(world: &World, place: &[&str]) -> Outcome {
    finish(world.compare(&[&["--backend", "kubernetes"], place].concat()))
}
