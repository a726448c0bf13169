//! Comparisons from end to end, with workers that come and go.

use std::{collections::BTreeSet, fs, time::Duration};

use super::{
    cluster::{RealCluster, UNTIL_RELEASED},
    world::{World, finish},
};

/// The demo's project, as `demo` writes it.
const PROJECT: [(&str, &str); 6] = [
    ("activation.py", include_str!("../../../src/demo/project/activation.py")),
    ("network.py", include_str!("../../../src/demo/project/network.py")),
    ("requirements.txt", include_str!("../../../src/demo/project/requirements.txt")),
    ("test_network.py", include_str!("../../../src/demo/project/test_network.py")),
    ("train.py", include_str!("../../../src/demo/project/train.py")),
    (".gitignore", ""),
];
const SIMPLIFIED: &str = include_str!("../../../src/demo/project/activation_simplified.py");

/// The verdict that the demo gives locally; trainings run on workers that the autoscaler adds and
/// removes, and their Ray tasks as well.
pub fn the_demo_regresses_on_autoscaled_workers(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-demo");
    let world = World::new();
    world.config(&format!(
        "entrypoint: hostname && python3 -m unittest --quiet && python3 train.py\n\
         image: {}\n\
         cluster:\n  head: {{cpu: 300m, memory: 2Gi}}\n  \
           workers: {{cpu: 300m, memory: 1Gi, min: 0, max: 2}}\n\
         metrics:\n  accuracy: {{direction: higher, relative: 2%}}\n  \
           loss: {{direction: lower, relative: 20%}}\n\
         seeds: {{min: 3, max: 9}}\n",
        cluster.image
    ));
    world.commit(&PROJECT);
    world.git(&["checkout", "--quiet", "-b", "simplify"]);
    world.commit(&[("activation.py", SIMPLIFIED)]);
    let outcome = finish(namespace.compare(&world, "main", "simplify", &[])).expect(1, &[]);
    let report = outcome.json();
    assert_eq!(report["verdict"], "regressed");
    assert_eq!(report["cleanup"].as_array().unwrap().len(), 2, "a cluster for each side");
    assert_eq!(
        (&report["cleanup"][0]["left"], &report["cleanup"][1]["left"]),
        (&0.into(), &0.into())
    );
    let summary = report["cleanup"][0]["summary"].as_str().unwrap();
    assert!(summary.contains("0 objects left"), "{summary}");
    namespace.assert_empty();
    let hosts: BTreeSet<String> = report["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|training| fs::read_to_string(training["log"].as_str().unwrap()).unwrap())
        .filter_map(|log| log.lines().find(|line| line.contains("-worker-")).map(str::to_owned))
        .collect();
    assert_eq!(hosts.len(), 2, "each side has one of the two workers: {hosts:?}");
}

/// A training's Ray tasks run on all workers; a worker without work goes while the other still trains.
pub fn ray_tasks_run_on_workers_and_idle_workers_go(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-workers");
    // The first worker must not be done with everything before the second is there.
    let tasks = "import ray, socket, time\n\
        ray.init(log_to_driver=False)\n\
        @ray.remote(num_cpus=1)\n\
        def where():\n    time.sleep(2); return socket.gethostname()\n\
        hosts, limit = set(), time.time() + 60\n\
        while len(hosts) < 2 and time.time() < limit:\n    \
            hosts |= set(ray.get([where.remote() for _ in range(4)]))\n\
        assert all('-worker-' in host for host in hosts), hosts\n\
        print('REGRESSION_METRICS {\"hosts\": %d}' % len(hosts))\n";
    let world = namespace.training(
        &format!("python3 tasks.py; if [ -e twin ]; then {UNTIL_RELEASED}; fi"),
        "cluster:\n  head: {cpu: 300m, memory: 2Gi}\n  \
           workers: {cpu: 300m, memory: 1Gi, min: 0, max: 2}\n  template: template.yml\nisolation: shared\n\
         metrics: {hosts: {direction: higher, absolute: 2}}\nseeds: {values: [1]}",
    );
    let template = "headGroupSpec: {}\nautoscalerOptions: {idleTimeoutSeconds: 5, resources: \
                    {requests: {cpu: 50m, memory: 128Mi}, limits: {cpu: 500m, memory: 512Mi}}}\n";
    world.commit(&[("tasks.py", tasks), ("template.yml", template)]);
    let running = world.start(namespace.compare(&world, "main", &world.twin(), &[]));
    let workers =
        |objects: &[String]| objects.iter().filter(|object| object.contains("-worker-")).count();
    // Both trainings and all of their tasks begin meanwhile, each on a third of a core.
    let limit = Duration::from_mins(5);
    let came = namespace.wait(limit, "two workers", |objects| workers(objects) == 2);
    let went = namespace.wait(limit, "idle worker gone", |objects| workers(objects) == 1);
    namespace.release();
    println!("two workers after {came:.1?}, the idle one gone {went:.1?} later");
    // One training a side is too little for a verdict.
    let report = world.outcome(running).expect(3, &[]).json();
    assert_eq!(report["metrics"][0]["base"], 2.0, "tasks ran on both workers: {report}");
    namespace.assert_empty();
}
