//! What looking for an image came to, and how that is told: the cause and the remedy.  Pure.

use std::time::Duration;

use super::{Digest, LABEL, Wanted, vendor};
use crate::output::excerpt;

/// What looking for an image came to.  Only [`Outcome::Found`] means that it is there, and only
/// [`Outcome::MissingTag`] and [`Outcome::MissingPlatform`] that building it would help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is there for the platform, and carries no other hash than the one wanted.
    Found(ImageFound),
    /// The registry answers, and knows no such tag, or no such repository.
    MissingTag {
        /// Whether it said that the repository is what it does not know.
        repository: bool,
    },
    /// It is there for other platforms only.
    MissingPlatform {
        /// The platforms that it is there for.
        there: Vec<String>,
    },
    /// The tag leads to an image of another hash: it was overwritten.
    OtherContent {
        /// The hash that the image carries, cut if it is long.
        label: String,
    },
    /// The registry wants a login, and there is none.
    NoCredentials {
        /// Why there is none, unless that is plain.
        problem: Option<String>,
    },
    /// The registry refuses the login, or does not let it read this repository.
    Denied {
        /// Whose login, and where from.
        login: String,
        /// Whether the login was good, but not enough.
        scope: bool,
    },
    /// Too many requests.
    RateLimited {
        /// How long the registry wants us to wait, if it says so.
        wait: Option<Duration>,
        /// Whether we asked anonymously; a login has limits of its own.
        anonymous: bool,
    },
    /// No whole answer came.
    Unreachable {
        /// Who did not answer, with the port.
        host: String,
        /// Why, and what could help.
        cause: String,
    },
    /// What came is not what a registry answers.
    Protocol {
        /// Who answered, with the port.
        host: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// An image that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFound {
    /// Of the index if there is one, so that each node takes what suits it.
    pub digest: Digest,
    /// What it is there for.
    pub platforms: Vec<String>,
    /// Whether it carries the wanted hash, rather than none.
    pub labelled: bool,
    /// Whose eyes saw it.
    pub access: Access,
}

/// As whom an image was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As nobody: the image is public, or its registry open.
    Anonymous,
    /// As the one who is logged in.
    Login,
    /// As nobody, after the login was refused.
    AnonymousAfterRefusal,
}

impl Outcome {
    /// Whether the image is there.
    pub fn found(&self) -> Option<&ImageFound> {
        if let Self::Found(found) = self { Some(found) } else { None }
    }

    /// What happened, why, and what to do, in one sentence without its full stop.
    pub fn message(&self, wanted: &Wanted<'_>) -> String {
        let (image, platform) = (wanted.reference, wanted.platform.as_str());
        let registry = wanted.reference.host().authority();
        match self {
            Self::Found(found) => found.message(wanted),
            Self::MissingTag { repository: false } => {
                format!("image {image} does not exist; build it and push it under that name")
            }
            Self::MissingTag { repository: true } => format!(
                "image {image} does not exist, nor does its repository; see that `{}` is spelled \
                 right, then build the image and push it (some registries want the repository made \
                 before that)",
                image.name()
            ),
            Self::MissingPlatform { there } => format!(
                "image {image} is not there for {platform}, only for {}; build it for {platform} \
                 too, or set build.platform to one of those",
                or_none(there)
            ),
            Self::OtherContent { label } => format!(
                "image {image} was built for other requirements: its {LABEL} is `{label}`, not \
                 `{}`; the tag was overwritten, so build it and push it anew",
                wanted.hash.unwrap_or_default()
            ),
            Self::NoCredentials { problem } => {
                let problem =
                    problem.as_ref().map(|problem| format!(" ({problem})")).unwrap_or_default();
                format!(
                    "{registry} shows image {image} to nobody without a login, and there is \
                     none{problem}; give registry-username and registry-password, or log in before \
                     ({})",
                    vendor::permission(registry)
                )
            }
            Self::Denied { login, scope: false } => format!(
                "{registry} refuses the login of {login} for image {image}, and shows it to nobody \
                 without one; the password may be wrong, or have expired ({})",
                vendor::permission(registry)
            ),
            Self::Denied { login, scope: true } => format!(
                "{registry} does not let {login} read image {image}; the login lacks the right to \
                 pull ({})",
                vendor::permission(registry)
            ),
            Self::RateLimited { wait, anonymous } => {
                rate_limited(registry, &image.to_string(), *wait, *anonymous)
            }
            Self::Unreachable { host, cause } => {
                format!("cannot tell whether image {image} exists: no answer from {host}: {cause}")
            }
            Self::Protocol { host, cause } => format!(
                "cannot tell whether image {image} exists: {host} does not answer as a registry \
                 does: {cause}"
            ),
        }
    }
}

impl ImageFound {
    fn message(&self, wanted: &Wanted<'_>) -> String {
        let pinned = wanted.reference.pinned(&self.digest);
        let there = format!("image {pinned} exists for {}", wanted.platform.as_str());
        let seen = match self.access {
            Access::Anonymous => "",
            Access::Login => {
                ", as seen with the login of this run; the nodes need imagePullSecrets of their own"
            }
            Access::AnonymousAfterRefusal => {
                ", as everybody sees it; the login was refused, so correct or remove it"
            }
        };
        let label = match wanted.hash {
            Some(_) if !self.labelled => {
                "; it carries no hash of requirements, so that an overwritten tag would not be \
                 noticed: build it with the label "
            }
            Some(_) | None => return there + seen,
        };
        there + seen + label + LABEL
    }
}

fn rate_limited(registry: &str, image: &str, wait: Option<Duration>, anonymous: bool) -> String {
    // A longer one is a moment in time, or nonsense.
    let day = Duration::from_hours(24);
    let again = match wait.filter(|wait| *wait <= day) {
        Some(wait) => format!("in {}", humantime::format_duration(wait)),
        None => "later".to_owned(),
    };
    let login = if anonymous {
        ", or give registry-username and registry-password: who is logged in has a limit of their own"
    } else {
        ""
    };
    format!(
        "cannot tell whether image {image} exists: {registry} limits the rate of requests; try \
         again {again}{login}"
    )
}

fn or_none(platforms: &[String]) -> String {
    if platforms.is_empty() { "none that it names".to_owned() } else { platforms.join(", ") }
}

/// A label of others, fit to show.
pub(super) fn shown_label(label: &str) -> String {
    excerpt(label, 80)
}
