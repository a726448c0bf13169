//! Reports as comparisons make them, of readings that are invented.

use std::{collections::BTreeMap, path::PathBuf};

use regression_action::{
    cluster::Cleanup,
    config::{Direction, ErrorRates, Metric, Pairing},
    experiment::{
        EnvironmentFacts,
        machine::Machine,
        measure::{Exposure, Observation, Role},
        trace::Seen,
    },
    git::{Commit, CommitSha},
    report::{Cost, Drift, Environments, Point, Report, Times, Trend, Usage, hints, reason},
    verdict::{Look, Measured, MetricVerdict, Reading, judge_all, outlook, overall},
};

/// A metric: name, which way is better, tolerated worsening, readings of base and of head.
pub struct Declared {
    pub name: String,
    pub metric: Metric,
    pub base: Vec<f64>,
    pub head: Vec<f64>,
}

impl Declared {
    pub fn new(
        name: &str,
        direction: Direction,
        relative: f64,
        base: &[f64],
        head: &[f64],
    ) -> Self {
        let metric = Metric::new(direction, relative, 0.0);
        Self { name: name.to_owned(), metric, base: base.to_vec(), head: head.to_vec() }
    }

    fn measured(&self) -> Measured<'_> {
        let values = |side: &[f64]| side.iter().copied().map(Reading::Value).collect();
        let (base, head) = (values(&self.base), values(&self.head));
        Measured { name: &self.name, metric: self.metric, base, head, prior: None }
    }
}

/// All metrics, at the last of three looks.
fn judged(declared: &[Declared]) -> Vec<MetricVerdict> {
    let seeds = declared.first().map_or(9, |metric| metric.base.len());
    let plan = [seeds / 3, 2 * seeds / 3, seeds];
    let (rates, pairing) = (ErrorRates::default(), Pairing::None);
    let look = Look { plan: &plan, index: 2, rates, pairing };
    let measured: Vec<Measured<'_>> = declared.iter().map(Declared::measured).collect();
    let mut metrics = judge_all(&look, &measured, &[]);
    for metric in &mut metrics {
        metric.outlook = outlook(&look, metric);
    }
    metrics
}

/// Many metrics, of which every fifth is worse and every seventh is noisy.
pub fn many(metrics: usize, seeds: usize) -> Vec<Declared> {
    let noise = |metric: usize, seed: usize, side: usize| {
        let mixed = (metric * 7919 + seed * 104_729 + side * 1_299_709) % 1000;
        mixed as f64 / 1000.0 - 0.5
    };
    let metric = |at: usize| {
        let (shift, sd) = (
            if at.is_multiple_of(5) { 0.05 } else { 0.0 },
            if at.is_multiple_of(7) { 0.2 } else { 0.005 },
        );
        let level = 0.5 + at as f64 / 1000.0;
        let side = |side: usize, shift: f64| -> Vec<f64> {
            (0..seeds).map(|seed| level - shift + sd * noise(at, seed, side)).collect()
        };
        let name = format!("validation/accuracy_of_class_{at:03}");
        Declared::new(&name, Direction::Higher, 0.01, &side(0, 0.0), &side(1, shift))
    };
    (0..metrics).map(metric).collect()
}

