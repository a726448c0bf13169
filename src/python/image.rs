//! The image of a commit's trainings: from the config and the commit's files to the name by which a
//! cluster pulls it, or to what is missing and how it is built.

mod answer;
mod build_job;
mod dockerfile;
mod explain;
mod remedy;
mod source;

use anyhow::{Context, Result, bail};

use crate::{
    clients::registry::{ImageReference, Outcome, Registry, Wanted},
    config::{Config, Platform},
    git::Files,
    python::requirements::{self, Document, Recipe},
};

pub use answer::ResolvedImage;
pub(crate) use answer::block;
pub use build_job::BuildJob;
pub use dockerfile::dockerfile;
pub use explain::{Against, Explained, Explanation};
pub use remedy::{Built, Missing};
pub use source::source;

/// The image that a commit asks for.
#[derive(Debug, Clone)]
pub enum WantedImage {
    /// The config names it by tag or digest; it is used as it is.
    Named(ImageReference),
    /// Its tag comes from the requirements hash.
    Prebuilt {
        /// With the tag.
        reference: ImageReference,
        /// What the tag was made of.
        document: Box<Document>,
    },
}

/// A wanted image, and what the registry says of it.
#[derive(Debug)]
pub struct Resolution {
    /// What was looked for.
    pub wanted: WantedImage,
    /// What was found.
    pub outcome: Outcome,
    /// The same in words.
    pub message: String,
}

impl WantedImage {
    /// The image that `config` asks for, for the commit with these files.  They are read only if the
    /// tag depends on them.
    pub fn of(config: &Config, files: &dyn Files) -> Result<Self> {
        let reference = named(config)?;
        if reference.tag().is_some() || reference.digest().is_some() {
            return Ok(Self::Named(reference));
        }
        let document = Box::new(requirements::read(&Recipe::image(config), files)?);
        let reference = reference.with_tag(&document.tag())?;
        Ok(Self::Prebuilt { reference, document })
    }

    /// Its name, with tag or digest.
    pub fn reference(&self) -> &ImageReference {
        match self {
            Self::Named(reference) | Self::Prebuilt { reference, .. } => reference,
        }
    }

    /// What its tag was made of; none if the config names it.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Named(_) => None,
            Self::Prebuilt { document, .. } => Some(document),
        }
    }

    /// Asks the registry.
    pub async fn resolve(self, platform: &Platform, registry: &Registry) -> Resolution {
        let hash = self.document().map(Document::hash);
        let asked = Wanted { reference: self.reference(), platform, hash: hash.as_deref() };
        let outcome = registry.look(&asked).await;
        let message = outcome.message(&asked);
        Resolution { wanted: self, outcome, message }
    }
}

impl Resolution {
    /// The name that stays the same content for ever: `repo:tag@sha256:...`; none unless it was found.
    pub fn pinned(&self) -> Option<String> {
        self.outcome.found().map(|found| self.wanted.reference().pinned(&found.digest))
    }

    /// Whether building it would help: the registry answered, and has no such image.
    pub fn is_missing(&self) -> bool {
        matches!(self.outcome, Outcome::MissingTag { .. } | Outcome::MissingPlatform { .. })
    }
}

/// The name of the image of `document`, or the one that the config gives whole; none if it gives none.
pub fn name(config: &Config, document: &Document) -> Result<Option<ImageReference>> {
    if config.image.as_deref().is_none_or(|image| image.trim().is_empty()) {
        return Ok(None);
    }
    let reference = named(config)?;
    let whole = reference.tag().is_some() || reference.digest().is_some();
    Ok(Some(if whole { reference } else { reference.with_tag(&document.tag())? }))
}

/// What the config says.
fn named(config: &Config) -> Result<ImageReference> {
    let Some(image) = config.image.as_deref().map(str::trim).filter(|image| !image.is_empty())
    else {
        bail!(
            "the config names no `image`, which --backend kubernetes needs: set it to a repository for \
             images by the requirements hash, such as ghcr.io/acme/train, or to an image that holds Ray \
             and the requirements, such as ghcr.io/acme/train:1"
        );
    };
    ImageReference::parse(image).context("`image` in the config")
}

#[cfg(test)]
mod tests;
