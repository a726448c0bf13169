//! The records in a commit of the branch.

use anyhow::{Context, Result};

use super::git::Git;
use crate::{
    experiment::history::{
        HistoryRead,
        listing::{self, ListedFile, Listing, MOST_BYTES},
        place,
    },
    git::CommitSha,
};

/// Bytes of the list of all files: more than a hundred thousand of them.  A tree can be made to list
/// billions.
const LONGEST_LIST: u64 = 32 << 20;
/// Bytes around each file in git's answer.
const FRAME: u64 = 128;

/// Reads all records.
pub(super) async fn read(git: &Git<'_>, tip: &CommitSha) -> Result<HistoryRead> {
    let listing = list(git, tip).await?;
    let (files, warnings) = listing.newest();
    if files.is_empty() {
        return Ok(listing::decode(files.into_iter().map(|file| (file, Ok(Vec::new()))), warnings));
    }
    let names: Vec<_> = files.iter().map(|file| file.source.as_str()).collect();
    let batch = git.local(&["cat-file", "--batch", "--buffer"]);
    let most = MOST_BYTES + FRAME * files.len() as u64;
    let said = git.run(batch, (names.join("\n") + "\n").as_bytes(), most).await?;
    let mut rest = said.stdout.as_slice();
    let mut read = Vec::with_capacity(files.len());
    for file in files {
        let bytes = content(&mut rest, &file).with_context(|| git.broken(&said.words))?;
        read.push((file, Ok(bytes.to_vec())));
    }
    Ok(listing::decode(read.into_iter(), warnings))
}

async fn list(git: &Git<'_>, tip: &CommitSha) -> Result<Listing<String>> {
    let command = git.local(&["ls-tree", "-r", "-z", "-l", "--full-tree", tip.as_str()]);
    let said = git.run(command, b"", LONGEST_LIST).await?;
    if !said.success && !said.cut {
        return Err(git.broken(&said.words));
    }
    let mut listing = Listing::new();
    if said.cut {
        listing.warn("the branch of the history lists too many files; some were not read".into());
    }
    let mut entries = said.stdout.split(|byte| *byte == 0);
    if said.cut {
        // Its end is missing.
        entries.next_back();
    }
    for entry in entries {
        take(&String::from_utf8_lossy(entry), &mut listing);
    }
    Ok(listing)
}

/// Takes `<mode> blob <object> <size>`, a tab and the path.  What does not lie in the directory of a
/// key is none of ours.
fn take(entry: &str, listing: &mut Listing<String>) {
    let Some((head, path)) = entry.split_once('\t') else { return };
    let Some((key, name)) = path.split_once('/').filter(|(key, _)| place::is_key(key)) else {
        return;
    };
    match head.split_ascii_whitespace().collect::<Vec<_>>()[..] {
        ["100644" | "100755", "blob", object, size] => match size.parse() {
            Ok(size) => listing.found(key, name, size, object.to_owned()),
            Err(_) => listing.left_out(key, name, "git does not know its size"),
        },
        _ => listing.left_out(key, name, "it is not a file"),
    }
}

/// The next answer of `git cat-file --batch`: `<object> blob <size>`, the bytes and a newline.
fn content<'a>(rest: &mut &'a [u8], file: &ListedFile<String>) -> Option<&'a [u8]> {
    let header = format!("{} blob {}\n", file.source, file.size);
    let size = usize::try_from(file.size).ok()?;
    let (bytes, after) = rest.strip_prefix(header.as_bytes())?.split_at_checked(size)?;
    *rest = after.strip_prefix(b"\n")?;
    Some(bytes)
}
