use serde_json::json;

use super::*;

fn size() -> ClusterSize {
    serde_yaml::from_str("workers: {cpu: 1, memory: 1Gi, min: 0, max: 2}").unwrap()
}

#[test]
fn the_example_is_a_template() {
    let path = "examples/raycluster.yml";
    let text = std::fs::read_to_string(path).unwrap();
    let spec = parse(&text, path, &size()).unwrap();
    assert_eq!(spec.spec["workerGroupSpecs"][0]["groupName"], "workers");
}

#[test]
fn maps_and_keyed_lists_are_merged_and_other_lists_replaced() {
    let mut theirs = json!({
        "containers": [
            {"name": "ray", "image": "theirs", "command": ["a", "b"],
             "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"name": "sidecar"},
        ],
        "tolerations": [{"key": "gpu"}],
        "nodeSelector": {"pool": "gpu"},
    });
    let ours = json!({
        "containers": [{"name": "ray", "image": "ours", "command": ["c"],
                        "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}],
        "tolerations": [{"key": "spot"}],
        "nodeSelector": {"zone": "a"},
    });
    lay_over(&mut theirs, ours);
    let wanted = json!({
        "containers": [
            {"name": "ray", "image": "ours", "command": ["c"],
             "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"},
                     {"name": "C", "value": "4"}]},
            {"name": "sidecar"},
        ],
        "tolerations": [{"key": "gpu"}, {"key": "spot"}],
        "nodeSelector": {"pool": "gpu", "zone": "a"},
    });
    assert_eq!(theirs, wanted);
}

#[test]
fn a_template_is_a_cluster_or_its_spec() {
    let spec = "headGroupSpec: {rayStartParams: {}}";
    let whole =
        "apiVersion: ray.io/v1\nkind: RayCluster\nspec:\n  headGroupSpec: {rayStartParams: {}}";
    let parse = |text| parse(text, "t.yml", &ClusterSize::default());
    assert_eq!(parse(spec).unwrap(), parse(whole).unwrap());
    for (text, wanted) in [
        ("kind: RayJob\nspec: {}", "is a RayJob"),
        ("kind: RayCluster", "holds no RayCluster spec"),
        ("- a", "holds no RayCluster spec"),
        ("nodeSelector: {a: b}", "nodeSelector"),
        ("a: [", "not valid YAML"),
        (
            "kind: RayCluster\nmetadata: {labels: {a: [b]}}\nspec: {headGroupSpec: {}}",
            "metadata.labels is not a map of strings",
        ),
    ] {
        let error = format!("{:#}", parse(text).unwrap_err());
        assert!(error.contains(wanted) && error.contains("t.yml"), "{text}: {error}");
    }
}
#[test]
fn workers_are_one_group_of_a_declared_size() {
    let group = |name: &str| format!("- {{groupName: {name}, template: {{}}}}\n");
    let spec = |groups: &str| format!("workerGroupSpecs:\n{groups}");
    let (one, two) = (spec(&group("cpus")), spec(&(group("cpus") + &group("gpus"))));
    let unnamed = "- {template: {}}\n";
    let whole = |groups: &str| format!("kind: RayCluster\nspec: {{{}}}", groups.trim_end());
    let (many, twice) = (group("a") + &group("b") + &group("c"), group("a") + &group("a"));
    let no_workers = ClusterSize::default();
    assert!(parse(&one, "t.yml", &size()).is_ok());
    for none in ["workerGroupSpecs: []", "workerGroupSpecs: null", "workerGroupSpecs:"] {
        assert!(
            parse(&format!("headGroupSpec: {{}}\n{none}"), "t.yml", &no_workers).is_ok(),
            "{none}"
        );
    }
    for (text, size, wanted) in [
        (one, no_workers.clone(), "has workers (cpus), and the config declares no size"),
        (two.clone(), no_workers.clone(), "has 2 groups of workers (cpus, gpus)"),
        (two, size(), "has 2 groups of workers (cpus, gpus)"),
        (spec(&many), size(), "has 3 groups of workers (a, b, c)"),
        (spec(&twice), size(), "has 2 groups of workers (a, a)"),
        (spec(&unnamed.repeat(2)), size(), "(without a name, without a name)"),
        (spec(unnamed), size(), "add `groupName: workers`"),
        (spec("- {groupName: 7, template: {}}"), size(), "workers without a name"),
        (spec("- cpus\n"), size(), "workers without a name"),
        (spec("  {groupName: cpus}\n"), size(), "is not a list"),
        (spec("  cpus\n"), no_workers.clone(), "is not a list"),
        (whole("workerGroupSpecs: [{groupName: a}, {groupName: b}]"), size(), "(a, b)"),
    ] {
        let error = parse(&text, "t.yml", &size).unwrap_err().to_string();
        assert!(error.contains(wanted) && error.contains("t.yml"), "{text}: {error}");
    }
}

#[test]
fn pods_that_reach_out_of_themselves_need_trust() {
    let head = |spec: &str| format!("headGroupSpec: {{template: {{spec: {spec}}}}}");
    let at_head = |rest: &str| format!("headGroupSpec.template.spec.{rest}");
    let trusting = ClusterSize { trust_template: true, ..size() };
    for (template, place) in [
        (head("{hostNetwork: true}"), at_head("hostNetwork")),
        (head("{hostPID: true}"), at_head("hostPID")),
        (head("{hostIPC: true}"), at_head("hostIPC")),
        (head("{shareProcessNamespace: true}"), at_head("shareProcessNamespace")),
        (head("{automountServiceAccountToken: true}"), at_head("automountServiceAccountToken")),
        (
            head("{volumes: [{name: a}, {name: b, hostPath: {path: /}}]}"),
            at_head("volumes.1.hostPath"),
        ),
        (
            head("{initContainers: [{name: a, securityContext: {privileged: true}}]}"),
            at_head("initContainers.0.securityContext.privileged"),
        ),
        (
            head(
                "{containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW, ALL]}}}]}",
            ),
            at_head("containers.0.securityContext.capabilities.add"),
        ),
        (
            head(
                "{containers: [{name: a, securityContext: {capabilities: {add: [cap_sys_module]}}}]}",
            ),
            at_head("containers.0.securityContext.capabilities.add"),
        ),
        (
            head(
                "{volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t}}]}}]}",
            ),
            at_head("volumes.0.projected.sources.0.serviceAccountToken"),
        ),
        (
            "{headGroupSpec: {}, autoscalerOptions: {securityContext: {privileged: true}}}".into(),
            "autoscalerOptions.securityContext.privileged".into(),
        ),
        (
            "workerGroupSpecs: [{groupName: a, template: {spec: {hostNetwork: true}}}]".into(),
            "workerGroupSpecs.0.template.spec.hostNetwork".into(),
        ),
    ] {
        let error = parse(&template, "t.yml", &size()).unwrap_err().to_string();
        assert!(error.contains(&format!("t.yml asks for {place}, ")), "{error}");
        assert!(error.contains("trust-template: true"), "{error}");
        assert!(parse(&template, "t.yml", &trusting).is_ok(), "{template}");
    }
    let harmless = head("{hostNetwork: false, hostPID: null, volumes: [{name: a, emptyDir: {}}]}");
    assert!(parse(&harmless, "t.yml", &size()).is_ok());
}
