//! A process group that ends with the value that stands for it.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// A child that leads its process group; dropped before its end, the group is killed.
pub(crate) struct Group(pub(crate) Child);

impl Drop for Group {
    fn drop(&mut self) {
        // No id means that it was waited for, so the number may belong to another process by now.
        let leader = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(leader) = leader {
            // It fails only if the group is gone, which is what we want.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
