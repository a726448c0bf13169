//! The project itself, where a requirement file names it (`-e .`): its dependencies are installed,
//! its code is not, because an image outlives the commit that it was built for.

use anyhow::{Result, bail};

use super::below_root;
use crate::{
    config::LocalPaths,
    git::Files,
    python::requirements::{Document, LocalPackage, Recipe, below},
    shell::word,
};

/// What says which dependencies it has: the first that is there.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// The project itself, as requirement files name it.
#[derive(Debug)]
pub(super) struct OwnProject {
    named: Vec<LocalPackage>,
    extras: Vec<String>,
    /// What says which dependencies it has.
    file: String,
    installed: bool,
}

impl OwnProject {
    /// None if no requirement file names it.
    pub(super) fn of(
        recipe: &Recipe,
        document: &Document,
        files: &dyn Files,
    ) -> Result<Option<Self>> {
        let is_own = |local: &&LocalPackage| local.directory == recipe.build.directory;
        let named: Vec<_> = document.locals.iter().filter(is_own).cloned().collect();
        let Some(first) = named.first() else { return Ok(None) };
        let installed = recipe.build.local_paths == Some(LocalPaths::Content);
        let mut file = None;
        for name in PROJECT_FILES {
            let path = below(&recipe.build.directory, name);
            if file.is_none() && files.read(&path)?.is_some() {
                file = Some(path);
            }
        }
        let Some(file) = file else {
            bail!(
                "{} names the project itself (`{}`), which has no pyproject.toml, setup.py or setup.cfg in \
                 the commit: add one, or write a Dockerfile of your own and name it under `dockerfile` in \
                 the config",
                first.named_in,
                first.path
            );
        };
        let extras = document.files.iter().flat_map(|file| {
            let named = named.iter().filter(|local| local.named_in == file.path);
            let text = String::from_utf8_lossy(&file.bytes);
            named.flat_map(|local| extras(&text, &local.path)).collect::<Vec<_>>()
        });
        let mut extras: Vec<String> = extras.collect();
        extras.sort();
        extras.dedup();
        Ok(Some(Self { named, extras, file, installed }))
    }

    /// Whether its code is part of the image.
    pub(super) fn is_installed(&self) -> bool {
        self.installed
    }

    /// Lines for whoever reads the Dockerfile.
    pub(super) fn note(&self) -> String {
        if self.installed {
            return "# The project itself is installed too (`local-paths: content`).\n".to_owned();
        }
        "# The project itself is left out of the requirements, its dependencies are not.  If its modules lie\n\
         # below src/, the config needs: env: {PYTHONPATH: src}\n"
            .to_owned()
    }

    /// Takes the lines that name it out of the requirement files.
    pub(super) fn prepare(&self, commands: &mut Vec<String>) {
        if self.installed {
            return;
        }
        for LocalPackage { path, named_in, .. } in &self.named {
            let pattern = format!("\\,{},d", line(path));
            commands.push(format!("sed -i -E {} {}", word(&pattern), word(&below_root(named_in))));
        }
    }

    /// What is installed in its place.
    pub(super) fn arguments(&self) -> Vec<String> {
        if self.installed {
            return Vec::new();
        }
        let file = format!("--requirements {}", word(&below_root(&self.file)));
        let extras = self.extras.iter().map(|extra| format!("--extra {}", word(extra)));
        std::iter::once(file).chain(extras).collect()
    }
}

/// sed's pattern (extended) of a line of a requirement file that names `path` and nothing else.
fn line(path: &str) -> String {
    // Commas delimit it, for sed ends it at a slash even in brackets.
    let literal: String = path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("[{c}]") })
        .collect();
    let space = "[[:space:]]*";
    let option = format!("((-e|--editable)[[:space:]=]*)?(file:)?{literal}");
    format!("^{space}{option}(\\[[^]]*\\])?{space}([;#].*)?$")
}

/// The extras in brackets behind `path`.
fn extras(text: &str, path: &str) -> Vec<String> {
    let named = text.lines().filter_map(|line| {
        let rest = line.trim_start();
        let rest =
            ["--editable", "-e"].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
        let rest = rest.trim_start_matches([' ', '\t', '=']);
        let rest = rest.strip_prefix("file:").unwrap_or(rest).strip_prefix(path)?;
        Some(rest.strip_prefix('[')?.split_once(']')?.0.to_owned())
    });
    let words = named.flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    words.map(|extra| extra.trim().to_owned()).filter(|extra| !extra.is_empty()).collect()
}
