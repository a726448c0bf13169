use super::*;
use crate::{
    config::{Direction, ErrorRates, Metric, Pairing},
    experiment::measure::Role,
    git::CommitSha,
    verdict::{Look, Measured, Reading, judge_all, overall},
};

/// Readings of accuracy, loss and speed for three seeds of one side.
type Side = [(f64, f64, f64); 3];

/// One of the three.
type Pick = fn(&(f64, f64, f64)) -> f64;

const BASE: Side = [(0.951, 0.20, 1180.0), (0.947, 0.21, 1210.0), (0.949, 0.19, 1195.0)];

fn report(head: Side) -> Report {
    let observe = |role: Role, side: Side| {
        side.into_iter().zip(1_u64..).map(move |((accuracy, loss, speed), seed)| {
            let readings = [
                ("accuracy".to_owned(), accuracy),
                ("loss|val".to_owned(), loss),
                ("samples per second".to_owned(), speed),
            ];
            Observation {
                span: (0, 1500),
                seconds: 1.5,
                log: PathBuf::from(format!("/runs/1/logs/{}-seed-{seed}.log", role.word())),
                ..Observation::invented(role, seed, readings.into())
            }
        })
    };
    let metric = |direction, relative| Metric::new(direction, relative, 0.0);
    let declared = [
        ("accuracy", metric(Direction::Higher, 0.01)),
        ("loss|val", metric(Direction::Lower, 0.25)),
        ("samples per second", metric(Direction::Higher, 0.10)),
    ];
    let values =
        |side: Side, pick: Pick| side.iter().map(pick).map(Reading::Value).collect::<Vec<_>>();
    let picks: [Pick; 3] = [|v| v.0, |v| v.1, |v| v.2];
    let measured = declared.iter().zip(picks).map(|((name, metric), pick)| Measured {
        name,
        metric: *metric,
        base: values(BASE, pick),
        head: values(head, pick),
        prior: None,
    });
    let look =
        Look { plan: &[3], index: 0, rates: ErrorRates::default(), pairing: Pairing::default() };
    let metrics = judge_all(&look, &measured.collect::<Vec<_>>(), &[]);
    let verdict = overall(&metrics);
    let commit = |letter: &str, subject: &str| Commit {
        sha: CommitSha::parse(&letter.repeat(40)).unwrap(),
        subject: subject.to_owned(),
    };
    Report {
        schema: Report::SCHEMA,
        verdict,
        reason: reason(verdict, &metrics),
        base: commit("a", "Train for longer"),
        head: commit("b", "Fix #7 <img src=x> for @everyone | [click](http://x) \u{1b}[31m"),
        merge: None,
        metrics,
        observations: observe(Role::Base, BASE).chain(observe(Role::Head, head)).collect(),
        cluster: "local Ray 2.60.0, 2 CPUs".into(),
        environments: Environments {
            base: EnvironmentFacts { requirements: Some("e1".into()), image: None },
            head: EnvironmentFacts {
                requirements: Some("e2".into()),
                image: Some("ghcr.io/acme/train:req2-e2@sha256:d2".into()),
            },
            changes: vec!["torch 2.4.0 -> 2.5.1".into(), "numpy added (==2.1)".into()],
        },
        ruler: Vec::new(),
        shadow: None,
        times: Times {
            environment: 0.1,
            queue: 0.0,
            cluster: 5.2,
            training: 9.0,
            removal: 0.3,
            ours: 0.2,
            total: 14.8,
        },
        usage: Usage::default(),
        experiment_url: None,
        trend: Vec::new(),
        drift: None,
        stopped: None,
        hints: Vec::new(),
        cleanup: vec![Cleanup {
            left: 0,
            checked_at: "2026-11-24T04:00:00Z".into(),
            summary: "local Ray stopped: 0 processes left, checked at 2026-11-24T04:00:00Z".into(),
        }],
        warnings: vec!["2 files are Git LFS pointers: a.bin, b.bin".into()],
        config: ".github/regression.yml of base (aaaaaaa)".into(),
        reproduce: "regression-action compare --base aaaaaaa --head bbbbbbb".into(),
        directory: "/runs/1".into(),
    }
}

pub(super) fn regressed() -> Report {
    report([(0.70, 0.21, 1300.0), (0.71, 0.20, 1310.0), (0.69, 0.22, 1290.0)])
}

#[test]
fn the_time_in_a_queue_has_a_line_of_its_own() {
    let mut report = regressed();
    report.times.queue = 61.0;
    let markdown = report.render(Format::Markdown).unwrap();
    assert!(
        markdown.contains("| environment | 0.1 s |\n| queue | 1 min 1 s |\n| cluster"),
        "{markdown}"
    );
    let text = report.render(Format::Text).unwrap();
    assert!(text.contains("environment 0.1 s, queue 1 min 1 s, cluster start"), "{text}");
}

#[test]
fn markdown_is_the_comment() {
    insta::assert_snapshot!(regressed().render(Format::Markdown).unwrap());
}

#[test]
fn text_is_for_a_terminal() {
    insta::assert_snapshot!(regressed().render(Format::Text).unwrap());
}

#[test]
fn a_head_that_is_behind_is_told_as_its_merge() {
    let merged = Merged { into: "<b>main".into(), behind: 3, tree: "c".repeat(40) };
    let report = Report { merge: Some(merged), ..regressed() };
    for format in [Format::Text, Format::Markdown] {
        let text = report.render(format).unwrap();
        assert!(text.contains("bbbbbbb is 3 commits behind "), "{text}");
        assert!(text.contains("compared is what the merge would make (tree ccccccc)"), "{text}");
    }
    assert!(!report.summary().contains("<b>"), "{}", report.summary());
}

