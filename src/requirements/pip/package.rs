//! A line that installs a package -> a fact: by name and version, by URL, or from the repository.

use anyhow::Result;

use super::{
    local::{self, split_extras},
    options::Options,
    pep508::{self, Requirement, marker},
    reader::Reader,
    url,
};

/// What kind of line a package stands in.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// The whole line.
    pub(super) text: &'a str,
    /// Its options.
    pub(super) options: &'a Options,
}

/// Adds a requirement.
pub(super) fn requirement(text: &str, line: Line<'_>, reader: &mut Reader<'_>) -> Result<()> {
    // Pip cuts at the first semicolon; in a URL only at one before a space.
    let separator = if url::is_url(text) { "; " } else { ";" };
    let (subject, marker) = text.split_once(separator).unwrap_or((text, ""));
    let marker =
        match Some(marker.trim()).filter(|marker| !marker.is_empty()).map(marker::canonical) {
            Some(Err(reason)) => {
                keep(line, &reason, reader);
                return Ok(());
            }
            marker => marker.and_then(Result::ok),
        };
    let mut tail = marker.map_or_else(String::new, |marker| format!(" ; {marker}"));
    tail.push_str(&hashes(line.options));
    tail.push_str(&settings(line.options));
    let subject = subject.trim();
    if url::is_url(subject) && !url::is_file(subject) {
        return remote(subject, "", &tail, line, reader);
    }
    if url::is_file(subject) || local::is_named_by(subject, reader)? {
        return local(subject, "", &tail, line, reader);
    }
    match Requirement::parse(subject) {
        Ok(requirement) => named(requirement, "", &tail, reader),
        Err(_) if subject.starts_with(['.', '/']) => local(subject, "", &tail, line, reader),
        Err(reason) => {
            keep(line, &reason, reader);
            Ok(())
        }
    }
}

/// Adds an editable package: a path, a URL of version control with its name, or `name @ URL`.
pub(super) fn editable(text: &str, line: Line<'_>, reader: &mut Reader<'_>) -> Result<()> {
    if reader.constraint {
        keep(line, "pip refuses -e among constraints", reader);
        return Ok(());
    }
    let tail = settings(line.options);
    if let Ok(mut requirement) = Requirement::parse(text)
        && requirement.url.is_some()
    {
        let marker = requirement.marker.take().map(|marker| format!(" ; {marker}"));
        return named(requirement, "-e ", &(marker.unwrap_or_default() + &tail), reader);
    }
    let text = match url::scheme(text).as_deref() {
        Some(system @ ("git" | "hg" | "svn" | "bzr")) => format!("{system}+{text}"),
        _ => text.to_owned(),
    };
    if !url::is_vcs(&text) {
        return local(&text, "-e ", &tail, line, reader);
    }
    if url::package_name(&text) == Ok(None) {
        keep(line, "pip needs the package's name: `name @ URL`", reader);
        return Ok(());
    }
    remote(&text, "-e ", &tail, line, reader)
}

/// By name, with versions or a URL.
fn named(
    requirement: Requirement,
    prefix: &str,
    tail: &str,
    reader: &mut Reader<'_>,
) -> Result<()> {
    if let Some(place) = &requirement.url {
        if url::is_file(place) || url::scheme(place).is_none() {
            local::locate(place, !prefix.is_empty(), reader)?;
        } else {
            check(place, reader)?;
        }
    }
    let value = format!("{prefix}{}{tail}", requirement.value());
    reader.add(requirement.name, value.trim().to_owned());
    Ok(())
}

/// By URL alone.
fn remote(
    address: &str,
    prefix: &str,
    tail: &str,
    line: Line<'_>,
    reader: &mut Reader<'_>,
) -> Result<()> {
    check(address, reader)?;
    let name = match url::package_name(address) {
        Ok(name) => name,
        Err(reason) => {
            keep(line, reason, reader);
            return Ok(());
        }
    };
    let address = url::without_credentials(address);
    let (name, value) = match name {
        Some(name) => (name, format!("{prefix}@ {address}{tail}")),
        None => (address, format!("{prefix}{tail}")),
    };
    reader.add(name, value.trim().to_owned());
    Ok(())
}

/// By a path in the repository.
fn local(
    text: &str,
    prefix: &str,
    tail: &str,
    line: Line<'_>,
    reader: &mut Reader<'_>,
) -> Result<()> {
    let (place, extras) = split_extras(text);
    let extras = match pep508::read_extras(extras) {
        Ok(extras) => extras,
        Err(reason) => {
            keep(line, &reason, reader);
            return Ok(());
        }
    };
    let found = local::locate(place, !prefix.is_empty(), reader)?;
    if !found && !url::is_file(place) && (!prefix.is_empty() || !url::is_archive(place)) {
        keep(line, "pip takes a directory only if it is there", reader);
        return Ok(());
    }
    let value = format!("{prefix}{}{tail}", pep508::bracketed(&extras));
    reader.add(local::name(place), value.trim().to_owned());
    Ok(())
}

fn keep(line: Line<'_>, reason: &str, reader: &mut Reader<'_>) {
    reader.keep(line.text, reason);
}

/// What a URL means for a commit: one that moves is worth a word, one of the machine is refused.
fn check(address: &str, reader: &mut Reader<'_>) -> Result<()> {
    if url::scheme(address).is_some_and(|scheme| scheme.ends_with("+file")) {
        return local::refuse(address, reader);
    }
    if url::is_moving(address) {
        let address = url::without_credentials(address);
        reader.warn(&format!("{address} can change without a commit; name a whole commit after @"));
    }
    Ok(())
}

/// Hashes in sorted order: pip accepts any of them.
fn hashes(options: &Options) -> String {
    let mut hashes: Vec<String> = options.values("hash").map(str::to_lowercase).collect();
    hashes.sort();
    hashes.dedup();
    hashes.iter().map(|hash| format!(" --hash={hash}")).collect::<Vec<_>>().concat()
}

/// Settings for the build by their keys; those of one key keep their order, which is a list's.
fn settings(options: &Options) -> String {
    let mut settings: Vec<(&str, &str)> =
        options.values("config-settings").filter_map(|setting| setting.split_once('=')).collect();
    settings.sort_by_key(|(key, _)| *key);
    settings
        .iter()
        .map(|(key, value)| format!(" --config-settings={key}={value}"))
        .collect::<Vec<_>>()
        .concat()
}
