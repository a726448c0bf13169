//! Checks of what is remembered: the experiment tracker, the history, and whether the margins are fit
//! for the noise that the history shows.

use anyhow::{Context, Result};

use super::{Check, Examination, State, Subject};
use crate::{
    cli::setup::{remember, tracker},
    config::{Config, Metric, Pairing},
    experiment::history::{self, Agreement, Spread},
    git::Repository,
    output::number,
};

/// Degrees of freedom from which a spread says enough: eight trainings of one commit.
const ENOUGH: usize = 7;

/// The standard deviations that a margin should have, for up to so many gated metrics: a harmless change
/// then passes in 97 of 100 comparisons, as `cargo bench --bench verdict` shows.
const WIDE: [(usize, f64); 4] = [(1, 2.0), (2, 2.25), (5, 2.4), (20, 2.75)];

/// For still more metrics.
const WIDEST: f64 = 3.0;

/// A correlation of seeds from which pairs decide with half of the trainings or less.
const PAYS: f64 = 0.5;

/// A correlation below which pairs lose more in degrees of freedom than they gain.
const COSTS: f64 = 0.1;

/// A margin of more than this part of the mean lets much pass.
const MUCH: f64 = 0.1;

/// A margin is never proposed below this part of the mean.
const LEAST: f64 = 0.01;

/// For an error of 5 % and a power of 80 %: the normal quantiles of both, added up.
const QUANTILES: f64 = 2.486;

pub(super) async fn look(subject: &Subject<'_>, seen: &mut Examination) {
    let (Ok(repository), Ok(config)) = (&subject.repository, &subject.config) else { return };
    if config.mlflow.is_some() {
        seen.push(Check::of("MLflow", mlflow(config).await));
    }
    if config.history.is_none() {
        return;
    }
    match records(repository, config).await {
        Err(error) => seen.push(Check::problem("history", &error)),
        Ok(history::HistoryRead { records, warnings }) => {
            let found = format!("{} records", records.len());
            let check = if warnings.is_empty() {
                Check::ok("history", found)
            } else {
                let found = format!("{found}; left out: {}", warnings.join("; "));
                Check::new("history", State::Warning, found)
            };
            seen.push(check);
            let gated = config.metrics.values().filter(|metric| metric.gate).count();
            for (name, metric) in &config.metrics {
                let agreement = history::agreement(&records, name);
                let agreement = agreement.filter(|agreement| agreement.freedom >= ENOUGH);
                if let Some(spread) = history::spread(&records, "", name) {
                    let spread = within_pairs(spread, config.pairing, agreement);
                    seen.push(margin(name, *metric, spread, gated));
                }
                if let Some(check) =
                    agreement.and_then(|agreement| pairing(name, config.pairing, agreement))
                {
                    seen.push(check);
                }
            }
        }
    }
}

async fn mlflow(config: &Config) -> Result<String> {
    let settings = config.mlflow.as_ref().context("no key mlflow")?;
    let tracker = tracker(config, None)?.context("no key mlflow")?;
    let experiment = tracker.experiment(&settings.experiment).await?;
    let link = tracker.experiment_link(&experiment);
    let name = &settings.experiment;
    Ok(format!("{link}; a training that calls mlflow.set_experiment must name {name:?}"))
}

async fn records(repository: &Repository, config: &Config) -> Result<history::HistoryRead> {
    let memory = remember(repository, config, None)?;
    memory.history.context("no key history")?.read().await
}

/// The noise that the config's pairing leaves: what one seed has in common in both commits falls out.
fn within_pairs(spread: Spread, pairing: Pairing, agreement: Option<Agreement>) -> Spread {
    let common = match (pairing, agreement) {
        (Pairing::Seed, Some(agreement)) => agreement.correlation.clamp(0.0, 1.0),
        (Pairing::Seed | Pairing::None | Pairing::Node, _) => 0.0,
    };
    Spread { sd: spread.sd * (1.0 - common).sqrt(), ..spread }
}

/// Whether another pairing would serve better, as far as that can be told.
fn pairing(
    name: &str,
    pairing: Pairing,
    Agreement { correlation, .. }: Agreement,
) -> Option<Check> {
    let found = format!(
        "{name}: readings of one seed in different commits have a correlation of {correlation:.2}"
    );
    match pairing {
        Pairing::None if correlation >= PAYS => Some(Check::ok(
            "pairing",
            format!(
                "{found}; `pairing: seed` would decide with about {:.0} % of the trainings",
                100.0 * (1.0 - correlation).max(0.01)
            ),
        )),
        Pairing::Seed if correlation < COSTS => Some(
            Check::new("pairing", State::Warning, found)
                .remedy("take `pairing: seed` out: pairs that have nothing in common decide later"),
        ),
        Pairing::None | Pairing::Seed | Pairing::Node => None,
    }
}

