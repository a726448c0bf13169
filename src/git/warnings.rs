//! What a package cannot hold as the tree has it: notes on paths -> one warning for each kind.

/// Why a path is not in the package as it is in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    /// A Git LFS pointer in place of the data.
    Lfs,
    /// A script whose lines end in CRLF.
    Crlf,
    Submodule,
    /// A link to nothing.
    Dangling,
    /// A link out of the tree.
    Outside,
    /// A link into itself.
    Loop,
    NotUtf8,
    /// A name that Ray skips.
    Unsafe,
}

/// Notes of one tree, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Notes {
    noted: std::collections::BTreeMap<Note, WarnedPaths>,
}

#[derive(Debug, Default)]
struct WarnedPaths {
    shown: Vec<String>,
    count: usize,
}

/// How many paths a warning names.
const SHOWN: usize = 5;

impl Notes {
    pub(super) fn add(&mut self, note: Note, path: &[u8]) {
        let paths = self.noted.entry(note).or_default();
        if paths.shown.len() < SHOWN {
            paths.shown.push(shown(path));
        }
        paths.count += 1;
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.noted.iter().map(|(note, paths)| warning(*note, paths)).collect()
    }
}

/// A stranger's path, safe to print on one line.
pub(super) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).escape_debug().to_string()
}

fn warning(note: Note, paths: &WarnedPaths) -> String {
    let more = paths.count - paths.shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} ({}): {}{more}", meaning(note), paths.count, paths.shown.join(", "))
}

fn meaning(note: Note) -> &'static str {
    match note {
        Note::Lfs => {
            "files in Git LFS are packed as pointers, not as data; \
             let the training code fetch them, or keep the data in object storage"
        }
        Note::Crlf => {
            "scripts with Windows line ends (CRLF) do not run on Linux, which looks for an interpreter \
             `sh\\r`; convert them, and add `*.sh text eol=lf` to .gitattributes"
        }
        Note::Submodule => {
            "submodules are packed as empty directories; \
             install them in the image, or vendor their files"
        }
        Note::Dangling => "symbolic links to nothing in the tree are left out",
        Note::Outside => {
            "symbolic links out of the tree are left out because Ray unpacks no links; \
             create them in the entrypoint"
        }
        Note::Loop => "symbolic links into a directory around them, or in a circle, are left out",
        Note::NotUtf8 => "files whose names are not UTF-8 are left out; rename them",
        Note::Unsafe => {
            "files whose names Ray refuses to unpack (a backslash, a drive, `..`, or too long) \
             are left out; rename them"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, Notes};

    #[test]
    fn a_warning_names_a_few_paths_and_counts_all() {
        let mut notes = Notes::default();
        for index in 0..7 {
            notes.add(Note::Submodule, format!("lib\n{index}").as_bytes());
        }
        let [warning] = notes.warnings().try_into().unwrap();
        assert!(
            warning.ends_with(r"(7): lib\n0, lib\n1, lib\n2, lib\n3, lib\n4 and 2 more"),
            "{warning}"
        );
    }
}
