//! What trainings may use up, and what they have.

use std::sync::{Mutex, PoisonError};

/// GPU-hours and time of a run.
#[derive(Debug, Default)]
pub struct Budget {
    /// `limits.gpu-hours`.
    limit: Option<f64>,
    spent: Mutex<Spent>,
}

/// No training may start any more.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsedUp(String);

/// What trainings used up, those that failed included.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// Seconds times GPUs.
    pub gpu_seconds: f64,
    /// Seconds, whatever it ran on.
    pub seconds: f64,
    /// Number of trainings.
    pub trainings: u32,
}

impl Spent {
    /// GPU-hours.
    pub fn gpu_hours(&self) -> f64 {
        self.gpu_seconds / 3600.0
    }

    /// Together with others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            gpu_seconds: self.gpu_seconds + other.gpu_seconds,
            seconds: self.seconds + other.seconds,
            trainings: self.trainings + other.trainings,
        }
    }

    /// Seconds of a training so far; none before the first.
    pub fn seconds_each(&self) -> Option<f64> {
        (self.trainings > 0).then(|| self.seconds / f64::from(self.trainings))
    }
}

impl Budget {
    /// With `limits.gpu-hours`.
    pub fn new(limit: Option<f64>) -> Self {
        Self { limit, spent: Mutex::default() }
    }

    /// Takes a training into account.
    pub fn book(&self, seconds: f64, gpus: f64) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.gpu_seconds += seconds * gpus;
        spent.seconds += seconds;
        spent.trainings += 1;
    }

    /// What was used up so far.
    pub fn spent(&self) -> Spent {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error if nothing more may start.
    pub fn check(&self) -> Result<(), UsedUp> {
        let (spent, Some(limit)) = (self.spent(), self.limit) else { return Ok(()) };
        if spent.gpu_seconds > 0.0 && spent.gpu_hours() >= limit {
            return Err(UsedUp(format!(
                "limits.gpu-hours ({limit}) is used up after {} trainings ({:.2} GPU-hours); raise it, \
                 or train for fewer seeds",
                spent.trainings,
                spent.gpu_hours()
            )));
        }
        Ok(())
    }

    /// How many more trainings fit, by what one took so far, and why no more; none if nothing is known.
    pub fn room(&self) -> Option<(usize, String)> {
        let (spent, limit) = (self.spent(), self.limit?);
        let each = spent.gpu_hours() / f64::from(spent.trainings.max(1));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 up; saturates"
        )]
        let room = ((limit - spent.gpu_hours()) / each).max(0.0) as usize;
        let why = format!(
            "limits.gpu-hours ({limit}): {:.2} are used up, and a training takes about {each:.2}",
            spent.gpu_hours()
        );
        (spent.gpu_seconds > 0.0).then_some((room, why))
    }

    /// Why so many more trainings do not fit, if they do not.
    pub fn refuses(&self, trainings: usize) -> Option<String> {
        let (spent, limit) = (self.spent(), self.limit?);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand trainings")]
        let more = spent.gpu_hours() / f64::from(spent.trainings.max(1)) * trainings as f64;
        (spent.gpu_hours() + more > limit).then(|| {
            format!(
                "limits.gpu-hours ({limit}): {:.2} are used up, {trainings} more trainings take about \
                 {more:.2}",
                spent.gpu_hours()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_look_must_fit() {
        let budget = Budget::new(Some(1.0));
        assert!(budget.check().is_ok() && budget.refuses(100).is_none(), "nothing is known yet");
        for _ in 0..6 {
            budget.book(300.0, 1.0);
        }
        assert_eq!(budget.spent().seconds_each(), Some(300.0));
        assert!(budget.refuses(6).is_none());
        let told = budget.refuses(7).unwrap();
        assert!(told.contains("0.50 are used up, 7 more trainings take about 0.58"), "{told}");
        assert!(budget.check().is_ok());
        budget.book(1800.0, 1.0);
        let told = budget.check().unwrap_err().to_string();
        assert!(told.contains("limits.gpu-hours (1) is used up after 7 trainings"), "{told}");
    }

    #[test]
    fn without_gpus_nothing_is_used_up() {
        let budget = Budget::new(Some(0.0));
        budget.book(1e6, 0.0);
        assert!(budget.check().is_ok() && budget.refuses(100).is_none());
        assert!(Budget::new(None).refuses(100).is_none());
    }
}
