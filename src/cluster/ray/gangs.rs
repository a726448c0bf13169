//! Trainings of several workers that run on a Ray, counted: Ray knows nothing of the workers that one will still ask
//! for, and would let each of two have a part of them.

use tokio::sync::watch;

use super::Ray;

/// A gang that may run, until this is dropped.
#[derive(Debug)]
pub(crate) struct GangTurn(watch::Sender<u64>);

impl Ray {
    /// Waits until fewer gangs run than have room.
    pub(crate) async fn gang_turn(&self, room: u64) -> GangTurn {
        let mut running = self.gangs.subscribe();
        while !self.begins(room) {
            // Never an error, because we hold the other end.
            running.changed().await.ok();
        }
        GangTurn(self.gangs.clone())
    }

    fn begins(&self, room: u64) -> bool {
        self.gangs.send_if_modified(|running| {
            let begins = *running < room;
            *running += u64::from(begins);
            begins
        })
    }
}

impl Drop for GangTurn {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_gang_begins_once_another_has_ended_or_more_have_room() {
        let ray = Ray::new(&"http://127.0.0.1:1/".parse().unwrap(), None, None).unwrap();
        let side = ray.clone();
        let first = ray.gang_turn(1).now_or_never().unwrap();
        assert!(side.gang_turn(1).now_or_never().is_none());
        let second = side.gang_turn(2).now_or_never().unwrap();
        let mut waits = Box::pin(ray.gang_turn(1));
        assert!(waits.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waits.as_mut().now_or_never().is_none());
        drop(second);
        let third = waits.now_or_never().unwrap();
        assert!(ray.gang_turn(1).now_or_never().is_none());
        drop(third);
    }
}
