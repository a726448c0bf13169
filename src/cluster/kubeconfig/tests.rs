//! From a whole kubeconfig to requests that a real server gets, and to errors.

use std::fs;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use super::*;
use sample::{TOKEN_USER, options, yaml};

mod errors;
mod github;
mod program;
mod sample;
mod server;
mod target;
mod tls;

/// Sends one request as everything else of kube would.
async fn ask(access: &Access) -> kube::Result<String> {
    access.client.request_text(::http::Request::get("/version").body(Vec::new()).unwrap()).await
}

#[tokio::test]
async fn the_token_and_our_name_reach_the_server() {
    let api = server::Server::start(None, |_| (200, "{}".into()));
    let text = yaml(&format!("server: 'http://127.0.0.1:{}'", api.port), TOKEN_USER);
    let access = connect_from(&options(&text), &KubeVariables::default()).await.unwrap();
    ask(&access).await.unwrap();
    let head = api.last();
    assert!(head.contains("authorization: Bearer s3cr3t-token\r\n"), "{head}");
    assert!(head.contains(&format!("user-agent: {}\r\n", http::USER_AGENT)), "{head}");
    let place = format!("context prod (http://127.0.0.1:{}), namespace ml", api.port);
    assert_eq!((access.description.as_str(), access.warnings.len()), (place.as_str(), 0));
    let shown = format!("{access:?}");
    assert!(shown.contains(&place) && !shown.contains("s3cr3t"), "{shown}");
}

#[tokio::test]
async fn a_user_may_have_an_empty_name() {
    let api = server::Server::start(None, |_| (200, "{}".into()));
    let text = yaml(&format!("server: 'http://127.0.0.1:{}'", api.port), TOKEN_USER);
    let unnamed = text.replace("name: u,", "name: '',");
    for context in ["user: '',", ""] {
        let text = unnamed.replace("user: u,", context);
        let access = connect_from(&options(&text), &KubeVariables::default()).await.unwrap();
        ask(&access).await.unwrap();
        assert!(api.last().contains("Bearer s3cr3t-token"), "{context}");
    }
}

#[tokio::test]
async fn a_token_file_is_read_for_every_request_and_may_end_in_a_line_break() {
    let api = server::Server::start(None, |_| (200, "{}".into()));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("token"), "one\n").unwrap();
    let file = directory.path().join("config");
    let server = format!("server: 'http://127.0.0.1:{}'", api.port);
    fs::write(&file, yaml(&server, "tokenFile: token")).unwrap();
    let options = options(&file.display().to_string());
    let access = connect_from(&options, &KubeVariables::default()).await.unwrap();
    ask(&access).await.unwrap();
    assert!(api.last().contains("Bearer one\r\n"), "{}", api.last());
    fs::write(directory.path().join("token"), "two").unwrap();
    ask(&access).await.unwrap();
    assert!(api.last().contains("Bearer two\r\n"), "{}", api.last());
    fs::remove_file(directory.path().join("token")).unwrap();
    let error = ask(&access).await.unwrap_err().to_string();
    assert!(error.contains("tokenFile"), "{error}");
}

#[tokio::test]
async fn the_namespace_is_the_option_then_the_context_then_default() {
    let with = yaml("server: 'https://api:6443'", TOKEN_USER);
    let without = with.replace(", namespace: ml", "");
    for (text, option, wanted) in [
        (&with, Some("team-a"), "team-a"),
        (&with, None, "ml"),
        (&with, Some("  "), "ml"),
        (&without, None, "default"),
    ] {
        let options = KubeOptions { namespace: option.map(Into::into), ..options(text) };
        let access = connect_from(&options, &KubeVariables::default()).await.unwrap();
        assert_eq!(access.namespace, wanted);
        assert_eq!(access.client.default_namespace(), wanted);
    }
}

#[tokio::test]
async fn the_context_is_the_wanted_then_the_current_then_the_only_one() {
    let two = sample::two_contexts("current-context: dev");
    let one = yaml("server: 'https://api:6443'", TOKEN_USER).replace("current-context: prod", "");
    for (text, wanted, found) in [
        (&two, Some("prod"), "context prod (https://one:6443)"),
        (&two, None, "context dev (https://two:6443)"),
        (&one, None, "context prod (https://api:6443)"),
    ] {
        let options = KubeOptions { context: wanted.map(Into::into), ..options(text) };
        let access = connect_from(&options, &KubeVariables::default()).await.unwrap();
        assert!(access.description.starts_with(found), "{}", access.description);
    }
}

