//! The Dockerfile of an image: the repository's own as it stands, else one made from what the
//! requirements name.  Pure: takes a recipe and a document, yields text.

mod copies;
mod install;
mod own_project;

use anyhow::{Context, Result};

use crate::{
    clients::registry::LABEL,
    git::Files,
    python::requirements::{Document, EnvironmentBase, Recipe},
};

/// Where the requirement files lie in the image.
const ROOT: &str = "/requirements";
/// The user that Ray runs as, unless the base image has one of that number.
const USER: u32 = 1000;

/// The text of the Dockerfile that builds the image of `document`.
///
/// Fails where a requirement file is of a format that ours cannot install.
pub fn dockerfile(recipe: &Recipe, document: &Document, files: &dyn Files) -> Result<String> {
    if let EnvironmentBase::Image { dockerfile: Some(path), .. } = &recipe.base {
        let bytes = files.read(path)?.with_context(|| {
            format!("dockerfile {path} is not in the commit; check `dockerfile` in the config")
        })?;
        return String::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8 text"));
    }
    generated(recipe, document, files)
}

fn generated(recipe: &Recipe, document: &Document, files: &dyn Files) -> Result<String> {
    let own = own_project::OwnProject::of(recipe, document, files)?;
    let copies = copies::instructions(document)?;
    let install = install::commands(recipe, document, own.as_ref())?;
    let base = match &recipe.base {
        EnvironmentBase::Image { base_image, .. } => base_image.as_str(),
        EnvironmentBase::Machine => "scratch",
    };
    let (tag, hash) = (document.tag(), document.hash());
    let note = own.as_ref().map(own_project::OwnProject::note).unwrap_or_default();
    Ok(format!(
        "# Made by regression-action for {tag}: Ray {ray} and the requirements, not the project itself,\n\
         # whose code comes with every commit.  Build it with the commit's tree as context.\n\
         {note}\
         FROM {base}\n\
         SHELL [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\"]\n\
         USER 0\n\
         RUN getent passwd {USER} > /dev/null || useradd --create-home --uid {USER} ray\n\
         WORKDIR {directory}\n\
         {copies}\
         # For indexes with a password: docker build --secret id=netrc,src=$HOME/.netrc\n\
         RUN --mount=type=secret,id=netrc,target=/root/.netrc \\\n    {install}\n\
         LABEL {LABEL}=\"{hash}\"\n\
         USER {USER}\n\
         WORKDIR /tmp\n",
        ray = recipe.ray_version,
        directory = below_root(&recipe.build.directory),
        install = install.join(" \\\n    && "),
    ))
}

/// The path of a file of the commit in the image.
fn below_root(path: &str) -> String {
    match normal(path) {
        path if path.is_empty() => ROOT.to_owned(),
        path => format!("{ROOT}/{path}"),
    }
}

/// A path from the root without `.` and empty parts; `..` is taken back where it can be.
fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
