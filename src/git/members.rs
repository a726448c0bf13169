//! A tree's entries -> what goes into the archive, and notes on what cannot.  Ray restores no
//! symbolic links (it would write the target's name into a file), so a link becomes what it leads to.

use anyhow::{Result, bail};

use super::{
    archive,
    links::{LinkTarget, Links, MAX_FOLLOWED},
    package::MAX_SIZE,
    tree::{EntryKind, TreeEntry},
    warnings::{Note, Notes},
};

/// A file, or an empty directory, of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// From the root; a directory's ends in `/`.
    pub(super) name: String,
    /// The blob that holds the content; `None` for a directory.
    pub(super) object: Option<String>,
    /// Bytes.
    pub(super) size: u64,
    executable: bool,
}

impl Member {
    pub(super) fn file(name: String, object: String, size: u64, executable: bool) -> Self {
        Self { name, object: Some(object), size, executable }
    }

    fn directory(name: String) -> Self {
        Self { name: name + "/", object: None, size: 0, executable: true }
    }

    /// Type and permissions, as `stat` has them.
    pub(super) fn mode(&self) -> u32 {
        match (&self.object, self.executable) {
            (None, _) => 0o040_755,
            (Some(_), true) => 0o100_755,
            (Some(_), false) => 0o100_644,
        }
    }
}

/// Members in the order of their names, by bytes.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) all: Vec<Member>,
    pub(super) notes: Notes,
    /// Bytes that the names met through links will take at least.
    linked: u64,
}

/// Longer paths cannot be opened (`PATH_MAX` of Linux, less room for Ray's directory).
const MAX_NAME: usize = 3_900;

/// Decides what is packed.
pub(super) fn members(entries: &[TreeEntry], links: &Links<'_>) -> Result<Members> {
    let mut members = Members::default();
    for entry in entries {
        members.add(entry, entry.path.clone(), links, &mut Vec::new())?;
    }
    members.all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

impl Members {
    /// Adds `entry` under the name `path`; `within` are the directories entered through links.
    fn add(
        &mut self,
        entry: &TreeEntry,
        path: Vec<u8>,
        links: &Links<'_>,
        within: &mut Vec<Vec<u8>>,
    ) -> Result<()> {
        match entry.kind {
            EntryKind::File { executable } => self.add_file(path, entry, executable),
            EntryKind::Submodule => {
                self.notes.add(Note::Submodule, &path);
                if let Some(name) = self.name(path) {
                    self.all.push(Member::directory(name));
                }
            }
            EntryKind::Link => match links.follow(entry) {
                Ok(LinkTarget::File(target)) => self.add(target, path, links, within)?,
                Ok(LinkTarget::Directory(target)) => {
                    self.add_below(entry, &path, &target, links, within)?;
                }
                Err(note) => self.notes.add(note, &path),
            },
        }
        Ok(())
    }

    fn add_file(&mut self, path: Vec<u8>, entry: &TreeEntry, executable: bool) {
        if let Some(name) = self.name(path) {
            self.all.push(Member::file(name, entry.object.clone(), entry.size, executable));
        }
    }

    /// Adds all that is below the directory `target` under the name `path` of a link to it.
    fn add_below(
        &mut self,
        link: &TreeEntry,
        path: &[u8],
        target: &[u8],
        links: &Links<'_>,
        within: &mut Vec<Vec<u8>>,
    ) -> Result<()> {
        // A directory within itself has no end, and Linux opens no path through more links.
        let endless = is_below(&link.path, target) || within.iter().any(|place| place == target);
        if endless || within.len() >= MAX_FOLLOWED {
            self.notes.add(Note::Loop, path);
            return Ok(());
        }
        within.push(target.to_vec());
        for entry in links.below(target) {
            let rest = &entry.path[target.len()..];
            let rest = rest.strip_prefix(b"/").unwrap_or(rest);
            self.spend(path.len() + rest.len())?;
            self.add(entry, [path, b"/", rest].concat(), links, within)?;
        }
        within.pop();
        Ok(())
    }

    /// Links can multiply a small tree without end, so the bound is checked on the way.
    fn spend(&mut self, name: usize) -> Result<()> {
        self.linked += archive::OVERHEAD + 2 * name as u64;
        if self.linked > MAX_SIZE {
            bail!(
                "the tree's symbolic links to directories multiply its files beyond what Ray takes \
                 (100 MiB); remove links, or put the data where the workers can read it"
            );
        }
        Ok(())
    }

    /// The path as a name that Ray unpacks where it belongs; else a note, and `None`.
    fn name(&mut self, path: Vec<u8>) -> Option<String> {
        let name = String::from_utf8(path).map_err(|error| {
            self.notes.add(Note::NotUtf8, error.as_bytes());
        });
        let name = name.ok()?;
        if is_safe(&name) {
            return Some(name);
        }
        self.notes.add(Note::Unsafe, name.as_bytes());
        None
    }
}

/// Is `path` inside the directory `directory`?
fn is_below(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty()
        || path.strip_prefix(directory).is_some_and(|rest| rest.first() == Some(&b'/'))
}

/// Ray skips names that are absolute or lead upwards on any system, Windows with its drives included
/// (`unzip_package` in Ray's packaging.py).
fn is_safe(name: &str) -> bool {
    let odd = |part: &str| matches!(part, "" | "." | "..");
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.len() <= MAX_NAME && !name.contains('\\') && !drive && !name.split('/').any(odd)
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn names_that_ray_would_skip_are_unsafe() {
        for name in ["/etc/passwd", "../up", "a/../../b", "a\\b", "C:x", "a//b", "./a", "a/", ""] {
            assert!(!is_safe(name), "{name}");
        }
        for name in ["a", "a/b c", "..a", "a..", "new\nline", "ünï/cödé", ".git-blame-ignore"] {
            assert!(is_safe(name), "{name}");
        }
    }
}
