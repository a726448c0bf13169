//! `list` and `show`: what past runs left in the cache, printed.

use std::process::ExitCode;

use anyhow::Result;

use super::write_out;
use crate::{
    cache::Cache,
    cli::{Shared, Show},
    compare::Shelf,
};

/// Prints the list.
pub(super) fn list(shared: &Shared, cache: &Cache) -> Result<ExitCode> {
    let shelf = Shelf::open(cache)?;
    write_out(&shelf.list().render(shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a report again; that it is shown is the success, whatever it says.
pub(super) fn show(options: &Show, shared: &Shared, cache: &Cache) -> Result<ExitCode> {
    let shelf = Shelf::open(cache)?;
    let run = shelf.find(options.run.as_deref())?;
    write_out(&run.show(shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::SUCCESS)
}
