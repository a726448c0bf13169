//! A commit that adds files to a commit, made of git's objects alone: no index, no work tree, and
//! no name of a file that others chose reaches the file system.

use anyhow::{Context, Result, bail, ensure};

use super::git::{Git, SHORT};
use crate::{
    experiment::history::{Record, place},
    git::CommitSha,
};

/// Tells that a branch is ours, and people what it is.
const MARK: &str = "regression-history.md";
const MARK_TEXT: &str = "Readings of regression-action, one file for each result, by evidence key.\n\
                         Files are only ever added.  To forget them, delete this branch.\n";
/// Of author and committer.  Nobody can own an address below `.invalid`.
const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "regression-action"),
    ("GIT_AUTHOR_EMAIL", "regression-action@noreply.invalid"),
    ("GIT_COMMITTER_NAME", "regression-action"),
    ("GIT_COMMITTER_EMAIL", "regression-action@noreply.invalid"),
];

/// Makes the commit that adds the files of records, each with its blob, on top of `tip` or as the first.
/// Yields its name; `None` if the same records are there already.
pub(super) async fn on(
    git: &Git<'_>,
    tip: Option<&CommitSha>,
    files: &[(&Record, String)],
) -> Result<Option<String>> {
    let mut root = match tip {
        Some(tip) => Tree::read(git, tip.as_str()).await?,
        None => Tree::default(),
    };
    if root.find(MARK).is_none() {
        let (name, remote) = (&git.branch.name, &git.branch.remote);
        ensure!(
            root.0.is_empty(),
            "branch {name} of {remote} holds other things than the history; name a branch of its own"
        );
        let mark = git.must(&["hash-object", "-w", "--stdin"], MARK_TEXT.as_bytes()).await?;
        root.put("100644 blob", &mark, MARK);
    }
    let mut added = Vec::new();
    for (record, blob) in files {
        if add(git, &mut root, record, blob).await? {
            added.push(*record);
        }
    }
    let Some(first) = added.first() else { return Ok(None) };
    let tree = root.write(git).await?;
    written(git, &tree, tip, (first, added.len())).await.map(Some)
}

/// Adds a record's file below the root; false if it is there already.
async fn add(git: &Git<'_>, root: &mut Tree, record: &Record, blob: &str) -> Result<bool> {
    let mut records = match root.find(&record.key) {
        Some(("tree", sha)) => Tree::read(git, sha).await?,
        Some((kind, _)) => bail!(
            "branch {} of {} has a {kind} in the place of a directory: {}; remove it",
            git.branch.name,
            git.branch.remote,
            record.key
        ),
        None => Tree::default(),
    };
    for name in place::names(record) {
        match records.find(&name) {
            Some((_, sha)) if sha == blob => return Ok(false),
            Some(_) => {}
            None => {
                records.put("100644 blob", blob, &name);
                break;
            }
        }
    }
    let records = records.write(git).await?;
    root.put("040000 tree", &records, &record.key);
    Ok(true)
}

async fn written(
    git: &Git<'_>,
    tree: &str,
    tip: Option<&CommitSha>,
    (record, count): (&Record, usize),
) -> Result<String> {
    let mut command = git.local(&["commit-tree"]);
    if let Some(tip) = tip {
        command.args(["-p", tip.as_str()]);
    }
    command.arg(tree).envs(IDENTITY);
    // The words at the end keep other systems from building this branch.
    let (role, commit, run) = (record.role.word(), record.commit.short(), &record.run);
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let message = format!("Readings of {commit} as {role}{more}\n\nRun: {run}\n\n[skip ci]\n");
    let said = git.run(command, message.as_bytes(), SHORT).await?;
    if !said.success {
        return Err(git.broken(&said.words));
    }
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// A directory as `git ls-tree -z` lists it and `git mktree -z` takes it: `<mode> <kind> <object>`,
/// a tab and the name, in bytes.
#[derive(Debug, Default)]
struct Tree(Vec<Vec<u8>>);

impl Tree {
    async fn read(git: &Git<'_>, name: &str) -> Result<Self> {
        let said = git.run(git.local(&["ls-tree", "-z", "--full-tree", name]), b"", SHORT).await?;
        let (branch, remote) = (&git.branch.name, &git.branch.remote);
        ensure!(
            !said.cut,
            "branch {branch} of {remote} holds too many records; delete it to begin anew"
        );
        if !said.success {
            return Err(git.broken(&said.words));
        }
        let entries = said.stdout.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        Ok(Self(entries.map(<[u8]>::to_vec).collect()))
    }

    /// The kind and the object of the entry with this name.
    fn find(&self, name: &str) -> Option<(&str, &str)> {
        let head = |entry: &'_ Vec<u8>| -> Option<usize> {
            let length = entry.len().checked_sub(name.len() + 1)?;
            (entry[length..] == *format!("\t{name}").as_bytes()).then_some(length)
        };
        let (entry, length) = self.0.iter().find_map(|entry| Some((entry, head(entry)?)))?;
        let mut words = str::from_utf8(&entry[..length]).ok()?.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    }

    /// Sets the entry with this name.
    fn put(&mut self, what: &str, object: &str, name: &str) {
        let end = format!("\t{name}");
        self.0.retain(|entry| !entry.ends_with(end.as_bytes()));
        self.0.push(format!("{what} {object}{end}").into_bytes());
    }

    /// Stores it; yields its name.
    async fn write(&self, git: &Git<'_>) -> Result<String> {
        let mut input = self.0.join(&0);
        input.push(0);
        git.must(&["mktree", "-z"], &input).await.context("cannot write the history's directory")
    }
}
