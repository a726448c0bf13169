//! Manifests of all four kinds -> what they say of platforms, labels and further content.  Pure.
//!
//! <https://github.com/opencontainers/image-spec>; docker's two kinds have the same fields.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Digest, LABEL};
use crate::output::excerpt;

/// What we read.  All of it stands in `Accept`: a registry says "not found" of an image whose kind
/// is missing there.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// Platforms that a message lists at most.
const SHOWN: usize = 20;

pub(super) type Labels = BTreeMap<String, String>;

/// A manifest, or an index of several.
#[derive(Debug)]
pub(super) enum Manifest {
    Index(Index),
    Single(Single),
}

/// One name for one image for each of several platforms.
#[derive(Debug)]
pub(super) struct Index {
    entries: Vec<Descriptor>,
    annotations: Labels,
}

/// One image.
#[derive(Debug)]
pub(super) struct Single {
    pub(super) config: Digest,
    pub(super) annotations: Labels,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    schema_version: u32,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(default)]
    annotations: Option<Labels>,
}

#[derive(Debug, Deserialize)]
struct Descriptor {
    digest: String,
    platform: Option<Target>,
    #[serde(default)]
    annotations: Option<Labels>,
}

/// An operating system and architecture as a manifest or a config names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    os: String,
    architecture: String,
    variant: String,
}

/// What an image is started with, as far as we read it.
#[derive(Debug, Deserialize)]
pub(super) struct ImageConfig {
    #[serde(flatten)]
    pub(super) target: Target,
    config: Option<Started>,
}

#[derive(Debug, Deserialize)]
struct Started {
    #[serde(rename = "Labels")]
    labels: Option<Labels>,
}

impl Manifest {
    /// Reads a body; an error says what is wrong with it.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let wire: Wire = serde_json::from_slice(body).map_err(not_json)?;
        let annotations = wire.annotations.unwrap_or_default();
        match (wire.manifests, wire.config) {
            (Some(entries), None) if wire.layers.is_none() => {
                Ok(Self::Index(Index { entries, annotations }))
            }
            (None, Some(config)) => {
                Ok(Self::Single(Single { config: digest(&config)?, annotations }))
            }
            (None, None) if wire.schema_version == 1 => {
                Err("its manifest is of docker's first schema; push the image anew".to_owned())
            }
            _ => Err("its manifest is neither one of an image nor an index".to_owned()),
        }
    }
}

impl Index {
    /// The platforms that images are there for.
    pub(super) fn platforms(&self) -> Vec<String> {
        let targets = self.images().map(|(target, _)| target.to_string());
        targets.take(SHOWN).collect()
    }

    /// The image for `platform` and what the index says of it, its own words last.
    pub(super) fn choose(&self, platform: &str) -> Option<Result<(Digest, Labels), String>> {
        let (_, entry) = self.images().find(|(target, _)| target.suits(platform))?;
        let mut labels = entry.annotations.clone().unwrap_or_default();
        labels.extend(self.annotations.clone());
        Some(digest(entry).map(|digest| (digest, labels)))
    }

    /// Entries that can be run: no attestations, and nothing without a platform.
    fn images(&self) -> impl Iterator<Item = (&Target, &Descriptor)> {
        let known = |entry: &Descriptor| {
            let annotations = entry.annotations.as_ref();
            annotations.is_none_or(|annotations| !annotations.contains_key(REFERENCE_TYPE))
        };
        let entries = self.entries.iter().filter(move |entry| known(entry));
        let targeted = entries.filter_map(|entry| Some((entry.platform.as_ref()?, entry)));
        targeted.filter(|(target, _)| target.is_known())
    }
}

impl Target {
    fn is_known(&self) -> bool {
        let known = |word: &str| !word.is_empty() && word != "unknown";
        known(&self.os) && known(&self.architecture)
    }

    /// Whether it is `os/architecture`, or `os/architecture/variant`, if that is asked for.
    pub(super) fn suits(&self, platform: &str) -> bool {
        let mut asked = platform.split('/');
        let (os, architecture, variant) = (asked.next(), asked.next(), asked.next());
        os == Some(&self.os)
            && architecture == Some(&self.architecture)
            && variant.is_none_or(|variant| variant == self.variant())
    }

    /// The variant, or the one that is meant by none.
    fn variant(&self) -> &str {
        match (self.architecture.as_str(), self.variant.as_str()) {
            ("arm64", "") => "v8",
            ("arm", "") => "v7",
            (_, variant) => variant,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = [&self.os, &self.architecture, &self.variant].map(|word| excerpt(word, 30));
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        f.write_str(if words.is_empty() { "unknown" } else { "" })?;
        f.write_str(&words.join("/"))
    }
}

impl ImageConfig {
    /// Reads a body; an error says what is wrong with it.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(not_json)
    }

    /// The hash that the image carries as a label.
    pub(super) fn label(&self) -> Option<&str> {
        label(self.config.as_ref()?.labels.as_ref()?)
    }
}

