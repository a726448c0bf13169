//! A project of the repository -> facts about its dependencies: what `pyproject.toml` says, and where
//! only a build can tell, what a build backend reads.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{
    EnvironmentBase, RequirementsFormat,
    parse::{self, Table},
    path,
    reading::RequirementsReader,
    table::{places, take, texts},
    url::name,
};
use crate::config::LocalPaths;

/// The project file of all tools.
pub(super) const FILE: &str = "pyproject.toml";
/// What backends read to tell a project's dependencies.
const BUILD: [&str; 5] = [FILE, "setup.py", "setup.cfg", "MANIFEST.in", "hatch.toml"];
/// Backends that read nothing for the dependencies but these files and what they name.
const DECLARATIVE: [&str; 2] = ["setuptools", "wheel"];
/// Words of a `setup.py` that may read more.
const READING: &str = "open read read_text exec eval compile os io glob Path pathlib __import__ \
                       setup_requires use_scm_version";

impl RequirementsReader<'_> {
    /// A `pyproject.toml` that was asked for.
    pub(super) fn pyproject(&mut self, path: &str, table: Table) -> Result<()> {
        let recipe = self.recipe;
        if !is_static(&table, !recipe.build.extras.is_empty()) {
            return self.built(path::parent(path), path);
        }
        let table = Value::Object(table);
        for (pointer, what, key, names) in [
            ("/project/optional-dependencies", "extra", "extras", &recipe.build.extras),
            ("/dependency-groups", "dependency group", "groups", &recipe.build.groups),
        ] {
            let there = table.pointer(pointer).and_then(Value::as_object);
            let is_there = |wanted: &String| {
                there.is_some_and(|all| all.keys().any(|found| name(found) == name(wanted)))
            };
            let missing = names.iter().find(|name| !is_there(name));
            ensure!(
                missing.is_none(),
                "{path} has no {what} {}; check `build.{key}` in the config",
                missing.map_or("", String::as_str)
            );
        }
        self.dependencies(path, table)
    }

    /// The project in a directory, whose dependencies are installed and whose code is not.
    pub(super) fn project(&mut self, directory: &str, named_in: &str) -> Result<()> {
        let file = path::below(directory, FILE);
        let table = self.read(&file)?.and_then(|bytes| parse::toml(&bytes).ok());
        let Some(table) = table.filter(|table| is_static(table, true)) else {
            return self.built(directory, named_in);
        };
        self.warn(format!(
            "{named_in} installs the project itself: of its files only what {file} says of dependencies \
             counts; `local-paths: content` makes every file count"
        ));
        self.dependencies(&file, Value::Object(table))
    }

    /// What a project file says: its dependencies as lines of pip's format, those of extras and groups
    /// with their names, chosen or not.
    fn dependencies(&mut self, path: &str, mut table: Value) -> Result<()> {
        self.places_of_tools(path, &table)?;
        let mut lists = vec![(String::new(), take(&mut table, "/project", "dependencies"))];
        for (place, key, word) in
            [("/project", "optional-dependencies", "extra"), ("", "dependency-groups", "group")]
        {
            if let Some(Value::Object(all)) = take(&mut table, place, key) {
                let named = all
                    .into_iter()
                    .map(|(key, list)| (format!(" in {word} {}", name(&key)), Some(list)));
                lists.extend(named);
            }
        }
        for (scope, list) in lists {
            for item in list.as_ref().and_then(Value::as_array).into_iter().flatten() {
                match item.as_str() {
                    Some(line) => self.pip_line(path, line, &scope)?,
                    None => self.setting(format!("{path}{scope}"), item.clone()),
                }
            }
        }
        self.keys(path, RequirementsFormat::Pyproject, table)
    }

    /// Packages of the repository that the tables of uv, Poetry and PDM name by their paths, and members
    /// of the workspace.
    pub(super) fn places_of_tools(&mut self, path: &str, table: &Value) -> Result<()> {
        for tool in
            ["/tool/uv", "/tool/poetry", "/tool/pdm"].iter().filter_map(|tool| table.pointer(tool))
        {
            for place in places(tool) {
                self.local(path::parent(path), &place, path)?;
            }
        }
        let sources = table.pointer("/tool/uv/sources").and_then(Value::as_object);
        for (wanted, source) in sources.into_iter().flatten() {
            if source.get("workspace") == Some(&Value::Bool(true)) {
                self.member(wanted, path)?;
            }
        }
        Ok(())
    }

    /// The member of the workspace that has this name.
    fn member(&mut self, wanted: &str, named_in: &str) -> Result<()> {
        let is_project = |path: &&str| path.rsplit('/').next() == Some(FILE);
        let tree = self.tree()?.iter().map(|listed| &*listed.path);
        let files: Vec<String> = tree.filter(is_project).map(str::to_owned).collect();
        for file in files {
            let bytes = self.files.read(&file)?.unwrap_or_default();
            let table = Value::Object(parse::toml(&bytes).unwrap_or_default());
            let found = table.pointer("/project/name").and_then(Value::as_str);
            if found.is_some_and(|found| name(found) == name(wanted)) {
                let directory = format!("./{}", path::parent(&file));
                return self.local("", &directory, named_in);
            }
        }
        self.warn(format!("{named_in} takes {wanted} from the workspace, where it is not"));
        Ok(())
    }

    /// A project whose dependencies only its build can tell: the files that a backend reads for them,
    /// those that they name, and the whole directory where it may read more.
    fn built(&mut self, directory: &str, named_in: &str) -> Result<()> {
        let (mut named, mut more, mut backend) = (Vec::new(), None, false);
        for file in BUILD {
            let path = path::below(directory, file);
            let Some(bytes) = self.read(&path)? else { continue };
            self.bytes(&path, &bytes);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if file == FILE
                && let Ok(table) = parse::toml(&bytes)
            {
                backend = table.contains_key("build-system") || table.contains_key("project");
                self.places_of_tools(&path, &Value::Object(table))?;
            }
            if more.is_none() && reads_more(file, &text) {
                more = Some(path);
            }
            let is_part = |c: char| c.is_alphanumeric() || "_./-".contains(c);
            named.extend(text.split(|c| !is_part(c)).map(str::to_owned));
        }
        for path in named.iter().filter_map(|word| path::join(directory, word)) {
            if self.is_file(&path)?
                && let Some(bytes) = self.read(&path)?
            {
                self.bytes(&path, &bytes);
            }
        }
        let setup = ["setup.py", "setup.cfg"].map(|file| path::below(directory, file));
        if !backend && self.document.files.iter().all(|file| !setup.contains(&file.path)) {
            self.warn(format!(
                "{named_in} has neither `[project]` nor `[build-system]`, so that installers find no \
                 dependencies there: add one of them, or name a lock under `requirements`"
            ));
        }
        let Some(more) = more else { return Ok(()) };
        let recipe = self.recipe;
        let whole = recipe.base != EnvironmentBase::Machine
            && recipe.build.local_paths != Some(LocalPaths::Metadata);
        let counts = if whole {
            self.whole(directory)?;
            "every file of the project counts; `local-paths: metadata` makes only those count that it names"
        } else {
            "only files that it names count; list others under `build.extra-files`"
        };
        self.warn(format!(
            "{named_in} takes dependencies from a build, in which {more} may read any file: {counts}"
        ));
        Ok(())
    }
}

