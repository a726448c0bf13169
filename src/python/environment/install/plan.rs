//! The commands that make an environment: uv's if it is there, else pip's where pip reads the files.
//! Pure.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::python::requirements::{Document, FactKind, Recipe, RequirementsFormat, UV};

/// The file below `build` that holds what [`hashed`] yields.
pub(super) const PINS: &str = "pins.txt";

/// What the commands work with.
pub(super) struct InstallPlan<'a> {
    pub(super) uv: Option<&'a Path>,
    /// The interpreter that the environment is made with.
    pub(super) python: &'a Path,
    pub(super) venv: &'a Path,
    /// Scratch space.
    pub(super) build: &'a Path,
    /// Where the commit's files are laid out.
    pub(super) files: &'a Path,
}

/// Whether pip alone cannot install what the document asks for.
pub(super) fn needs_uv(document: &Document) -> bool {
    document.roots.iter().any(|root| root.format != RequirementsFormat::Requirements)
}

/// The commands that bring uv from the package index to `to`; `venv` is scratch.
pub(super) fn bring_uv(python: &Path, venv: &Path, to: &Path) -> Vec<Vec<OsString>> {
    let mut create = words(python, "-m venv");
    create.push(venv.into());
    let mut install = pip(&venv.join("bin").join("python"));
    install.extend(["--target".into(), to.into(), UV.into()]);
    vec![create, install]
}

/// The versions that hashes fix, as constraints without the hashes; pip takes no other package beside
/// those with hashes, so that Ray is installed after them.
pub(super) fn hashed(document: &Document) -> Option<String> {
    let pins = document.entries.iter().filter(|entry| entry.kind == FactKind::Requirement);
    let pins = pins.filter_map(|entry| {
        let (pin, _) = entry.value.split_once(" --hash=")?;
        Some(format!("{}{pin}\n", entry.name))
    });
    let pins: String = pins.collect();
    Some(pins).filter(|pins| !pins.is_empty())
}

impl InstallPlan<'_> {
    /// All commands, in their order.
    pub(super) fn commands(&self, document: &Document) -> Vec<Vec<OsString>> {
        let Some(uv) = self.uv else { return self.by_pip(document) };
        let recipe = &document.recipe;
        let mut commands = vec![words(uv, "venv --python")];
        commands[0].extend([self.python.into(), self.venv.into()]);
        let mut install = self.install(uv);
        if document.roots.iter().any(|root| root.format == RequirementsFormat::Requirements) {
            // Written for pip, which takes the best version of all indexes.
            install.extend(["--index-strategy".into(), "unsafe-best-match".into()]);
        }
        install.push(ray(recipe));
        for (index, root) in document.roots.iter().enumerate() {
            let mut file = self.files.join(&root.path);
            if root.format == RequirementsFormat::Pylock {
                // Stands alone in a call; what it pins stays where Ray allows it.
                let mut alone = self.install(uv);
                alone.extend(["-r".into(), file.into()]);
                commands.push(alone);
                continue;
            }
            if root.format == RequirementsFormat::UvLock {
                let exported = self.build.join(format!("exported-{index}.txt"));
                commands.push(self.export(uv, &file, recipe, &exported));
                file = exported;
            }
            if root.format == RequirementsFormat::Pyproject {
                install.extend(groups(&file, recipe));
            }
            install.extend(["-r".into(), file.into()]);
        }
        if document.roots.iter().any(|root| root.format == RequirementsFormat::Pyproject) {
            install.extend(options("--extra", &recipe.build.extras));
        }
        commands.push(install);
        commands
    }

    fn by_pip(&self, document: &Document) -> Vec<Vec<OsString>> {
        let mut create = words(self.python, "-m venv");
        create.push(self.venv.into());
        let mut install = pip(&self.interpreter());
        let mut commands = vec![create];
        let files = document.roots.iter().map(|root| self.files.join(&root.path));
        let files = files.flat_map(|file| ["-r".into(), file.into()]);
        if hashed(document).is_none() {
            install.push(ray(&document.recipe));
            install.extend(files);
        } else {
            let mut first = install.clone();
            first.extend(files);
            commands.push(first);
            install.push(ray(&document.recipe));
            install.extend(["-c".into(), self.build.join(PINS).into()]);
        }
        commands.push(install);
        commands
    }

    fn install(&self, uv: &Path) -> Vec<OsString> {
        // As pip does by itself.  Where Python may not write bytecode, every start would compile anew.
        let mut command = words(uv, "pip install --compile-bytecode --python");
        command.push(self.interpreter().into());
        command
    }

    /// What a lock pins, as a file of pip's format.
    fn export(&self, uv: &Path, lock: &Path, recipe: &Recipe, to: &Path) -> Vec<OsString> {
        let mut command =
            words(uv, "export --frozen --no-default-groups --no-emit-project --quiet --python");
        command.push(self.python.into());
        command.extend(["--project".into(), lock.parent().unwrap_or(self.files).into()]);
        command.extend(options("--extra", &recipe.build.extras));
        command.extend(options("--group", &recipe.build.groups));
        command.extend(["--output-file".into(), to.into()]);
        command
    }

    fn interpreter(&self) -> PathBuf {
        self.venv.join("bin").join("python")
    }
}

