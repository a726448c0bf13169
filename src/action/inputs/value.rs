//! The text of one input -> its value, or why it is none and what to give instead.

use std::{
    num::NonZeroU32,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use reqwest::Url;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};

use super::ActionCommand;
use crate::{
    cli::BackendName, clients::github::PullNumber, cluster::parse_address, git::CommitSha,
    output::excerpt,
};

/// As much of a wrong value as an error repeats, in characters.
const SHOWN: usize = 60;

/// A type that an input can have; the text is trimmed and not empty.
pub(super) trait Value: Sized {
    fn parse(text: &str) -> Result<Self>;
}

pub(super) fn value<'de, D: Deserializer<'de>, T: Value>(input: D) -> Result<T, D::Error> {
    parsed(input, T::parse)
}

pub(super) fn optional<'de, D: Deserializer<'de>, T: Value>(
    input: D,
) -> Result<Option<T>, D::Error> {
    parsed(input, T::parse).map(Some)
}

pub(super) fn ray_address<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Url>, D::Error> {
    parsed(input, parse_address).map(Some)
}

/// A path that cannot lead out of the repository.
pub(super) fn repository_path<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
    parsed(input, |text| {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        ensure!(
            Path::new(text).components().all(inside),
            "`{}` leads out of the repository; give a path from its top, such as \
             .github/regression.yml",
            excerpt(text, SHOWN)
        );
        Ok(PathBuf::from(text))
    })
}

fn parsed<'de, D: Deserializer<'de>, T>(
    input: D,
    parse: impl FnOnce(&str) -> Result<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(input)?;
    parse(&text).map_err(|error| D::Error::custom(format!("{error:#}")))
}

impl Value for ActionCommand {
    fn parse(text: &str) -> Result<Self> {
        one_of(text)
    }
}

impl Value for BackendName {
    fn parse(text: &str) -> Result<Self> {
        one_of(text)
    }
}

impl Value for SecretString {
    fn parse(text: &str) -> Result<Self> {
        Ok(text.into())
    }
}

fn one_of<T: ValueEnum>(text: &str) -> Result<T> {
    T::from_str(text, false).ok().with_context(|| {
        let known = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known: Vec<_> = known.map(|value| value.get_name().to_owned()).collect();
        format!("`{}` is not one of {}", excerpt(text, SHOWN), known.join(", "))
    })
}

/// As in YAML 1.2, which is how GitHub's own actions read them.
impl Value for bool {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            _ => bail!("`{}` is neither true nor false", excerpt(text, SHOWN)),
        }
    }
}

/// A count of at least one.
impl Value for NonZeroU32 {
    fn parse(text: &str) -> Result<Self> {
        text.parse().ok().with_context(|| {
            format!("`{}` is not a whole number of at least 1", excerpt(text, SHOWN))
        })
    }
}

impl Value for PullNumber {
    fn parse(text: &str) -> Result<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let number = digits.parse().ok().filter(|&number| number > 0);
        number.map(Self).with_context(|| {
            format!(
                "`{}` is not the number of a pull request, such as 12 or #12",
                excerpt(text, SHOWN)
            )
        })
    }
}

impl Value for CommitSha {
    fn parse(text: &str) -> Result<Self> {
        let whole = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(
            whole,
            "`{}` is not the full name of a commit; give all 40 hex digits, because another commit \
             can be made to begin with the same few",
            excerpt(text, SHOWN)
        );
        Self::parse(&text.to_ascii_lowercase())
    }
}

impl Value for Url {
    fn parse(text: &str) -> Result<Self> {
        // A URL may hold a password: it stays out of the messages.
        let url = Self::parse(text).context("is not a URL such as https://api.github.com")?;
        ensure!(matches!(url.scheme(), "http" | "https"), "is not a URL with http:// or https://");
        ensure!(
            url.username().is_empty() && url.password().is_none(),
            "holds a user name or password; give the token as github-token instead"
        );
        Ok(url)
    }
}