/// Whether the dependencies can be read without a build.
fn is_static(table: &Table, extras: bool) -> bool {
    let builds = |key: &String| key == "dependencies" || (extras && key == "optional-dependencies");
    table.get("project").is_some_and(|project| !texts(project.get("dynamic")).iter().any(builds))
}

/// Whether a build may read files that this one does not name.
fn reads_more(file: &str, text: &str) -> bool {
    match file {
        "setup.py" => {
            let words = || text.split(|c: char| !c.is_alphanumeric() && c != '_');
            let plain = |line: &&str| {
                *line == "import setuptools"
                    || ["from setuptools import ", "from distutils"]
                        .iter()
                        .any(|start| line.starts_with(start))
            };
            let imports = words().filter(|word| *word == "import").count();
            imports != text.lines().filter(plain).count()
                || READING.split(' ').any(|reading| words().any(|word| word == reading))
        }
        "setup.cfg" => text.contains("attr:"),
        FILE => {
            let Ok(table) = parse::toml(text.as_bytes()) else { return true };
            let build = table.get("build-system").cloned().unwrap_or_default();
            let known = |line: &String| {
                let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
                DECLARATIVE.contains(&&*name(&line[..end.unwrap_or(line.len())]))
            };
            let alone = build.get("backend-path").is_none()
                && texts(build.get("requires")).iter().all(known);
            !alone || text.contains("attr")
        }
        _ => false,
    }
}
