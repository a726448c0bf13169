//! Members -> the archive's bytes in order, read by one git process per core, in constant memory.
//! Small members are read in chunks; each worker sends its chunks through a bounded channel, and the
//! chunks are taken in turn.

use std::{
    num::NonZero,
    ops::Range,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use anyhow::{Context, Result};

use super::{Repository, archive, members::Member, objects::Objects, warnings::Note};

/// Bytes of content that a chunk has at least, but for the last.
const CHUNK: u64 = 1 << 20;
/// Bytes at which a piece is sent.
const PIECE: usize = 256 << 10;
/// Pieces that may wait in one channel.
const WAITING: usize = 4;
/// Git LFS pointers are smaller (the specification in its repository).
const LFS_POINTER: usize = 1024;

/// Some bytes of the archive, and what became known of the members that end in them.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) ended: Vec<MemberEnd>,
    last_of_chunk: bool,
}

/// What is known of a member once it is read.
#[derive(Debug)]
pub(super) struct MemberEnd {
    pub(super) crc: u32,
    /// What is odd about its content.
    pub(super) note: Option<Note>,
}

/// Passes the archive's bytes up to its directory to `sink`, piece by piece.
pub(super) fn stream(
    repository: &Repository,
    members: &[Member],
    directory: &Path,
    mut sink: impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let chunks = chunks(members);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let workers = cores.clamp(1, chunks.len().max(1));
    thread::scope(|scope| {
        let start = |first: usize| {
            let (sender, receiver) = sync_channel(WAITING);
            let own: Vec<_> = chunks.iter().skip(first).step_by(workers).cloned().collect();
            scope.spawn(move || {
                if let Err(error) = work(repository, members, &own, directory, &sender) {
                    // Nobody listens if the sink has failed; then its error counts.
                    drop(sender.send(Err(error)));
                }
            });
            receiver
        };
        let receivers: Vec<_> = (0..workers).map(start).collect();
        (0..chunks.len()).try_for_each(|index| drain(&receivers[index % workers], &mut sink))
    })
}

/// Takes one chunk.
fn drain(
    receiver: &Receiver<Result<Piece>>,
    sink: &mut impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    loop {
        let piece = receiver.recv().context("reading from git stopped early")??;
        let last = piece.last_of_chunk;
        sink(piece)?;
        if last {
            return Ok(());
        }
    }
}

/// Cuts the members into runs of about [`CHUNK`] bytes.
fn chunks(members: &[Member]) -> Vec<Range<usize>> {
    let (mut chunks, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (index, member) in members.iter().enumerate() {
        bytes += archive::OVERHEAD + member.size;
        if bytes >= CHUNK || index + 1 == members.len() {
            chunks.push(start..index + 1);
            (start, bytes) = (index + 1, 0);
        }
    }
    chunks
}

/// Reads all chunks of one worker.
fn work(
    repository: &Repository,
    members: &[Member],
    chunks: &[Range<usize>],
    directory: &Path,
    sender: &SyncSender<Result<Piece>>,
) -> Result<()> {
    let own = || chunks.iter().flat_map(|chunk| &members[chunk.clone()]);
    let names = own().filter_map(|member| member.object.as_deref());
    let objects = Objects::request(repository, names, directory)?;
    let mut worker = Worker { objects, piece: Piece::default(), sender };
    for chunk in chunks {
        for member in &members[chunk.clone()] {
            worker.pack(member)?;
        }
        worker.piece.last_of_chunk = true;
        worker.send()?;
    }
    Ok(())
}

struct Worker<'a> {
    objects: Objects,
    piece: Piece,
    sender: &'a SyncSender<Result<Piece>>,
}

impl Worker<'_> {
    fn pack(&mut self, member: &Member) -> Result<()> {
        archive::local_header(&mut self.piece.bytes, member);
        let mut ended = MemberEnd { crc: 0, note: None };
        if let Some(object) = &member.object {
            self.objects.begin(object, member.size)?;
            ended = self.copy(member)?;
            self.objects.end()?;
        }
        archive::descriptor(&mut self.piece.bytes, member, ended.crc);
        self.piece.ended.push(ended);
        Ok(())
    }

    /// Copies one object's content.
    fn copy(&mut self, Member { name, size, .. }: &Member) -> Result<MemberEnd> {
        let mut crc = crc32fast::Hasher::new();
        let mut note = None;
        let mut left = *size;
        while left > 0 {
            if self.piece.bytes.len() >= PIECE {
                self.send()?;
            }
            let start = self.piece.bytes.len();
            // At least a whole pointer, so that it is seen in one read.
            let room = PIECE.saturating_sub(start).max(LFS_POINTER);
            let count = left.min(room as u64);
            self.objects.read(&mut self.piece.bytes, count)?;
            let content = &self.piece.bytes[start..];
            crc.update(content);
            if left == *size {
                note = noted(name, content, *size);
            }
            left -= count;
        }
        Ok(MemberEnd { crc: crc.finalize(), note })
    }

    /// Sends the piece and begins the next.
    fn send(&mut self) -> Result<()> {
        let next = Piece { bytes: Vec::with_capacity(PIECE + 8192), ..Piece::default() };
        let piece = std::mem::replace(&mut self.piece, next);
        self.sender.send(Ok(piece)).ok().context("nobody takes the archive")
    }
}

/// What is odd about a file that begins so.
fn noted(name: &str, start: &[u8], size: u64) -> Option<Note> {
    if is_lfs(start, size) {
        return Some(Note::Lfs);
    }
    is_windows_script(name, start).then_some(Note::Crlf)
}

/// Is this a script whose first line ends as on Windows?  No shell on Linux finds its interpreter.
fn is_windows_script(name: &str, start: &[u8]) -> bool {
    let mut lines = start[..start.len().min(LFS_POINTER)].split_inclusive(|&byte| byte == b'\n');
    let is_script =
        start.starts_with(b"#!") || Path::new(name).extension().is_some_and(|end| end == "sh");
    is_script && lines.next().is_some_and(|line| line.ends_with(b"\r\n"))
}

/// Is this a Git LFS pointer?  Its version comes first.
fn is_lfs(content: &[u8], size: u64) -> bool {
    size < LFS_POINTER as u64
        && content.starts_with(b"version https://git-lfs.github.com/spec/v1\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_with_line_ends_of_windows_are_noted() {
        let noted =
            |name: &str, content: &str| noted(name, content.as_bytes(), content.len() as u64);
        for (name, content) in [
            ("train", "#!/bin/sh\r\npython train.py\r\n"),
            ("train.sh", "python train.py\r\n"),
            ("bin/train.py", "#!/usr/bin/env python3\r\n"),
        ] {
            assert_eq!(noted(name, content), Some(Note::Crlf), "{name}");
        }
        for (name, content) in [
            ("train.py", "import ray\r\n"),
            ("data.csv", "a,b\r\n1,2\r\n"),
            ("train.sh", "#!/bin/sh\necho '\r\n'\n"),
            ("train.sh", ""),
        ] {
            assert_eq!(noted(name, content), None, "{name}");
        }
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\n";
        assert_eq!(noted("weights.bin", pointer), Some(Note::Lfs));
    }
}
