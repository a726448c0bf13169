//! `connect` as an administrator whose kubeconfig runs a program, as those of clouds do: what it makes, that the account
//! can do what the Role says and nothing else, and that comparisons work with its kubeconfig.

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    cluster::{Namespace, RealCluster},
    rights::{self, looked, looking},
    world::{Outcome, World, clean, executable, finish},
};

const NAME: &str = "test-connect";
/// Longer than the API server of `tests/cluster` makes tokens for.
const TOO_LONG: &str = "91d";
/// A stand-in for GitHub's program: notes how it was called and what it was given.
const GH: &str = "#!/bin/sh\necho \"$@\" >> \"$0.calls\"\ncat > \"$0.input\"\n";

/// Somebody who may do everything, by a program that prints a token.
struct Administrator<'a> {
    namespace: &'a Namespace<'a>,
    world: World,
}

impl<'a> Administrator<'a> {
    fn new(namespace: &'a Namespace<'a>) -> Self {
        let world = looking(namespace, "python3 look.py", "", "");
        let administrator = Self { namespace, world };
        administrator.write_kubeconfig();
        executable::write(&administrator.gh(), GH);
        administrator
    }

    fn kubeconfig(&self) -> PathBuf {
        self.world.path("administrator.kubeconfig")
    }

    fn gh(&self) -> PathBuf {
        self.world.path("gh")
    }

    /// That of the cluster, with a program in place of its token.
    fn write_kubeconfig(&self) {
        let state = self.namespace.cluster.state.as_ref().unwrap();
        let mut view = clean("kubectl");
        view.env("KUBECONFIG", state.join("kubeconfig-token"));
        let outcome = finish({
            view.args(["config", "view", "--raw", "--output=json"]);
            view
        });
        let mut config = outcome.json();
        let token = config["users"][0]["user"]["token"].clone();
        let program = self.world.path("get-token");
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": token},
        });
        executable::write(
            &program,
            &format!("#!/bin/sh\necho run >> \"$0.runs\"\necho '{credential}'\n"),
        );
        config["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": program,
            "interactiveMode": "Never",
        }});
        fs::write(self.kubeconfig(), config.to_string()).unwrap();
    }

    fn connect(&self, kubeconfig: &Path, rest: &[&str]) -> Outcome {
        let kubeconfig = kubeconfig.to_str().unwrap();
        let words = ["connect", "--kubeconfig", kubeconfig, "--namespace", NAME];
        let mut command = self.world.binary(&[&words, rest].concat());
        let path = env::var("PATH").unwrap();
        let gh = self.gh();
        command.env("PATH", format!("{}:{path}", gh.parent().unwrap().display()));
        finish(command)
    }

    /// As the administrator, with the kubeconfig written to its place.
    fn makes(&self, rest: &[&str]) -> Outcome {
        let output = self.namespace.kubeconfig();
        let output = ["--yes", "--output", output.to_str().unwrap()];
        self.connect(&self.kubeconfig(), &[&output, rest].concat())
    }
}

pub fn an_account_with_the_least_rights(cluster: &RealCluster) {
    let namespace = cluster.absent(NAME);
    let administrator = Administrator::new(&namespace);
    shows_and_asks_first(&administrator);
    let token = makes_it(&administrator);
    can_do_what_the_role_says(&namespace);
    is_used(&administrator);
    a_job_makes_its_own_token(&administrator);
    changes_nothing_again(&administrator, &token);
    leaves_what_others_wrote(&administrator);
    names_what_is_refused(&administrator);
}

fn is_there(cluster: &RealCluster) -> bool {
    cluster.try_kubectl(&["get", "namespace", NAME]).is_ok()
}

fn shows_and_asks_first(administrator: &Administrator<'_>) {
    let kubeconfig = administrator.kubeconfig();
    let shown = administrator.connect(&kubeconfig, &["--dry-run"]).expect(0, &["is made"]);
    assert_eq!(shown.stdout.matches("\nkind: ").count(), 7, "{shown:#?}");
    assert_eq!(shown.stderr.matches("is made").count(), 7, "{shown:#?}");
    let list = ["--dry-run", "--format", "json"];
    let list = administrator.connect(&kubeconfig, &list).expect(0, &[]).json();
    assert_eq!((&list["kind"], list["items"].as_array().unwrap().len()), (&json!("List"), 7));
    let asked = ["no terminal to ask on", "say --yes"];
    administrator.connect(&kubeconfig, &[]).expect(2, &asked);
    assert!(!is_there(administrator.namespace.cluster));
    // Once for each of the three, however many clients there are.
    let runs = fs::read_to_string(administrator.world.path("get-token.runs")).unwrap();
    assert_eq!(runs.lines().count(), 3);
}

