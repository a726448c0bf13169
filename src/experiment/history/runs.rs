//! The history in the experiment tracker: each training of a base is a run there anyway, with its
//! evidence key, its seed and its readings.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::{HistoryRead, Record, RecordedReading, Schema};
use crate::{
    experiment::{
        data,
        machine::Machine,
        measure::Role,
        tracking::{self, RunFound, RunStatus, Tracker},
    },
    git::CommitSha,
};

/// Runs that are looked at; older ones are left out.
const MOST: usize = 2000;

/// The runs of an experiment.
#[derive(Debug)]
pub(super) struct Runs {
    tracker: Tracker,
    experiment: String,
}

impl Runs {
    pub(super) fn new(tracker: Tracker, experiment: String) -> Self {
        Self { tracker, experiment }
    }

    /// One record for each training of a base that ended well, the newest first.
    pub(super) async fn read(&self) -> Result<HistoryRead> {
        let reading = async {
            let experiment = self.tracker.experiment(&self.experiment).await?;
            let tags = BTreeMap::from([(tracking::ROLE.to_owned(), Role::Base.word().to_owned())]);
            self.tracker.search(&experiment, &tags, MOST).await
        };
        let runs = reading.await.context("cannot read the history in MLflow")?;
        Ok(HistoryRead { records: runs.iter().filter_map(record).collect(), warnings: Vec::new() })
    }
}

/// A run as a record; none if it is no training of ours that ended well, out of the reach of head's code.
fn record(run: &RunFound) -> Option<Record> {
    let tag = |name: &str| run.tags.get(name).cloned();
    if run.tags.get(tracking::EXPOSED).is_some_and(|exposed| exposed != "false") {
        return None;
    }
    let at = run.end_ms.filter(|_| run.status == Some(RunStatus::Finished))?;
    let seconds = std::time::Duration::from_millis(at.checked_sub(run.start_ms)?);
    let machine = Machine::of_tags(&run.tags);
    let reading = RecordedReading {
        seed: tag(tracking::SEED)?.parse().ok()?,
        metrics: run.metrics.clone(),
        data: data::of_tags(&run.tags),
        seconds: seconds.as_secs_f64(),
        machine: Some(machine.named()),
    };
    Some(Record {
        schema: Schema,
        key: tag(tracking::KEY)?,
        commit: CommitSha::parse(&tag(tracking::COMMIT)?).ok()?,
        subject: String::new(),
        at,
        run: tag(tracking::RUN)?,
        role: Role::Base,
        readings: vec![reading],
        image: tag(tracking::IMAGE),
        experiment: None,
        search: None,
    })
}
