//! Which of the files that head changes its trainings read.  Python loads our hook by itself, as
//! `sitecustomize`, in drivers and in Ray's workers; there is nothing to import.
//!
//! What the hook tells, a training could tell as well: it is a help against mistakes, not against malice.

use std::collections::BTreeSet;

use anyhow::Result;
use tempfile::TempDir;

use crate::{
    marked::behind,
    output::excerpt,
    ray::{Ray, Uploaded},
    report::first_few,
    source::package_file,
};

const HOOK: &str = include_str!("trace/hook.py");

/// The name by which Python finds the hook.
const NAME: &str = "sitecustomize.py";

/// What its lines begin with.
const PREFIX: &str = "REGRESSION_TRACE ";

/// Files of a training that are kept.
const MOST_FILES: usize = 10_000;

/// Characters of a path that are shown.
const LONGEST: usize = 200;

/// A side whose trainings are traced.
#[derive(Debug)]
pub struct Traced {
    /// The uploaded hook.
    pub(crate) hook: Uploaded,
    /// What to look out for.
    watch: Watch,
    /// Where the hook is on this machine.
    _directory: TempDir,
}

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

impl Traced {
    /// Puts the hook on a cluster, by way of a directory.
    pub(crate) async fn upload(ray: &Ray, watch: &Watch, directory: TempDir) -> Result<Self> {
        let package = package_file(NAME, HOOK.as_bytes(), directory.path())?;
        let hook = ray.upload(&package).await?;
        Ok(Self { hook, watch: watch.clone(), _directory: directory })
    }

    /// What the hook needs to know in the job `id`.  A training whose own `ray.init` brings modules along
    /// has those in its workers, and not the hook; Ray would end it otherwise.
    pub(crate) fn environment(&self, id: &str) -> [(String, String); 4] {
        let file = format!("/tmp/regression-trace-{id}");
        let all = if self.watch.aside.is_empty() { "" } else { "1" };
        [
            ("REGRESSION_TRACE_FILE".to_owned(), file),
            ("REGRESSION_WATCHED".to_owned(), self.watch.files.join("\n")),
            ("REGRESSION_TRACE_ALL".to_owned(), all.to_owned()),
            ("RAY_OVERRIDE_JOB_RUNTIME_ENV".to_owned(), "1".to_owned()),
        ]
    }
}

/// A command that tells what the hook saw, after it did what it did.  Of one that failed nobody asks, and its
/// last words are not pushed out of sight.
pub(crate) fn telling(entrypoint: &str) -> String {
    let quoted = entrypoint.replace('\'', r"'\''");
    format!(
        "REGRESSION_TREE=\"$PWD\"\nexport REGRESSION_TREE\nrm -f \"$REGRESSION_TRACE_FILE\"\n\
         /bin/sh -c '{quoted}'\nregression_code=$?\n\
         [ $regression_code -ne 0 ] || cat \"$REGRESSION_TRACE_FILE\" 2> /dev/null\nrm -f \"$REGRESSION_TRACE_FILE\"\n\
         exit $regression_code"
    )
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

    /// Runs a command as a job would, with the hook; yields its exit code and its log.
    fn run(entrypoint: &str, files: &[(&str, &str)]) -> (Option<i32>, String) {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        for (name, text) in files.iter().chain(&[("hook/sitecustomize.py", HOOK)]) {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), text).unwrap();
        }
        let search = format!("{}:{}", path("hook").display(), path("site").display());
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &telling(entrypoint)]).current_dir(path("tree"));
        shell.env("PYTHONPATH", search).env("REGRESSION_TRACE_FILE", path("trace"));
        shell.env("REGRESSION_TRACE_ALL", "1");
        let output = shell.env("REGRESSION_WATCHED", "pkg/model.py").output().unwrap();
        let both = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&both).into_owned())
    }

    const READ: &str = "REGRESSION_TRACE read pkg/model.py";

    #[test]
    fn python_tells_every_file_of_the_tree() {
        let train = "import pkg.model, os; open('data/a.txt'); open('made', 'w'); open('/etc/hosts')\n\
                     os.open('data/a.txt', os.O_RDONLY); open('made')";
        let files = [("tree/pkg/model.py", ""), ("tree/train.py", train), ("tree/data/a.txt", "")];
        let below = "cd data && python3 ../train.py 2> /dev/null || test $? = 1";
        let (code, log) = run(&format!("python3 train.py && {below}"), &files);
        assert!(code == Some(0), "{log}");
        let told = log.lines().filter_map(|line| line.strip_prefix("REGRESSION_TRACE file "));
        let told: BTreeSet<&str> = told.collect();
        assert_eq!(told, ["data/a.txt", "made", "pkg/model.py", "train.py"].into(), "{log}");
    }

    #[test]
    fn python_tells_what_it_reads() {
        let new = ("tree/pkg/model.py", "VALUE = 2");
        let train = ("tree/train.py", "from pkg.model import VALUE; print(VALUE)");
        for _ in 0..2 {
            let (code, log) = run("python3 train.py && python3 train.py", &[new, train]);
            assert!(code == Some(0) && log.contains(READ), "{log}");
        }
        let below = "cd pkg && python3 -c 'open(\"model.py\")'";
        let (code, log) = run(below, &[new, train]);
        assert!(code == Some(0) && log.contains(READ), "{log}");
        let (code, log) = run(&format!("{below}; echo last; exit 3"), &[new, train]);
        assert!(code == Some(3) && log.ends_with("last\n"), "{log}");
        // The copy that is installed, and not the tree's.
        let installed = ("tree/train.py", "import sys; sys.path.pop(0); import pkg.model");
        let (code, log) =
            run("python3 train.py", &[new, installed, ("site/pkg/model.py", "VALUE = 1")]);
        assert!(
            code == Some(0) && log.contains("instead pkg/model.py\t/") && !log.contains(READ),
            "{log}"
        );
        let (_, log) = run("python3 train.py", &[new, installed, ("site/pkg/model.py", new.1)]);
        assert!(log.contains(READ), "installed from this tree: {log}");
        let (_, log) = run("echo 'it'\"'\"'s'; kill -9 $$", &[new]);
        assert!(log.starts_with("it's\n") && !log.contains("TRACE"), "{log}");
    }

    #[test]
    fn the_users_own_comes_after_and_nothing_of_ours_fails_it() {
        let (tree, own) = (("tree/a.py", ""), ("site/sitecustomize.py", "print('own', __name__)"));
        let (_, log) = run("python3 a.py", &[tree, own]);
        assert!(log.starts_with("own sitecustomize\n"), "{log}");
        let command = "REGRESSION_TRACE_FILE=/none/file python3 -c 'import json; print(1)'";
        let (code, log) = run(command, &[tree]);
        assert_eq!((code, log.as_str()), (Some(0), "1\n"));
    }
}
