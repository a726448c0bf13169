//! What the runner says of the run: its variables -> typed values.  Reads no file.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>

use std::{collections::BTreeMap, fmt::Display, path::PathBuf, str::FromStr};

use anyhow::{Context as _, Result, anyhow};
use reqwest::Url;

use crate::{clients::github::RepositoryName, git::CommitSha};

/// The run that we are part of.
#[derive(Debug, Clone)]
pub struct Context {
    /// Name of the event, such as `pull_request_review`.
    pub event_name: String,
    /// File with the event's payload.
    pub event_path: PathBuf,
    /// Repository of the workflow.
    pub repository: RepositoryName,
    /// `GITHUB_SHA`: in events of pull requests a merge commit that nobody looks at, never the head.
    pub sha: CommitSha,
    /// `GITHUB_REF`, such as `refs/heads/main`; not every event has one.
    pub git_ref: Option<String>,
    /// `GITHUB_WORKFLOW_REF`: `owner/name/.github/workflows/file.yml@refs/heads/main`.
    workflow_ref: Option<String>,
    /// Number of the run, the same in all its attempts.
    pub run_id: u64,
    /// Which attempt this is, from 1.
    pub run_attempt: u32,
    /// GitHub's pages.
    pub server_url: Url,
    /// GitHub's REST API.
    pub api_url: Url,
    /// Directory of the job, which later steps see.
    pub workspace: PathBuf,
    /// Directory that ends with the job; in a container, runners before 2.329 do not show it.
    pub temp: Option<PathBuf>,
}

impl Context {
    /// Picks the runner's variables out of all.  Fails if one is missing or means nothing.
    pub fn from_pairs(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let variables = Variables(variables.into_iter().collect());
        Ok(Self {
            event_name: variables.text("GITHUB_EVENT_NAME")?.to_owned(),
            event_path: variables.text("GITHUB_EVENT_PATH")?.into(),
            repository: variables.parsed("GITHUB_REPOSITORY")?,
            sha: CommitSha::parse(variables.text("GITHUB_SHA")?).context("GITHUB_SHA")?,
            git_ref: variables.find("GITHUB_REF").map(str::to_owned),
            workflow_ref: variables.find("GITHUB_WORKFLOW_REF").map(str::to_owned),
            run_id: variables.parsed("GITHUB_RUN_ID")?,
            run_attempt: variables.parsed("GITHUB_RUN_ATTEMPT")?,
            server_url: variables.parsed("GITHUB_SERVER_URL")?,
            api_url: variables.parsed("GITHUB_API_URL")?,
            workspace: variables.text("GITHUB_WORKSPACE")?.into(),
            temp: variables.find("RUNNER_TEMP").map(PathBuf::from),
        })
    }

    /// Where git fetches from.
    pub fn remote(&self) -> Result<Url> {
        let server = self.server_url.as_str().trim_end_matches('/');
        let remote = format!("{server}/{}", self.repository);
        remote.parse().context("GITHUB_SERVER_URL is not the address of a server")
    }

    /// The registry that takes the job's token: GitHub's, or the server's own.
    pub fn registry(&self) -> String {
        match self.server_url.host_str() {
            Some("github.com") | None => "ghcr.io".to_owned(),
            Some(host) => format!("containers.{host}"),
        }
    }

    /// Path of the workflow's file in the repository, if the runner tells.
    pub fn workflow(&self) -> Option<&str> {
        let (path, _) = self.workflow_ref.as_deref()?.split_once('@')?;
        path.get(self.repository.as_str().len()..)?.strip_prefix('/')
    }

    /// The number of a run of this repository by a link to it, or to an attempt of it, as [`Self::run_url`] writes
    /// them.  What says more is no link of ours.
    pub fn run_of(&self, link: &str) -> Option<u64> {
        let server = self.server_url.as_str().trim_end_matches('/');
        let runs = format!("{server}/{}/actions/runs/", self.repository);
        let number = |digits: &str| -> Option<u64> {
            let all = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| all)
        };
        let rest = link.strip_prefix(&runs)?;
        let Some((run, attempt)) = rest.split_once("/attempts/") else { return number(rest) };
        number(attempt).and_then(|_| number(run))
    }

    /// The page of this run, and of this attempt if it is not the first.
    pub fn run_url(&self) -> String {
        let server = self.server_url.as_str().trim_end_matches('/');
        let run = format!("{server}/{}/actions/runs/{}", self.repository, self.run_id);
        match self.run_attempt {
            0 | 1 => run,
            attempt => format!("{run}/attempts/{attempt}"),
        }
    }
}

