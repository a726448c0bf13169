//! A commit -> a zip file, named by its hash, that Ray unpacks to the commit's tree; refused before
//! any content is read if Ray would not take it; written nowhere but in the given directory.
//!
//! The same tree gives the same bytes on every machine: raw blobs in the order of their names, fixed
//! times, modes 0644 and 0755, nothing compressed.  `git archive` would not do: it converts content by
//! `.gitattributes`, `$GIT_DIR/info/attributes` and `core.autocrlf`, and it inflates on one core.

use std::{
    cmp::Reverse,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{
    Code, Commit, Repository, archive,
    links::Links,
    members::{Member, Members, members},
    stream::{Piece, stream},
    warnings::shown,
};
use crate::cache;

/// Bytes at which Ray's dashboard refuses an upload, whole body (`DASHBOARD_CLIENT_MAX_SIZE` in Ray's
/// `ray_constants.py`; not configurable).
pub const MAX_SIZE: u64 = 100 << 20;

/// How many of the largest files a refusal names.
const LARGEST: usize = 10;

/// A zip ready for upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `<sha256>.zip` in the directory that was asked for.
    pub path: PathBuf,
    /// Of the file's bytes, in lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Files in it, those reached through links included.
    pub files: usize,
    /// What does not work where Ray unpacks it, a line for each kind: Git LFS pointers, submodules, links and
    /// names that Ray cannot unpack, scripts with line ends of Windows.
    pub warnings: Vec<String>,
}

/// Packs a training's files into a zip in `directory`, which must exist.
///
/// Ray unpacks no symbolic links, so a link to a file or a directory of the tree becomes a copy of it;
/// other links are left out with a warning.  Submodules are empty directories, Git LFS pointers stay
/// pointers, both with a warning.  Fails if the zip would reach [`MAX_SIZE`].
pub fn package(repository: &Repository, code: &Code, directory: &Path) -> Result<Package> {
    let entries = code.entries(repository)?;
    let links = Links::read(repository, &entries, directory)?;
    let members = members(&entries, &links)?;
    let size = archive::size(&members.all);
    if size >= MAX_SIZE {
        bail!(too_large(&code.commit, size, &members.all));
    }
    write(repository, members, size, directory)
        .with_context(|| format!("cannot package commit {}", code.commit.sha.short()))
}

/// Packs one file that is in no commit into a zip in `directory`.
pub(crate) fn package_file(name: &str, content: &[u8], directory: &Path) -> Result<Package> {
    let member = Member::file(name.to_owned(), String::new(), content.len() as u64, false);
    let (mut bytes, crc) = (Vec::new(), crc32fast::hash(content));
    archive::local_header(&mut bytes, &member);
    bytes.extend(content);
    archive::descriptor(&mut bytes, &member, crc);
    bytes.extend(archive::directory(&[member], &[crc]));
    let sha256 = crate::hex::hex(Sha256::digest(&bytes));
    let path = directory.join(format!("{sha256}.zip"));
    std::fs::write(&path, &bytes).map_err(|error| cache::explain(error, directory))?;
    Ok(Package { path, sha256, size: bytes.len() as u64, files: 1, warnings: Vec::new() })
}

fn write(
    repository: &Repository,
    members: Members,
    size: u64,
    directory: &Path,
) -> Result<Package> {
    let Members { all, mut notes, .. } = members;
    let explain = |error| cache::explain(error, directory);
    let mut file = NamedTempFile::new_in(directory).map_err(explain)?;
    let mut hasher = Sha256::new();
    let mut write = |bytes: &[u8]| {
        hasher.update(bytes);
        file.write_all(bytes).map_err(explain)
    };
    let mut crcs = Vec::with_capacity(all.len());
    stream(repository, &all, directory, |Piece { bytes, ended, .. }| {
        for ended in ended {
            if let Some((note, member)) = ended.note.zip(all.get(crcs.len())) {
                notes.add(note, member.name.as_bytes());
            }
            crcs.push(ended.crc);
        }
        write(&bytes)
    })?;
    write(&archive::directory(&all, &crcs))?;
    let sha256 = crate::hex::hex(hasher.finalize());
    let path = directory.join(format!("{sha256}.zip"));
    file.persist(&path).map_err(|error| explain(error.error))?;
    let files = all.iter().filter(|member| member.object.is_some()).count();
    Ok(Package { path, sha256, size, files, warnings: notes.warnings() })
}

/// Why Ray would refuse the package, and what to do.
fn too_large(commit: &Commit, size: u64, members: &[Member]) -> String {
    let mut largest: Vec<_> = members.iter().collect();
    largest.sort_by_key(|member| (Reverse(member.size), &member.name));
    let line = |member: &&Member| {
        format!("\n  {:>9}  {}", mebibytes(member.size), shown(member.name.as_bytes()))
    };
    let largest: String = largest.iter().take(LARGEST).map(line).collect();
    format!(
        "commit {} is too large for Ray: its package would have {} ({size} bytes), and Ray's dashboard \
         takes less than {} ({MAX_SIZE} bytes); take large files out of the commit, and let the training \
         code read them from object storage, a volume or the image; the largest:{largest}",
        commit.sha.short(),
        mebibytes(size),
        mebibytes(MAX_SIZE),
    )
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
