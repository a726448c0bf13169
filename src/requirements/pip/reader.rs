//! Requirements files, each with the files that it names: reads them in pip's order, hands each line
//! to what understands it, and keeps what nothing understands.

use anyhow::{Result, bail};

use super::{
    decode::decode,
    lines::logical_lines,
    options::{self, Options},
    package, settings,
    url::{scheme, without_credentials},
    variable, words,
};
use crate::requirements::{Entry, Files, Gathered, Kind, RequirementsFile, path};

/// Each is far above what repositories have; they bound what a hostile file can cost.
const MOST_NESTED: usize = 64;
const MOST_READ: usize = 1_000;
const MOST_BYTES: usize = 8 << 20;

/// A walk through requirements files.
pub(super) struct Reader<'a> {
    /// Where pip runs, which local packages are named from.
    pub(super) directory: &'a str,
    /// What is gathered.
    pub(super) into: &'a mut Gathered,
    /// The file that is being read.
    pub(super) file: String,
    /// Whether its lines are constraints.
    pub(super) constraint: bool,
    files: &'a dyn Files,
    /// The files that are open, outermost first, each with the one that names it.
    open: Vec<(String, Option<String>)>,
    /// Files read so far, each time.
    read: usize,
}

impl<'a> Reader<'a> {
    /// A walk that starts at `file`.
    pub(super) fn new(
        file: &str,
        directory: &'a str,
        files: &'a dyn Files,
        into: &'a mut Gathered,
    ) -> Self {
        let open = vec![(file.to_owned(), None)];
        Self { directory, into, file: file.to_owned(), constraint: false, files, open, read: 0 }
    }

    /// Reads the file that the walk starts at.
    pub(super) fn root(&mut self) -> Result<()> {
        let path = self.file.clone();
        let Some(bytes) = self.files.read(&path)? else {
            bail!(
                "requirements file {path} is not in the commit; check `requirements` in the config"
            );
        };
        self.bytes(bytes)
    }

    /// Reads a text as if it stood in the current file.
    pub(super) fn text(&mut self, text: &str) -> Result<()> {
        logical_lines(text).iter().try_for_each(|line| self.line(line))
    }

    /// Adds a fact about a package: a constraint where the current file is one.
    pub(super) fn add(&mut self, name: String, value: String) {
        let kind = if self.constraint { Kind::Constraint } else { Kind::Requirement };
        self.into.entries.insert(Entry { kind, name, value });
    }

    /// Keeps a line as it is that pip would not accept, for `reason`.
    pub(super) fn keep(&mut self, line: &str, reason: &str) {
        let line = without_credentials(line);
        self.warn(&format!("\"{line}\" is kept as it is: {reason}"));
        self.add(line, "not understood".to_owned());
    }

    /// Tells a reader something about the current file, once.
    pub(super) fn warn(&mut self, what: &str) {
        let warning = format!("{}: {what}", self.file);
        if !self.into.warnings.contains(&warning) {
            self.into.warnings.push(warning);
        }
    }

    /// Whether there is a file or a directory at a path from the root of the tree.
    pub(super) fn exists(&self, path: &str) -> Result<bool> {
        Ok(self.is_directory(path)? || self.files.read(path)?.is_some())
    }

