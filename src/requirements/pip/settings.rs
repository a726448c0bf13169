//! The options of a line without a requirement, which hold for all files -> facts.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{
    local,
    options::Options,
    pep508::normalised,
    reader::Reader,
    url::{scheme, without_credentials},
    variable,
};
use crate::requirements::{Entry, Gathered, Kind, LocalPackage, path};

/// Adds the options of one line.
pub(super) fn add(options: &Options, reader: &mut Reader<'_>) -> Result<()> {
    indexes(options, reader);
    if let Some(place) = options.values("find-links").next() {
        find_links(place, reader)?;
    }
    for given in &options.given {
        let into = &mut *reader.into;
        match given.name {
            "no-index" | "prefer-binary" | "require-hashes" | "no-require-hashes" => {
                into.entries.insert(option(given.name, ""));
            }
            "trusted-host" | "use-feature" => {
                into.entries.insert(option(given.name, &without_credentials(&given.value)));
            }
            "no-binary" => choose(into, "no-binary", "only-binary", &given.value),
            "only-binary" => choose(into, "only-binary", "no-binary", &given.value),
            "all-releases" => choose(into, "all-releases", "only-final", &given.value),
            "only-final" => choose(into, "only-final", "all-releases", &given.value),
            "pre" => {
                let mut all = packages(into, "all-releases");
                all.insert(":all:".to_owned());
                replace(into, "all-releases", &all.into_iter().collect::<Vec<_>>().join(","));
            }
            _ => {}
        }
    }
    Ok(())
}

fn option(name: &str, value: &str) -> Entry {
    Entry { kind: Kind::Option, name: name.to_owned(), value: value.to_owned() }
}

/// The indexes in the order in which they are written: one installer asks them in turn, another
/// forgets earlier ones at `--index-url`.
fn indexes(options: &Options, reader: &mut Reader<'_>) {
    const NAME: &str = "indexes";
    let mut list = current(reader.into, NAME);
    if options.has("index-url") && list.contains("--extra-index-url") {
        reader.warn("--index-url comes after an --extra-index-url, which pip then forgets");
    }
    let first = options.values("index-url").last().map(|url| ("--index-url", url));
    let more = options.values("extra-index-url").map(|url| ("--extra-index-url", url));
    for (option, url) in first.into_iter().chain(more) {
        let piece = format!("{option} {}", without_credentials(url));
        if list != piece && !list.ends_with(&format!(" {piece}")) {
            list.push_str(if list.is_empty() { "" } else { " " });
            list.push_str(&piece);
        }
    }
    replace(reader.into, NAME, &list);
}

/// A page or directory of packages.  A directory in the tree counts with its content.
fn find_links(place: &str, reader: &mut Reader<'_>) -> Result<()> {
    match scheme(place).as_deref() {
        Some("file") => return local::refuse(place, reader),
        Some(_) => {}
        None => return find_directory(place, reader),
    }
    reader.into.entries.insert(option("find-links", &without_credentials(place)));
    Ok(())
}

/// Pip looks beside the file first, then in its working directory.
fn find_directory(place: &str, reader: &mut Reader<'_>) -> Result<()> {
    variable::refuse(place, &reader.file)?;
    let places = [path::parent(&reader.file), reader.directory].map(|from| path::join(from, place));
    if places.iter().all(Option::is_none) {
        return local::refuse(place, reader);
    }
    for path in places.into_iter().flatten() {
        if reader.exists(&path)? {
            let path = path::relative(reader.directory, &path);
            reader.into.entries.insert(option("find-links", &path));
            let named_in = reader.file.clone();
            reader.into.locals.insert(LocalPackage { path, editable: false, named_in });
            return Ok(());
        }
    }
    reader.warn(&format!("--find-links {place} is not in the commit"));
    reader.into.entries.insert(option("find-links", place));
    Ok(())
}

/// Adds packages to one of two options that exclude each other, as pip does: the later one wins,
/// `:all:` stands for every package, `:none:` for a new start.
fn choose(into: &mut Gathered, option: &str, other: &str, value: &str) {
    let mut chosen = packages(into, option);
    let mut others = packages(into, other);
    let mut names: Vec<&str> = value.split(',').collect();
    while let Some(at) = names.iter().position(|name| *name == ":all:") {
        others.clear();
        chosen = BTreeSet::from([":all:".to_owned()]);
        names.drain(..=at);
        if !names.contains(&":none:") {
            names.clear();
        }
    }
    for name in names {
        if name == ":none:" {
            chosen.clear();
            continue;
        }
        let name = normalised(name);
        others.remove(&name);
        chosen.insert(name);
    }
    for (option, packages) in [(option, chosen), (other, others)] {
        replace(into, option, &packages.into_iter().collect::<Vec<_>>().join(","));
    }
}

fn packages(into: &Gathered, option: &str) -> BTreeSet<String> {
    current(into, option).split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// What an option of one value says so far.
fn current(into: &Gathered, name: &str) -> String {
    let is_this = |entry: &&Entry| entry.kind == Kind::Option && entry.name == name;
    into.entries.iter().find(is_this).map(|entry| entry.value.clone()).unwrap_or_default()
}

fn replace(into: &mut Gathered, name: &str, value: &str) {
    into.entries.retain(|entry| entry.kind != Kind::Option || entry.name != name);
    if !value.is_empty() {
        into.entries.insert(option(name, value));
    }
}
