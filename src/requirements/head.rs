//! The facts of a recipe itself, as the document's first lines.

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{Base, canonical, path, reading::Reading};
use crate::hex::hex;

/// The version of the Dockerfile that we generate; raised when a new one installs otherwise.
const GENERATED: &str = "1";

/// The facts, in their order.  Reads the repository's own Dockerfile, if it has one.
pub(super) fn facts(reading: &mut Reading<'_>) -> Result<Vec<Vec<String>>> {
    let recipe = reading.recipe;
    let mut facts = vec![
        fact("platform", &recipe.platform),
        fact("python", &recipe.python),
        fact("ray", &recipe.ray_version),
    ];
    match &recipe.base {
        Base::Machine => facts.push(fact("base image", "machine")),
        Base::Image { base_image, dockerfile } => {
            if dockerfile.is_none() {
                warn_unless_pinned(reading, base_image);
            }
            facts.push(fact("base image", base_image));
            facts.push(match dockerfile {
                Some(path) => own(reading, path)?,
                None => fact("recipe", GENERATED),
            });
        }
    }
    for (word, names) in [("extra", &recipe.extras), ("group", &recipe.groups)] {
        let mut names: Vec<String> = names.iter().map(|name| canonical::name(name)).collect();
        names.sort();
        names.dedup();
        facts.extend(names.iter().map(|name| fact(word, name)));
    }
    facts.extend(recipe.epoch.iter().map(|epoch| fact("epoch", epoch)));
    Ok(facts)
}

fn own(reading: &mut Reading<'_>, dockerfile: &str) -> Result<Vec<String>> {
    let bytes = reading.need(&path::requirements_file("", dockerfile)?, "dockerfile")?;
    let mut stages = vec!["scratch".to_owned()];
    for line in String::from_utf8_lossy(&bytes).lines() {
        let words: Vec<&str> =
            line.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        let [from, image, rest @ ..] = &words[..] else { continue };
        if !from.eq_ignore_ascii_case("from") {
            continue;
        }
        if !stages.contains(&image.to_ascii_lowercase()) {
            warn_unless_pinned(reading, image);
        }
        stages.extend(rest.get(1).map(|stage| stage.to_ascii_lowercase()));
    }
    Ok(fact("Dockerfile", &hex(Sha256::digest(bytes))))
}

fn fact(name: &str, value: &str) -> Vec<String> {
    vec![name.to_owned(), value.to_owned()]
}

fn warn_unless_pinned(reading: &mut Reading<'_>, image: &str) {
    if !image.contains("@sha256:") {
        reading.warn(format!(
            "base image {image} is not pinned by digest: what it holds can change without a \
             commit; write {image}@sha256:..."
        ));
    }
}