/// The hash that labels or annotations carry.
pub(super) fn label(labels: &Labels) -> Option<&str> {
    labels.get(LABEL).map(String::as_str)
}

fn digest(descriptor: &Descriptor) -> Result<Digest, String> {
    let digest = descriptor.digest.parse();
    digest.map_err(|error| format!("its manifest names content by no sha256: {error}"))
}

/// Only where: the parser's own words quote what it met.
#[expect(clippy::needless_pass_by_value, reason = "map_err gives it away")]
fn not_json(error: serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("its manifest or config is not the JSON we know (line {line}, column {column})")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn index(manifests: &Value) -> Index {
        let body = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        let Ok(Manifest::Index(index)) = Manifest::read(body.as_bytes()) else { panic!("{body}") };
        index
    }

    fn entry(content: &str, os: &str, architecture: &str, variant: Option<&str>) -> Value {
        let mut platform = json!({"os": os, "architecture": architecture});
        if let Some(variant) = variant {
            platform["variant"] = variant.into();
        }
        json!({"digest": Digest::of(content.as_bytes()).as_str(), "platform": platform})
    }

    fn chosen(index: &Index, platform: &str) -> Option<Digest> {
        Some(index.choose(platform)?.unwrap().0)
    }

    #[test]
    fn a_variant_decides_only_if_asked_for() {
        let entries = json!([
            entry("v6", "linux", "arm", Some("v6")),
            entry("v7", "linux", "arm", None),
            entry("64", "linux", "arm64", None),
            entry("win", "windows", "amd64", None),
        ]);
        let index = index(&entries);
        for (platform, content) in [
            ("linux/arm", Some("v6")),
            ("linux/arm/v7", Some("v7")),
            ("linux/arm64", Some("64")),
            ("linux/arm64/v8", Some("64")),
            ("linux/arm64/v9", None),
            ("linux/amd64", None),
        ] {
            let content = content.map(|content| Digest::of(content.as_bytes()));
            assert_eq!(chosen(&index, platform), content, "{platform}");
        }
        let there = ["linux/arm/v6", "linux/arm", "linux/arm64", "windows/amd64"];
        assert_eq!(index.platforms(), there);
    }

    #[test]
    fn attestations_and_the_unknown_are_no_images() {
        let mut attestation = entry("a", "linux", "amd64", None);
        attestation["annotations"] = json!({REFERENCE_TYPE: "attestation-manifest"});
        let unknown = entry("u", "unknown", "unknown", None);
        let bare = json!({"digest": Digest::of(b"b").as_str()});
        let index = index(&json!([attestation, unknown, bare, entry("i", "linux", "amd64", None)]));
        assert_eq!(index.platforms(), ["linux/amd64"]);
        assert_eq!(chosen(&index, "linux/amd64"), Some(Digest::of(b"i")));
        assert_eq!(chosen(&index, "unknown/unknown"), None);
    }

    #[test]
    fn annotations_of_the_index_go_before_those_of_its_entries() {
        let mut image = entry("i", "linux", "amd64", None);
        image["annotations"] = json!({LABEL: "of the entry"});
        let labels = |index: Index| index.choose("linux/amd64").unwrap().unwrap().1;
        assert_eq!(label(&labels(index(&json!([image])))), Some("of the entry"));
        let mut both = index(&json!([image]));
        both.annotations.insert(LABEL.to_owned(), "of the index".to_owned());
        assert_eq!(label(&labels(both)), Some("of the index"));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let descriptor = json!({"digest": Digest::of(b"x").as_str()});
        for (body, why) in [
            (json!({"schemaVersion": 1, "fsLayers": []}), "first schema"),
            (json!({"schemaVersion": 2}), "neither"),
            (json!({"manifests": [], "config": descriptor}), "neither"),
            (json!({"manifests": [], "layers": []}), "neither"),
            (json!({"config": {"digest": "sha512:00"}}), "no sha256"),
            (json!([]), "not the JSON"),
        ] {
            let error = Manifest::read(body.to_string().as_bytes()).unwrap_err();
            assert!(error.contains(why), "{body}: {error}");
        }
    }

    #[test]
    fn labels_are_read_from_the_config() {
        let config = |config: Value| ImageConfig::read(config.to_string().as_bytes()).unwrap();
        let labelled = json!({"os": "linux", "architecture": "amd64",
                              "config": {"Labels": {LABEL: "1", "other": "2"}}});
        let read = config(labelled);
        assert_eq!((read.label(), read.target.suits("linux/amd64")), (Some("1"), true));
        for bare in [json!({}), json!({"config": null}), json!({"config": {"Labels": null}})] {
            assert_eq!(config(bare).label(), None);
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in "(\\PC|[{}\\[\\]\":,]|\"manifests\"|\"config\"){0,60}") {
            drop(Manifest::read(body.as_bytes()));
            drop(ImageConfig::read(body.as_bytes()));
        }
    }
}
