//! The facts of a recipe itself, as the document's first lines.

use anyhow::Result;

use super::{EnvironmentBase, reading::RequirementsReader, url::name};

/// The version of the Dockerfile that we generate; raised when a new one installs otherwise.
const GENERATED: &str = "1";

/// The facts, in their order.  Reads the repository's own Dockerfile, if it has one.
pub(super) fn facts(reading: &mut RequirementsReader<'_>) -> Result<Vec<(&'static str, String)>> {
    let recipe = reading.recipe;
    let mut facts = vec![
        ("platform", recipe.platform.clone()),
        ("python", recipe.python.clone()),
        ("ray", recipe.ray_version.clone()),
    ];
    match &recipe.base {
        EnvironmentBase::Machine => facts.push(("base image", "machine".to_owned())),
        EnvironmentBase::Image { base_image, dockerfile } => {
            facts.push(("base image", base_image.clone()));
            facts.push(if let Some(path) = dockerfile {
                ("Dockerfile", reading.dockerfile(path)?)
            } else {
                reading.warn_unless_pinned(base_image);
                ("recipe", GENERATED.to_owned())
            });
        }
    }
    for (word, names) in [("extra", &recipe.build.extras), ("group", &recipe.build.groups)] {
        let mut names: Vec<String> = names.iter().map(|text| name(text)).collect();
        names.sort();
        names.dedup();
        facts.extend(names.into_iter().map(|name| (word, name)));
    }
    facts.extend(recipe.build.epoch.iter().map(|epoch| ("epoch", epoch.clone())));
    Ok(facts)
}
