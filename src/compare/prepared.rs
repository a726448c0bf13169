//! What a comparison has before its clusters are asked for.

use std::time::Instant;

use anyhow::Result;

use super::{Keys, Packages, Question, Run, backends::Backends, limits, past::Past};
use crate::experiment::{Tools, measure::Observation};

/// Code, environments, and what is known already.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) packages: Packages,
    pub(super) backends: Backends,
    pub(super) keys: Keys,
    pub(super) past: Past,
    /// Trainings of the base that need not be done.
    pub(super) known: Vec<Observation>,
    /// What a reader should know.
    pub(super) warnings: Vec<String>,
    /// Seconds that the environments took.
    pub(super) seconds: f64,
}

impl Prepared {
    /// Refuses what cannot fit into the limits, as far as the history tells.
    pub(super) async fn new(question: &Question, run: &Run, tools: &Tools<'_>) -> Result<Self> {
        let packing = Packages::pack(question, tools.cache, tools.progress);
        let (packages, past) = tokio::join!(packing, question.memory.recall(tools.progress));
        let packages = packages?;
        let mut warnings = packages.warnings();
        warnings.extend(past.warnings.iter().cloned());
        let packed = Instant::now();
        let backends = Backends::prepare(question, tools, &run.name).await?;
        let seconds = packed.elapsed().as_secs_f64();
        let keys = Keys::of(question, &backends.environments)?;
        let known = past.known(&question.config, &keys.base);
        limits::check(&question.config, question.sides.count(), past.seconds_each(), known.len())?;
        Ok(Self { packages, backends, keys, past, known, warnings, seconds })
    }
}
