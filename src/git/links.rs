//! Symbolic links of a tree, followed inside the tree alone: pure, over entries and link targets.

use std::{collections::HashMap, path::Path};

use anyhow::Result;

use super::{
    Repository, objects,
    tree::{EntryKind, TreeEntry},
    warnings::Note,
};

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkTarget<'a> {
    /// A file or a submodule.
    File(&'a TreeEntry),
    /// The path of a directory; empty for the root.
    Directory(Vec<u8>),
}

/// The links of one tree; `entries` are in the order of their paths.
#[derive(Debug)]
pub(super) struct Links<'a> {
    entries: &'a [TreeEntry],
    targets: HashMap<&'a [u8], Vec<u8>>,
}

/// As many links as Linux follows in one path (`path_resolution(7)`).
pub(super) const MAX_FOLLOWED: usize = 40;
/// A longer target is no path (`PATH_MAX`); it is not read, and leads nowhere.
const MAX_TARGET: u64 = 4_095;

impl<'a> Links<'a> {
    /// Reads what each link says.  `directory` takes a temporary file.
    pub(super) fn read(
        repository: &Repository,
        entries: &'a [TreeEntry],
        directory: &Path,
    ) -> Result<Self> {
        let is_link =
            |entry: &&TreeEntry| entry.kind == EntryKind::Link && entry.size <= MAX_TARGET;
        let links: Vec<_> = entries.iter().filter(is_link).collect();
        let wanted = links.iter().map(|link| (link.object.as_str(), link.size));
        let texts = objects::read_all(repository, wanted, directory)?;
        let targets = links.iter().map(|link| link.path.as_slice()).zip(texts).collect();
        Ok(Self { entries, targets })
    }

    /// All entries below a directory.
    pub(super) fn below(&self, directory: &[u8]) -> &'a [TreeEntry] {
        if directory.is_empty() {
            return self.entries;
        }
        let prefix = [directory, b"/"].concat();
        let start = self.entries.partition_point(|entry| entry.path < prefix);
        let rest = &self.entries[start..];
        &rest[..rest.partition_point(|entry| entry.path.starts_with(&prefix))]
    }

    /// Follows a link, and the links on its way, to the end; or says why there is none.
    pub(super) fn follow(&self, link: &TreeEntry) -> Result<LinkTarget<'a>, Note> {
        let mut place = parent(&link.path).to_vec();
        let mut ahead = self.names(link)?;
        let mut followed = 1;
        while let Some(name) = ahead.pop() {
            step(&mut place, name)?;
            if let Some(link) = self.entry(&place).filter(|entry| entry.kind == EntryKind::Link) {
                followed += 1;
                if followed > MAX_FOLLOWED {
                    return Err(Note::Loop);
                }
                ahead.extend(self.names(link)?);
                place.truncate(parent(&place).len());
            } else if !ahead.is_empty() && !self.is_directory(&place) {
                return Err(Note::Dangling);
            }
        }
        match self.entry(&place) {
            Some(entry) => Ok(LinkTarget::File(entry)),
            None if self.is_directory(&place) => Ok(LinkTarget::Directory(place)),
            None => Err(Note::Dangling),
        }
    }

    /// The names in a link's target, the last first.
    fn names(&self, link: &TreeEntry) -> Result<Vec<&[u8]>, Note> {
        let target = self.targets.get(link.path.as_slice()).ok_or(Note::Dangling)?;
        if target.starts_with(b"/") {
            return Err(Note::Outside);
        }
        // `a/` says that `a` is a directory, and so does `a/.`.
        let names = target.split(|&byte| byte == b'/').rev();
        Ok(names.map(|name| if name.is_empty() { b"." } else { name }).collect())
    }

    /// What a link says.
    pub(super) fn text(&self, link: &TreeEntry) -> Option<&[u8]> {
        self.targets.get(link.path.as_slice()).map(Vec::as_slice)
    }

    /// Where a path leads, if it is a link; else itself.
    pub(super) fn directory(&self, path: &str) -> Vec<u8> {
        let link = self.entry(path.as_bytes()).filter(|entry| entry.kind == EntryKind::Link);
        match link.map(|link| self.follow(link)) {
            Some(Ok(LinkTarget::Directory(path))) => path,
            _ => path.as_bytes().to_vec(),
        }
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        let submodule = |entry: &TreeEntry| entry.kind == EntryKind::Submodule;
        path.is_empty() || !self.below(path).is_empty() || self.entry(path).is_some_and(submodule)
    }

    fn entry(&self, path: &[u8]) -> Option<&'a TreeEntry> {
        let index = self.entries.binary_search_by(|entry| entry.path.as_slice().cmp(path)).ok()?;
        self.entries.get(index)
    }
}

fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').map_or(&[], |slash| &path[..slash])
}

/// Goes from a directory to `name` in it.
fn step(place: &mut Vec<u8>, name: &[u8]) -> Result<(), Note> {
    match name {
        b"." => {}
        b".." if place.is_empty() => return Err(Note::Outside),
        b".." => place.truncate(parent(place).len()),
        _ => {
            if !place.is_empty() {
                place.push(b'/');
            }
            place.extend(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{EntryKind, LinkTarget, Links, Note, TreeEntry};

    /// A tree from `path` or `path -> target`.
    fn tree(listing: &[&'static str]) -> (Vec<TreeEntry>, HashMap<&'static [u8], Vec<u8>>) {
        let mut targets = HashMap::new();
        let entry = |line: &&'static str| {
            let (path, kind) = match line.split_once(" -> ") {
                Some((path, target)) => {
                    targets.insert(path.as_bytes(), target.as_bytes().to_vec());
                    (path, EntryKind::Link)
                }
                None => (*line, EntryKind::File { executable: false }),
            };
            TreeEntry { path: path.as_bytes().to_vec(), kind, object: String::new(), size: 0 }
        };
        let mut entries: Vec<_> = listing.iter().map(entry).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        (entries, targets)
    }

    fn follow(listing: &[&'static str], link: &str) -> Result<String, Note> {
        let (entries, targets) = tree(listing);
        let links = Links { entries: &entries, targets };
        match links.follow(links.entry(link.as_bytes()).unwrap())? {
            LinkTarget::File(entry) => Ok(String::from_utf8(entry.path.clone()).unwrap()),
            LinkTarget::Directory(path) => Ok(String::from_utf8(path).unwrap() + "/"),
        }
    }

    #[test]
    fn links_lead_to_files_and_directories() {
        let listing =
            ["a/b/file", "a/up -> ../top", "top", "chain -> a/up", "dir -> a/b/", "in -> dir/file"];
        assert_eq!(follow(&listing, "a/up"), Ok("top".into()));
        assert_eq!(follow(&listing, "chain"), Ok("top".into()));
        assert_eq!(follow(&listing, "dir"), Ok("a/b/".into()));
        assert_eq!(follow(&listing, "in"), Ok("a/b/file".into()));
        assert_eq!(follow(&["a/root -> .."], "a/root"), Ok("/".into()));
    }

    #[test]
    fn broken_links_say_why() {
        assert_eq!(follow(&["a -> b"], "a"), Err(Note::Dangling));
        assert_eq!(follow(&["a -> file/x", "file"], "a"), Err(Note::Dangling));
        assert_eq!(follow(&["a -> file/", "file"], "a"), Err(Note::Dangling));
        assert_eq!(follow(&["a -> none/../file", "file"], "a"), Err(Note::Dangling));
        assert_eq!(follow(&["a -> /etc/passwd"], "a"), Err(Note::Outside));
        assert_eq!(follow(&["a/b -> ../../x", "x"], "a/b"), Err(Note::Outside));
        assert_eq!(follow(&["a -> b", "b -> a"], "a"), Err(Note::Loop));
        assert_eq!(follow(&["a -> a/x"], "a"), Err(Note::Loop));
    }
}