    /// Whether there is a directory at a path from the root of the tree.
    pub(super) fn is_directory(&self, path: &str) -> Result<bool> {
        Ok(!self.files.list(path)?.is_empty())
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.read += 1;
        if self.read > MOST_READ {
            bail!("requirements files name one another more than {MOST_READ} times; merge some");
        }
        if bytes.len() > MOST_BYTES {
            bail!("requirements file {} is larger than {} MiB", self.file, MOST_BYTES >> 20);
        }
        let text = decode(&bytes, &self.file)?;
        if self.into.files.iter().all(|file| file.path != self.file) {
            self.into.files.push(RequirementsFile { path: self.file.clone(), bytes });
        }
        self.text(&text)
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let (requirement, rest) = words::split(line);
        let options = words::shell_words(rest).map_err(str::to_owned).and_then(options::parse);
        let options = match options {
            Ok(options) => options,
            Err(reason) => {
                self.keep(line, &reason);
                return Ok(());
            }
        };
        if variable::is_in(&without_credentials(line)) {
            self.warn("a value comes from an environment variable, which no commit decides");
        }
        self.warn_of_ignored(requirement, &options);
        let of = package::Line { text: line, options: &options };
        if !requirement.is_empty() && options.has("editable") {
            self.keep(line, "pip takes the requirement before -e for a directory");
        } else if !requirement.is_empty() {
            package::requirement(requirement, of, self)?;
        } else if let Some(place) = options.values("editable").next() {
            package::editable(place, of, self)?;
        } else if let Some(target) = options.values("requirement").next() {
            self.nested(target, false)?;
        } else if let Some(target) = options.values("constraint").next() {
            self.nested(target, true)?;
        } else {
            settings::add(&options, self)?;
        }
        Ok(())
    }

    /// Warns of what stands in the line and has no effect in pip.
    fn warn_of_ignored(&mut self, requirement: &str, options: &Options) {
        let own: &[&str] = if !requirement.is_empty() {
            &["hash", "config-settings"]
        } else if options.has("editable") {
            &["editable", "config-settings"]
        } else if options.has("requirement") {
            &["requirement"]
        } else if options.has("constraint") {
            &["constraint"]
        } else {
            &[]
        };
        let mut seen = Vec::new();
        let mut ignored =
            options.stray.iter().map(|word| without_credentials(word)).collect::<Vec<_>>();
        for given in &options.given {
            let single =
                matches!(given.name, "requirement" | "constraint" | "editable" | "find-links");
            let has_effect = match own {
                [] => !matches!(given.name, "hash" | "config-settings"),
                own => own.contains(&given.name),
            };
            if !has_effect || (single && seen.contains(&given.name)) {
                let value = without_credentials(&given.value);
                ignored.push(format!("--{} {value}", given.name).trim_end().to_owned());
            }
            seen.push(given.name);
        }
        for what in ignored {
            self.warn(&format!("pip ignores {what} here; give it a line of its own"));
        }
    }

    fn nested(&mut self, target: &str, constraint: bool) -> Result<()> {
        let address = without_credentials(target);
        match scheme(target).as_deref() {
            Some("http" | "https") => {
                let option = if constraint { "-c" } else { "-r" };
                self.warn(&format!(
                    "{address} can change without a commit; copy it into the repository"
                ));
                self.add(address, option.to_owned());
                return Ok(());
            }
            Some("file") => bail!(
                "requirements file {address}, named in {}, is a file of the machine; name it by its \
                 path in the repository",
                self.file
            ),
            _ => {}
        }
        variable::refuse(target, &self.file)?;
        let path = path::requirements_file(path::parent(&self.file), target)?;
        self.refuse_cycle(&path)?;
        let Some(bytes) = self.files.read(&path)? else {
            bail!("requirements file {path}, named in {}, is not in the commit", self.file);
        };
        self.within(path, constraint, bytes)
    }

    fn refuse_cycle(&self, path: &str) -> Result<()> {
        if let Some((_, named_in)) = self.open.iter().find(|(open, _)| open == path) {
            let again =
                named_in.as_ref().map_or_else(String::new, |file| format!(" and again in {file}"));
            bail!("requirements file {path} recursively references itself in {}{again}", self.file);
        }
        if self.open.len() >= MOST_NESTED {
            bail!("requirements files are nested more than {MOST_NESTED} deep at {path}");
        }
        Ok(())
    }

    fn within(&mut self, path: String, constraint: bool, bytes: Vec<u8>) -> Result<()> {
        let outer = std::mem::replace(&mut self.file, path.clone());
        let outer_constraint = std::mem::replace(&mut self.constraint, constraint);
        self.open.push((path, Some(outer.clone())));
        self.bytes(bytes)?;
        self.open.pop();
        self.file = outer;
        self.constraint = outer_constraint;
        Ok(())
    }
}
