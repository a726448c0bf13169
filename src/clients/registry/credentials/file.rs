//! Docker's `config.json` or podman's `auth.json` -> the login for one image's registry.
//!
//! <https://docs.docker.com/reference/cli/docker/login/> and `containers-auth.json(5)`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use serde::Deserialize;

use super::{Login, Secret, helper};
use crate::clients::registry::ImageReference;

/// Bytes of the largest file; one login has some hundred.
const LARGEST: u64 = 1 << 20;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    auths: BTreeMap<String, LoginEntry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoginEntry {
    /// Base64 of `username:password`.
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

/// Where docker and podman keep logins, by the variables that `variable` knows.
pub(super) fn usual(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = |below: &str| path("HOME").map(|home| home.join(below));
    let docker = path("DOCKER_CONFIG").or_else(|| home(".docker"));
    let runtime = path("XDG_RUNTIME_DIR").map(|runtime| runtime.join("containers/auth.json"));
    let config = path("XDG_CONFIG_HOME").map(|config| config.join("containers/auth.json"));
    [
        path("REGISTRY_AUTH_FILE"),
        docker.map(|directory| directory.join("config.json")),
        runtime,
        config.or_else(|| home(".config/containers/auth.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the file at `path` says of the registry; none if it says nothing or is not there.
pub(super) async fn find(path: &Path, reference: &ImageReference) -> Result<Option<Login>> {
    let shown = || format!("the logins in {}", path.display());
    let Some(file) = read(path).with_context(shown)? else { return Ok(None) };
    if let Some(secret) =
        file.entry(reference).map(LoginEntry::secret).transpose().with_context(shown)?
        && !secret.is_empty()
    {
        return Ok(Some(Login { origin: origin(&secret, path), secret }));
    }
    let Some(helper) = file.helper(reference) else { return Ok(None) };
    let secret = helper::get(helper, reference.host().helper_name()).await.with_context(shown)?;
    Ok(secret.map(|secret| Login { origin: origin(&secret, path), secret }))
}

fn read(path: &Path) -> Result<Option<File>> {
    let size = match fs::metadata(path) {
        Err(error) if absent(&error) => return Ok(None),
        known => known.context("cannot be read")?.len(),
    };
    ensure!(size <= LARGEST, "are too many: {size} bytes");
    let text = fs::read_to_string(path).context("cannot be read")?;
    // Only where: the parser's own words could quote a login.
    let damaged = |error: serde_json::Error| {
        anyhow::anyhow!("are not the JSON that `docker login` writes (line {})", error.line())
    };
    serde_json::from_str(&text).map(Some).map_err(damaged)
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn origin(secret: &Secret, path: &Path) -> String {
    let path = path.display();
    match secret {
        Secret::Password { username, .. } => {
            format!("`{}` ({path})", crate::output::excerpt(username, 80))
        }
        Secret::Identity(_) => format!("an identity token ({path})"),
    }
}

impl File {
    /// The entry for the longest part of the image's name: podman keeps logins for `host/org` too.
    fn entry(&self, reference: &ImageReference) -> Option<&LoginEntry> {
        let host = reference.host();
        let within = |key: &str| -> Option<usize> {
            if host.is_called(key) {
                return Some(0);
            }
            let (name, path) = key.split_once('/').filter(|_| !key.contains("://"))?;
            let rest = reference.repository().strip_prefix(path)?;
            let whole = rest.is_empty() || rest.starts_with('/');
            (whole && host.is_called(name)).then_some(path.len())
        };
        let keyed = self.auths.iter().filter(|(_, entry)| !entry.is_empty());
        let known = keyed.filter_map(|(key, entry)| Some((within(key)?, entry)));
        known.max_by_key(|(length, _)| *length).map(|(_, entry)| entry)
    }

    fn helper(&self, reference: &ImageReference) -> Option<&str> {
        let mut helpers = self.cred_helpers.iter();
        let own = helpers.find(|(key, _)| reference.host().is_called(key));
        let name = own.map_or(self.creds_store.as_str(), |(_, name)| name);
        (!name.is_empty()).then_some(name)
    }
}

impl LoginEntry {
    /// Docker leaves an empty entry where a helper keeps the login.
    fn is_empty(&self) -> bool {
        self.auth.is_empty() && self.password.is_empty() && self.identitytoken.is_empty()
    }

    fn secret(&self) -> Result<Secret> {
        if !self.identitytoken.is_empty() {
            return Ok(Secret::Identity(SecretString::from(self.identitytoken.as_str())));
        }
        if self.auth.is_empty() {
            let password = SecretString::from(self.password.as_str());
            return Ok(Secret::Password { username: self.username.clone(), password });
        }
        // Neither error may quote the login.
        let decoded =
            STANDARD.decode(self.auth.trim()).ok().and_then(|b| String::from_utf8(b).ok());
        let decoded = decoded.context("hold an `auth` that is not base64 of text; log in anew")?;
        let Some((username, password)) = decoded.trim_end_matches('\0').split_once(':') else {
            bail!("hold an `auth` without a colon; log in anew")
        };
        Ok(Secret::Password { username: username.to_owned(), password: password.into() })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    fn words(login: Option<Login>) -> Option<String> {
        Some(match login?.secret {
            Secret::Password { username, password } => {
                format!("{username}:{}", password.expose_secret())
            }
            Secret::Identity(token) => format!("token {}", token.expose_secret()),
        })
    }

    async fn found(file: &serde_json::Value, image: &str) -> Option<String> {
        let at = tempfile::NamedTempFile::new().unwrap();
        fs::write(at.path(), file.to_string()).unwrap();
        words(find(at.path(), &ImageReference::parse(image).unwrap()).await.unwrap())
    }

    async fn refusal(text: &str) -> String {
        let at = tempfile::NamedTempFile::new().unwrap();
        fs::write(at.path(), text).unwrap();
        let image = ImageReference::parse("ghcr.io/acme/train").unwrap();
        format!("{:#}", find(at.path(), &image).await.unwrap_err())
    }

    #[tokio::test]
    async fn the_login_of_the_registry_is_found_and_no_other() {
        let file = json!({"auths": {
            "https://index.docker.io/v1/": {"auth": STANDARD.encode("hub:one")},
            "ghcr.io": {"auth": STANDARD.encode("x-access-token:t:w:o")},
            "acme.azurecr.io": {"auth": STANDARD.encode("0000:"), "identitytoken": "refresh"},
            "1234.dkr.ecr.eu-west-1.amazonaws.com": {"auth": STANDARD.encode("AWS:ecr\0")},
            "https://europe-docker.pkg.dev": {"username": "oauth2accesstoken", "password": "gar"},
            "quay.io": {"auth": STANDARD.encode("all:q")},
            "quay.io/acme": {"auth": STANDARD.encode("acme:q")},
        }});
        for (image, login) in [
            ("python", Some("hub:one")),
            ("docker.io/acme/train:1", Some("hub:one")),
            ("ghcr.io/acme/train", Some("x-access-token:t:w:o")),
            ("acme.azurecr.io/train", Some("token refresh")),
            ("1234.dkr.ecr.eu-west-1.amazonaws.com/train", Some("AWS:ecr")),
            ("europe-docker.pkg.dev/p/r/train", Some("oauth2accesstoken:gar")),
            ("quay.io/acme/train", Some("acme:q")),
            ("quay.io/acme2/train", Some("all:q")),
            ("ghcr.io:444/acme/train", None),
            ("harbor.acme.dev/p/train", None),
        ] {
            assert_eq!(found(&file, image).await.as_deref(), login, "{image}");
        }
    }

    #[tokio::test]
    async fn a_damaged_file_is_told_without_its_content() {
        let cut = refusal(r#"{"auths": {"ghcr.io": {"auth": "c2VjcmV0""#).await;
        assert!(cut.contains("docker login") && !cut.contains("c2Vj"), "{cut}");
        let kind = refusal(r#"{"auths": "c2VjcmV0"}"#).await;
        assert!(!kind.contains("c2Vj"), "{kind}");
        let auth = refusal(r#"{"auths": {"ghcr.io": {"auth": "s3cret!"}}}"#).await;
        assert!(auth.contains("base64") && !auth.contains("s3cret"), "{auth}");
        let colon = refusal(r#"{"auths": {"ghcr.io": {"auth": "c2VjcmV0"}}}"#).await;
        assert!(colon.contains("colon") && !colon.contains("secret"), "{colon}");
    }

    #[tokio::test]
    async fn no_file_is_no_login() {
        let image = ImageReference::parse("ghcr.io/acme/train").unwrap();
        assert!(find(Path::new("/none/config.json"), &image).await.unwrap().is_none());
        assert!(found(&json!({}), "ghcr.io/acme/train").await.is_none());
        assert!(found(&json!({"auths": {"ghcr.io": {}}}), "ghcr.io/acme/train").await.is_none());
    }

    #[test]
    fn helpers_are_asked_where_the_file_holds_no_login() {
        let file = File {
            cred_helpers: BTreeMap::from([("ghcr.io".to_owned(), "own".to_owned())]),
            creds_store: "all".to_owned(),
            ..File::default()
        };
        let helper = |image| file.helper(&ImageReference::parse(image).unwrap());
        assert_eq!((helper("ghcr.io/a/b"), helper("quay.io/a/b")), (Some("own"), Some("all")));
    }

    #[test]
    fn files_are_where_docker_and_podman_keep_them() {
        let at = |set: &'static [(&str, &str)]| {
            usual(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
        };
        assert_eq!(
            at(&[("HOME", "/h"), ("REGISTRY_AUTH_FILE", "/r.json"), ("XDG_RUNTIME_DIR", "/run/1")]),
            [
                "/r.json",
                "/h/.docker/config.json",
                "/run/1/containers/auth.json",
                "/h/.config/containers/auth.json"
            ]
            .map(PathBuf::from)
        );
        assert_eq!(at(&[("DOCKER_CONFIG", "/d"), ("HOME", "")]), [PathBuf::from("/d/config.json")]);
    }
}
