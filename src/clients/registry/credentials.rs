//! Who asks a registry: what the inputs say, else docker's and podman's files and helper programs.
//!
//! Our own reading: the crate `docker_credential` knows neither podman's files nor logins for a part
//! of a registry, and runs helpers without a limit of time.

mod file;
mod helper;

use std::{env, path::PathBuf};

use anyhow::{Result, bail};
use secrecy::{ExposeSecret, SecretString};

use super::ImageReference;

/// Where logins are looked for.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    explicit: Option<Login>,
    files: Vec<PathBuf>,
    github: Option<Token>,
}

/// The token of a GitHub, and its own registry, which alone takes it and gets to see it.
#[derive(Debug, Clone)]
struct Token {
    token: SecretString,
    registry: String,
}

/// What a registry gets to see, and where that came from.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) secret: Secret,
    /// Such as "`ci` (registry-username)".
    pub(super) origin: String,
}

/// A user's word for who they are.
#[derive(Debug, Clone)]
pub(super) enum Secret {
    Password {
        username: String,
        password: SecretString,
    },
    /// One that is exchanged at the token endpoint (`identitytoken`).
    Identity(SecretString),
}

impl Credentials {
    /// No login: everything is asked anonymously.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// The inputs `registry-username` and `registry-password` if given, for whatever registry the
    /// image is in; else what `docker login` and `podman login` left on this machine.
    pub fn from_environment(
        username: Option<String>,
        password: Option<SecretString>,
    ) -> Result<Self> {
        match (username, password) {
            (Some(username), Some(password)) => Ok(Self::login(username, password)),
            (None, None) => Ok(Self::files(file::usual(|name| env::var_os(name)))),
            (Some(_), None) => bail!(
                "registry-username is set, but registry-password is not; give both or none, and \
                 see that the secret exists for this event"
            ),
            (None, Some(_)) => bail!(
                "registry-password is set, but registry-username is not; give both or none (ghcr.io \
                 takes any username with a token)"
            ),
        }
    }

    /// One login for whatever registry the image is in.
    pub fn login(username: String, password: SecretString) -> Self {
        let origin = format!("`{}` (registry-username)", crate::output::excerpt(&username, 80));
        let secret = Secret::Password { username, password };
        Self { explicit: Some(Login { secret, origin }), ..Self::default() }
    }

    /// The logins in these files, docker's `config.json` or podman's `auth.json`; the first that
    /// knows the registry decides, and those that are not there are passed over.
    pub fn files(files: Vec<PathBuf>) -> Self {
        Self { files, ..Self::default() }
    }

    /// The same, and at the registry of that GitHub the job's token where no other login is known.
    #[must_use]
    pub fn with_github_token(self, token: SecretString, registry: String) -> Self {
        Self { github: Some(Token { token, registry }), ..self }
    }

    /// The login for `reference`'s registry, if there is one; else why there is none, if that is
    /// worth a word.
    pub(super) async fn find(&self, reference: &ImageReference) -> Result<Option<Login>> {
        if let Some(login) = &self.explicit {
            return Ok(Some(login.clone()));
        }
        for path in &self.files {
            if let Some(login) = file::find(path, reference).await? {
                return Ok(Some(login));
            }
        }
        let host = reference.host().authority();
        let github = self.github.clone().filter(|github| github.registry == host);
        Ok(github.map(|Token { token: password, .. }| Login {
            // GitHub looks at the token alone.
            secret: Secret::Password { username: "x-access-token".to_owned(), password },
            origin: "the job's token (github-token)".to_owned(),
        }))
    }
}

impl Secret {
    fn is_empty(&self) -> bool {
        let (Self::Password { password: secret, .. } | Self::Identity(secret)) = self;
        secret.expose_secret().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_inputs_come_before_every_file_and_half_of_them_is_refused() {
        let (name, word) = ("ci".to_owned(), SecretString::from("s3cret-word"));
        let both = Credentials::from_environment(Some(name.clone()), Some(word.clone())).unwrap();
        let reference = ImageReference::parse("ghcr.io/acme/train").unwrap();
        let login = both.find(&reference).await.unwrap().unwrap();
        assert_eq!(login.origin, "`ci` (registry-username)");
        assert!(!format!("{both:?} {login:?}").contains("s3cret"), "{login:?}");
        let half = Credentials::from_environment(Some(name), None).unwrap_err().to_string();
        assert!(half.contains("registry-password is not"), "{half}");
        let half = Credentials::from_environment(None, Some(word)).unwrap_err().to_string();
        assert!(half.contains("registry-username is not") && !half.contains("s3cret"), "{half}");
    }

    #[tokio::test]
    async fn githubs_token_is_for_githubs_registry_alone() {
        let token = || SecretString::from("ghs_secret");
        let with_token =
            |credentials: Credentials| credentials.with_github_token(token(), "ghcr.io".to_owned());
        let credentials = with_token(Credentials::anonymous());
        for (image, asked) in [
            ("ghcr.io/acme/train", true),
            ("ghcr.io.evil.dev/acme/train", false),
            ("acme/train", false),
            ("registry.acme.dev/ghcr.io/train", false),
            ("containers.ghes.acme.dev/acme/train", false),
        ] {
            let login = credentials.find(&ImageReference::parse(image).unwrap()).await.unwrap();
            assert_eq!(login.is_some(), asked, "{image}");
        }
        let explicit = with_token(Credentials::login("ci".to_owned(), token()));
        let login =
            explicit.find(&ImageReference::parse("ghcr.io/acme/train").unwrap()).await.unwrap();
        assert!(login.unwrap().origin.starts_with("`ci`"));
    }
}
