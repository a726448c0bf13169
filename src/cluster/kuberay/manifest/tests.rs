use super::*;
use crate::config::Config;

fn request(cluster: &str, template: Option<&str>) -> ClusterRequest {
    let text =
        format!("entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 1}}}}\n{cluster}");
    let Config { cluster: size, training, .. } = Config::parse(&text, "test").unwrap();
    let template = template.map(|text| template::parse(text, "template.yml", &size).unwrap());
    ClusterRequest {
        name: "regression-1-2-abc".to_owned(),
        owner: "https://github.com/acme/digits/actions/runs/1".to_owned(),
        image: "ghcr.io/acme/train:1".to_owned(),
        size,
        training,
        secrets: vec!["train-secrets".to_owned()],
        template,
        lease: Duration::from_mins(2),
        patience: Duration::from_mins(10),
    }
}

fn manifest(request: &ClusterRequest, features: Features) -> String {
    serde_json::to_string_pretty(&ray_job(request, features, "2026-11-24T12:00:00Z")).unwrap()
}

#[test]
fn a_cluster_of_fixed_size() {
    let request =
        request("cluster: {workers: {cpu: 4, memory: 16Gi, gpu: 1, min: 2, max: 2}}", None);
    insta::assert_snapshot!(manifest(&request, Features::of("2.60.0")));
}

#[test]
fn an_autoscaled_cluster_over_a_template() {
    let size =
        "cluster: {head: {cpu: 500m, memory: 2Gi}, workers: {cpu: 1, memory: 2Gi, min: 0, max: 3}}";
    let template = "headGroupSpec:\n  rayStartParams: {block: 'true'}\n  template:\n    spec:\n      \
        nodeSelector: {pool: cpu}\n      terminationGracePeriodSeconds: 20\n      containers:\n      \
        - {name: mine, image: other, env: [{name: A, value: b}]}\n      - {name: sidecar, image: s}\n\
        workerGroupSpecs:\n- groupName: gpus\n  template:\n    spec:\n      \
        tolerations: [{key: gpu, operator: Exists}]\n      imagePullSecrets: [{name: pull}]\n";
    insta::assert_snapshot!(manifest(&request(size, Some(template)), Features::of("2.60.0")));
}

#[test]
fn labels_of_the_config_stand_above_the_templates_and_ours_above_all() {
    let size = "cluster: {queue: gpus, priority-class: high, labels: {acme.dev/team: vision}, \
                annotations: {a: config, kueue.x-k8s.io/elastic-job: true}}";
    let template = "kind: RayCluster\nmetadata:\n  name: theirs\n  labels: {acme.dev/team: nlp, \
        kueue.x-k8s.io/queue-name: cpus, regression-action/run: theirs, ray.io/gcs: a}\n  \
        annotations: {a: template, b: template, regression-action/expires: never}\n\
        spec: {headGroupSpec: {}}";
    let job = ray_job(&request(size, Some(template)), Features::of("2.60.0"), "soon");
    insta::assert_debug_snapshot!((job.metadata.labels, job.metadata.annotations));
}

#[test]
fn an_old_operator_gets_the_old_lease_and_no_token() {
    let request = request("", None);
    let mut features = Features::of("2.60.0");
    let refusal = "failed to create typed patch object (ml/x; ray.io/v1, Kind=RayJob): errors:\n  \
        .spec.preRunningDeadlineSeconds: field not declared in schema\n  \
        .spec.rayClusterSpec.authOptions: field not declared in schema";
    assert!(features.forget_unknown(refusal));
    assert!(!features.forget_unknown(refusal), "a second refusal is no news");
    insta::assert_snapshot!(manifest(&request, features));
}

#[test]
fn tokens_need_a_ray_that_knows_them() {
    for (version, known) in [("2.60.0", true), ("2.52.0", true), ("2.9.3", false), ("3.0", true)] {
        assert_eq!(Features::of(version).token, known, "{version}");
    }
}

#[test]
fn a_ray_that_demands_a_token_needs_an_operator_that_gives_it() {
    let lacking = |version: &str, token| {
        Features { token, ..Features::of(version) }.lacking(version).unwrap_or_default()
    };
    for (version, token, told) in [
        ("2.61.0", false, true),
        ("2.61.0", true, false),
        ("2.60.3", false, false),
        ("3.0", false, true),
    ] {
        let lacking = lacking(version, token);
        assert_eq!(lacking.contains("bring KubeRay to 1.6"), told, "{version} {token}: {lacking}");
    }
}

/// The specs of a head and a worker over a template that is trusted.
fn pods(template: &str) -> [Value; 2] {
    let size = "cluster: {trust-template: true, workers: {cpu: 1, memory: 2Gi, min: 0, max: 3}}";
    let job = ray_job(&request(size, Some(template)), Features::of("2.60.0"), "");
    let cluster = &job.spec.ray_cluster_spec;
    let pods = ["/headGroupSpec/template/spec", "/workerGroupSpecs/0/template/spec"];
    pods.map(|path| cluster.pointer(path).unwrap().clone())
}

#[test]
fn what_the_template_says_of_security_stands() {
    let head = |spec: &str| {
        let template = format!("headGroupSpec: {{template: {{spec: {spec}}}}}");
        let [head, worker] = pods(&template);
        assert_eq!(worker["securityContext"]["runAsUser"], 1000, "of the head alone: {worker}");
        let container = head.pointer("/containers/0/securityContext").unwrap();
        format!(
            "{} {} {}",
            head["automountServiceAccountToken"], head["securityContext"], container
        )
    };
    let of_head = |context: &str| head(&format!("{{securityContext: {context}}}"));
    let of_container =
        |context: &str| head(&format!("{{containers: [{{name: a, securityContext: {context}}}]}}"));
    let said = [
        head("{}"),
        head("{automountServiceAccountToken: true}"),
        head("{automountServiceAccountToken: null}"),
        of_head("{fsGroup: 100, runAsUser: 1001}"),
        of_head("{runAsUser: 0}"),
        of_head("{runAsUser: null}"),
        of_head("{runAsNonRoot: false, seccompProfile: {type: Unconfined}}"),
        of_container("{privileged: true}"),
        of_container("{capabilities: {add: [SYS_PTRACE]}}"),
        of_container("{runAsUser: 0, allowPrivilegeEscalation: true}"),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn without_workers_nothing_scales() {
    let template = "{headGroupSpec: {}, enableInTreeAutoscaling: true}";
    let job = manifest(&request("", Some(template)), Features::of("2.60.0"));
    assert!(job.contains("\"enableInTreeAutoscaling\": false"), "{job}");
}
