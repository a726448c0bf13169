//! A credential helper, `docker-credential-<name>`: asked for one registry's login, without a shell,
//! for a bounded time.
//!
//! <https://github.com/docker/docker-credential-helpers>

use std::{
    ffi::{OsStr, OsString},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

use super::Secret;
use crate::group::Group;

/// Some ask a cloud first.
const LIMIT: Duration = Duration::from_secs(10);
/// Bytes of the longest answer.
const LARGEST: u64 = 64 << 10;
/// The username that stands for an identity token.
const IDENTITY: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    #[serde(default)]
    username: String,
    secret: String,
}

/// What the helper `name` knows of the registry `host`.
pub(super) async fn get(name: &str, host: &str) -> Result<Option<Secret>> {
    let plain = name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c));
    ensure!(plain, "name a credential helper by an invalid name");
    ask(&OsString::from(format!("docker-credential-{name}")), host, LIMIT).await
}

/// What `program` answers about `host` within `limit`.  Nothing that it writes is quoted: it may be
/// the login.
pub(super) async fn ask(program: &OsStr, host: &str, limit: Duration) -> Result<Option<Secret>> {
    let shown = program.to_string_lossy();
    let asked = timeout(limit, run(program, host)).await;
    let asked = asked.with_context(|| format!("`{shown} get` did not answer within {limit:?}"))?;
    let (success, output) = asked.with_context(|| format!("cannot run `{shown} get`"))?;
    if !success {
        // The words by which every helper says that it has none.
        if output.starts_with("credentials not found") {
            return Ok(None);
        }
        bail!("`{shown} get` failed; run it by hand with `{host}` as its input");
    }
    let answer: Option<HelperAnswer> = serde_json::from_str(&output).ok();
    let HelperAnswer { username, secret } =
        answer.with_context(|| format!("`{shown} get` did not answer with a login"))?;
    let secret = SecretString::from(secret);
    Ok(Some(match username.as_str() {
        IDENTITY => Secret::Identity(secret),
        _ => Secret::Password { username, password: secret },
    }))
}

async fn run(program: &OsStr, host: &str) -> Result<(bool, String)> {
    let mut command = Command::new(program);
    command.arg("get").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut group = Group(command.spawn()?);
    if let Some(mut input) = group.0.stdin.take() {
        // One that does not read may close it; its answer tells.
        drop(input.write_all(format!("{host}\n").as_bytes()).await);
    }
    let mut output = String::new();
    if let Some(pipe) = group.0.stdout.take() {
        pipe.take(LARGEST).read_to_string(&mut output).await?;
    }
    Ok((group.0.wait().await?.success(), output))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::executable;

    async fn asked_within(limit: Duration, script: &str) -> Result<Option<Secret>> {
        let directory = tempfile::tempdir()?;
        let program = directory.path().join("docker-credential-test");
        executable::write(&program, &format!("#!/bin/sh\n{script}\n"));
        ask(program.as_os_str(), "ghcr.io", limit).await
    }

    async fn asked(script: &str) -> Result<Option<Secret>> {
        asked_within(LIMIT, script).await
    }

    #[tokio::test]
    async fn a_token_is_told_from_a_password() {
        let token = asked(r#"echo '{"Username":"<token>","Secret":"s"}'"#).await.unwrap();
        assert!(matches!(token, Some(Secret::Identity(_))), "{token:?}");
        let password = asked(r#"echo '{"Username":"u","Secret":"s"}'"#).await.unwrap();
        assert!(matches!(password, Some(Secret::Password { .. })), "{password:?}");
    }

    #[tokio::test]
    async fn a_helper_without_a_login_is_no_error() {
        let none = "echo 'credentials not found in native keychain'; exit 1";
        assert!(asked(none).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_a_failing_helper_writes_is_not_quoted() {
        for script in
            ["echo s3cret; exit 1", "echo s3cret", "echo '{\"Secret\": 3, \"s3cret\": 1}'"]
        {
            let error = format!("{:#}", asked(script).await.unwrap_err());
            assert!(error.contains("docker-credential-test get"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let error = format!("{:#}", get("none-of-that-name", "ghcr.io").await.unwrap_err());
        assert!(error.contains("docker-credential-none-of-that-name"), "{error}");
        assert!(get("../x", "ghcr.io").await.is_err());
    }

    #[tokio::test]
    async fn a_helper_that_hangs_is_not_waited_for() {
        let hung = asked_within(Duration::from_millis(300), "exec sleep 600").await;
        let error = format!("{:#}", hung.unwrap_err());
        assert!(error.contains("within 300ms"), "{error}");
    }
}
