//! Which of the files that head changes its trainings read, by what a hook in them tells.  A training could tell
//! the same: it is a help against mistakes, not against malice.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    experiment::marked::behind,
    output::{excerpt, first_few},
};

/// What its lines begin with.
const PREFIX: &str = "REGRESSION_TRACE ";

/// Files of a training that are kept.
const MOST_FILES: usize = 10_000;

/// Characters of a path that are shown.
const LONGEST: usize = 200;

/// What is looked out for in trainings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// Python files of head, from the root of its tree, one of which its trainings should read; none where that
    /// would show nothing.
    pub files: Vec<String>,
    /// Files of head's tree of which the config says that no training reads them.
    pub aside: BTreeSet<String>,
}

impl Watch {
    /// Whether there is nothing to look out for.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.aside.is_empty()
    }
}

/// What a training read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Whether the hook was there.
    on: bool,
    /// Whether one of the watched files was read.
    read: bool,
    /// A watched file, and what was read in its place.
    instead: Option<(String, String)>,
    /// Files of the tree that were read, where that is asked for.
    files: BTreeSet<String>,
}

/// Whether a line of a log is what the hook tells.
pub(crate) fn is_told(line: &str) -> bool {
    line.contains(PREFIX)
}

impl Seen {
    /// The same without words that a training could have chosen.
    pub(crate) fn discreet(self) -> Self {
        Self { instead: None, ..self }
    }

    /// Takes in what a line of a training tells of it.
    pub(crate) fn take(&mut self, line: &str) {
        let Some((_, rest)) = behind(line, PREFIX) else { return };
        match rest.split_once(' ') {
            Some(("on", _)) => self.on = true,
            Some(("read", _)) => self.read = true,
            Some(("file", path)) if self.files.len() < MOST_FILES => {
                self.files.insert(excerpt(path, LONGEST));
            }
            Some(("instead", told)) => {
                let told = told.split_once('\t');
                let told = told.map(|(own, path)| (excerpt(own, LONGEST), excerpt(path, LONGEST)));
                self.instead = self.instead.take().or(told);
            }
            Some(_) | None => {}
        }
    }
}

/// Why trainings that were traced say nothing about the change: none of them read any of the watched files.
pub(crate) fn unexercised<'a>(
    trainings: impl Iterator<Item = &'a Seen>,
    watched: &[String],
) -> Option<String> {
    let mut trainings = trainings.peekable();
    if watched.is_empty() || trainings.peek().is_none() {
        return None;
    }
    let mut instead = None;
    for seen in trainings {
        if !seen.on || seen.read {
            return None;
        }
        instead = instead.or(seen.instead.as_ref());
    }
    let what = format!("not exercised: no training of head read {}", first_few(watched));
    Some(match instead {
        Some((own, path)) => format!(
            "{what}, which this change changes; in place of {own} they read {path}: let the training import \
             the commit's own tree (such as env: {{PYTHONPATH: src}}), or take the package out of the image"
        ),
        None => format!(
            "{what}, which this change changes; if no training should, list it under `ignore` in the config"
        ),
    })
}

/// What is said of files that trainings read although the config leaves them out, if there are any.
pub(crate) fn overlooked<'a>(
    trainings: impl Iterator<Item = &'a Seen>,
    watch: &Watch,
) -> Option<String> {
    let read: BTreeSet<&String> = trainings.flat_map(|seen| &seen.files).collect();
    let overlooked: Vec<String> =
        read.into_iter().filter(|path| watch.aside.contains(*path)).cloned().collect();
    (!overlooked.is_empty()).then(|| {
        format!(
            "trainings read {}, which the config leaves out by `inputs` or `ignore`: a change of that alone \
             would pass without a training; add it to `inputs`, or take it out of `ignore`",
            first_few(&overlooked)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(log: &str) -> Seen {
        let mut seen = Seen::default();
        log.lines().for_each(|line| seen.take(line));
        seen
    }

    #[test]
    fn only_a_traced_training_that_read_nothing_says_so() {
        let watched = ["a.py".to_owned(), "b.py".to_owned()];
        let told = |logs: &[&str]| {
            let seen: Vec<Seen> = logs.iter().map(|log| read(log)).collect();
            unexercised(seen.iter(), &watched)
        };
        let (on, elsewhere) =
            ("REGRESSION_TRACE on driver\n", "REGRESSION_TRACE instead a.py\t/site/a.py\n");
        let worker = "(f pid=7) REGRESSION_TRACE read b.py\n";
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["epoch 1\n"]), None, "the hook was not there");
        assert_eq!(told(&[on, "epoch 1\n"]), None);
        assert_eq!(told(&[on, &format!("{on}{worker}")]), None);
        let nothing = told(&[on, on]).unwrap();
        assert!(
            nothing.contains("read a.py and b.py") && nothing.contains("`ignore`"),
            "{nothing}"
        );
        let instead = told(&[on, &format!("{on}{elsewhere}")]).unwrap();
        assert!(instead.contains("in place of a.py they read /site/a.py"), "{instead}");
    }

    #[test]
    fn files_that_the_config_leaves_out_are_told() {
        let watch = |paths: &[&str]| Watch {
            files: Vec::new(),
            aside: paths.iter().map(|&path| path.to_owned()).collect(),
        };
        let seen = read("REGRESSION_TRACE file train.py\nREGRESSION_TRACE file data/words.txt\n");
        let told =
            |aside: &[&str]| overlooked([&seen, &Seen::default()].into_iter(), &watch(aside));
        assert_eq!(told(&["README.md"]), None);
        let told = told(&["README.md", "data/words.txt"]).unwrap();
        assert!(told.starts_with("trainings read data/words.txt, which"), "{told}");
        assert_eq!(unexercised([&seen].into_iter(), &[]), None);
    }
}
