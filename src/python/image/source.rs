//! The address that a cluster clones the repository from: without credentials, by HTTPS, and with the
//! ending by which `BuildKit` knows git.

use anyhow::{Context, Result};

use crate::git::{Repository, program};

/// The address that was typed, else that of the remote `origin`.
pub fn source(typed: Option<&str>, repository: &Repository) -> Result<String> {
    let origin = || {
        let mut command = repository.git();
        let url = program::stdout(command.args(["config", "--get", "remote.origin.url"]));
        url.context(
            "the repository has no remote `origin`; say by --source where a cluster clones it",
        )
    };
    let url = match typed {
        Some(url) => url.to_owned(),
        None => String::from_utf8_lossy(&origin()?).into_owned(),
    };
    https(url.trim()).context(
        "the remote `origin` is not an address on a network; say by --source where a cluster clones it",
    )
}

/// `git@host:path`, `ssh://git@host/path` and `https://user:password@host/path` by HTTPS.
fn https(url: &str) -> Option<String> {
    let (host, path) = if let Some((scheme, rest)) = url.split_once("://") {
        if !["https", "http", "ssh", "git"].contains(&scheme) {
            return None;
        }
        let (authority, path) = rest.split_once('/')?;
        let host = authority.rsplit('@').next()?;
        // The port of SSH is not that of HTTPS.
        let host = if scheme == "https" { host } else { host.split(':').next()? };
        (host, path)
    } else {
        let (host, path) = url.split_once(':').filter(|(host, _)| !host.contains('/'))?;
        (host.rsplit('@').next()?, path)
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("https://{host}/{path}.git"))
}

#[cfg(test)]
mod tests {
    use super::https;

    #[test]
    fn any_remote_by_https_and_without_credentials() {
        for url in [
            "https://github.com/acme/digits",
            "https://x-access-token:secret@github.com/acme/digits.git",
            "git@github.com:acme/digits.git",
            "ssh://git@github.com:22/acme/digits.git/",
            "github.com:acme/digits",
        ] {
            assert_eq!(https(url).as_deref(), Some("https://github.com/acme/digits.git"), "{url}");
        }
        let port = https("https://git.acme.dev:8443/a/b").unwrap();
        assert_eq!(port, "https://git.acme.dev:8443/a/b.git");
    }

    #[test]
    fn what_is_on_this_machine_has_no_address() {
        for url in ["/srv/git/digits", "../digits", "file:///srv/digits", "C", ""] {
            assert_eq!(https(url), None, "{url}");
        }
    }
}
