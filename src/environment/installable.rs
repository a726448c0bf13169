//! Whether a document can be installed into an environment that commits share.  Pure.

use anyhow::{Result, bail};

use crate::requirements::{Document, Format, Kind};

/// Refuses what the environment could not hold, with the way around.
pub(super) fn check(document: &Document) -> Result<()> {
    for root in document.roots() {
        let installs = match root.format {
            Format::Requirements | Format::Pyproject | Format::UvLock | Format::Pylock => true,
            Format::PoetryLock
            | Format::PdmLock
            | Format::PipfileLock
            | Format::CondaEnvironment
            | Format::CondaLock
            | Format::Bytes => false,
        };
        if !installs {
            bail!(
                "requirements file {} is in a format that is not installed on this machine, only \
                 into images; export it to a requirements.txt and name that",
                root.path
            );
        }
    }
    if let Some(local) = document.locals().next() {
        bail!(
            "{} installs from the repository itself ({}), which an environment shared between \
             commits cannot do; import the code from the working directory, or publish the package",
            local.named_in,
            local.path
        );
    }
    let mut packages = document.entries().filter(|entry| entry.kind != Kind::Option);
    if let Some(address) = packages.find(|entry| matches!(&*entry.value, "-r" | "-c")) {
        bail!(
            "requirements come from an address on the network ({}), which can change from one run \
             to the next; copy the file into the repository",
            address.name
        );
    }
    Ok(())
}