/// The report on these metrics, with all of its parts.
pub fn report(declared: &[Declared]) -> Report {
    let metrics = judged(declared);
    let verdict = overall(&metrics);
    let mut report = Report {
        schema: Report::SCHEMA,
        verdict,
        reason: reason(verdict, &metrics),
        base: commit('a', "Augment with random crops (#412)"),
        head: commit('b', "Read images in one pass, and upgrade torch"),
        merge: None,
        observations: observations(declared),
        cluster: "Ray 2.60.0 on Kubernetes, 4 workers of 1 GPU".into(),
        environments: environments(),
        ruler: Vec::new(),
        shadow: None,
        times: Times {
            environment: 3.1,
            queue: 0.0,
            cluster: 48.0,
            training: 2911.0,
            removal: 6.4,
            ours: 9.2,
            total: 2977.7,
        },
        usage: Usage {
            gpu_minutes: 97.0,
            training_minutes: 97.0,
            saved_minutes: 48.5,
            cost: Some(Cost { amount: 1.63, currency: "USD".into() }),
        },
        experiment_url: Some("https://mlflow.example.com/#/experiments/7/runs/4be1f2".into()),
        trend: declared.iter().map(past).collect(),
        drift: Some(Drift { since: "v1.4.0".into(), metrics: metrics.clone() }),
        stopped: None,
        hints: Vec::new(),
        cleanup: vec![Cleanup {
            left: 0,
            checked_at: "2026-11-27T08:12:09Z".into(),
            summary: "2 RayClusters deleted: 0 objects left, checked at 2026-11-27T08:12:09Z"
                .into(),
        }],
        warnings: Vec::new(),
        config: ".github/regression.yml of base (aaaaaaa)".into(),
        reproduce: "regression-action compare --base aaaaaaa --head bbbbbbb --backend local".into(),
        directory: PathBuf::from("/runs/1"),
        metrics,
    };
    report.hints = hints(&report);
    report
}

fn commit(letter: char, subject: &str) -> Commit {
    let sha = CommitSha::parse(&letter.to_string().repeat(40)).unwrap();
    Commit { sha, subject: subject.to_owned() }
}

fn environments() -> Environments {
    let side = |hash: &str| EnvironmentFacts {
        requirements: Some(hash.into()),
        image: Some(format!("ghcr.io/acme/train:req2-{hash}@sha256:{}", hash.repeat(8))),
    };
    Environments {
        base: side("5c1f90aa"),
        head: side("9d2e71bb"),
        changes: vec!["torch 2.8.0 -> 2.9.1".into(), "pillow 11.3.0 -> 12.0.0".into()],
    }
}

fn observations(declared: &[Declared]) -> Vec<Observation> {
    let seeds = declared.iter().map(|metric| metric.base.len()).max().unwrap_or_default();
    let observe = |role: Role, seed: usize| {
        let side = |metric: &Declared| match role {
            Role::Base => metric.base.get(seed).copied(),
            Role::Head | Role::Bisect | Role::Shadow => metric.head.get(seed).copied(),
        };
        let readings: BTreeMap<String, f64> = declared
            .iter()
            .filter_map(|metric| Some((metric.name.clone(), side(metric)?)))
            .collect();
        let repeated = role == Role::Head && seed == 1;
        Observation {
            role,
            seed: seed as u64 + 1,
            readings,
            data: BTreeMap::new(),
            seen: Seen::default(),
            span: (0, 480_000),
            seconds: 480.0 + seed as f64,
            log: PathBuf::from("/runs/1/logs/x.log"),
            machine: Machine {
                node: Some(format!("gpu-{}", seed % 4)),
                gpu: Some("NVIDIA A10G".into()),
                gpus: 1,
                driver: Some("580.95.05".into()),
                cpu: Some("AMD EPYC 7R32".into()),
                python: Some("3.12.12".into()),
                ray: Some("2.60.0".into()),
            },
            retried: repeated.then(|| "CUDA error: an illegal memory access".into()),
            reused: (role == Role::Base).then(|| "run 7120 of 2026-11-26".into()),
            crashed: None,
            spare: false,
            exposure: Exposure::None,
        }
    };
    let side = |role| (0..seeds).map(move |seed| observe(role, seed)).collect::<Vec<_>>();
    [side(Role::Base), side(Role::Head)].concat()
}

/// Ten commits about as good as base, which is the last of them.
fn past(metric: &Declared) -> Trend {
    let mean = metric.base.iter().sum::<f64>() / metric.base.len() as f64;
    let point = |at: u32| Point {
        commit: if at == 9 {
            "aaaaaaa".into()
        } else {
            format!("{:07x}", 0x00c0_ffee_u32.wrapping_mul(at + 1) >> 4)
        },
        mean: mean * (1.0 + f64::from((at * 37) % 11) / 2000.0 - 0.0025),
        count: metric.base.len(),
    };
    Trend { metric: metric.name.clone(), points: (0..10).map(point).collect() }
}
