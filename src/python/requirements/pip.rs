//! Files of pip's format -> facts: lines as text, in one spelling.  What a line means beyond the files
//! that it names is for the installer to know.

use anyhow::{Result, bail, ensure};

use super::{
    FactKind, lines, parse, path,
    reading::RequirementsReader,
    url::{has_variable, name, without_credentials},
};

/// Each is far above what repositories have; they bound what a hostile file can cost.
pub(super) const MOST_NESTED: usize = 64;
const MOST_OPENED: usize = 1_000;
const MOST_BYTES: usize = 8 << 20;
/// How files are named that are packages.
const ARCHIVES: [&str; 7] = [".whl", ".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar"];

/// A line, where it stands.
#[derive(Clone, Copy)]
struct RequirementLine<'a> {
    text: &'a str,
    file: &'a str,
    /// From 1; 0 in a file of another format.
    number: usize,
    kind: FactKind,
    /// Said behind the value: the extra or group that the line belongs to.
    scope: &'a str,
}

impl RequirementsReader<'_> {
    /// Reads a file of pip's format and all files that it names.
    pub(super) fn pip_file(&mut self, path: &str, bytes: &[u8], kind: FactKind) -> Result<()> {
        self.opened += 1;
        ensure!(
            self.open.iter().all(|open| open != path),
            "requirements file {path} recursively references itself"
        );
        ensure!(
            self.open.len() < MOST_NESTED && self.opened <= MOST_OPENED,
            "requirements files name one another too often, at {path}; merge some"
        );
        ensure!(
            bytes.len() <= MOST_BYTES,
            "requirements file {path} is larger than {} MiB",
            MOST_BYTES >> 20
        );
        let text = match parse::text(bytes) {
            Ok(text) => text,
            Err(reason) => bail!("requirements file {path} is {reason}; save it as UTF-8"),
        };
        self.lines.insert(path.to_owned());
        self.open.push(path.to_owned());
        for (number, text) in lines::logical(text) {
            self.line(RequirementLine { text: &text, file: path, number, kind, scope: "" })?;
        }
        self.open.pop();
        Ok(())
    }

    /// Reads a line of pip's format that stands in the file `file` of another format.
    pub(super) fn pip_line(&mut self, file: &str, text: &str, scope: &str) -> Result<()> {
        self.line(RequirementLine { text, file, number: 0, kind: FactKind::Requirement, scope })
    }

    fn line(&mut self, line: RequirementLine<'_>) -> Result<()> {
        let clean = without_credentials(line.text);
        if has_variable(&clean) {
            let file = line.file;
            self.warn(format!(
                "{file}: a value comes from an environment variable, which no commit decides"
            ));
        }
        let folded = lines::folded(&clean);
        if let Some(target) = option(line.text, "-r", "--requirement") {
            return self.nested(&target, line, FactKind::Requirement);
        }
        if let Some(target) = option(line.text, "-c", "--constraint") {
            return self.nested(&target, line, FactKind::Constraint);
        }
        if let Some(target) = option(line.text, "-e", "--editable") {
            return self.requirement((&target, true), line, &folded);
        }
        if line.text.starts_with('-') {
            return self.option(line, &folded);
        }
        let subject = line.text.split_once(" -").map_or(line.text, |(subject, _)| subject);
        self.requirement((subject, false), line, &folded)
    }

    fn nested(&mut self, target: &str, line: RequirementLine<'_>, kind: FactKind) -> Result<()> {
        let (address, file) = (without_credentials(target), line.file);
        if target.starts_with("http:") || target.starts_with("https:") {
            self.warn(format!(
                "{file}: {address} can change without a commit; copy it into the repository"
            ));
            self.fact(kind, address, if kind == FactKind::Constraint { "-c" } else { "-r" });
            return Ok(());
        }
        ensure!(
            !target.contains("://"),
            "{file} reads {address}, a file of the machine; name it by its path in the repository"
        );
        refuse_variable(target, file)?;
        let path = path::within(path::parent(file), target)?;
        let Some(bytes) = self.read(&path)? else {
            bail!("requirements file {path}, named in {file}, is not in the commit");
        };
        self.pip_file(&path, &bytes, kind)
    }

    /// Options keep their order, and paths among them count with their content.
    fn option(&mut self, line: RequirementLine<'_>, folded: &str) -> Result<()> {
        self.options += 1;
        self.fact(FactKind::Option, format!("{:03}", self.options), folded);
        let links = option(line.text, "-f", "--find-links");
        let words = lines::words(line.text);
        let words = words.iter().flat_map(|word| word.split('=')).filter(|word| word.contains('/'));
        for word in words.chain(links.as_deref()).filter(|word| !word.contains("://")) {
            refuse_variable(word, line.file)?;
            // Pip looks beside the file first, then in its working directory.
            for directory in [path::parent(line.file), &self.recipe.build.directory] {
                if path::join(directory, word).map_or(Ok(false), |path| self.exists(&path))? {
                    self.local(directory, word, line.file)?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// A package by name, by URL or by its path; `folded` is the line in one spelling.
    fn requirement(
        &mut self,
        (subject, editable): (&str, bool),
        line: RequirementLine<'_>,
        folded: &str,
    ) -> Result<()> {
        let value = |rest: &str| format!("{}{}", rest.trim_start(), line.scope);
        if let Some(place) = self.place(subject, editable)? {
            let directory = match line.number {
                0 => path::parent(line.file),
                _ => &self.recipe.build.directory,
            };
            self.package(directory, &place, line.file)?;
            self.fact(line.kind, place, value(folded));
            return Ok(());
        }
        let end = folded.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
        let (package, rest) = folded.split_at(end.unwrap_or(folded.len()));
        let unnamed = folded.starts_with(|c: char| !c.is_ascii_alphanumeric());
        let (package, rest) = match rest.chars().next() {
            Some(':' | '/' | '+') => (folded.to_owned(), ""),
            _ if unnamed => (folded.to_owned(), ""),
            _ => (name(package), rest),
        };
        if package == "ray" {
            let place = match line.number {
                0 => line.file.to_owned(),
                number => format!("{}, line {number},", line.file),
            };
            self.same_ray(pinned(rest), &place)?;
        }
        self.tell(line, &package, rest);
        self.fact(line.kind, package, value(rest));
        Ok(())
    }

    /// Notes whether a commit decides the version: by a pin, an archive's URL, a whole commit.
    fn tell(&mut self, line: RequirementLine<'_>, package: &str, rest: &str) {
        let address = if rest.is_empty() { package } else { rest };
        let revision =
            address.split_once("git+").map(|(_, url)| url.rsplit('@').next().unwrap_or(url));
        let commit = |revision: &str| {
            revision.len() >= 40 && revision.bytes().take(40).all(|c| c.is_ascii_hexdigit())
        };
        let decided = revision.map_or(address.contains("://") || pinned(rest).is_some(), commit)
            || rest.split(';').next().is_some_and(|rest| pinned(rest).is_some());
        let chosen = self.recipe.build.extras.iter().chain(&self.recipe.build.groups);
        let installed = line.scope.is_empty()
            || chosen.into_iter().any(|chosen| line.scope.ends_with(&format!(" {}", name(chosen))));
        if decided {
            self.pinned.insert(package.to_owned());
        } else if installed && line.kind == FactKind::Requirement {
            self.loose.insert(package.to_owned());
        }
    }

    /// The path in the repository that a requirement names instead of a version, as it is typed.
    fn place(&self, subject: &str, editable: bool) -> Result<Option<String>> {
        let subject = subject.split_once(" ;").map_or(subject, |(subject, _)| subject);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.[], ".contains(c);
        let target = match subject.split_once('@') {
            Some((named, target)) if named.chars().all(is_name) => target.trim(),
            _ => subject.trim(),
        };
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        let file = target.strip_prefix("file:");
        let target = file.unwrap_or_else(|| target.split(';').next().unwrap_or(target));
        let bare = target.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        let target = bare.map_or(target, |(place, _)| place).trim_end();
        if file.is_none() && (target.contains("://") || target.contains('+')) {
            return Ok(None);
        }
        let certain = editable || file.is_some() || target.starts_with(['.', '/']);
        let likely = target.contains('/') || ARCHIVES.iter().any(|end| target.ends_with(end));
        let path = path::join(&self.recipe.build.directory, target).filter(|_| likely);
        let there = certain || path.map_or(Ok(false), |path| self.exists(&path))?;
        Ok(there.then(|| target.to_owned()))
    }

    /// Fails where the files pin another Ray than the cluster has.
    pub(super) fn same_ray(&self, pin: Option<&str>, place: &str) -> Result<()> {
        let wanted = &*self.recipe.ray_version;
        let release = |version: &str| version.trim_end_matches(".0").to_owned();
        match pin {
            Some(pin) if release(pin) != release(wanted) => bail!(
                "{place} pins ray=={pin}, but the config has `ray-version: {wanted}`: write one version in \
                 both"
            ),
            _ => Ok(()),
        }
    }
}

/// The value of an option that a line begins with; long options may be abbreviated.
fn option(line: &str, short: &str, long: &str) -> Option<String> {
    let end = line.find(['=', ' ', '\t']).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let value = if word.len() > 3 && word.starts_with("--") {
        long.starts_with(word).then(|| rest.trim_start_matches(['=', ' ', '\t']))?
    } else {
        line.strip_prefix(short)?.trim_start()
    };
    lines::words(value).into_iter().next()
}

/// Fails for a path that depends on the machine.
pub(super) fn refuse_variable(path: &str, file: &str) -> Result<()> {
    ensure!(
        !has_variable(path),
        "{file} takes the path {path} from an environment variable, so that no commit decides it; write \
         the path itself"
    );
    Ok(())
}

/// The one version that a requirement asks for, whatever the machine.
fn pinned(rest: &str) -> Option<&str> {
    let extras = rest.find(']').filter(|_| rest.starts_with('['));
    let pin = extras.map_or(rest, |end| &rest[end + 1..]).strip_prefix("==")?;
    let pin = pin.trim_start_matches('=').split(" -").next().unwrap_or(pin);
    (!pin.contains([';', ',', '*'])).then_some(pin)
}
