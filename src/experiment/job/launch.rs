//! What a job runs around the training's own command: it tells of the machine, marks where the
//! training's words begin, and prints at the end what the training wrote to its file of metrics, which
//! lies on that machine alone.
//!
//! What stands before the mark is not the training's.  Marks hold a word that nobody can guess.  Ray writes the
//! command into the log too, mostly before it runs and sometimes after its first words; so the command holds
//! nothing of the training's own, which could read as a metric there.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::experiment::{machine::PROBE, metrics::Frame};

/// The variable that holds the script.
const SCRIPT: &str = "REGRESSION_LAUNCH";
/// The variable that holds the word in the marks.
const WORD: &str = "REGRESSION_FRAME";

/// The variable that holds the training's command, as `printf %b` reads it.
const COMMAND: &str = "REGRESSION_COMMAND";
/// The variable that names the file of the tree that the training may write metrics to, likewise.
const FILE: &str = "REGRESSION_TREE_FILE";

/// A function that runs the training's command, and tells the file of the tree, if one is named; each training
/// then gets a copy of the tree, since on one node Ray gives all trainings of a commit the same directory.  All
/// is told by one write, since others may write to the same log.
const LAUNCH: &str = r#"
regression_tell() {
  [ -f "$2" ] && [ -s "$2" ] || return 0
  head -c 1048577 "$2" | tr '\r' '\n' | LC_ALL=C sed "s/^/REGRESSION_WROTE $regression_word $1 /"
  echo
}
regression_launch() {
  regression_word=$REGRESSION_FRAME
  regression_command="$(printf '%b' "$REGRESSION_COMMAND")"
  regression_file="$(printf '%b' "$REGRESSION_TREE_FILE")"
  unset REGRESSION_FRAME REGRESSION_LAUNCH REGRESSION_COMMAND REGRESSION_TREE_FILE
  regression_home="$(mktemp -d || mktemp -d /tmp/regression.XXXXXXXX)" || exit 1
  trap 'cd /; rm -rf "$regression_home"' EXIT
  trap 'exit 143' HUP INT TERM
  REGRESSION_METRICS_FILE="$regression_home/metrics"
  : > "$REGRESSION_METRICS_FILE"
  export REGRESSION_METRICS_FILE
  if [ -n "$regression_file" ]; then
    mkdir "$regression_home/tree" && cp -R . "$regression_home/tree" &&
      cd "$regression_home/tree" && rm -rf -- "$regression_file" || exit 1
  fi
  printf '\nREGRESSION_BEGINS %s\n' "$regression_word"
  /bin/sh -c "$regression_command"
  regression_ended=$?
  regression_told="$({
    [ -z "$regression_file" ] || regression_tell tree "$regression_home/tree/$regression_file"
    regression_tell file "$REGRESSION_METRICS_FILE"
  } 2> /dev/null)"
  [ -z "$regression_told" ] || printf '\n%s\n' "$regression_told"
  exit "$regression_ended"
}
"#;

/// A command of a job, and what has to be in its environment.
pub(super) struct Launch {
    /// For /bin/sh.
    pub(super) command: String,
    /// Beside the training's own.
    pub(super) env: BTreeMap<String, String>,
    /// By which its marks are known.
    pub(super) frame: Frame,
}

/// How an entrypoint is launched, which may write metrics to a file of the tree.
pub(super) fn launch(entrypoint: &str, file: Option<&str>) -> Result<Launch> {
    let word = crate::token::random()?;
    let script = format!("{PROBE}\n{LAUNCH}");
    let env = [
        (SCRIPT, script),
        (WORD, word.clone()),
        (COMMAND, escaped(entrypoint)),
        (FILE, escaped(file.unwrap_or_default())),
    ];
    Ok(Launch {
        command: format!("eval \"${SCRIPT}\"; regression_launch"),
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        frame: Frame::new(&word),
    })
}

