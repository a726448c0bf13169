//! How the generated Dockerfile installs each format of requirements: commands of one `RUN`.

use anyhow::{Result, bail};

use super::{below_root, own_project::OwnProject};
use crate::{
    python::requirements::{Document, Recipe, RequirementsFormat, Root, UV, beside, parent},
    shell::word,
};

/// What exports, at versions that do not move.
const POETRY: [&str; 2] = ["poetry==2.5.1", "poetry-plugin-export==1.10.1"];
const PIPENV: &str = "pipenv==2026.10.3";
/// Tools and exported files, removed at the end of the same layer.
const TOOLS: &str = "/tmp/tools";

/// Commands before the resolver runs, and what it is then told to install.
#[derive(Default)]
struct DockerInstall {
    commands: Vec<String>,
    arguments: Vec<String>,
    /// Whether exactly what a lock names is installed beforehand.
    locked: bool,
    /// Whether some file is written for pip, which takes the best version of all indexes.
    as_pip: bool,
}

/// Brings uv, installs everything into the base image's own Python, and leaves nothing else behind.
pub(super) fn commands(
    recipe: &Recipe,
    document: &Document,
    own: Option<&OwnProject>,
) -> Result<Vec<String>> {
    let mut plan = DockerInstall::default();
    if let Some(own) = own {
        own.prepare(&mut plan.commands);
        plan.arguments.extend(own.arguments());
    }
    for (index, root) in document.roots.iter().enumerate() {
        plan.add(root, index, recipe, own)?;
    }
    let mut commands = vec![
        format!("python -m pip install --no-cache-dir --target {TOOLS} {UV}"),
        format!(
            "export PATH=\"$PATH:{TOOLS}/bin\" TMPDIR={TOOLS} PYTHONDONTWRITEBYTECODE=1 UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 UV_NO_PROGRESS=1 \
             UV_PYTHON_DOWNLOADS=never UV_SYSTEM_PYTHON=1 UV_BREAK_SYSTEM_PACKAGES=1 \
             UV_PREVIEW_FEATURES=pylock"
        ),
    ];
    if let Some(epoch) = &recipe.build.epoch {
        commands.push(format!(": {}", word(&format!("epoch {epoch}"))));
    }
    commands.extend(plan.finish(recipe));
    commands.push("ray --version".to_owned());
    commands.push(format!("rm -rf {TOOLS}"));
    Ok(commands)
}

impl DockerInstall {
    fn add(
        &mut self,
        root: &Root,
        index: usize,
        recipe: &Recipe,
        own: Option<&OwnProject>,
    ) -> Result<()> {
        let path = below_root(&root.path);
        let exported = format!("{TOOLS}/{index}.txt");
        match root.format {
            RequirementsFormat::Requirements => self.requirements(&path),
            RequirementsFormat::Pyproject => self.pyproject(&path, recipe),
            RequirementsFormat::Pylock => self.lock(&path),
            RequirementsFormat::UvLock => {
                // Paths in it are relative to it.
                let pylock = beside(&path, "pylock.exported.toml");
                self.commands.push(uv_export(&path, &pylock, recipe, own));
                self.lock(&pylock);
            }
            RequirementsFormat::PoetryLock => {
                self.commands.push(poetry_export(&path, &exported, recipe));
                self.requirements(&exported);
            }
            RequirementsFormat::PipfileLock => {
                self.commands.push(pipenv_export(&path, &exported));
                self.requirements(&exported);
            }
            RequirementsFormat::CondaEnvironment | RequirementsFormat::CondaLock => {
                refuse(root, "conda's")?;
            }
            RequirementsFormat::Bytes => refuse(root, "in no format that uv installs")?,
        }
        Ok(())
    }

    fn requirements(&mut self, path: &str) {
        self.as_pip = true;
        self.arguments.push(format!("--requirements {}", word(path)));
    }

    fn pyproject(&mut self, path: &str, recipe: &Recipe) {
        self.arguments.push(format!("--requirements {}", word(path)));
        self.arguments
            .extend(recipe.build.extras.iter().map(|extra| format!("--extra {}", word(extra))));
        let group = |group: &String| format!("--group {}", word(&format!("{path}:{group}")));
        self.arguments.extend(recipe.build.groups.iter().map(group));
    }

    /// uv takes nothing beside a `pylock.toml`, so what it installs bounds the rest.
    fn lock(&mut self, path: &str) {
        self.commands.push(format!("uv pip install --requirements {}", word(path)));
        self.locked = true;
    }

    /// One run of the resolver for Ray and everything that no lock has fixed.
    fn finish(self, recipe: &Recipe) -> Vec<String> {
        let Self { mut commands, arguments, locked, as_pip } = self;
        let mut install = vec!["uv pip install".to_owned()];
        if as_pip {
            install.push("--index-strategy unsafe-best-match".to_owned());
        }
        if locked {
            commands.push(format!("uv pip freeze --exclude-editable > {TOOLS}/locked.txt"));
            install.push(format!("--constraints {TOOLS}/locked.txt"));
        }
        install.push(word(&format!("ray[default]=={}", recipe.ray_version)));
        install.extend(arguments);
        commands.push(install.join(" \\\n        "));
        commands
    }
}

fn uv_export(path: &str, to: &str, recipe: &Recipe, own: Option<&OwnProject>) -> String {
    let project = word(parent(path));
    let mut words =
        vec![format!("uv export --quiet --frozen --no-default-groups --project {project}")];
    if !own.is_some_and(OwnProject::is_installed) {
        words.push("--no-emit-project".to_owned());
    }
    words.extend(recipe.build.extras.iter().map(|extra| format!("--extra {}", word(extra))));
    words.extend(recipe.build.groups.iter().map(|group| format!("--group {}", word(group))));
    words.push(format!("--format pylock.toml --output-file {}", word(to)));
    words.join(" ")
}

fn poetry_export(path: &str, to: &str, recipe: &Recipe) -> String {
    let directory = word(parent(path));
    let [poetry, plugin] = POETRY;
    let groups = [&["main".to_owned()], &*recipe.build.groups].concat().join(",");
    let extras = match recipe.build.extras.join(" ") {
        extras if extras.is_empty() => String::new(),
        extras => format!(" --extras {}", word(&extras)),
    };
    format!(
        "uv tool run --from {poetry} --with {plugin} poetry export --directory {directory} --only {}{extras} \
         --output {to}",
        word(&groups)
    )
}

fn pipenv_export(path: &str, to: &str) -> String {
    let pipfile = word(&beside(path, "Pipfile"));
    format!("touch {pipfile} && PIPENV_PIPFILE={pipfile} uv tool run {PIPENV} requirements > {to}")
}

fn refuse(root: &Root, what: &str) -> Result<()> {
    bail!(
        "the generated Dockerfile cannot install {}, which is {what}: write a Dockerfile of your own \
         that does, and name it under `dockerfile` in the config",
        root.path
    )
}
