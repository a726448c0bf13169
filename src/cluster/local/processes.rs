//! Finds and ends every process of one local Ray: head, workers, jobs and what those started.

use std::{
    collections::HashSet,
    ffi::OsString,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use rustix::process::{Pid, Signal, getuid, kill_process};
use sysinfo::{
    Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, RefreshKind, System, UpdateKind,
};

use super::command::MARK;

/// Killed processes go at once, unless the kernel holds them (a network disk, a GPU driver).
const LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// What became of the processes.
#[derive(Debug, Default)]
pub(super) struct StopOutcome {
    /// How many were found.
    pub(super) found: usize,
    /// Those that could not be ended in time.
    pub(super) left: Vec<u32>,
}

/// Kills every process that belongs to `id` and waits until none is found.  Fails if processes
/// cannot be listed: then nothing is known, and nothing may be claimed.
pub(super) fn end(id: &str) -> Result<StopOutcome> {
    let started = Instant::now();
    let mut found = HashSet::new();
    loop {
        let frozen = freeze(id)?;
        found.extend(frozen.iter().copied());
        if frozen.is_empty() || started.elapsed() > LIMIT {
            return Ok(StopOutcome { found: found.len(), left: frozen.into_iter().collect() });
        }
        signal(&frozen, Signal::KILL);
        thread::sleep(POLL);
    }
}

/// Stops the members until a scan finds no new one.  Killed one by one they could start others
/// meanwhile, and orphans could no longer be told by their parent.
fn freeze(id: &str) -> Result<HashSet<u32>> {
    let mut frozen = HashSet::new();
    loop {
        let members = members(&table(id)?);
        let new: HashSet<u32> = members.difference(&frozen).copied().collect();
        if new.is_empty() {
            return Ok(members);
        }
        signal(&new, Signal::STOP);
        frozen.extend(new);
    }
}

fn signal(processes: &HashSet<u32>, signal: Signal) {
    for process in processes {
        if let Some(pid) = i32::try_from(*process).ok().and_then(Pid::from_raw) {
            // It fails if the process is gone, which the next scan tells.
            let _ = kill_process(pid, signal);
        }
    }
}

/// One process as far as membership goes.
struct Row {
    pid: u32,
    parent: Option<u32>,
    marked: bool,
}

/// Those that carry the mark, and all that descend from them.
fn members(table: &[Row]) -> HashSet<u32> {
    let mut members: HashSet<u32> =
        table.iter().filter(|row| row.marked).map(|row| row.pid).collect();
    loop {
        let before = members.len();
        let child = |row: &&Row| row.parent.is_some_and(|parent| members.contains(&parent));
        let children: Vec<u32> = table.iter().filter(child).map(|row| row.pid).collect();
        members.extend(children);
        if members.len() == before {
            return members;
        }
    }
}

/// All living processes of this user but ourselves.
fn table(id: &str) -> Result<Vec<Row>> {
    let wanted = ProcessRefreshKind::nothing()
        .without_tasks()
        .with_environ(UpdateKind::Always)
        .with_cmd(UpdateKind::Always)
        .with_user(UpdateKind::Always);
    let mut system = System::new_with_specifics(RefreshKind::nothing())
        .map_err(|error| anyhow!("cannot list processes: {error}"))?;
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, wanted);
    let ours = |process: &&Process| {
        // A zombie holds nothing and goes when its parent looks.
        !matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead)
            && process.user_id().is_some_and(|user| **user == getuid().as_raw())
            && process.pid().as_u32() != std::process::id()
    };
    let row = |process: &Process| Row {
        pid: process.pid().as_u32(),
        parent: process.parent().map(sysinfo::Pid::as_u32),
        marked: is_marked(process.environ(), process.cmd(), id),
    };
    Ok(system.processes().values().filter(ours).map(row).collect())
}

/// By its environment; where that cannot be read, by a command line that names the directory.
fn is_marked(environment: &[OsString], command: &[OsString], id: &str) -> bool {
    if environment.is_empty() {
        let directory = format!("/{id}/");
        return command.iter().any(|word| word.to_string_lossy().contains(&directory));
    }
    let mark = format!("{MARK}={id}");
    environment.iter().any(|variable| *variable == *mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pid: u32, parent: u32, marked: bool) -> Row {
        Row { pid, parent: Some(parent), marked }
    }

    #[test]
    fn the_marked_and_their_descendants_belong() {
        let table = [
            row(9, 8, false),
            row(8, 3, false),
            row(3, 1, true),
            row(4, 1, false),
            row(5, 1, true),
        ];
        assert_eq!(members(&table), HashSet::from([3, 5, 8, 9]));
        assert_eq!(members(&table[..2]), HashSet::new());
    }

    #[test]
    fn only_an_unreadable_environment_is_judged_by_the_command_line() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let command = words(&["tail", "/tmp/regression-abc/ray/x.log"]);
        assert!(is_marked(&[], &command, "regression-abc"));
        assert!(!is_marked(&words(&["PATH=/bin"]), &command, "regression-abc"));
        assert!(is_marked(&words(&["REGRESSION_CLUSTER=regression-abc"]), &[], "regression-abc"));
        assert!(!is_marked(&words(&["REGRESSION_CLUSTER=regression-abcd"]), &[], "regression-abc"));
    }
}
