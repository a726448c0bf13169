//! The repository's own Dockerfile -> facts: its bytes, and everything that it takes from the commit by
//! `COPY`, `ADD` and `RUN --mount`.  What its commands do with that is not understood.

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{lines, path, reading::RequirementsReader, url::without_credentials};
use crate::{config::takes, hex::hex};

/// One instruction: its word in capitals, its flags without hyphens, all else.
struct Instruction {
    word: String,
    flags: Vec<String>,
    rest: String,
}

impl RequirementsReader<'_> {
    /// Adds what the Dockerfile at `path` takes from the commit; yields the hash of its bytes.
    pub(super) fn dockerfile(&mut self, path: &str) -> Result<String> {
        let path = path::within("", path)?;
        let bytes = self.need(&path, "dockerfile")?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for ignore in [".dockerignore".to_owned(), format!("{path}.dockerignore")] {
            if let Some(bytes) = self.read(&ignore)? {
                self.bytes(&ignore, &bytes);
            }
        }
        let instructions = instructions(&text);
        let mut stages = vec!["scratch".to_owned()];
        for instruction in &instructions {
            if instruction.word == "FROM" {
                let words: Vec<&str> = instruction.rest.split_whitespace().collect();
                let image = words.first().copied().unwrap_or_default();
                if !stages.contains(&image.to_ascii_lowercase()) {
                    self.warn_unless_pinned(image);
                }
                stages.extend(words.get(2).map(|stage| stage.to_ascii_lowercase()));
            }
            for source in sources(instruction) {
                self.source(&path, &source, &instructions)?;
            }
        }
        Ok(hex(Sha256::digest(bytes)))
    }

    pub(super) fn warn_unless_pinned(&mut self, image: &str) {
        if !image.contains("@sha256:") {
            self.warn(format!(
                "base image {image} is not pinned by digest: what it holds can change without a \
                 commit; write {image}@sha256:..."
            ));
        }
    }

    /// One source of `COPY` or its like, as it is written.
    fn source(&mut self, dockerfile: &str, source: &str, all: &[Instruction]) -> Result<()> {
        if source.contains("://") || source.starts_with("git@") {
            let address = without_credentials(source);
            self.warn(format!("{dockerfile} adds {address}, which can change without a commit"));
            return Ok(());
        }
        // What a variable or a class of characters stands for is not known: all counts that it could name.
        let fixed = source.split('/').take_while(|part| !part.contains(['$', '[']));
        let wanted = fixed.collect::<Vec<_>>().join("/");
        let wanted = path::join("", wanted.trim_start_matches('/')).unwrap_or_default();
        if wanted.is_empty() {
            self.warn(format!(
                "{dockerfile} copies the whole repository ({source}): every commit asks for another \
                 image; copy what the image needs"
            ));
        }
        let taken = |path: &str| wanted.is_empty() || takes(&wanted, path);
        let read = |path: &str| self.lines.contains(path) && is_installed_alone(all, path);
        let found = self.tree()?.iter().filter(|listed| taken(&listed.path));
        let (lines, found): (Vec<_>, Vec<_>) =
            found.cloned().partition(|listed| read(&listed.path));
        if lines.is_empty() && found.is_empty() && !self.content(&wanted)? {
            self.warn(format!("{dockerfile} copies {source}, which is not in the commit"));
        }
        self.count(found)
    }
}

/// The lines of a heredoc are taken for instructions: what they seem to copy counts.
fn instructions(text: &str) -> Vec<Instruction> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let directives = lines.iter().take_while(|line| line.starts_with('#'));
    let backtick = directives.into_iter().any(|line| line.replace(' ', "") == "#escape=`");
    let escape = if backtick { '`' } else { '\\' };
    let (mut found, mut whole) = (Vec::new(), String::new());
    for line in lines.iter().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let part = line.strip_suffix(escape);
        whole.push_str(part.unwrap_or(line));
        whole.push(' ');
        if part.is_some() {
            continue;
        }
        found.push(instruction(&std::mem::take(&mut whole)));
    }
    found.push(instruction(&whole));
    found
}

fn instruction(text: &str) -> Instruction {
    let (word, mut rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let mut flags = Vec::new();
    while let Some(flag) = rest.trim_start().strip_prefix("--") {
        let (flag, after) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        flags.push(flag.to_owned());
        rest = after;
    }
    Instruction { word: word.to_ascii_uppercase(), flags, rest: rest.trim().to_owned() }
}

/// What an instruction takes from the commit's tree, as it is written.
fn sources(instruction: &Instruction) -> Vec<String> {
    let Instruction { word, flags, rest } = instruction;
    match &**word {
        "COPY" | "ADD" if !flags.iter().any(|flag| flag.starts_with("from=")) => {
            let words: Vec<String> =
                serde_json::from_str(rest).unwrap_or_else(|_| lines::words(rest));
            let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
            sources.iter().filter(|source| !source.starts_with("<<")).cloned().collect()
        }
        "RUN" => {
            flags.iter().filter_map(|flag| flag.strip_prefix("mount=")).filter_map(bound).collect()
        }
        _ => Vec::new(),
    }
}

/// What a mount binds from the commit's tree.
fn bound(mount: &str) -> Option<String> {
    let options = || mount.split(',').map(|option| option.split_once('=').unwrap_or((option, "")));
    let value =
        |names: &[&str]| options().find(|(name, _)| names.contains(name)).map(|(_, value)| value);
    let here = value(&["from"]).is_none() && matches!(value(&["type"]), None | Some("bind"));
    here.then(|| value(&["source", "src"]).unwrap_or(".").to_owned())
}

/// Whether all that the commands do with a file of pip's format is to have it installed, so that its
/// lines count and not its bytes.
fn is_installed_alone(all: &[Instruction], path: &str) -> bool {
    const OPTIONS: [&str; 5] = ["-r", "-c", "--requirement", "--requirements", "--constraint"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let commands = all.iter().filter(|one| !matches!(&*one.word, "COPY" | "ADD"));
    commands.into_iter().all(|command| {
        let words: Vec<&str> =
            command.rest.split(['=', ' ', '\t']).filter(|word| !word.is_empty()).collect();
        let named = words.iter().enumerate().filter(|(_, word)| word.contains(name));
        named
            .into_iter()
            .all(|(at, word)| word.starts_with("-r") || at > 0 && OPTIONS.contains(&words[at - 1]))
    })
}
