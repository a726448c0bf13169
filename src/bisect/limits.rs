//! What a search may use up besides readings.  When that is over, no further reading begins, those
//! that run are ended, and what is known is the answer: asked again, it goes on from there.

use std::time::Duration;

use tokio::time::Instant;

use super::ReadingSource;
use crate::{
    cluster::queue::Queue,
    config::{self, Span},
    experiment::measure::Budget,
    progress::seconds,
};

/// The limits of the config.
#[derive(Debug)]
pub(super) struct SearchLimits {
    /// `limits.total`; none: as long as it takes.
    total: Option<Span>,
    begun: Instant,
    /// The time in which all its clusters are queued is no part of it.
    pub(super) queue: Queue,
}

/// How many more readings may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoomLeft {
    pub(super) readings: usize,
    /// Why no more.
    pub(super) why: String,
}

impl SearchLimits {
    /// From now on.
    pub(super) fn begin(readings: &ReadingSource) -> Self {
        let (total, queue) = match readings {
            // No cluster, no queue.
            ReadingSource::Command { total, .. } => (*total, config::Limits::default().queue),
            ReadingSource::Ray(ray) => (Some(ray.config.limits.total), ray.config.limits.queue),
        };
        Self { total, begun: Instant::now(), queue: Queue::new(queue) }
    }

    fn left(&self, total: Span) -> Duration {
        self.queue.left(self.begun, total.duration())
    }

    /// Whether the time is over.
    pub(super) fn are_over(&self) -> bool {
        self.total.is_some_and(|total| self.left(total).is_zero())
    }

    /// Comes when the time is over.
    pub(super) async fn over(&self) {
        match self.total {
            Some(total) => self.queue.over(self.begun, total.duration()).await,
            None => std::future::pending().await,
        }
    }

    /// How many more readings may begin, where a limit tells: a reading took `each` seconds so far.
    pub(super) fn room(&self, each: Option<f64>, gpus: Option<&Budget>) -> Option<RoomLeft> {
        let none = self.total.and_then(|total| {
            Some(RoomLeft { readings: 0, why: too_late(total, self.left(total), each)? })
        });
        none.or_else(|| {
            let (trainings, why) = gpus?.room()?;
            Some(RoomLeft { readings: trainings, why })
        })
    }
}

/// Why no reading of `each` seconds fits into the time that is left, if none does.
fn too_late(total: Span, left: Duration, each: Option<f64>) -> Option<String> {
    if left.is_zero() {
        return Some(format!("limits.total ({total}) is over"));
    }
    let each = Duration::try_from_secs_f64(each.unwrap_or(0.0)).unwrap_or_default();
    (each > left).then(|| {
        let (left, each) = (seconds(left), seconds(each));
        format!("limits.total ({total}): {left} are left, and a reading takes about {each}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(total: Option<&str>) -> SearchLimits {
        let total = total.map(|total| Span::try_from(total.to_owned()).unwrap());
        SearchLimits { total, begun: Instant::now(), queue: Queue::new(Span::minutes(1)) }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let total = Span::minutes(60);
        let told = |left, each| too_late(total, Duration::from_secs(left), each);
        assert_eq!(told(1, None), None, "nothing is known of the readings");
        assert_eq!(told(300, Some(299.0)), None);
        assert!(told(300, Some(301.0)).unwrap().contains("5 min"), "{:?}", told(300, Some(301.0)));
        assert!(told(0, None).unwrap().contains("limits.total (1h) is over"));
    }

    #[test]
    fn gpu_hours_are_a_number_of_readings() {
        let limits = within(None);
        let budget = Budget::new(Some(1.0));
        assert_eq!(limits.room(None, Some(&budget)), None, "nothing is known of the trainings");
        budget.book(1000.0, 1.0);
        assert_eq!(limits.room(None, Some(&budget)).unwrap().readings, 2);
        budget.book(2600.0, 1.0);
        let room = limits.room(None, Some(&budget)).unwrap();
        assert_eq!(room.readings, 0);
        assert!(room.why.starts_with("limits.gpu-hours (1): 1.00 are used up"), "{}", room.why);
        assert_eq!(limits.room(None, None), None);
    }

    #[tokio::test]
    async fn the_time_is_over_when_it_is() {
        let long = within(Some("1h"));
        assert!(!long.are_over() && long.room(Some(3500.0), None).is_none());
        let short = within(Some("1s"));
        short.over().await;
        assert!(short.are_over());
        assert_eq!(short.room(None, None).unwrap().readings, 0);
    }
}
