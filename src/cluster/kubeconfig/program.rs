//! The program that a kubeconfig names for credentials: run by kube as kubectl runs it, once for all clients, because it
//! may ask somebody for a password.

use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};
use kube::{
    Config,
    client::{AuthError, ConfigExt, middleware::AuthLayer},
};

use crate::output;

/// Longest quotation of what a program said.
const QUOTED: usize = 300;

/// Puts the program's token into requests, and runs it again when the token is about to end.  None: there is no
/// program, or it gives a certificate, for which kube runs it with each client.
pub(super) async fn start(config: &mut Config) -> Result<Option<AuthLayer>> {
    let Some(exec) = &config.auth_info.exec else { return Ok(None) };
    let command = exec.command.clone().unwrap_or_default();
    let hint = exec.install_hint.clone().unwrap_or_default();
    let asked = config.clone();
    // It may wait for somebody, whom Ctrl-C ends.
    let layer = tokio::task::spawn_blocking(move || asked.auth_layer()).await;
    let layer = layer.context("the program of the kubeconfig")?;
    let layer = layer.map_err(|error| worded(&command, &hint, &error))?;
    if layer.is_some() {
        config.auth_info.exec = None;
    }
    Ok(layer)
}

/// What went wrong at the first time.
fn worded(command: &str, hint: &str, error: &kube::Error) -> Error {
    let name = Path::new(command).file_name().unwrap_or_default().to_string_lossy();
    let hint = output::excerpt(hint, QUOTED);
    let hint = if hint.is_empty() { hint } else { format!(" ({hint})") };
    let failed = if let kube::Error::Auth(error) = error {
        program_failed(error)
    } else {
        format!("cannot be used: {error}")
    };
    anyhow!("`{name}`, by which the kubeconfig proves who we are, {failed}{hint}")
}

/// How the program failed, without its words and variables, and without its standard output, which may be a token.
pub(crate) fn program_failed(error: &AuthError) -> String {
    if let AuthError::AuthExecStart(cause) = error {
        return format!("cannot be started: {cause}; install it, or put it on PATH");
    }
    let AuthError::AuthExecRun { out, .. } = error else {
        return "printed something else than an ExecCredential with a token or a certificate"
            .to_owned();
    };
    let said = output::ending(&String::from_utf8_lossy(&out.stderr), QUOTED);
    let said = if said.is_empty() { said } else { format!(": {said}") };
    format!("failed ({}){said}; log in as kubectl needs it, and try again", out.status)
}
