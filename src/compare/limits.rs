//! What a run may use up: refused beforehand if it cannot fit, ended when `limits.total` is over.

use std::future::pending;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Cancelled, Question};
use crate::{
    cluster::{Room, queue::Queue},
    config::{Config, Reuse},
    experiment::Tools,
};

/// Refuses what cannot end within the limits, before any money is spent.  `each` is what a training
/// took so far, in seconds, if that is known; of the `sides`, 1 or 2, base has `known` trainings that need not be
/// done, but for the anchor.
pub(super) fn check(config: &Config, sides: usize, each: Option<f64>, known: usize) -> Result<()> {
    let limits = &config.limits;
    let first = config.seeds.of_first_look().len();
    let again = usize::from(known > 0 && config.reuse() == Reuse::Anchored);
    let trainings = (sides * first + again).saturating_sub(known.min(first));
    let workers = config.cluster.workers.as_ref();
    let of_worker = workers.map_or(0, |workers| workers.gpu);
    let gpus = config.training.gpus().unwrap_or(of_worker * config.training.gang());
    if let (Some(hours), true) = (limits.gpu_hours, gpus > 0) {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand trainings")]
        let needed = each.unwrap_or(0.0) / 3600.0 * f64::from(gpus) * trainings as f64;
        if hours <= 0.0 || needed > hours {
            bail!(
                "limits.gpu-hours ({hours}) is too little for a first look: {trainings} trainings with \
                 {gpus} GPUs take about {needed:.2} GPU-hours; raise it, or lower seeds.min"
            );
        }
    }
    let room = Room::declared(&config.training, &config.cluster).ok().flatten();
    let places = room.map_or(1.0, |room| room.places);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand trainings")]
    let rounds = (trainings as f64 / places).ceil();
    let needed = each.filter(|_| workers.is_some()).unwrap_or(0.0) * rounds;
    if needed > limits.total.duration().as_secs_f64() {
        let needed = crate::progress::seconds(std::time::Duration::from_secs_f64(needed));
        bail!(
            "limits.total ({}) is too little for a first look: {trainings} trainings, {places} at a time, \
             take about {needed}; raise it, or cluster.workers.max",
            limits.total
        );
    }
    Ok(())
}

/// Runs `work`, which is told when it began, under a cancellation that also comes when `limits.total` is used
/// up, besides the time in the queue.
pub(super) async fn within_limit<T>(
    question: &Question,
    tools: &Tools<'_>,
    queue: &Queue,
    work: impl AsyncFnOnce(&CancellationToken, Instant) -> Result<T>,
) -> Result<T> {
    let limit = question.config.limits.total;
    let begun = Instant::now();
    let cancel = tools.cancel.child_token();
    let alarm = async {
        queue.over(begun, limit.duration()).await;
        cancel.cancel();
        pending().await
    };
    let result = tokio::select! {
        result = work(&cancel, begun) => result,
        result = alarm => result,
    };
    let ours = result.as_ref().is_err_and(|error| error.downcast_ref::<Cancelled>().is_some())
        && !tools.cancel.is_cancelled();
    if ours {
        return result.with_context(|| format!("the run took longer than limits.total ({limit})"));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(more: &str, each: Option<f64>, known: usize) -> Option<String> {
        let text =
            format!("entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 1}}}}\n{more}");
        let config = Config::parse(&text, "x").unwrap();
        check(&config, 2, each, known).err().map(|error| error.to_string())
    }

    const GPUS: &str = "cluster: {workers: {cpu: 1, memory: 1Gi, gpu: 2, min: 0, max: 3}}\nlimits: {gpu-hours: 4, total: 1h}";

    #[test]
    fn what_cannot_fit_is_refused() {
        assert_eq!(told(GPUS, None, 0), None, "nothing is known of the trainings");
        assert_eq!(told(GPUS, Some(1100.0), 0), None);
        let dear = told(GPUS, Some(1300.0), 0).unwrap();
        assert!(dear.contains("limits.gpu-hours (4)") && dear.contains("about 4.33"), "{dear}");
        assert_eq!(told(GPUS, Some(1300.0), 3), None, "half of it is known");
        let anchored = format!("{GPUS}\nhistory: {{directory: h}}");
        assert_eq!(told(&anchored, Some(1300.0), 3), None);
        let dear = told(&anchored, Some(2000.0), 9).unwrap();
        assert!(dear.contains("a first look: 4 trainings"), "{dear}");
        let slow = told(
            "cluster: {workers: {cpu: 1, memory: 1Gi, min: 0, max: 3}}\nlimits: {total: 1h}",
            Some(2000.0),
            0,
        );
        assert!(slow.unwrap().contains("limits.total (1h)"));
        // Each has its part of a worker.
        let parts = format!("{GPUS}\ntraining: {{gpu: 1}}");
        assert_eq!(told(&parts, Some(1700.0), 0), None);
        let dear = told(&parts, Some(2500.0), 0).unwrap();
        assert!(dear.contains("6 trainings with 1 GPUs take about 4.17"), "{dear}");
        let none = told(&GPUS.replace("gpu-hours: 4", "gpu-hours: 0"), None, 0);
        assert!(none.unwrap().contains("too little"));
    }
}