/// Whether a margin is fit for a noise, among so many metrics that count.
fn margin(name: &str, metric: Metric, spread: Spread, gated: usize) -> Check {
    let Spread { n, freedom, mean, sd } = spread;
    let margin = metric.absolute.max(metric.relative * mean.abs());
    let found = format!(
        "{name}: {n} trainings differ by a standard deviation of {}, the margin is {}",
        number(sd),
        number(margin)
    );
    if freedom < ENOUGH {
        let more = ENOUGH - freedom;
        return Check::ok("margin", format!("{found}; {more} more trainings of a commit say more"));
    }
    let wide = WIDE.iter().find(|(most, _)| gated <= *most).map_or(WIDEST, |(_, wide)| *wide);
    if margin >= wide * sd {
        return Check::ok("margin", found);
    }
    let fit = (wide * sd).max(LEAST * mean.abs());
    let seeds = 2.0 * (QUANTILES * sd / margin).powi(2) + 1.0;
    let remedy = format!(
        "set absolute: {}, which is {wide} standard deviations, or make the training less noisy; with this \
         margin about {seeds:.0} trainings a side are needed to decide",
        number(fit)
    );
    Check::new("margin", State::Warning, found).remedy(remedy + &much(fit, mean))
}

/// A warning of a margin that would hide what matters.
fn much(margin: f64, mean: f64) -> String {
    let share = 100.0 * margin / mean.abs();
    if margin <= MUCH * mean.abs() || !share.is_finite() {
        return String::new();
    }
    format!(
        "\nCAUTION: that margin tolerates a worsening by {share:.0} % of the mean; a model that is so much \
         worse would pass.  Prefer a steadier metric: more test data, longer trainings, an average"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Direction;

    #[test]
    fn pairs_are_proposed_where_they_pay_and_taken_out_where_they_cost() {
        let agreement = |correlation| Agreement { freedom: 8, correlation };
        let told = |way, correlation| pairing("accuracy", way, agreement(correlation));
        let better = told(Pairing::None, 0.9).unwrap();
        assert!(better.state == State::Ok && better.found.contains("10 % of the"), "{better:?}");
        assert_eq!(told(Pairing::None, 0.3), None);
        assert_eq!(told(Pairing::Seed, 0.0).unwrap().state, State::Warning);
        assert_eq!(told(Pairing::Seed, 0.6), None);
        assert_eq!(told(Pairing::Node, 0.9), None);
        let spread = Spread { n: 8, freedom: 7, mean: 0.9, sd: 0.02 };
        let paired = within_pairs(spread, Pairing::Seed, Some(agreement(0.75)));
        assert!((paired.sd - 0.01).abs() < 1e-12, "{paired:?}");
        for (way, agreement) in [(Pairing::None, Some(agreement(0.75))), (Pairing::Seed, None)] {
            assert_eq!(within_pairs(spread, way, agreement), spread);
        }
    }

    #[test]
    fn a_margin_is_held_against_the_noise() {
        let metric = Metric::new(Direction::Higher, 0.0, 0.01);
        let spread = |freedom, sd| Spread { n: freedom + 1, freedom, mean: 0.9, sd };
        assert_eq!(margin("accuracy", metric, spread(7, 0.004), 1).state, State::Ok);
        // Of twenty metrics each must be quieter.
        assert_eq!(margin("accuracy", metric, spread(7, 0.004), 20).state, State::Warning);
        let narrow = margin("accuracy", metric, spread(7, 0.02), 1);
        assert_eq!(narrow.state, State::Warning);
        let remedy = narrow.remedy.unwrap();
        assert!(remedy.contains("absolute: 0.04,") && remedy.contains("about 50"), "{remedy}");
        assert!(!remedy.contains("CAUTION"), "{remedy}");
        let loud = margin("accuracy", metric, spread(7, 0.1), 1).remedy.unwrap();
        assert!(loud.contains("CAUTION: that margin tolerates a worsening by 22 %"), "{loud}");
        let few = margin("accuracy", metric, spread(2, 0.02), 1);
        assert!(few.state == State::Ok && few.found.contains("5 more trainings"), "{}", few.found);
    }
}