#[tokio::test]
async fn without_input_the_list_of_files_is_merged_and_then_home_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    // The first file wins; what it names, the second holds; the third is not there.
    fs::write(path("first"), "current-context: dev\n").unwrap();
    fs::write(path("second"), sample::two_contexts("current-context: prod")).unwrap();
    let list = std::env::join_paths([path("first"), path("second"), path("third")]).unwrap();
    let listed = KubeVariables { kubeconfig: Some(list), ..KubeVariables::default() };
    let access = connect_from(&KubeOptions::default(), &listed).await.unwrap();
    assert!(access.description.starts_with("context dev (https://two:6443)"), "{access:?}");

    fs::create_dir(path(".kube")).unwrap();
    fs::write(path(".kube/config"), yaml("server: 'https://home:1'", TOKEN_USER)).unwrap();
    // The file at home goes before the pod, as in kubectl.
    let home = Some(directory.path().to_owned());
    let home = KubeVariables { home, in_pod: true, ..KubeVariables::default() };
    let access = connect_from(&KubeOptions::default(), &home).await.unwrap();
    assert!(access.description.contains("https://home:1"), "{access:?}");
}

#[tokio::test]
async fn a_server_that_is_not_authenticated_is_warned_about() {
    for (cluster, wanted) in [
        ("server: 'http://api:8080'", "unencrypted"),
        ("server: 'http://localhost:8080'", ""),
        ("server: 'https://api:6443', insecure-skip-tls-verify: true", "pose as the API"),
        ("server: 'https://api:6443'", ""),
    ] {
        let options = options(&yaml(cluster, TOKEN_USER));
        let access = connect_from(&options, &KubeVariables::default()).await.unwrap();
        let warnings = access.warnings.join("; ");
        assert_eq!(warnings.is_empty(), wanted.is_empty(), "{cluster}: {warnings}");
        assert!(warnings.contains(wanted), "{cluster}: {warnings}");
    }
}

#[tokio::test]
async fn a_token_that_ends_sooner_than_a_run_may_is_warned_about() {
    let (now, hour) = (SystemTime::now(), Duration::from_hours(1));
    let exp = (now + hour).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let payload = URL_SAFE_NO_PAD.encode(format!("{{\"exp\": {exp}}}"));
    let token = format!("eyJ.{payload}.s3cr3t");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    fs::write(&file, &token).unwrap();
    for (user, total, warned) in [
        (format!("token: {token}"), 4 * hour, true),
        (format!("token: {token}"), hour / 2, false),
        // Whoever writes the file keeps it fresh.
        (format!("tokenFile: '{}'", file.display()), 4 * hour, false),
        (TOKEN_USER.to_owned(), 4 * hour, false),
    ] {
        let options = options(&yaml("server: 'https://api:6443'", &user));
        let access = connect_from(&options, &KubeVariables::default()).await.unwrap();
        let warnings = access.warnings_for(total, now).join("; ");
        let told = warnings.contains("ends in 59 min 59 s") || warnings.contains("ends in 60 min");
        assert_eq!(
            told && warnings.contains("sooner than `limits` lets"),
            warned,
            "{user}: {warnings}"
        );
        assert!(!warnings.contains("s3cr3t"), "{warnings}");
    }
}

#[tokio::test]
async fn a_proxy_of_the_kubeconfig_carries_the_requests() {
    let api = server::Server::start(None, |_| (200, "{}".into()));
    let proxy = server::connect_proxy();
    let cluster = format!(
        "server: 'http://127.0.0.1:{}', proxy-url: 'http://ci:s3cr3t@127.0.0.1:{}'",
        api.port, proxy.port
    );
    let options = options(&yaml(&cluster, TOKEN_USER));
    let access = connect_from(&options, &KubeVariables::default()).await.unwrap();
    ask(&access).await.unwrap();
    let head = proxy.last();
    assert!(head.starts_with(&format!("CONNECT 127.0.0.1:{} ", api.port)), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic "), "{head}");
    assert!(!proxy.last().contains("s3cr3t-token") && api.last().contains("s3cr3t-token"));
}

#[test]
fn the_options_do_not_show_the_kubeconfig() {
    let options =
        KubeOptions { kubeconfig: Some(SecretString::from("s3cr3t")), ..KubeOptions::default() };
    assert!(!format!("{options:?}").contains("s3cr3t"));
}