/// Groups are named with the file that they stand in.
fn groups(file: &Path, recipe: &Recipe) -> Vec<OsString> {
    let group = |name: &String| {
        let mut group = OsString::from(file);
        group.push(":");
        group.push(name);
        ["--group".into(), group]
    };
    recipe.build.groups.iter().flat_map(group).collect()
}

fn ray(recipe: &Recipe) -> OsString {
    format!("ray[default]=={}", recipe.ray_version).into()
}

fn pip(python: &Path) -> Vec<OsString> {
    words(python, "-m pip install --no-input --progress-bar=off --disable-pip-version-check")
}

fn words(program: &Path, arguments: &str) -> Vec<OsString> {
    std::iter::once(program.into()).chain(arguments.split(' ').map(OsString::from)).collect()
}

fn options<'a>(option: &'a str, values: &'a [String]) -> impl Iterator<Item = OsString> + 'a {
    values.iter().flat_map(move |value| [option.into(), value.into()])
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::*;
    use crate::{
        config::Config,
        git::{Files, Listed},
        python::requirements::read,
    };

    /// A tree that has every file, empty.
    struct Empty;

    impl Files for Empty {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
            let project =
                "[project.optional-dependencies]\ngpu = []\n[dependency-groups]\ntrain = []\n";
            let text = match path {
                "pyproject.toml" | "a/pyproject.toml" => project,
                "hashed.txt" => "six==1.17.0 --hash=sha256:00",
                _ => "",
            };
            Ok(Some(text.into()))
        }

        fn list(&self, _directory: &str) -> Result<Vec<Listed>> {
            Ok(Vec::new())
        }
    }

    fn commands(uv: Option<&str>, requirements: &str) -> Vec<String> {
        let text = format!(
            "entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 0.1}}}}\nrequirements: {requirements}\n\
             build: {{extras: [gpu], groups: [train]}}"
        );
        let recipe = Recipe::machine(&Config::parse(&text, "test").unwrap(), "3.11.7");
        let [python, venv, build, files] = ["/p", "/v", "/b", "/f"].map(Path::new);
        let plan = InstallPlan { uv: uv.map(Path::new), python, venv, build, files };
        let commands = plan.commands(&read(&recipe, &Empty).unwrap());
        let shown = |command: &Vec<OsString>| command.join(" ".as_ref()).into_string().unwrap();
        commands.iter().map(shown).collect()
    }

    #[test]
    fn uv_installs_every_format_that_it_reads() {
        let wanted = [
            "/uv venv --python /p /v",
            "/uv export --frozen --no-default-groups --no-emit-project --quiet --python /p --project /f/a --extra gpu \
             --group train --output-file /b/exported-1.txt",
            "/uv pip install --compile-bytecode --python /v/bin/python -r /f/pylock.toml",
            "/uv pip install --compile-bytecode --python /v/bin/python --index-strategy unsafe-best-match \
             ray[default]==2.60.0 -r /f/r.txt \
             -r /b/exported-1.txt --group /f/pyproject.toml:train -r /f/pyproject.toml --extra gpu",
        ];
        let found = commands(Some("/uv"), "[r.txt, a/uv.lock, pyproject.toml, pylock.toml]");
        assert_eq!(found, wanted);
    }

    #[test]
    fn pip_installs_its_own_format_and_hashes_before_ray() {
        let found = commands(None, "r.txt");
        assert_eq!(found[0], "/p -m venv /v");
        assert!(found[1].starts_with("/v/bin/python -m pip install "), "{found:?}");
        assert!(found[1].ends_with(" ray[default]==2.60.0 -r /f/r.txt"), "{found:?}");
        let found = commands(None, "[r.txt, hashed.txt]");
        assert!(found[1].ends_with(" -r /f/r.txt -r /f/hashed.txt"), "{found:?}");
        assert!(found[2].ends_with(" ray[default]==2.60.0 -c /b/pins.txt"), "{found:?}");
    }
}