/// Makes the account, also as a secret of GitHub's; yields its token.
fn makes_it(administrator: &Administrator<'_>) -> String {
    let namespace = administrator.namespace;
    let secret = ["--secret", "KUBECONFIG", "--env", "training"];
    let made = administrator.makes(&[&secret[..], &["--expires", TOO_LONG]].concat());
    println!("{}\n{}", made.stderr, made.stdout);
    let told = [
        "Namespace test-connect",
        "the token ends in 90 days",
        "none that lasts 91 days",
        "is this machine: no runner elsewhere can reach it",
        "the secret KUBECONFIG of the environment training",
    ];
    let made = made.expect(0, &told);
    for seen in ["no problem", "all 25 that are needed", "a dry run accepts"] {
        assert!(made.stdout.contains(seen), "{made:#?}");
    }
    let path = namespace.kubeconfig();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let token = token(&text);
    let calls = fs::read_to_string(administrator.world.path("gh.calls")).unwrap();
    assert_eq!(calls, "secret list --env training\nsecret set KUBECONFIG --env training\n");
    let stored = fs::read_to_string(administrator.world.path("gh.input")).unwrap();
    assert_eq!(STANDARD.decode(stored).unwrap(), text.as_bytes());
    assert!(!format!("{made:?}{calls}").contains(&token));
    token
}

fn token(kubeconfig: &str) -> String {
    let line = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("token: "));
    line.unwrap().trim_matches(['"', '\'']).to_owned()
}

/// Group, resource and verb.
type Right = (String, String, String);

fn rights(rules: &Value) -> BTreeSet<Right> {
    let texts = |rule: &Value, key: &str| -> Vec<String> {
        let list = rule[key].as_array().into_iter().flatten();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut rights = BTreeSet::new();
    for rule in rules.as_array().into_iter().flatten() {
        assert!(rule["resourceNames"].is_null(), "{rule}");
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                let verbs = texts(rule, "verbs").into_iter();
                rights.extend(verbs.map(|verb| (group.clone(), resource.clone(), verb)));
            }
        }
    }
    rights
}

/// Rules for paths, which the API server lists in any order.
fn paths(status: &Value) -> BTreeSet<String> {
    status["nonResourceRules"].as_array().unwrap().iter().map(Value::to_string).collect()
}

/// The API server's own list of what a token may do in the namespace.
fn reviewed(namespace: &Namespace<'_>, credential: &[&str]) -> Value {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": NAME},
    });
    let file = namespace.kubeconfig().with_extension("review.json");
    fs::write(&file, review.to_string()).unwrap();
    // To validate it, kubectl would look at custom resources, which the account may not.
    let created =
        ["create", "--validate=false", "--output=json", "--filename", file.to_str().unwrap()];
    let answer = namespace.cluster.kubectl(&[credential, &created].concat());
    serde_json::from_str::<Value>(&answer).unwrap()["status"].take()
}

/// Its rights are those of any account, and the Role's.
fn can_do_what_the_role_says(namespace: &Namespace<'_>) {
    let kubeconfig = namespace.kubeconfig();
    let status = reviewed(namespace, &["--kubeconfig", kubeconfig.to_str().unwrap()]);
    println!("{status:#}");
    let token = namespace.kubectl(&["create", "token", "default"]);
    // In a kubeconfig, because the administrator's certificate goes before a token on the command line.
    let nobody = namespace.kubeconfig().with_extension("nobody");
    let text = fs::read_to_string(&kubeconfig).unwrap();
    fs::write(&nobody, text.replace(&self::token(&text), &token)).unwrap();
    let anybody = reviewed(namespace, &["--kubeconfig", nobody.to_str().unwrap()]);
    let role: Value = serde_yaml::from_str(include_str!("../../../manifests/role.yml")).unwrap();
    let (granted, any) = (rights(&status["resourceRules"]), rights(&anybody["resourceRules"]));
    assert!(any.is_subset(&granted), "{any:?}");
    assert_eq!(granted.difference(&any).cloned().collect::<BTreeSet<_>>(), rights(&role["rules"]));
    assert_eq!(paths(&status), paths(&anybody));
    assert_eq!(status["incomplete"], false);
}

/// A comparison in a namespace with the quota, Pod Security and the policies, whose trainings have no rights.
fn is_used(administrator: &Administrator<'_>) {
    let (world, namespace) = (&administrator.world, administrator.namespace);
    let report = looked(namespace, world);
    assert_eq!(rights::rights(&report), (0.0, 0.0), "{report}");
    let label = "--output=jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}";
    assert_eq!(namespace.cluster.kubectl(&["get", "namespace", NAME, label]), "restricted");
    let used = namespace.kubectl(&["get", "resourcequota", "regression-action", "--output=json"]);
    let quota: Value = serde_json::from_str(&used).unwrap();
    assert_eq!(quota["status"]["hard"]["requests.cpu"], "64", "{quota:#}");
}

