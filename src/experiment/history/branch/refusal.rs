//! What a remote answered to a push or a fetch: done, try again, or never, with cause and remedy.

use anyhow::{Error, Result, anyhow};

use super::{
    HistoryBranch,
    git::{Git, GitOutput, SHORT},
};

const PERMISSION: &str = "the history is kept with the job's own token; add to the job\n\
                          permissions:\n  contents: write\n\
                          (a pull request from a fork never has it)";
/// Somebody else pushed: seen by git here, by git there, and by GitHub.
const OVERTAKEN: [&str; 7] = [
    "fetch first",
    "non-fast-forward",
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "reference already exists",
    "incorrect old value",
];

/// What came of a push.
#[derive(Debug)]
pub(super) enum Push {
    /// The branch ends with our commit.
    Done,
    /// Another writer was faster, in git's words.
    Overtaken(String),
    /// It may go better next time.
    Trouble(String),
    /// It never goes better.
    Refused(Error),
}

impl Git<'_> {
    /// Pushes `commit` as the branch, if it is on top of what is there.
    pub(super) async fn push(&self, commit: &str) -> Result<Push> {
        let change = format!("{commit}:{}", self.full_name());
        let mut push = self.remote(&["push", "--porcelain", "--no-verify", "--end-of-options"]);
        push.args([self.branch.remote.as_str(), &change]);
        let said = self.run(push, b"", SHORT).await?;
        let flag = flag(&said.stdout).map(|flag| self.shown(flag.as_bytes()));
        Ok(outcome(&said, flag.as_deref(), self.branch))
    }
}

/// Why git or the server rejects the change: the end of `!`, tab, change, tab, `[rejected] (why)`.
fn flag(stdout: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stdout);
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("!\t")?.split_once('\t'));
    lines.next().map(|(_, why)| why.to_owned())
}

fn outcome(said: &GitOutput, flag: Option<&str>, branch: &HistoryBranch) -> Push {
    if said.success {
        return Push::Done;
    }
    let Some(flag) = flag else {
        return match lasting(&said.words, branch) {
            Some(error) => Push::Refused(error),
            None => Push::Trouble(said.words.clone()),
        };
    };
    let both = format!("{flag}: {}", said.words);
    // Of another branch that is a directory to ours, or the other way about.
    let blocked = both.contains("cannot create") || both.contains("directory file conflict");
    if OVERTAKEN.iter().any(|what| flag.contains(what)) && !blocked {
        return Push::Overtaken(both);
    }
    if flag.contains("nternal") || flag.contains("unpacker error") {
        return Push::Trouble(both);
    }
    let (name, remote) = (&branch.name, &branch.remote);
    Push::Refused(anyhow!(
        "{remote} refuses to add to the history on branch {name}: {both}; exempt that branch from the \
         rules of the repository, or name another place for the history.  If it is the right to \
         write: {PERMISSION}"
    ))
}

/// Why another try would not help, if git's `reason` is such.
pub(super) fn lasting(reason: &str, branch: &HistoryBranch) -> Option<Error> {
    let said = |what: &[&str]| what.iter().any(|what| reason.contains(what));
    let (name, remote) = (&branch.name, &branch.remote);
    if said(&["terminal prompts disabled", "Authentication failed", "error: 401"]) {
        return Some(anyhow!(
            "{remote} does not accept the token for the history on branch {name}; {PERMISSION}"
        ));
    }
    if said(&["error: 403", "Permission to "]) {
        return Some(anyhow!(
            "the token may not use the history on branch {name} of {remote} ({reason}); {PERMISSION}"
        ));
    }
    if said(&["' not found", "error: 404", "does not appear to be a git repository"]) {
        return Some(anyhow!(
            "there is no repository {remote} for the history, or the token may not see it ({reason}); \
             {PERMISSION}"
        ));
    }
    if said(&["server certificate", "SSL certificate", "certificate verif"]) {
        return Some(anyhow!(
            "the certificate of {remote} is not trusted ({reason}); give its authority as ca-bundle"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch() -> HistoryBranch {
        HistoryBranch {
            directory: "/tmp".into(),
            remote: "https://github.com/acme/train".parse().unwrap(),
            token: None,
            name: "regression-history".into(),
            trust: None,
        }
    }

    fn of(flag: Option<&str>, words: &str) -> Push {
        let said =
            GitOutput { success: false, stdout: Vec::new(), cut: false, words: words.into() };
        outcome(&said, flag, &branch())
    }

    #[test]
    fn those_who_were_overtaken_try_again() {
        let flags = [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)",
            "[remote rejected] (reference already exists)",
            "[remote rejected] (incorrect old value provided)",
        ];
        for flag in flags {
            assert!(matches!(of(Some(flag), ""), Push::Overtaken(_)), "{flag}");
        }
        let blocked = "remote: error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; \
                       cannot create 'refs/heads/a/b'";
        let refused = of(Some("[remote rejected] (failed to update ref)"), blocked);
        assert!(matches!(refused, Push::Refused(_)), "{refused:?}");
    }

    #[test]
    fn rules_and_rights_are_told_with_branch_cause_and_remedy() {
        let rows = [
            (
                Some("[remote rejected] (push declined due to repository rule violations)"),
                "remote: error: GH013: Repository rule violations found for refs/heads/x.",
                "GH013",
            ),
            (
                Some("[remote rejected] (protected branch hook declined)"),
                "remote: error: GH006: Protected branch update failed for refs/heads/x.",
                "GH006",
            ),
            (
                None,
                "remote: Permission to acme/train.git denied to github-actions[bot]. fatal: unable to \
                 access 'https://github.com/acme/train/': The requested URL returned error: 403",
                "denied to github-actions[bot]",
            ),
            (
                None,
                "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
                "does not accept the token",
            ),
        ];
        for (flag, words, cause) in rows {
            let Push::Refused(error) = of(flag, words) else { panic!("{words}") };
            let error = format!("{error:#}");
            assert!(error.contains(cause), "{error}");
            assert!(error.contains("branch regression-history"), "{error}");
            assert!(error.contains("contents: write"), "{error}");
        }
    }

    #[test]
    fn trouble_on_the_way_may_pass() {
        let words = ["fatal: unable to access 'x': Could not resolve host: x", "error: 500"];
        for words in words {
            assert!(matches!(of(None, words), Push::Trouble(_)), "{words}");
        }
    }

    #[test]
    fn the_flag_is_read_from_what_scripts_may_rely_on() {
        let said = b"To https://x/y\n!\t1a:refs/heads/x\t[rejected] (fetch first)\nDone\n";
        assert_eq!(flag(said).unwrap(), "[rejected] (fetch first)");
        assert_eq!(flag(b"To https://x/y\n*\t1a:refs/heads/x\t[new branch]\nDone\n"), None);
    }
}
