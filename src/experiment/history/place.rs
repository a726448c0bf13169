//! Where a record lies: `<key>/<at>-<run>-<role>.json`, below the directory or the branch's root.

use anyhow::{Result, ensure};

use super::Record;
use crate::output::excerpt;

const EXTENSION: &str = ".json";
/// No file system takes a longer name.
const LONGEST_NAME: usize = 255;

/// Fails unless `key` can name a directory of records.
pub(super) fn check_key(key: &str) -> Result<()> {
    let shown = excerpt(key, 80);
    ensure!(is_key(key), "`{shown}` is not an evidence key: 8 to 128 lower-case hex digits");
    Ok(())
}

/// Fails unless `run` can be a part of a file's name.
pub(super) fn check_run(run: &str) -> Result<()> {
    let plain = run.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let shown = excerpt(run, 80);
    ensure!(
        plain && (1..=100).contains(&run.len()),
        "`{shown}` is not the name of a run: 1 to 100 letters, digits, `_` and `-`"
    );
    Ok(())
}

pub(super) fn is_key(key: &str) -> bool {
    let hex = key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hex && (8..=128).contains(&key.len())
}

/// The names that a record's file may have, to be tried in turn: the second is for another record of
/// the same run, role and millisecond.
pub(super) fn names(record: &Record) -> impl Iterator<Item = String> + use<> {
    let stem = format!("{:013}-{}-{}", record.at, record.run, record.role.word());
    let further = stem.clone();
    let first = std::iter::once(format!("{stem}{EXTENSION}"));
    first.chain((2_u32..).map(move |count| format!("{further}.{count}{EXTENSION}")))
}

/// When the record in the file of this name ended, if a record may have this name.
pub(super) fn time(name: &str) -> Option<u64> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let plain = name.len() <= LONGEST_NAME && name.bytes().all(allowed);
    let (at, _) = name.strip_suffix(EXTENSION).filter(|_| plain)?.split_once('-')?;
    at.parse().ok()
}
