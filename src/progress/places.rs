//! Trainings that Ray has not started yet, told in one line: whether it has no places for them or still prepares them,
//! it does not say.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Progress, Task};
use crate::output::count;

/// Ray mostly takes less, and that is not told.
pub(crate) const STARTING: Duration = Duration::from_secs(5);

const WAITING: &str = "waiting for Ray, which has no place yet or is still preparing";

/// Those that wait.
#[derive(Debug, Default)]
pub(super) struct AwaitedPlaces(Mutex<Awaited>);

#[derive(Debug, Default)]
struct Awaited {
    trainings: usize,
    /// Ended with the last of them.
    task: Option<Task>,
}

/// A training that waits, until this is dropped.
#[derive(Debug)]
pub(crate) struct AwaitedPlace(Progress);

impl Progress {
    /// One more training waits.
    pub(crate) fn awaits_place(&self) -> AwaitedPlace {
        let mut awaited = self.places.lock();
        awaited.trainings += 1;
        awaited.task.get_or_insert_with(|| self.task(WAITING));
        awaited.tell();
        AwaitedPlace(self.clone())
    }

    /// Waits until a training has places.
    pub(crate) async fn until_placed<T>(&self, placed: impl Future<Output = T>) -> T {
        self.unless_quick(STARTING, || self.awaits_place(), placed).await
    }
}

impl AwaitedPlaces {
    fn lock(&self) -> MutexGuard<'_, Awaited> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Awaited {
    fn tell(&self) {
        if let Some(task) = &self.task {
            task.update(count(self.trainings, "training"));
        }
    }
}

impl Drop for AwaitedPlace {
    fn drop(&mut self) {
        let mut awaited = self.0.places.lock();
        awaited.trainings -= 1;
        if awaited.trainings == 0 {
            awaited.task = None;
        }
        awaited.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_wait_are_one_line_which_counts_them() {
        let progress = Progress::silent();
        let training = progress.task("training");
        training.update("0 of 2 done");
        let first = progress.awaits_place();
        assert_eq!(progress.latest(), format!("{WAITING}: 1 training"));
        let second = progress.clone().awaits_place();
        assert_eq!(progress.latest(), format!("{WAITING}: 2 trainings"));
        drop(first);
        assert_eq!(progress.latest(), format!("{WAITING}: 1 training"));
        drop(second);
        assert!(progress.places.lock().task.is_none());
        // They train now, and nobody is told any more that they wait.
        assert_eq!(progress.latest(), "training: 0 of 2 done");
        drop(training);
        assert_eq!(progress.latest(), "training: 0 of 2 done");
    }
}
