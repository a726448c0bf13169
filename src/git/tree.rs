//! A commit -> the flat list of its tree's entries, with sizes, in the order of their paths' bytes.

use anyhow::{Context, Result, bail};

use super::{CommitSha, Repository, program};

/// One entry of a tree; `path` is from the root, in the bytes that git stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) path: Vec<u8>,
    pub(super) kind: EntryKind,
    pub(super) object: String,
    /// Bytes; 0 for a submodule.
    pub(super) size: u64,
}

/// What git's mode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File { executable: bool },
    Link,
    Submodule,
}

/// Lists the whole tree of a commit.
pub(super) fn list(repository: &Repository, sha: &CommitSha) -> Result<Vec<TreeEntry>> {
    let mut command = repository.git();
    command.args(["ls-tree", "-r", "-z", "-l", "--full-tree", sha.as_str()]);
    let listing = program::stdout(&mut command)
        .with_context(|| format!("cannot list the tree of commit {}", sha.short()))?;
    let records = listing.split(|&byte| byte == 0).filter(|record| !record.is_empty());
    let mut entries = records.map(parse).collect::<Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    // Git writes no such tree, but a stranger can.
    if let Some([twice, _]) = entries.array_windows().find(|[a, b]| a.path == b.path) {
        let path = String::from_utf8_lossy(&twice.path);
        bail!("the tree of commit {} lists {} twice", sha.short(), path.escape_debug());
    }
    Ok(entries)
}

/// Parses `<mode> <type> <object> <size>\t<path>`.
fn parse(record: &[u8]) -> Result<TreeEntry> {
    let tab = record.iter().position(|&byte| byte == b'\t').context("git listed no path")?;
    let (head, path) = (str::from_utf8(&record[..tab])?, record[tab + 1..].to_vec());
    let mut words = head.split_ascii_whitespace();
    let mut word = || words.next().with_context(|| format!("git listed `{head}`"));
    let (mode, _, object, size) = (word()?, word()?, word()?, word()?);
    let kind = match mode {
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Submodule,
        // Old repositories hold 100664 too.
        _ if mode.starts_with("100") => EntryKind::File { executable: mode == "100755" },
        _ => bail!("git listed the unknown mode {mode}"),
    };
    let size = match size {
        "-" => 0,
        // So git says of an object that it does not have.
        "BAD" => bail!(
            "the clone lacks the content of {}; fetch it: `git fetch --refetch --filter=blob:limit=1g`, \
             or clone without --filter",
            String::from_utf8_lossy(&path).escape_debug()
        ),
        digits => digits.parse().with_context(|| format!("git listed the size `{digits}`"))?,
    };
    Ok(TreeEntry { path, kind, object: object.to_owned(), size })
}

#[cfg(test)]
mod tests {
    use super::{EntryKind, TreeEntry, parse};

    #[test]
    fn a_record_is_parsed_whatever_its_path() {
        let entry = parse(b"100755 blob 0123abcd      42\ta\tb\n\xff").unwrap();
        let path = b"a\tb\n\xff".to_vec();
        let kind = EntryKind::File { executable: true };
        assert_eq!(entry, TreeEntry { path, kind, object: "0123abcd".into(), size: 42 });
    }

    #[test]
    fn an_object_that_is_not_there_is_an_error_with_a_remedy() {
        let error = parse(b"100644 blob 0123abcd     BAD\tdata.bin").unwrap_err().to_string();
        assert!(error.contains("data.bin") && error.contains("git fetch"), "{error}");
    }
}
