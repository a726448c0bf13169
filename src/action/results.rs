//! The report and the logs, copied from the container to the workspace, where later steps and the
//! runner can reach them.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use anyhow::{Context, Result};

use super::Action;
use crate::compare::Run;

/// In the workspace.
const DIRECTORY: &str = "regression-report";

/// Copies what a run left, with the logs if they may be seen; yields the path of the JSON report
/// from the workspace.  *Best effort, warned*.
pub(super) fn keep(action: &Action<'_>, run: &Run, logs: bool) -> Option<String> {
    let left_out = (!logs).then(|| run.logs());
    match copy_all(&action.context.workspace, &run.directory, left_out.as_deref()) {
        Ok(path) => {
            let what = if logs { "report and logs are" } else { "the report is" };
            action.progress.say(format!("{what} kept in {DIRECTORY}/"));
            Some(path)
        }
        Err(error) => {
            action.progress.say(format!("warning: report and logs are lost: {error:#}"));
            None
        }
    }
}

/// Copies a run's directory; yields the path of the JSON report from the workspace.
fn copy_all(workspace: &Path, directory: &Path, left_out: Option<&Path>) -> Result<String> {
    let to = workspace.join(DIRECTORY);
    let owner = fs::metadata(workspace)
        .with_context(|| format!("cannot see the workspace {}", workspace.display()))?;
    crate::erase::erase(&to).with_context(|| format!("cannot replace {}", to.display()))?;
    copy(directory, &to, left_out, (owner.uid(), owner.gid()))
        .with_context(|| format!("cannot write to {}", to.display()))?;
    Ok(format!("{DIRECTORY}/report.json"))
}

/// We are root in the container; what we leave must not be, or the runner cannot clean it away.
fn copy(
    from: &Path,
    to: &Path,
    left_out: Option<&Path>,
    (user, group): (u32, u32),
) -> std::io::Result<()> {
    fs::create_dir(to)?;
    chown(to, Some(user), Some(group))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if left_out == Some(&entry.path()) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, left_out, (user, group))?;
        } else {
            fs::copy(entry.path(), &target)?;
            chown(&target, Some(user), Some(group))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_report_replaces_the_first() {
        let (workspace, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(run.path().join("logs")).unwrap();
        fs::write(run.path().join("logs/base-seed-1.log"), "one").unwrap();
        fs::write(run.path().join("report.json"), "{}").unwrap();
        for _ in 0..2 {
            let path = copy_all(workspace.path(), run.path(), None).unwrap();
            assert_eq!(fs::read_to_string(workspace.path().join(path)).unwrap(), "{}");
        }
        let log = workspace.path().join("regression-report/logs/base-seed-1.log");
        assert_eq!(fs::read_to_string(&log).unwrap(), "one");
        copy_all(workspace.path(), run.path(), Some(&run.path().join("logs"))).unwrap();
        assert!(!log.exists());
    }
}
