//! The hook that tells which files a training reads.  Python loads it by itself, as `sitecustomize`, in drivers and
//! in Ray's workers; there is nothing to import.

use anyhow::Result;
use tempfile::TempDir;

use crate::{
    cluster::ray::{Ray, Uploaded},
    experiment::trace::Watch,
    git::package_file,
};

const HOOK: &str = include_str!("hook.py");

/// The name by which Python finds the hook.
const NAME: &str = "sitecustomize.py";

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

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
