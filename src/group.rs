//! A process group that ends with the value that stands for it.

use std::{fs, path::Path, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::{process::Child, time::sleep};

/// How long killed processes may take to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// A child that leads its process group; dropped before its end, the group is killed.
pub(crate) struct Group(pub(crate) Child);

impl Group {
    /// None once it was waited for: the number may belong to another process by then.
    pub(crate) fn leader(&self) -> Option<Pid> {
        self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader() {
            // It fails only if the group is gone, which is what we want.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Whether a group that is killed comes to its end, and with it all that works in that directory.
pub(crate) async fn ends(leader: Pid, directory: &Path) -> bool {
    let looks = PATIENCE.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        if !runs(leader, directory) {
            return true;
        }
        sleep(LOOK).await;
    }
    false
}

/// Looked up in `/proc`, where there is one: in a container nobody may wait for what has ended.
fn runs(leader: Pid, directory: &Path) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else {
        return test_kill_process_group(leader).is_ok();
    };
    let group = leader.as_raw_nonzero().to_string();
    processes.flatten().any(|process| {
        let home = process.path();
        let here = || fs::read_link(home.join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory));
        fs::read_to_string(home.join("stat")).is_ok_and(|stat| is_of(&stat, &group)) || here()
    })
}

/// Whether that process is of the group, and has not ended: `PID (NAME) STATE PARENT GROUP ...`.
fn is_of(stat: &str, group: &str) -> bool {
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut fields = fields.split_whitespace();
    let state = fields.next();
    fields.nth(1) == Some(group) && !matches!(state, Some("Z" | "X"))
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_process_is_of_its_group_until_it_has_ended() {
        assert!(is_of("12 (a) b) S 1 77 77 0", "77"));
        assert!(!is_of("12 (a) b) Z 1 77 77 0", "77"));
        assert!(!is_of("12 (77) S 77 1 77 0", "77"));
        assert!(!is_of("", "77"));
    }
}