#[test]
fn a_diverged_head_is_shown_without_a_chart() {
    let nan = f64::NAN;
    let report = report([(nan, nan, 1200.0), (nan, nan, 1190.0), (0.1, nan, 1195.0)]);
    insta::assert_snapshot!(report.render(Format::Markdown).unwrap());
}

#[test]
fn json_validates_against_the_published_schema() {
    let schema = serde_json::to_value(Report::json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let nan = f64::NAN;
    for report in [regressed(), report(BASE), report([(nan, 0.2, 1.0); 3])] {
        let json = serde_json::from_str(&report.render(Format::Json).unwrap()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"schema": 1, "verdict": "great"})));
}

/// Many metrics, all of `name`, that came out as the first one.
fn with_metrics(number: usize, name: &str) -> Report {
    let mut report = regressed();
    let mut first = report.metrics[0].clone();
    first.name = name.into();
    report.metrics = vec![first; number];
    report.reason = reason(report.verdict, &report.metrics);
    report
}

#[test]
fn seeds_that_do_not_fit_are_in_the_summary() {
    let mut long = regressed();
    let observation = long.observations[0].clone();
    long.observations.extend((0..5000).map(|seed| Observation { seed, ..observation.clone() }));
    let (comment, summary) = (long.comment(), long.summary());
    assert!(comment.chars().count() <= 55_000 && summary.len() < 1 << 20);
    let told = "Left out for length: every seed; the summary of the run has it.";
    assert!(comment.contains(told) && !summary.contains("Left out"));
    assert!(summary.contains("Every seed: 5006 trainings"));
}

#[test]
fn the_worst_stays_whatever_strangers_wrote() {
    let name = "&".repeat(500);
    let mut report = with_metrics(1000, &name);
    report.metrics[999].name = "the worst".into();
    report.metrics[999].worsening = Some(9.0);
    report.metrics.iter_mut().for_each(|metric| metric.reason.clone_from(&name));
    report.warnings = vec![name.clone(); 500];
    report.environments.changes = vec![name.clone(); 500];
    report.stopped = Some(name.clone());
    report.head.subject.clone_from(&name);
    report.drift = Some(Drift { since: name.clone(), metrics: report.metrics.clone() });
    report.cluster.clone_from(&name);
    report.reproduce.clone_from(&name);
    report.hints = vec![Hint { cause: HintCause::Code, text: name }; 5];
    let (comment, summary) = (report.comment(), report.summary());
    assert!(comment.encode_utf16().count() <= 55_000, "{}", comment.len());
    assert!(summary.len() < 1 << 20, "{}", summary.len());
    for text in [&comment, &summary] {
        let first = text.lines().find(|line| line.contains(" ↑ |")).unwrap();
        assert!(first.starts_with("| the worst ↑ | 0.949 |"), "{first}");
    }
    assert!(comment.contains("| and 990 more regressed |"));
    assert!(comment.contains("Left out for length: 990 metrics"));
}

#[test]
fn the_worst_is_read_first_and_what_does_not_count_last() {
    let mut report = with_metrics(6, "a");
    let fates = [
        ("pass, better", true, Verdict::Pass, Some(-1.0)),
        ("not gated", false, Verdict::Regressed, Some(9.0)),
        ("undecided", true, Verdict::Inconclusive, Some(0.5)),
        ("worse", true, Verdict::Regressed, Some(2.0)),
        ("diverged", true, Verdict::Regressed, None),
        ("pass", true, Verdict::Pass, Some(0.1)),
    ];
    for (metric, (name, gated, verdict, worsening)) in report.metrics.iter_mut().zip(fates) {
        metric.name = name.into();
        (metric.gated, metric.verdict, metric.worsening) = (gated, verdict, worsening);
    }
    let names: Vec<&str> = worst_first(&report.metrics).iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["diverged", "worse", "undecided", "pass", "pass, better", "not gated"]);
    let row = "| not gated, regressed: worse than the margin allows |";
    assert!(report.summary().contains(row));
    let reason = reason(Verdict::Regressed, &report.metrics);
    assert!(reason.starts_with("diverged from 0.949") && !reason.contains("not gated"), "{reason}");
}

#[test]
fn what_was_spent_and_what_the_past_tells_is_shown() {
    let mut report = regressed();
    let last = report.observations.len() - 1;
    report.observations[last].retried = Some("CUDA <error>".into());
    report.observations[0].reused = Some("run 7".into());
    report.observations[1].spare = true;
    report.observations[2].machine.gpu = Some("A10G".into());
    report.observations[2].machine.gpus = 2;
    report.usage = Usage {
        gpu_minutes: 12.5,
        training_minutes: 12.5,
        saved_minutes: 8.0,
        cost: Some(Cost { amount: 1.2, currency: "USD".into() }),
    };
    report.experiment_url = Some("https://mlflow.example/#/experiments/1".into());
    let point = |commit: &str, mean| Point { commit: commit.into(), mean, count: 3 };
    let points = vec![point("ccccccc", 0.95), point("ccccccc", 0.951), point("aaaaaaa", 0.949)];
    report.trend = vec![Trend { metric: "accuracy".into(), points }];
    report.drift = Some(Drift { since: "v1_0".into(), metrics: report.metrics.clone() });
    report.stopped = Some("limits.total is used up".into());
    report.metrics[1].verdict = Verdict::Inconclusive;
    report.metrics[1].outlook = Some("9 seeds would show a worsening of 0.02".into());
    report.hints = hints(&report);
    insta::assert_snapshot!("all_parts", report.comment());
    insta::assert_snapshot!("all_parts_as_text", report.render(Format::Text).unwrap());
}
