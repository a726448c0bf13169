//! Where the tag of a prebuilt image comes from, as text, Markdown and JSON.  Pure.

use std::fmt::{Result as Written, Write};

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::remedy::since;
use crate::{
    config::Platform,
    git::Commit,
    hex::hex,
    output::{Format, json, literal, plain},
    python::requirements::{Change, Document},
};

/// Version of the JSON form; it rises with every change that a reader could stumble over.
const SCHEMA: u32 = 1;

/// Where the tag of an image comes from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "regression-action image --explain")]
pub struct Explanation {
    /// Version of this form.
    pub schema: u32,
    /// Whose image it is.
    pub commit: Commit,
    /// Name of the image; none if the config names no `image`.
    pub image: Option<String>,
    /// Operating system and architecture of the nodes.
    pub platform: String,
    /// Tag by the requirements hash.
    pub tag: String,
    /// SHA-256 of the document.
    pub hash: String,
    /// The canonical document: one fact a line.
    pub document: String,
    /// Every file that was read.
    pub files: Vec<Explained>,
    /// What a reader should know.
    pub warnings: Vec<String>,
    /// What differs from another commit.
    pub against: Option<Against>,
}

/// A file that was read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explained {
    /// From the root of the tree.
    pub path: String,
    /// Its size.
    pub bytes: usize,
    /// SHA-256 of its bytes.  The hash depends on what the file says, not on this.
    pub sha256: String,
}

/// What differs from another commit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Against {
    /// The other commit.
    pub commit: Commit,
    /// Its tag.
    pub tag: String,
    /// Its hash.
    pub hash: String,
    /// Each difference in words.
    pub changes: Vec<String>,
    #[serde(skip)]
    told: String,
}

impl Explanation {
    /// Of the document of `commit`; `image` is the name with the tag, `against` another commit's.
    pub fn of(
        commit: Commit,
        (image, platform): (Option<String>, &Platform),
        document: &Document,
        against: Option<(Commit, Document)>,
    ) -> Self {
        let files = document.files.iter().map(|file| Explained {
            path: file.path.clone(),
            bytes: file.bytes.len(),
            sha256: hex(Sha256::digest(&file.bytes)),
        });
        Self {
            schema: SCHEMA,
            commit,
            image,
            platform: platform.as_str().to_owned(),
            tag: document.tag(),
            hash: document.hash(),
            document: document.text(),
            files: files.collect(),
            warnings: document.warnings.clone(),
            against: against.map(|(commit, before)| Against::of(commit, &before, document)),
        }
    }

    /// In one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        let mut out = String::new();
        match format {
            Format::Json => return json(self, "the explanation"),
            // Writing to a String cannot fail.
            Format::Text => drop(self.text(&mut out)),
            Format::Markdown => drop(self.markdown(&mut out)),
        }
        Ok(out)
    }

    /// The published JSON Schema of the JSON form.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Explanation)
    }

    fn text(&self, out: &mut String) -> Written {
        let line = |text: &str| plain(text).replace('\n', " ");
        writeln!(
            out,
            "image   {}",
            self.image.as_deref().unwrap_or("none: the config names no `image`")
        )?;
        writeln!(out, "tag     {}", self.tag)?;
        writeln!(out, "sha256  {}", self.hash)?;
        writeln!(out, "commit  {} {}", self.commit.sha.short(), line(&self.commit.subject))?;
        if let Some(against) = &self.against {
            writeln!(out, "\n{}", plain(&against.told))?;
        }
        writeln!(out, "\nfiles that were read:")?;
        for Explained { path, bytes, sha256 } in &self.files {
            writeln!(out, "  {sha256:.12}  {bytes:>7} bytes  {}", line(path))?;
        }
        writeln!(out, "\nthe document, whose SHA-256 is the hash:")?;
        for fact in self.document.lines() {
            writeln!(out, "  {}", plain(fact))?;
        }
        for warning in &self.warnings {
            writeln!(out, "\nwarning: {}", line(warning))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut String) -> Written {
        let image = self.image.as_deref().unwrap_or(&self.tag);
        let (sha, subject) = (self.commit.sha.short(), literal(&plain(&self.commit.subject)));
        writeln!(out, "**Image** `{image}` of `{sha}` {subject}\n")?;
        if let Some(against) = &self.against {
            let changes = &against.changes;
            let equal = if changes.is_empty() { "nothing that decides the image" } else { "" };
            writeln!(out, "Changed since `{}`: {equal}\n", against.commit.sha.short())?;
            for change in changes {
                writeln!(out, "- {}", literal(&plain(change).replace('\n', " ")))?;
            }
            writeln!(out)?;
        }
        for warning in &self.warnings {
            writeln!(out, "> [!WARNING]\n> {}\n", literal(&plain(warning).replace('\n', " ")))?;
        }
        let (count, lines) = (self.files.len(), self.document.lines().count());
        let plural = if count == 1 { "" } else { "s" };
        writeln!(
            out,
            "<details><summary>{lines} facts from {count} file{plural}, SHA-256 {:.12}</summary>\n",
            self.hash
        )?;
        // Indented, so that no text of a file can end it.
        for fact in self.document.lines() {
            writeln!(out, "    {}", plain(fact))?;
        }
        writeln!(out, "\n</details>")
    }
}

impl Against {
    fn of(commit: Commit, before: &Document, document: &Document) -> Self {
        let changes = document.changes_since(before);
        Self {
            told: since(&commit, &changes),
            tag: before.tag(),
            hash: before.hash(),
            changes: changes.iter().map(Change::to_string).collect(),
            commit,
        }
    }
}
