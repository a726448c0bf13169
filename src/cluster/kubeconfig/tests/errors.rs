//! What is wrong with a kubeconfig is told with the remedy, and without what it holds.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::sample::*;
use crate::cluster::kubeconfig::{KubeOptions, connect_from, environment::KubeVariables};

const SERVER: &str = "server: 'https://api:6443'";

async fn error(options: &KubeOptions, environment: &KubeVariables) -> String {
    match connect_from(options, environment).await {
        Ok(access) => panic!("no error, but {access:?}"),
        Err(error) => format!("{error:#}"),
    }
}

async fn assert_errors(cases: &[(&str, &str)]) {
    for (text, wanted) in cases {
        let error = error(&options(text), &KubeVariables::default()).await;
        assert!(error.starts_with("kubeconfig"), "{text}: {error}");
        assert!(error.contains(wanted), "{text}: {error}");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_kubeconfig() {
    let cut = STANDARD.encode(&yaml(SERVER, "token: s3cr3t")[..120]);
    assert_errors(&[
        ("", "forks get no secrets"),
        ("/no/such/file", "no file `/no/such/file`"),
        ("/", "cannot read the file"),
        (r#"{"type": "service_account", "private_key": "s3cr3t"}"#, "Google service account"),
        ("apiVersion: v1\nkind: Secret\ndata: {a: s3cr3t}\n", "this is a Secret"),
        ("apiVersion: v1\nkind: s3cr3t\n", "object of another kind"),
        ("a: s3cr3t\nb: s3cr3t\n", "no clusters and no contexts"),
        ("apiVersion: v1\nkind: Config\n", "no clusters and no contexts"),
        ("clusters:\n- name: s3cr3t\n  cluster: [s3cr3t\n", "line "),
        ("apiVersion: v1\nclusters:\n- cluster: {}\n", "the key `name` is missing"),
        ("apiVersion: v1\nclusters: s3cr3t\n", "line 2, column 11"),
        ("apiVersion: v1\n\tclusters: s3cr3t\n", "look at indentation"),
        (&cut, "was it copied whole?"),
    ])
    .await;
}

#[tokio::test]
async fn what_leads_to_no_server() {
    let good = yaml(SERVER, TOKEN_USER);
    let without_current = two_contexts("");
    let at = |cluster: &str| yaml(cluster, TOKEN_USER);
    assert_errors(&[
        (&without_current, "no current context; set context; there is: prod, dev"),
        (&two_contexts("current-context: qa"), "its current context `qa` is not in it"),
        (&good.replace("cluster: c,", "cluster: d,"), "names the cluster `d`, which is not in it"),
        (&good.replace("user: u,", "user: v,"), "names the user `v`, which is not in it"),
        (&good.replace("user: u,", ""), "names no user"),
        (&good.replace("user: u,", "user: '',"), "names no user"),
        (&at("insecure-skip-tls-verify: true"), "it has no server"),
        (&at("server: 'api:6443'"), "not an address such as"),
        (&at("server: 'https://u:s3cr3t@api:6443'"), "user name or password"),
        (&at(&format!("{SERVER}, certificate-authority: ca.crt")), "view --raw --flatten"),
        (&at(&format!("{SERVER}, certificate-authority: /no/ca.crt")), "view --raw --flatten"),
        (&at(&format!("{SERVER}, certificate-authority-data: DATA+OMITTED")), "view --raw"),
        (&at(&format!("{SERVER}, certificate-authority-data: czNjcjN0")), "not a certificate"),
        (&at(&format!("{SERVER}, certificate-authority-data: czNj-s3cr3t")), "not base64"),
        (&at(&format!("{SERVER}, certificate-authority-data: '-----BEGIN s3cr3t'")), "base64 of"),
        (&at(&format!("{SERVER}, proxy-url: 'socks5://u:s3cr3t@p:1'")), "socks5://"),
        (&good.replace("namespace: ml", "namespace: M_L"), "not the name of a namespace"),
    ])
    .await;
    let options = KubeOptions { context: Some("qa".into()), ..options(&without_current) };
    let error = error(&options, &KubeVariables::default()).await;
    assert!(error.contains("the wanted context `qa` is not in it; there is: prod, dev"), "{error}");
}

#[tokio::test]
async fn what_proves_nothing() {
    let expired = "eyJ.eyJleHAiOjEwMDB9.s3cr3t";
    let cases = [
        ("", "no credentials: no token and no client certificate"),
        ("token: ''", "kubectl create token"),
        ("token: REDACTED", "view --raw"),
        ("token: \"s3cr3t\\ns3cr3t\"", "a character that tokens cannot have"),
        (&format!("token: {expired}"), "has expired; make a token"),
        ("tokenFile: token", "is relative to a file"),
        ("tokenFile: /no/token", "tokenFile `/no/token`"),
        ("username: admin, password: s3cr3t", "Kubernetes has not accepted since 1.19"),
        ("client-certificate-data: czNjcjN0", "but no client-key"),
        ("client-key-data: czNjcjN0", "but no client-certificate"),
        ("client-certificate-data: czNjcjN0, client-key-data: czNjcjN0", "not a certificate"),
        ("client-certificate: ci.crt, client-key: ci.key", "leads nowhere"),
        ("auth-provider: {name: gcp, config: {access-token: s3cr3t}}", "auth-provider `gcp`"),
        ("auth-provider: {name: github-oidc, config: {}}", "needs config.audience"),
    ];
    for (user, wanted) in cases {
        assert_errors(&[(&yaml(SERVER, user), wanted)]).await;
    }
}

#[tokio::test]
async fn what_tls_cannot_use() {
    let key = include_str!("pem/p256.key");
    for (chain, key, wanted) in [
        (
            include_str!("pem/p521.crt"),
            include_str!("pem/p521.key"),
            "such as P-521; it can use RSA",
        ),
        (include_str!("pem/v1.crt"), key, "X.509 version 1"),
        (
            &rcgen::generate_simple_self_signed(["ci".to_owned()]).unwrap().cert.pem(),
            key,
            "together",
        ),
    ] {
        let [chain, key] = [chain, key].map(|pem| STANDARD.encode(pem));
        let user = format!("client-certificate-data: {chain}, client-key-data: {key}");
        assert_errors(&[(&yaml(SERVER, &user), wanted)]).await;
    }
}

#[tokio::test]
async fn a_program_is_refused_in_the_action_and_never_run() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    for (command, wanted) in [
        ("aws", "aws eks get-token"),
        ("/opt/bin/gke-gcloud-auth-plugin", "get-gke-credentials"),
        ("kubelogin", "az account get-access-token"),
        ("touch", "running `touch`"),
    ] {
        let user = format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, args: ['{}'], \
             env: [{{name: A, value: s3cr3t}}]}}",
            trace.display()
        );
        let text = yaml(SERVER, &user);
        let in_action = KubeVariables { in_action: true, ..KubeVariables::default() };
        let error = error(&options(&text), &in_action).await;
        for wanted in [wanted, "kubectl create token", "github-oidc"] {
            assert!(error.starts_with("kubeconfig") && error.contains(wanted), "{text}: {error}");
        }
        assert!(!error.contains("s3cr3t"), "{error}");
        // Beside a token kubectl runs no program either.
        let beside = yaml(SERVER, &format!("token: s3cr3t, {user}"));
        connect_from(&options(&beside), &KubeVariables::default()).await.unwrap();
    }
    assert!(!trace.exists(), "the program was run");
}

#[tokio::test]
async fn what_the_environment_does_not_lead_to() {
    let none = KubeOptions::default();
    let nothing = KubeVariables::default();
    assert!(error(&none, &nothing).await.contains("set --kubeconfig (a path"));
    let bare = KubeVariables { in_action: true, ..KubeVariables::default() };
    assert!(error(&none, &bare).await.contains("set the input kubeconfig (a path"));
    let listed =
        KubeVariables { kubeconfig: Some("/no/a:/no/b".into()), ..KubeVariables::default() };
    assert!(error(&none, &listed).await.contains("names no file that exists: `/no/a:/no/b`"));
    let in_action = KubeVariables { in_action: true, ..listed };
    assert!(error(&none, &in_action).await.contains("below $GITHUB_WORKSPACE"));
    let pod = KubeVariables { in_pod: true, ..KubeVariables::default() };
    assert!(error(&none, &pod).await.contains("service account of this pod"));
    let wanted = KubeOptions { context: Some("prod".into()), ..KubeOptions::default() };
    assert!(error(&wanted, &pod).await.contains("context `prod` needs a kubeconfig"));
}