struct Variables(BTreeMap<String, String>);

impl Variables {
    fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Result<&str> {
        self.find(name).with_context(|| {
            format!("{name} is not set; this command is for a runner of GitHub Actions")
        })
    }

    fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T> {
        self.text(name)?.parse().map_err(|error| anyhow!("{name} cannot be read: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIABLES: [(&str, &str); 11] = [
        ("GITHUB_EVENT_NAME", "pull_request_review"),
        ("GITHUB_EVENT_PATH", "/github/workflow/event.json"),
        ("GITHUB_REPOSITORY", "acme/model"),
        ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
        ("GITHUB_REF", "refs/pull/12/merge"),
        ("GITHUB_RUN_ID", "7654321098"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_API_URL", "https://api.github.com"),
        ("GITHUB_WORKSPACE", "/github/workspace"),
        ("RUNNER_TEMP", "/github/runner_temp"),
    ];

    fn context(changed: &[(&str, &str)]) -> Result<Context> {
        let all = VARIABLES.iter().chain(changed);
        Context::from_pairs(all.map(|&(name, value)| (name.to_owned(), value.to_owned())))
    }

    #[test]
    fn the_workflow_has_a_file() {
        let of = |value| context(&[("GITHUB_WORKFLOW_REF", value)]).unwrap();
        let whole = of("acme/model/.github/workflows/r.yml@refs/heads/main");
        assert_eq!(whole.workflow(), Some(".github/workflows/r.yml"));
        for wrong in ["", "acme/model", "a@b", "acme/model.github/r.yml@refs/heads/main"] {
            assert_eq!(of(wrong).workflow(), None, "{wrong}");
        }
    }

    #[test]
    fn the_run_has_a_page_and_later_attempts_their_own() {
        let first = "https://github.com/acme/model/actions/runs/7654321098";
        assert_eq!(context(&[]).unwrap().run_url(), first);
        let third = context(&[("GITHUB_RUN_ATTEMPT", "3")]).unwrap();
        assert_eq!(third.run_url(), format!("{first}/attempts/3"));
        for link in [third.run_url(), first.to_owned()] {
            assert_eq!(third.run_of(&link), Some(7_654_321_098));
        }
        for link in ["", "https://github.com/acme/other/actions/runs/1", "https://mallory.dev/1"] {
            assert_eq!(third.run_of(link), None, "{link}");
        }
        for more in
            ["/", "/job/2", "?a", ") ![x](https://mallory.dev)", "/attempts/3)", "/attempts/"]
        {
            assert_eq!(third.run_of(&format!("{first}{more}")), None, "{more}");
        }
        assert_eq!(third.run_of(&first.replace("/7", "/+7")), None);
        let enterprise = context(&[("GITHUB_SERVER_URL", "https://ghes.example.com/")]).unwrap();
        let url = "https://ghes.example.com/acme/model/actions/runs/7654321098";
        assert_eq!(enterprise.run_url(), url);
    }

    #[test]
    fn each_github_has_a_registry_of_its_own() {
        for (server, registry) in [
            ("https://github.com", "ghcr.io"),
            ("https://ghes.example.com/", "containers.ghes.example.com"),
            ("https://acme.ghe.com", "containers.acme.ghe.com"),
            ("https://github.com.evil.dev", "containers.github.com.evil.dev"),
        ] {
            assert_eq!(context(&[("GITHUB_SERVER_URL", server)]).unwrap().registry(), registry);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (name, _) in VARIABLES {
            if matches!(name, "GITHUB_REF" | "RUNNER_TEMP") {
                assert!(context(&[(name, "")]).is_ok());
            } else {
                let message = context(&[(name, "")]).unwrap_err().to_string();
                assert!(message.starts_with(&format!("{name} is not set")), "{message}");
            }
        }
        for name in ["GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_RUN_ID", "GITHUB_API_URL"] {
            let message = format!("{:#}", context(&[(name, "?")]).unwrap_err());
            assert!(message.starts_with(name), "{message}");
        }
    }
}