/// A text of which `printf %b` makes what it was; without `$`, which Ray would replace in a variable.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('$', r"\0044")
}

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        process::{Command, Output},
    };

    use super::*;
    use crate::experiment::{
        machine::Machine,
        metrics::{MetricsError, ParsedMetrics, Reader},
    };

    /// Runs it as Ray does, with the command in front of the log.
    fn run(entrypoint: &str) -> (Output, Result<ParsedMetrics, MetricsError>) {
        run_in(Path::new("."), entrypoint, None)
    }

    fn run_in(
        tree: &Path,
        entrypoint: &str,
        file: Option<&str>,
    ) -> (Output, Result<ParsedMetrics, MetricsError>) {
        let Launch { command, env, frame } = launch(entrypoint, file).unwrap();
        let mut shell = Command::new("/bin/sh");
        let output = shell.args(["-c", &command]).envs(&env).current_dir(tree).output().unwrap();
        let mut reader = Reader::default().framed(frame);
        reader.push(format!("INFO -- Running entrypoint for job 1: {entrypoint}\n").as_bytes());
        reader.push(&output.stdout);
        (output, reader.finish())
    }

    fn value(read: &Result<ParsedMetrics, MetricsError>) -> Option<f64> {
        read.as_ref().ok()?.readings.get("a").copied()
    }

    #[test]
    fn the_command_in_the_log_is_not_read() {
        let (output, read) = run("echo trained; exit 3 # REGRESSION_METRICS {\"a\": 1}");
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(log.contains("\ntrained\n") && output.status.code() == Some(3), "{log}");
        assert!(Machine::told(&log).node.is_some(), "{log}");
        assert_eq!(read, Err(MetricsError::Absent { mention: None }));
    }

    /// Ray may write it after the training's first words.
    #[test]
    fn the_command_holds_nothing_of_the_trainings_own() {
        let entrypoint = r#"A='x\0y\n'; printf '%s\n' "${A}" '$HOME ${HOME} \\ \c "'; exit 0"#;
        let (output, _) = run(entrypoint);
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(log.ends_with("x\\0y\\n\n$HOME ${HOME} \\\\ \\c \"\n"), "{log}");
        let Launch { command, env, .. } = launch(entrypoint, Some("out/$a.json")).unwrap();
        assert_eq!(command, "eval \"$REGRESSION_LAUNCH\"; regression_launch");
        assert!(!env[COMMAND].contains('$') && !env[FILE].contains('$'), "{env:?}");
    }

    #[test]
    fn the_file_comes_back_whatever_ends_the_command() {
        let write = r#"printf '{"a": 1}\n{"a": 2, "b": nan}' > "$REGRESSION_METRICS_FILE""#;
        let pretty = r#"printf '{\n  "a": 2\r\n}\n' >> "$REGRESSION_METRICS_FILE""#;
        for entrypoint in [
            format!("{write}; exit 0"),
            format!("{write}; exec true"),
            format!("trap 'echo bye' EXIT; {pretty}"),
            format!("set -e\n{pretty}\nfalse"),
            format!("{write}; printf 'REGRESSION_METRICS {{\"a\": '"),
            format!("cd /; {write}; kill -9 $$"),
        ] {
            let (output, read) = run(&entrypoint);
            assert_eq!(value(&read), Some(2.0), "{entrypoint}: {read:?} {output:?}");
        }
        let (output, _) = run("exec sh -c 'kill -9 $$'");
        assert_eq!(output.status.code(), Some(137));
    }

    #[test]
    fn a_file_of_the_tree_is_each_trainings_own() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("out/it's metrics.json");
        std::fs::create_dir(tree.path().join("out")).unwrap();
        std::fs::write(&path, "{\"a\": 9}").unwrap();
        let file = Some("out/it's metrics.json");
        let run = |entrypoint: &str| run_in(tree.path(), entrypoint, file).1;
        let write = "echo '{\"model\": \"x\", \"a\": 2}' > \"out/it's metrics.json\"";
        assert_eq!(value(&run(write)), Some(2.0));
        assert_eq!(run("true"), Err(MetricsError::Absent { mention: None }), "an old file counts");
        assert_eq!(std::fs::read(&path).unwrap(), b"{\"a\": 9}");
        let all = "printf '{\"b\": 1}' > \"out/it's metrics.json\"; \
                   printf '{\"a\": 4}' > $REGRESSION_METRICS_FILE";
        let read = run(all).unwrap().readings;
        assert_eq!((read["a"], read["b"]), (4.0, 1.0));
        let both = format!("{write}; echo 'REGRESSION_METRICS {{\"a\": 3}}'");
        assert_eq!(value(&run(&both)), Some(3.0));
    }

    #[test]
    fn nothing_of_ours_is_left() {
        let (output, _) = run(
            "env | grep -c 'REGRESSION_FRAME\\|REGRESSION_LAUNCH\\|REGRESSION_COMMAND='; dirname $REGRESSION_METRICS_FILE",
        );
        let log = String::from_utf8_lossy(&output.stdout);
        let mut lines = log.lines().rev();
        let home = lines.next().unwrap();
        assert!(home.starts_with('/') && !std::path::Path::new(home).exists(), "{log}");
        assert_eq!(lines.next(), Some("0"), "{log}");
    }

    #[test]
    fn the_file_counts_where_the_line_says_something_else() {
        let (_, read) = run(
            r#"echo 'REGRESSION_METRICS {"a": 1, "b": 3}'; echo '{"a": 2}' > "$REGRESSION_METRICS_FILE""#,
        );
        let ParsedMetrics { readings, doubts } = read.unwrap();
        assert_eq!((readings["a"], readings["b"]), (2.0, 3.0));
        let told: Vec<String> = doubts.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["a is 2 in $REGRESSION_METRICS_FILE and 1 in the log; the file counts"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let (_, read) = run("echo \"{'a': 1}\" > $REGRESSION_METRICS_FILE");
        let told = read.unwrap_err().to_string();
        assert!(
            told.starts_with("cannot read its $REGRESSION_METRICS_FILE `{'a': 1}`: "),
            "{told}"
        );
        assert!(told.contains("json.dumps"), "{told}");
    }
}
