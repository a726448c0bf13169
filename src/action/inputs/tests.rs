use secrecy::ExposeSecret;

use super::*;

fn inputs(given: &[(&str, &str)]) -> Result<Inputs> {
    // As the runner does: upper case, hyphens kept.
    let variable = |&(name, value): &(&str, &str)| {
        (format!("INPUT_{}", name.to_uppercase()), value.to_owned())
    };
    Inputs::from_pairs(given.iter().map(variable))
}

fn refusal(name: &str, value: &str) -> String {
    inputs(&[(name, value)]).unwrap_err().to_string()
}

#[test]
fn every_input_is_read() {
    let sha = "0123456789abcdef0123456789ABCDEF01234567";
    let inputs = inputs(&[
        ("command", "doctor"),
        ("config", "ml/regression.yml"),
        ("backend", "ray"),
        ("kubeconfig", "YXBpVmVyc2lvbjogdjEK"),
        ("kube-context", "gpu"),
        ("namespace", "ml"),
        ("ray-address", "ray.example.com"),
        ("ray-token", "ray-secret"),
        ("registry-username", "robot"),
        ("registry-password", "registry-secret"),
        ("registry-host", "registry.acme.dev"),
        ("mlflow-host", "mlflow.acme.dev"),
        ("github-token", "ghs_secret"),
        ("github-api-url", "https://ghes.example.com/api/v3"),
        ("approvals", "2"),
        ("require-last-push-approval", "true"),
        ("status-context", "ml / verdict"),
        ("comment", "False"),
        ("pull-request", "#12"),
        ("sha", sha),
        ("base", "main"),
        ("good", "v1.2"),
        ("bad", "main"),
        ("metric", "accuracy"),
        ("ca-bundle", "ca.pem"),
    ])
    .unwrap();
    let secret =
        |secret: &Option<SecretString>| secret.as_ref().unwrap().expose_secret().to_owned();
    assert_eq!(secret(&inputs.kubeconfig), "YXBpVmVyc2lvbjogdjEK");
    assert_eq!(secret(&inputs.ray_token), "ray-secret");
    assert_eq!(secret(&inputs.github_token), "ghs_secret");
    assert_eq!(inputs.sha.as_ref().unwrap().as_str(), sha.to_lowercase());
    // The rest, and that a secret is not shown.
    insta::assert_debug_snapshot!(inputs);
}

#[test]
fn a_blank_input_is_an_absent_one() {
    let schema = Inputs::json_schema();
    let names = schema.get("properties").and_then(|names| names.as_object()).unwrap();
    let blank: Vec<_> = names.keys().map(|name| (name.as_str(), " \n")).collect();
    let defaults = format!("{:?}", Inputs::default());
    assert_eq!(format!("{:?}", inputs(&blank).unwrap()), defaults);
    assert_eq!(format!("{:?}", inputs(&[]).unwrap()), defaults);
}

#[test]
fn what_is_no_input_of_ours_is_ignored() {
    let variables = [("INPUT_ENTRYPOINT", "/bin/sh"), ("INPUT_ARGS", "x"), ("APPROVALS", "7")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(Inputs::from_pairs(variables).unwrap().approvals.get(), 1);
}

#[test]
fn values_are_trimmed() {
    assert_eq!(inputs(&[("namespace", " ml\n")]).unwrap().namespace.unwrap(), "ml");
}

#[test]
fn a_wrong_value_is_told_with_its_input_and_a_remedy() {
    let cases = [
        (
            "command",
            "demo",
            "command: `demo` is not one of run, announce, image, bisect, doctor, sweep",
        ),
        (
            "command",
            "Run",
            "command: `Run` is not one of run, announce, image, bisect, doctor, sweep",
        ),
        ("backend", "k8s", "backend: `k8s` is not one of local, kubernetes, ray"),
        ("approvals", "0", "approvals: `0` is not a whole number of at least 1"),
        ("approvals", "two", "approvals: `two` is not a whole number of at least 1"),
        ("comment", "yes", "comment: `yes` is neither true nor false"),
        (
            "pull-request",
            "#0",
            "pull-request: `#0` is not the number of a pull request, such as 12 or #12",
        ),
        ("github-api-url", "ftp://x", "github-api-url: is not a URL with http:// or https://"),
        (
            "github-api-url",
            "x",
            "github-api-url: is not a URL such as https://api.github.com: relative URL without a base",
        ),
    ];
    for (name, value, message) in cases {
        assert_eq!(refusal(name, value), message);
    }
}

#[test]
fn a_short_commit_is_refused_because_it_can_be_forged() {
    for short in ["1a2b3c4", "main", &"0".repeat(39), &"0".repeat(64), &"g".repeat(40)] {
        let message = refusal("sha", short);
        assert!(
            message.starts_with("sha: `") && message.contains("all 40 hex digits"),
            "{message}"
        );
    }
}

#[test]
fn the_config_cannot_be_outside_the_repository() {
    for path in ["/etc/passwd", "../x.yml", "a/../../x.yml"] {
        assert!(refusal("config", path).starts_with("config: `"), "{path}");
    }
}

#[test]
fn ray_needs_an_address_without_a_password() {
    assert!(refusal("backend", "ray").starts_with("ray-address: is missing"));
    let message = refusal("ray-address", "http://me:hunter2@ray");
    assert!(message.starts_with("ray-address: ") && !message.contains("hunter2"), "{message}");
    let message = refusal("github-api-url", "https://me:hunter2@ghes");
    assert!(message.starts_with("github-api-url: ") && !message.contains("hunter2"), "{message}");
}
