//! What `image` says: the image of a commit, and whether it is there, as text, Markdown and JSON.

use std::fmt::Write;

use anyhow::{Result, bail};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Built, Missing, Resolution};
use crate::{
    clients::registry::Access,
    config::Config,
    git::Commit,
    output::{Format, json, plain},
    python::requirements::{Change, Document},
};

/// Version of the JSON form; it rises with every change that a reader could stumble over.
const SCHEMA: u32 = 1;

/// The image of a commit, and whether it is there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "regression-action image")]
pub struct ResolvedImage {
    /// Version of this form.
    pub schema: u32,
    /// Whose image it is.
    pub commit: Commit,
    /// Its name, with tag or digest.
    pub image: String,
    /// Whether the registry has it.
    pub found: bool,
    /// Its name with the digest, where it was found.
    pub pinned: Option<String>,
    /// SHA-256 of the requirements; none if the config names the image by tag or digest.
    pub requirements_hash: Option<String>,
    /// What is missing and how it is built, where it was not found.
    pub remedy: Option<String>,
    /// What is doubtful about an image that was found.
    pub note: Option<String>,
}

impl Resolution {
    /// What to say of it, with what changed since another commit.  Fails if the registry could not
    /// tell, or told of something else.
    pub fn answer(
        &self,
        built: Built<'_>,
        config: &Config,
        against: Option<(Commit, Vec<Change>)>,
    ) -> Result<ResolvedImage> {
        let pinned = self.pinned();
        if pinned.is_none() && !self.is_missing() {
            bail!("{}", self.message);
        }
        let found = pinned.is_some();
        Ok(ResolvedImage {
            schema: SCHEMA,
            commit: built.commit.clone(),
            image: self.wanted.reference().to_string(),
            found,
            pinned,
            requirements_hash: self.wanted.document().map(Document::hash),
            remedy: (!found).then(|| self.remedy(built, config, against)),
            note: self.is_doubtful().then(|| self.message.clone()),
        })
    }

    /// Whether nobody can tell what it was built for, or a login was refused.
    fn is_doubtful(&self) -> bool {
        let prebuilt = self.wanted.document().is_some();
        self.outcome.found().is_some_and(|found| {
            prebuilt && !found.labelled || found.access == Access::AnonymousAfterRefusal
        })
    }

    fn remedy(
        &self,
        built: Built<'_>,
        config: &Config,
        against: Option<(Commit, Vec<Change>)>,
    ) -> String {
        let Some(document) = self.wanted.document() else { return self.message.clone() };
        let image = self.wanted.reference().to_string();
        Missing { built, config, image, document, found: self.message.clone(), against }.to_string()
    }
}

impl ResolvedImage {
    /// In one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        match format {
            Format::Json => json(self, "the answer"),
            Format::Text => Ok(self.text()),
            Format::Markdown => Ok(self.markdown()),
        }
    }

    /// The published JSON Schema of the JSON form.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(ResolvedImage)
    }

    fn text(&self) -> String {
        match &self.pinned {
            Some(pinned) => {
                let note = self.note.iter().map(|note| format!("warning: {}\n", plain(note)));
                std::iter::once(format!("found: {pinned}\n")).chain(note).collect()
            }
            None => plain(self.remedy.as_deref().unwrap_or_default()).trim_end().to_owned() + "\n",
        }
    }

    fn markdown(&self) -> String {
        let mut out = match &self.pinned {
            Some(pinned) => format!("✅ **Image found**: `{pinned}`\n"),
            None => format!("❌ **Image missing**: `{}`\n", self.image),
        };
        for text in [&self.remedy, &self.note].into_iter().flatten() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\n{}", block(text));
        }
        out
    }
}

/// Text by whomever as a block of code, so that nothing in it is markup.
pub(crate) fn block(text: &str) -> String {
    plain(text).lines().flat_map(|line| ["    ", line, "\n"]).collect()
}
