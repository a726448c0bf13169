//! What to do about an image that is not there: what changed, and the build step to paste.  Pure.

use std::fmt::{self, Write};

use crate::{
    clients::registry::LABEL,
    config::Config,
    git::Commit,
    python::requirements::{Change, Document},
};

/// More changes than these are a list nobody reads.
const MOST_CHANGES: usize = 20;

/// What an image is built of: a commit, or what merging it into another makes.
#[derive(Debug, Clone, Copy)]
pub struct Built<'a> {
    /// The commit.
    pub commit: &'a Commit,
    /// What it is merged into first; none: it is built as it is.
    pub into: Option<&'a Commit>,
}

impl<'a> From<&'a Commit> for Built<'a> {
    fn from(commit: &'a Commit) -> Self {
        Self { commit, into: None }
    }
}

/// A prebuilt image that is missing; shown with what to do.
#[derive(Debug, Clone)]
pub struct Missing<'a> {
    /// Whose image it is.
    pub built: Built<'a>,
    /// How it was asked for.
    pub config: &'a Config,
    /// Its name with the tag.
    pub image: String,
    /// What the tag was made of.
    pub document: &'a Document,
    /// What the registry said.
    pub found: String,
    /// A commit whose image is another, and what changed since.
    pub against: Option<(Commit, Vec<Change>)>,
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.found)?;
        if let Some((other, changes)) = &self.against {
            writeln!(out, "{}", since(other, changes))?;
        }
        writeln!(out, "build it once, in a clone of the repository:\n")?;
        writeln!(out, "{}\n", indented(&self.command()))?;
        writeln!(out, "or by the workflow of examples/prebuild.yml:\n")?;
        writeln!(
            out,
            "  gh workflow run regression-prebuild.yml --field sha={}",
            self.built.commit.sha
        )
    }
}

impl Missing<'_> {
    /// Shell commands that build and push it, from the commit's own tree or that of the merge.
    pub fn command(&self) -> String {
        let Built { commit: Commit { sha, .. }, into } = self.built;
        let (tree, hash) = (format!("regression-{}", sha.short()), self.document.hash());
        let (merge, rev) = match into {
            Some(base) => (
                format!("git -C {tree} merge --no-edit {}\n", base.sha),
                format!("\"$(git -C {tree} rev-parse HEAD)\""),
            ),
            None => (String::new(), sha.to_string()),
        };
        let platform = self.config.build.platform.as_str();
        // Ours has it inside, where it cannot be of another config than what it builds.
        let own = self.config.dockerfile.is_some();
        let label = if own { format!(" --label {LABEL}={hash}") } else { String::new() };
        format!(
            "git worktree add --detach {tree} {sha}\n{merge}\
             regression-action image --rev {rev} --dockerfile | docker buildx build --push \\\n  \
             --platform {platform}{label} \\\n  \
             --tag {} --file - {tree}\n\
             git worktree remove {tree}",
            self.image
        )
    }
}

/// What changed since another commit, in a line or a list.
pub(super) fn since(other: &Commit, changes: &[Change]) -> String {
    let name = other.sha.short();
    match changes {
        [] => format!("nothing that decides the image changed since {name}"),
        [change] => format!("changed since {name}: {change}"),
        changes => {
            let mut out = format!("changed since {name}:");
            for change in changes.iter().take(MOST_CHANGES) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\n  {change}");
            }
            if changes.len() > MOST_CHANGES {
                let _ = write!(out, "\n  and {} more", changes.len() - MOST_CHANGES);
            }
            out
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
