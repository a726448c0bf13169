//! What decides a prebuilt image besides the requirements: a part of `.github/regression.yml`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// What decides a prebuilt image besides the requirements.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Build {
    /// Image that our Dockerfile starts from, with Python and pip, best by digest; without the key,
    /// `python:<python>-slim-bookworm`.
    pub base_image: Option<String>,
    /// Operating system and architecture of the nodes.
    pub platform: Platform,
    /// Further files in the tree that decide the image, and lie beside the requirements when it is built.
    pub extra_files: Vec<String>,
    /// Extras of `pyproject.toml` and of locks that are installed.
    pub extras: Vec<String>,
    /// Dependency groups of `pyproject.toml` and of locks that are installed.
    pub groups: Vec<String>,
    /// Directory in the tree that local paths in requirement files are relative to.
    pub directory: String,
    /// How much of the project itself (`-e .`) decides the image; without the key `metadata`, but all of its files
    /// where only a build can tell its dependencies and may read any file for them.
    pub local_paths: Option<LocalPaths>,
    /// Any text: another text asks for another image, for example after a fix in an unpinned package.
    pub epoch: Option<String>,
}

impl Default for Build {
    fn default() -> Self {
        Self {
            base_image: None,
            platform: Platform::default(),
            extra_files: Vec::new(),
            extras: Vec::new(),
            groups: Vec::new(),
            directory: ".".to_owned(),
            local_paths: None,
            epoch: None,
        }
    }
}

/// How much of the project at the root decides the image, where requirements name it (`-e .`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LocalPaths {
    /// Only the files that say how it is built; its code comes with every commit anyway.
    Metadata,
    /// All of its files, so that every commit has an image of its own.
    Content,
}

/// Operating system and architecture, as registries name them: `linux/amd64`, `linux/arm64/v8`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Platform(#[schemars(regex(pattern = "^linux/[a-z0-9]+(/v[0-9]+)?$"))] String);

impl Platform {
    /// Reads `linux/<architecture>[/<variant>]`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split('/');
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        let linux = parts.next() == Some("linux");
        let architecture = parts.next().is_some_and(word);
        let variant = parts.next().is_none_or(|part| part.starts_with('v') && word(part));
        if linux && architecture && variant && parts.next().is_none() {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("read \"{text}\"; allowed: linux/<architecture>, such as linux/arm64"))
    }

    /// As registries name it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self("linux/amd64".to_owned())
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(yaml)?).map_err(D::Error::custom)
    }
}
