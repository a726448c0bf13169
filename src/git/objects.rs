//! Git objects by name -> their bytes, raw as stored: no end-of-line conversion, no filters, no
//! attributes.  One `git cat-file --batch` process answers many requests, in their order.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use super::{CommitSha, Repository, program};

/// Bytes of one read: all that a pipe holds (Linux), so that git and we seldom wait for each other.
const BUFFER: usize = 64 << 10;

/// One `git cat-file --batch` that is asked for one path at a time, for as long as it is wanted.
#[derive(Debug)]
pub(super) struct Conversation {
    objects: Objects,
    input: ChildStdin,
}

impl Conversation {
    pub(super) fn start(repository: &Repository) -> Result<Self> {
        let mut command = repository.git();
        command.args(["cat-file", "--batch", "--follow-symlinks"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(program::explain)?;
        let input = child.stdin.take().context("git has no input")?;
        Ok(Self { objects: Objects::of(child)?, input })
    }

    /// The bytes of a file of a commit, through links inside the tree; `None` for a directory too.
    pub(super) fn read(&mut self, sha: &CommitSha, path: &str) -> Result<Option<Vec<u8>>> {
        ensure!(!path.contains(['\n', '\0']), "a path cannot hold a line break here");
        writeln!(self.input, "{sha}:{path}").context("git has ended")?;
        let header = self.objects.header()?;
        let (kind, size) = match header.split(' ').collect::<Vec<_>>()[..] {
            // What a directory holds, and where a link out of the tree leads, comes behind.
            [what, size] if matches!(what, "symlink" | "loop" | "dangling" | "notdir") => {
                (what, size)
            }
            [_, kind, size] => (kind, size),
            _ => return Ok(None),
        };
        let Ok(size) = size.parse() else { return Ok(None) };
        let mut bytes = Vec::new();
        self.objects.read(&mut bytes, size)?;
        self.objects.end()?;
        match kind {
            "blob" => Ok(Some(bytes)),
            "symlink" => bail!("it is a symbolic link out of the tree"),
            "loop" => bail!("it is a symbolic link into itself"),
            _ => Ok(None),
        }
    }
}

/// Answers of one `git cat-file --batch`.
#[derive(Debug)]
pub(super) struct Objects {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Objects {
    /// Asks for `names`, one after another.  They go through a temporary file in `directory`, so that
    /// git never waits for us while we wait for it.
    pub(super) fn request<'a>(
        repository: &Repository,
        names: impl Iterator<Item = &'a str>,
        directory: &Path,
    ) -> Result<Self> {
        let requests = request_file(names, directory)
            .with_context(|| format!("cannot write to {}", directory.display()))?;
        Self::start(repository, requests, &["--buffer"])
    }

    fn start(repository: &Repository, requests: File, options: &[&str]) -> Result<Self> {
        let mut command = repository.git();
        command.args(["cat-file", "--batch"]).args(options);
        command.stdin(requests).stdout(Stdio::piped()).stderr(Stdio::null());
        Self::of(command.spawn().map_err(program::explain)?)
    }

    fn of(mut child: Child) -> Result<Self> {
        let output = child.stdout.take().context("git has no output")?;
        Ok(Self { child, output: BufReader::with_capacity(BUFFER, output) })
    }

    /// Begins the next answer, which must be the object `name` of `size` bytes.
    pub(super) fn begin(&mut self, name: &str, size: u64) -> Result<()> {
        let header = self.header()?;
        let expected = [name, "blob", &size.to_string()];
        ensure!(
            header.split(' ').eq(expected),
            "git has no content for object {name} (`{header}`); the clone is incomplete or damaged: \
             `git fsck`, then `git fetch` or clone again"
        );
        Ok(())
    }

    /// Reads the next `count` bytes of the answer to the end of `buffer`.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>, count: u64) -> Result<()> {
        let read = (&mut self.output).take(count).read_to_end(buffer)?;
        ensure!(read as u64 == count, "git ended within an object");
        Ok(())
    }

    /// Ends an answer.
    pub(super) fn end(&mut self) -> Result<()> {
        let mut newline = [0];
        self.output.read_exact(&mut newline).context("git ended within an object")
    }

    fn header(&mut self) -> Result<String> {
        let mut line = Vec::new();
        self.output.read_until(b'\n', &mut line)?;
        ensure!(line.pop() == Some(b'\n'), "git ended before the last object");
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It has ended, or nobody wants the rest; an error means that it is gone.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The bytes of all named blobs.
pub(super) fn read_all<'a>(
    repository: &Repository,
    blobs: impl Iterator<Item = (&'a str, u64)> + Clone,
    directory: &Path,
) -> Result<Vec<Vec<u8>>> {
    if blobs.clone().next().is_none() {
        return Ok(Vec::new());
    }
    let names = blobs.clone().map(|(name, _)| name);
    let mut objects = Objects::request(repository, names, directory)?;
    let read = |(name, size)| {
        let mut bytes = Vec::new();
        objects.begin(name, size)?;
        objects.read(&mut bytes, size)?;
        objects.end()?;
        Ok(bytes)
    };
    blobs.map(read).collect()
}

/// See [`Repository::read`].
pub(super) fn read_path(
    repository: &Repository,
    sha: &CommitSha,
    path: &str,
) -> Result<Option<Vec<u8>>> {
    ensure!(!path.contains(['\n', '\0']), "a path cannot hold a line break here");
    let path = path.trim_start_matches("./");
    let request = format!("{sha}:{path}");
    let directory = std::env::temp_dir();
    let requests = request_file([request.as_str()].into_iter(), &directory)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    let mut objects = Objects::start(repository, requests, &["--follow-symlinks"])?;
    let header = objects.header()?;
    // An answer is `<object> <type> <size>`; what is not there is `<what> <length>` or `.. missing`.
    match header.split(' ').collect::<Vec<_>>()[..] {
        [_, "blob", size] => {
            let mut bytes = Vec::new();
            objects.read(&mut bytes, size.parse()?)?;
            Ok(Some(bytes))
        }
        [_, "tree", _] => bail!("it is a directory, not a file"),
        ["symlink", _] => bail!("it is a symbolic link out of the tree"),
        ["loop", _] => bail!("it is a symbolic link into itself"),
        _ => Ok(None),
    }
}

fn request_file<'a>(
    names: impl Iterator<Item = &'a str>,
    directory: &Path,
) -> std::io::Result<File> {
    let mut lines = Vec::new();
    for name in names {
        lines.extend(name.as_bytes());
        lines.push(b'\n');
    }
    let mut file = tempfile::tempfile_in(directory)?;
    file.write_all(&lines)?;
    file.rewind()?;
    Ok(file)
}
