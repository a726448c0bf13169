//! The worked example of `docs/decision.md`, by the judge itself.

use std::fmt::Write as _;

use regression_action::{
    config::{Config, Pairing, Seeds},
    verdict::{Look, Measured, MetricVerdict, Reading, Verdict, judge_all},
};

use super::reference::shown;

const DECISION: &str = "docs/decision.md";

const CONFIG: &str = "entrypoint: python train.py\n\
                      metrics: {accuracy: {direction: higher, absolute: 0.01}}\n";
const BASE: [f64; 9] = [0.967, 0.961, 0.971, 0.965, 0.969, 0.963, 0.968, 0.964, 0.966];
const WORSE: [f64; 9] = [0.949, 0.955, 0.943, 0.948, 0.951, 0.946, 0.953, 0.947, 0.950];
const HARMLESS: [f64; 9] = [0.966, 0.962, 0.970, 0.963, 0.970, 0.962, 0.969, 0.965, 0.964];

/// The verdict of each look, until one decides.
fn looks(head: &[f64]) -> Vec<MetricVerdict> {
    let config = Config::parse(CONFIG, "x").unwrap();
    let plan = Seeds::default().looks();
    let readings = |values: &[f64]| values.iter().copied().map(Reading::Value).collect();
    let mut told: Vec<MetricVerdict> = Vec::new();
    for (index, seeds) in plan.iter().enumerate() {
        let look = Look { plan: &plan, index, rates: config.error_rates, pairing: Pairing::None };
        let measured = Measured {
            name: "accuracy",
            metric: config.metrics["accuracy"],
            base: readings(&BASE[..*seeds]),
            head: readings(&head[..*seeds]),
            prior: None,
        };
        told.extend(judge_all(&look, &[measured], &[]));
        if told.last().unwrap().verdict != Verdict::Inconclusive {
            break;
        }
    }
    told
}

fn example(head: &[f64]) -> String {
    let looks = looks(head);
    let seeds = looks.last().unwrap().head_seeds;
    let list = |values: &[f64]| {
        values[..seeds].iter().map(|value| format!("{value:.3}")).collect::<Vec<_>>().join(", ")
    };
    let mut text = format!("base: {}\\\nhead: {}\n\n", list(&BASE), list(head));
    text += "| seeds a side | worsening | lower bound | upper bound | margin | verdict |\n";
    text += "|---|---|---|---|---|---|\n";
    for look in looks {
        let number = |value: Option<f64>| format!("{:.4}", value.unwrap());
        let numbers = [look.worsening, look.lower, look.upper, look.margin].map(number).join(" | ");
        writeln!(text, "| {} | {numbers} | {} |", look.head_seeds, look.verdict.word()).unwrap();
    }
    text
}

#[test]
fn the_worked_example_is_what_the_judge_says() {
    let [worse, harmless] = [&WORSE, &HARMLESS].map(|head| looks(head));
    assert_eq!(worse.last().unwrap().verdict, Verdict::Regressed);
    assert_eq!(harmless.last().unwrap().verdict, Verdict::Pass);
    assert!(worse.len() > 1 || harmless.len() > 1, "no look adds seeds");
    shown(DECISION, "worse", &example(&WORSE));
    shown(DECISION, "harmless", &example(&HARMLESS));
}
