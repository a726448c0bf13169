//! Programs that a kubeconfig names for credentials, on the command line.

use std::{fs, path::Path};

use super::{sample::*, server};
use crate::cluster::{
    kubeconfig::{KubeVariables, connect_from},
    rehearsal::explain,
};

/// A user that runs a script, which notes that it ran.  By the shell: a file that was just written may be busy.
fn user(directory: &Path, script: &str) -> String {
    let program = directory.join("get-token");
    fs::write(&program, format!("echo run >> '{}'\n{script}\n", ran(directory))).unwrap();
    format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ['{}', one], \
         interactiveMode: Never, provideClusterInfo: true, installHint: 'ask your administrator'}}",
        program.display()
    )
}

fn ran(directory: &Path) -> String {
    directory.join("ran").display().to_string()
}

#[tokio::test]
async fn its_token_reaches_the_server_and_it_runs_once_for_all_clients() {
    let api = server::Server::start(None, |_| (200, "{}".into()));
    let directory = tempfile::tempdir().unwrap();
    // It fails unless it was told its argument and the server.
    let script = "[ \"$1\" = one ] || exit 1\ncase \"$KUBERNETES_EXEC_INFO\" in *127.0.0.1*) ;; *) exit 2 ;; esac\n\
                  echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \
                  \"status\": {\"token\": \"s3cr3t-of-a-program\", \"expirationTimestamp\": \"2999-01-01T00:00:00Z\"}}'";
    let server = format!("server: 'http://127.0.0.1:{}'", api.port);
    let text = yaml(&server, &user(directory.path(), script));
    let access = connect_from(&options(&text), &KubeVariables::default()).await.unwrap();
    for client in [&access.client, &access.ways.watching, &access.ways.lasting, &access.client] {
        let request = ::http::Request::get("/version").body(Vec::new()).unwrap();
        client.request_text(request).await.unwrap();
        assert!(
            api.last().contains("authorization: Bearer s3cr3t-of-a-program\r\n"),
            "{}",
            api.last()
        );
    }
    assert_eq!(fs::read_to_string(ran(directory.path())).unwrap(), "run\n");
    assert!(!format!("{access:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn what_it_does_wrong_is_told_without_what_it_printed() {
    let directory = tempfile::tempdir().unwrap();
    for (script, wanted) in [
        (
            "echo s3cr3t; echo 'no session' >&2; exit 3",
            "failed (exit status: 3): no session; log in",
        ),
        ("echo s3cr3t", "printed something else than an ExecCredential"),
    ] {
        let text = yaml("server: 'https://api:6443'", &user(directory.path(), script));
        let error = connect_from(&options(&text), &KubeVariables::default()).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("`sh`, by which") && error.contains(wanted), "{error}");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
    let gone = yaml(
        "server: 'https://api:6443'",
        &user(directory.path(), "").replace("/bin/sh", "/bin/gone"),
    );
    let error = connect_from(&options(&gone), &KubeVariables::default()).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("install it, or put it on PATH (ask your administrator)"), "{error}");
}

#[tokio::test]
async fn one_that_fails_later_is_told_likewise() {
    let directory = tempfile::tempdir().unwrap();
    // Its first token has ended already.
    let script = "if [ -e \"$0.used\" ]; then echo s3cr3t; echo 'the session is over' >&2; exit 4; fi\ntouch \"$0.used\"\n\
                  echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \
                  \"status\": {\"token\": \"t\", \"expirationTimestamp\": \"2020-01-01T00:00:00Z\"}}'";
    let text = yaml("server: 'http://127.0.0.1:1'", &user(directory.path(), script));
    let access = connect_from(&options(&text), &KubeVariables::default()).await.unwrap();
    let request = ::http::Request::get("/version").body(Vec::new()).unwrap();
    let error = access.client.request_text(request).await.unwrap_err();
    let told = explain(error, "get", "its version", &access).to_string();
    let wanted = "the program of the kubeconfig failed (exit status: 4): the session is over";
    assert!(told.contains(wanted) && !told.contains("s3cr3t"), "{told}");
}
