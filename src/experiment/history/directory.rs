//! The history in a directory, which may be shared by many writers at once.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read as _, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Error, Result, ensure};
use rustix::fs::OFlags;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::{HistoryRead, Record, listing, listing::Listing, place, record::LARGEST};

/// A directory of records.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Writes the record's bytes whole, under a name that nobody has taken.
    pub(super) async fn append(&self, record: &Record, bytes: Vec<u8>) -> Result<()> {
        let root = self.root.clone();
        let directory = root.join(&record.key);
        let names = place::names(record);
        let work = move || {
            write(&directory, names, &bytes).with_context(|| {
                let root = root.display();
                format!(
                    "cannot write to the history at {root}; check its permissions, or name another \
                     directory"
                )
            })
        };
        spawn_blocking(work).await.context("the writer of the history ended")?
    }

    /// Reads all records.
    pub(super) async fn read(&self) -> Result<HistoryRead> {
        let root = self.root.clone();
        let work = move || {
            let read = read(&root);
            read.with_context(|| format!("cannot read the history at {}", root.display()))
        };
        spawn_blocking(work).await.context("the reader of the history ended")?
    }
}

fn write(directory: &Path, names: impl Iterator<Item = String>, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(directory)?;
    let kind = fs::symlink_metadata(directory)?.file_type();
    ensure!(kind.is_dir(), "{} is a symbolic link", directory.display());
    // A file that somebody dies over keeps its name, which no reader takes for a record's.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-").permissions(Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    for name in names {
        match placed(file, &directory.join(name), bytes)? {
            None => return Ok(File::open(directory)?.sync_all()?),
            Some(returned) => file = returned,
        }
    }
    Err(Error::msg("all names are taken"))
}

/// Gives the file its name; yields it back if another record has that name.
fn placed(file: NamedTempFile, path: &Path, bytes: &[u8]) -> Result<Option<NamedTempFile>> {
    match file.persist_noclobber(path) {
        Ok(_) => Ok(None),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            let same = open(path).and_then(content).is_ok_and(|other| other == bytes);
            Ok((!same).then_some(refused.file))
        }
        Err(refused) => Err(refused.error.into()),
    }
}

fn read(root: &Path) -> Result<HistoryRead> {
    let mut listing = Listing::new();
    for entry in entries(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() && place::is_key(&name) {
            list(root, &name, &mut listing)?;
        }
    }
    let (files, warnings) = listing.newest();
    let read = files.into_iter().map(|file| {
        let bytes = open(&file.source).and_then(content).map_err(Error::from);
        (file, bytes)
    });
    Ok(listing::decode(read, warnings))
}

fn list(root: &Path, key: &str, listing: &mut Listing<PathBuf>) -> Result<()> {
    let directory = root.join(key);
    if fs::symlink_metadata(&directory).is_ok_and(|data| data.file_type().is_symlink()) {
        listing.left_out(key, "", "it is a symbolic link");
        return Ok(());
    }
    for entry in entries(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Somebody writes it, or died over it.
        if name.starts_with('.') {
            continue;
        }
        let data = entry.metadata()?;
        if data.is_file() {
            listing.found(key, &name, data.len(), entry.path());
        } else {
            listing.left_out(key, &name, "it is not a file");
        }
    }
    Ok(())
}

/// What lies in a directory; nothing if there is none.
fn entries(directory: &Path) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>>> {
    match fs::read_dir(directory) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

/// Opens a file, and neither a link nor a pipe that took its place meanwhile.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

fn content(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
