//! The commands that make an environment: uv's if it is there, else pip's.  Pure.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::requirements::{Document, Format, Recipe, Root};

/// What the commands work with.
pub(super) struct Plan<'a> {
    pub(super) uv: Option<&'a Path>,
    /// The interpreter that the environment is made with.
    pub(super) python: &'a Path,
    pub(super) venv: &'a Path,
    /// Scratch space.
    pub(super) build: &'a Path,
    /// Where the commit's files are laid out.
    pub(super) files: &'a Path,
}

impl Plan<'_> {
    /// All commands, in their order.
    pub(super) fn commands(&self, document: &Document) -> Result<Vec<Vec<OsString>>> {
        let Some(uv) = self.uv else { return self.by_pip(document) };
        let recipe = document.recipe();
        let mut commands = vec![words(uv, "venv --python")];
        commands[0].extend([self.python.into(), self.venv.into()]);
        let mut install = self.install(uv);
        install.push(ray(recipe));
        let mut extras = false;
        for (index, root) in document.roots().iter().enumerate() {
            match root.format {
                Format::UvLock => {
                    let exported = self.build.join(format!("exported-{index}.txt"));
                    commands.push(self.export(uv, root, recipe, &exported));
                    install.extend(["-r".into(), exported.into()]);
                }
                // Stands alone in a call; what it pins stays where Ray allows it.
                Format::Pylock => {
                    let mut alone = self.install(uv);
                    alone.extend(["-r".into(), self.files.join(&root.path).into()]);
                    commands.push(alone);
                }
                format => {
                    install.extend(["-r".into(), self.files.join(&root.path).into()]);
                    if format == Format::Pyproject {
                        extras = true;
                        install.extend(self.groups(root, recipe));
                    }
                }
            }
        }
        if extras {
            install.extend(options("--extra", &recipe.extras));
        }
        commands.push(install);
        Ok(commands)
    }

    fn by_pip(&self, document: &Document) -> Result<Vec<Vec<OsString>>> {
        let mut create = words(self.python, "-m venv");
        create.push(self.venv.into());
        let mut install = words(
            &self.interpreter(),
            "-m pip install --no-input --progress-bar=off --disable-pip-version-check",
        );
        install.push(ray(document.recipe()));
        for root in document.roots() {
            if root.format != Format::Requirements {
                bail!(
                    "requirements file {} needs uv, which is not on PATH; install uv, or export it \
                     to a requirements.txt and name that",
                    root.path
                );
            }
            install.extend(["-r".into(), self.files.join(&root.path).into()]);
        }
        Ok(vec![create, install])
    }

    fn install(&self, uv: &Path) -> Vec<OsString> {
        let mut command = words(uv, "pip install --python");
        command.push(self.interpreter().into());
        command
    }

    /// What a lock pins, as a file of pip's format.
    fn export(&self, uv: &Path, root: &Root, recipe: &Recipe, to: &Path) -> Vec<OsString> {
        let mut command = words(uv, "export --frozen --no-emit-project --quiet --python");
        let project = self.files.join(&root.path);
        command.push(self.python.into());
        command.extend(["--project".into(), project.parent().unwrap_or(self.files).into()]);
        command.extend(options("--extra", &recipe.extras));
        command.extend(options("--group", &recipe.groups));
        command.extend(["--output-file".into(), to.into()]);
        command
    }

    fn groups(&self, root: &Root, recipe: &Recipe) -> Vec<OsString> {
        let file = self.files.join(&root.path);
        let group = |name: &String| {
            let mut group = OsString::from(&file);
            group.push(":");
            group.push(name);
            ["--group".into(), group]
        };
        recipe.groups.iter().flat_map(group).collect()
    }

    fn interpreter(&self) -> PathBuf {
        self.venv.join("bin").join("python")
    }
}

fn ray(recipe: &Recipe) -> OsString {
    format!("ray[default]=={}", recipe.ray_version).into()
}

fn words(program: &Path, arguments: &str) -> Vec<OsString> {
    std::iter::once(program.into()).chain(arguments.split(' ').map(OsString::from)).collect()
}

fn options<'a>(option: &'a str, values: &'a [String]) -> impl Iterator<Item = OsString> + 'a {
    values.iter().flat_map(move |value| [option.into(), value.into()])
}
