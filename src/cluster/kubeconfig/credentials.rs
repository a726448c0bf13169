//! How we prove who we are: takes a context's user, yields what kube may know of it, and where a
//! token that changes comes from.  Refuses in the action what would run a program.

use std::{path::PathBuf, time::SystemTime};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, AuthProviderConfig, Cluster, ExecConfig};
use secrecy::{ExposeSecret, SecretString};

use super::{Place, choice::Choice, given, jwt, pem};

mod refusal;
pub(super) use refusal::NEW_TOKEN;
use refusal::{exec, provider};

/// What proves who we are.
#[derive(Debug)]
pub(super) struct ClusterCredentials {
    /// What does not change, for kube: fields that we read and checked, no others.
    pub(super) fixed: AuthInfo,
    /// A token that is fetched anew while we run.
    pub(super) token: Option<ChangingToken>,
    /// When the token ends that is not, if it says so.
    pub(super) end: Option<SystemTime>,
}

/// Where a token that changes comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ChangingToken {
    /// A file that someone else keeps fresh.
    File(PathBuf),
    /// GitHub, asked for a token for this audience.
    Github { audience: String },
}

/// What becomes of a user that proves itself by running a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Programs {
    /// kube runs it, as kubectl does: a person typed the command on a machine that has such programs.
    Run,
    /// The action's image has none, and it would run with the rights of the job.
    Refused,
}

/// Reads the user of the chosen context.  A program beside a token is passed over, as by kubectl.
pub(super) fn read(
    choice: &Choice,
    place: Place,
    programs: Programs,
) -> Result<ClusterCredentials> {
    let (user, name) = (choice.user, choice.user_name);
    let token = given(user.token.as_ref().map(ExposeSecret::expose_secret));
    let has_token = token.or(given(user.token_file.as_deref())).is_some();
    match (user.exec.as_ref().filter(|_| !has_token), programs) {
        (None, _) => {}
        (Some(program), Programs::Run) => {
            let exec = Some(as_asked(program, choice.cluster)?);
            let fixed = AuthInfo { exec, ..impersonation(user) };
            return Ok(ClusterCredentials { fixed, token: None, end: None });
        }
        (Some(ExecConfig { command, .. }), Programs::Refused) => {
            bail!("{}", exec(name, command.as_deref().unwrap_or_default()))
        }
    }
    if user.username.is_some() || user.password.is_some() {
        bail!("{}", refusal::password(name));
    }
    let github = user.auth_provider.as_ref().map(|config| github(config, name)).transpose()?;
    let inline = inline_token(user, name)?;
    let token = match (github, &inline, given(user.token_file.as_deref())) {
        (Some(github), ..) => Some(github),
        (None, None, Some(path)) => Some(file(path, name, place)?),
        _ => None,
    };
    let mut fixed = impersonation(user);
    if let Some((certificate, key)) = pem::identity(user, name, place)? {
        fixed.client_certificate_data = Some(STANDARD.encode(certificate.expose_secret()));
        fixed.client_key_data = Some(STANDARD.encode(key.expose_secret()).into());
    }
    fixed.token = inline.filter(|_| token.is_none());
    let end = fixed.token.as_ref().and_then(|token| jwt::claims(token.expose_secret())?.end());
    if fixed.token.is_none() && token.is_none() && fixed.client_key_data.is_none() {
        bail!("{}", refusal::nothing(name));
    }
    Ok(ClusterCredentials { fixed, token, end })
}

/// The program with what it wants to be told of the server.
fn as_asked(program: &ExecConfig, server: &Cluster) -> Result<ExecConfig> {
    let told = if program.provide_cluster_info {
        Some(server.try_into().map_err(super::error::worded)?)
    } else {
        None
    };
    Ok(ExecConfig { cluster: told, ..program.clone() })
}

/// Whom to act for; kube sends it along.
fn impersonation(user: &AuthInfo) -> AuthInfo {
    AuthInfo {
        impersonate: user.impersonate.clone(),
        impersonate_uid: user.impersonate_uid.clone(),
        impersonate_groups: user.impersonate_groups.clone(),
        impersonate_user_extra: user.impersonate_user_extra.clone(),
        ..AuthInfo::default()
    }
}

/// Our own provider; every other is refused.
fn github(config: &AuthProviderConfig, name: &str) -> Result<ChangingToken> {
    if config.name != "github-oidc" {
        bail!("{}", provider(name, &config.name));
    }
    let audience = given(config.config.get("audience").map(String::as_str));
    let audience = audience.with_context(|| {
        format!(
            "the auth-provider github-oidc of user `{name}` needs config.audience: the audience \
             that the API server is set up to accept"
        )
    })?;
    Ok(ChangingToken::Github { audience: audience.to_owned() })
}

fn file(path: &str, name: &str, place: Place) -> Result<ChangingToken> {
    if !place.reaches(path) {
        bail!(
            "the tokenFile `{path}` of user `{name}` is relative to a file, but the kubeconfig \
             came as a text; put the token itself into it, as users[].user.token"
        );
    }
    Ok(ChangingToken::File(path.into()))
}

/// The token in the kubeconfig; kube would panic on a line break in it.
fn inline_token(user: &AuthInfo, name: &str) -> Result<Option<SecretString>> {
    let Some(token) = given(user.token.as_ref().map(ExposeSecret::expose_secret)) else {
        return Ok(None);
    };
    if pem::is_redacted(token) {
        bail!(
            "kubectl left the token of user `{name}` out; make the kubeconfig by `kubectl config \
             view --raw --flatten --minify`"
        );
    }
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        bail!(
            "the token of user `{name}` has a character that tokens cannot have, such as a space"
        );
    }
    if jwt::claims(token).is_some_and(|claims| claims.has_expired(SystemTime::now())) {
        bail!("the token of user `{name}` has expired; {NEW_TOKEN}");
    }
    Ok(Some(token.into()))
}