/// The step of the workflows for clouds, as somebody whom manifests/token.yml lets make tokens.
fn a_job_makes_its_own_token(administrator: &Administrator<'_>) {
    let (world, namespace) = (&administrator.world, administrator.namespace);
    namespace.kubectl(&["apply", "--filename", "manifests/token.yml"]);
    let mut config: Value =
        serde_json::from_str(&fs::read_to_string(administrator.kubeconfig()).unwrap()).unwrap();
    config["users"][0]["user"]["as"] = json!("job");
    config["users"][0]["user"]["as-groups"] = json!(["regression-action-tokens"]);
    let cloud = world.path("cloud.kubeconfig");
    fs::write(&cloud, config.to_string()).unwrap();
    let workflow: Value = serde_yaml::from_str(include_str!("../../../examples/eks.yml")).unwrap();
    let steps = workflow["jobs"]["train"]["steps"].as_array().unwrap();
    let script = steps[steps.len() - 2]["run"]
        .as_str()
        .unwrap()
        .replace("space ml", &format!("space {NAME}"));
    let mut step = clean("bash");
    step.args(["-euo", "pipefail", "-c", &script]).env("KUBECONFIG", &cloud);
    let [temporary, workspace] = ["temporary", "workspace"].map(|name| world.path(name));
    for (name, path) in [("RUNNER_TEMP", &temporary), ("GITHUB_WORKSPACE", &workspace)] {
        fs::create_dir(path).unwrap();
        step.env(name, path);
    }
    finish(step).expect(0, &[]);
    let made = workspace.join("regression-action.kubeconfig");
    let text = fs::read_to_string(&made).unwrap();
    assert!(
        !text.contains("exec") && text.contains("token: ") && text.contains(NAME),
        "the cloud's login is in it"
    );
    let place = ["--backend", "kubernetes", "--kubeconfig", made.to_str().unwrap()];
    let seen = world.run(&[&["doctor"], &place[..]].concat()).expect(0, &[]);
    assert!(seen.stdout.contains("all 25 that are needed"), "{seen:#?}");
}

fn versions(namespace: &Namespace<'_>) -> String {
    // A quota's changes as pods come and go.
    let kinds = "namespace/test-connect,networkpolicies,serviceaccounts,roles,rolebindings";
    let mut versions = String::new();
    for kind in kinds.split(',') {
        let wanted = "--output=jsonpath={..metadata.resourceVersion}";
        versions += &namespace.kubectl(&["get", kind, wanted]);
    }
    versions
}

/// A new token, and nothing else.
fn changes_nothing_again(administrator: &Administrator<'_>, earlier: &str) {
    let namespace = administrator.namespace;
    let before = versions(namespace);
    let again = administrator.makes(&[]).expect(0, &["the token ends in 90 days", "makes another"]);
    assert_eq!(again.stderr.matches("is there as it is to be").count(), 7, "{again:#?}");
    assert_eq!(versions(namespace), before);
    let token = token(&fs::read_to_string(namespace.kubeconfig()).unwrap());
    assert_ne!(token, earlier);
    let printed =
        administrator.connect(&administrator.kubeconfig(), &["--yes", "--expires", "10m"]);
    let printed = printed.expect(0, &["the token ends in 10 minutes", "all 25 that are needed"]);
    assert!(printed.stdout.contains("kind: Config"), "{printed:#?}");
    assert!(!printed.stderr.contains(&self::token(&printed.stdout)));
}

/// A policy that somebody opened, and a namespace that somebody made.
fn leaves_what_others_wrote(administrator: &Administrator<'_>) {
    let namespace = administrator.namespace;
    let opened = "--patch=[{\"op\": \"add\", \"path\": \"/spec/egress/-\", \"value\": {\"ports\": [{\"port\": 443}]}}]";
    namespace.kubectl(&["patch", "networkpolicy", "regression-action", "--type=json", opened]);
    let before = versions(namespace);
    let told = ["stays as it is", "conflict with \"kubectl-patch\"", ".spec.egress"];
    administrator.makes(&[]).expect(0, &told);
    assert_eq!(versions(namespace), before);
    let theirs = "test-connect-theirs";
    let cluster = namespace.cluster;
    let _theirs = cluster.absent(theirs);
    cluster.kubectl(&["create", "namespace", theirs]);
    let kubeconfig = administrator.kubeconfig();
    let shown = administrator.world.run(&[
        "connect",
        "--kubeconfig",
        kubeconfig.to_str().unwrap(),
        "--namespace",
        theirs,
        "--dry-run",
    ]);
    let told = "is there, by kubectl-create, and gets what it lacks: everything in it is held";
    shown.expect(0, &[told]);
}

/// The account itself may do none of it.
fn names_what_is_refused(administrator: &Administrator<'_>) {
    let least = administrator.namespace.kubeconfig();
    let told = [
        "does not let you make all of it",
        "Role regression-action: ",
        "ResourceQuota",
        "add --dry-run",
    ];
    administrator.connect(&least, &["--yes"]).expect(2, &told);
}
