//! Packages in the repository itself, which pip looks for from its working directory and not from
//! the file that names them.

use anyhow::{Result, bail};

use super::{reader::Reader, url, variable};
use crate::requirements::{LocalPackage, path};

/// A path without the `[extras]` at its end, and these.
pub(super) fn split_extras(text: &str) -> (&str, &str) {
    let at = text.ends_with(']').then(|| text.rfind('[')).flatten();
    match at {
        Some(at) if at > 0 && at + 2 < text.len() => (text[..at].trim_end(), &text[at..]),
        _ => (text, ""),
    }
}

/// Whether pip takes the text for a path: a file with the name of an archive, or a directory that
/// is there.
pub(super) fn is_named_by(text: &str, reader: &Reader<'_>) -> Result<bool> {
    let like_path = |text: &str| text.contains('/') || text.starts_with('.');
    let (place, _) = split_extras(text);
    if url::is_archive(place) {
        return Ok(text.split_once('@').is_none_or(|(name, _)| like_path(name)));
    }
    match path::join(reader.directory, place) {
        Some(path) if like_path(text) => reader.is_directory(&path),
        _ => Ok(false),
    }
}

/// What a fact about the package at `place` is called, which is never the name of another package.
pub(super) fn name(place: &str) -> String {
    let place = if url::is_file(place) { &place["file:".len()..] } else { place };
    if place.starts_with('.') || place.contains('/') {
        return place.to_owned();
    }
    format!("./{place}")
}

/// Notes the package at `place`; its content counts.  Yields whether it is there.
pub(super) fn locate(place: &str, editable: bool, reader: &mut Reader<'_>) -> Result<bool> {
    let typed = if url::is_file(place) { &place["file:".len()..] } else { place };
    let typed = typed.split_once('#').map_or(typed, |(path, _)| path);
    variable::refuse(typed, &reader.file)?;
    let Some(path) = path::join(reader.directory, typed) else {
        return refuse(place, reader).map(|()| false);
    };
    if reader.exists(&path)? {
        let (path, named_in) = (typed.to_owned(), reader.file.clone());
        reader.into.locals.insert(LocalPackage { path, editable, named_in });
        return Ok(true);
    }
    if let Some(beside) = path::join(path::parent(&reader.file), typed)
        && reader.exists(&beside)?
    {
        bail!(
            "{} names the local package {typed}, which is beside the file, but pip looks for it in \
             the directory that it runs in; set `build: directory` in the config, or write the path \
             from there",
            reader.file
        );
    }
    reader.warn(&format!(
        "the local package {typed} is not in the commit, so its content does not count"
    ));
    Ok(false)
}

/// Refuses what no commit decides.
pub(super) fn refuse(place: &str, reader: &Reader<'_>) -> Result<()> {
    bail!(
        "{} takes packages from {}, which is outside of the repository, so that no commit decides \
         what is there",
        reader.file,
        url::without_credentials(place)
    )
}
