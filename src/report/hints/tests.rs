use super::*;
use crate::report::{Drift, Point, Trend, tests};

fn told(report: &Report) -> Vec<String> {
    hints(report).iter().map(|hint| format!("{}: {}", hint.cause.word(), hint.text)).collect()
}

/// A regressed report whose sides differ in nothing but the code.
fn alike() -> Report {
    let mut report = tests::regressed();
    report.environments.changes.clear();
    report.environments.head = report.environments.base.clone();
    report
}

fn on(report: &mut Report, role: Role, change: impl Fn(&mut Machine)) {
    let side = report.observations.iter_mut().filter(|observation| observation.role == role);
    side.for_each(|observation| change(&mut observation.machine));
}

#[test]
fn the_code_is_the_cause_if_nothing_else_differs() {
    let mut report = alike();
    assert_eq!(
        told(&report),
        ["code: both sides had the same requirements; only the code differs"]
    );
    for role in [Role::Base, Role::Head] {
        on(&mut report, role, |machine| machine.cpu = Some("EPYC".into()));
    }
    let both = "code: both sides had the same requirements, CPU; only the code differs";
    assert_eq!(told(&report), [both]);
    report.environments = crate::report::Environments::default();
    report.observations.clear();
    assert_eq!(told(&report), ["code: no other difference between the sides is known"]);
}

#[test]
fn a_pass_has_no_cause() {
    let mut report = alike();
    report.verdict = Verdict::Pass;
    report.environments.changes.push("torch 1 -> 2".into());
    assert!(told(&report).is_empty());
}

#[test]
fn a_kill_beside_heads_code_is_told_first_and_even_of_a_pass() {
    let mut report = alike();
    report.verdict = Verdict::Pass;
    for training in &mut report.observations {
        training.exposure = Exposure::Beside;
    }
    assert!(told(&report).is_empty());
    report.observations[1].exposure = Exposure::Killed;
    let expected = "isolation: base was killed while head's code shared its Ray, and trained again there \
                    (seed 2): head could have done that, and changed what base then gave";
    assert_eq!(told(&report), [expected]);
    assert!(hints(&report)[0].cause.is_first());
}

#[test]
fn unlike_hardware_is_told_even_of_a_pass() {
    let mut report = alike();
    on(&mut report, Role::Base, |machine| {
        machine.gpu = Some("A10G".into());
        machine.driver = Some("535".into());
    });
    on(&mut report, Role::Head, |machine| {
        machine.gpu = Some("T4".into());
        machine.driver = Some("535".into());
        machine.gpus = 2;
    });
    let unlike = "hardware: unlike hardware: base on A10G, head on 2 x T4";
    assert_eq!(told(&report), [unlike]);
    report.verdict = Verdict::Pass;
    assert_eq!(told(&report), [unlike]);
}

#[test]
fn hardware_that_nobody_knows_does_not_differ() {
    let mut report = alike();
    on(&mut report, Role::Base, |machine| machine.gpu = Some("A10G".into()));
    assert_eq!(hints(&report)[0].cause, HintCause::Code);
}

#[test]
fn a_side_on_machines_of_its_own_is_told() {
    let mut report = alike();
    on(&mut report, Role::Base, |machine| machine.node = Some("a".into()));
    on(&mut report, Role::Head, |machine| machine.node = Some("b".into()));
    let expected = "hardware: no machine trained both sides: base on a, head on b; no other \
                    difference between them is known";
    assert_eq!(told(&report)[0], expected);
    let cleanup = report.cleanup[0].clone();
    report.cleanup.push(cleanup);
    assert_eq!(hints(&report)[0].cause, HintCause::Code, "a cluster each");
    report.cleanup.pop();
    report.observations[0].machine.node = Some("b".into());
    assert_eq!(hints(&report)[0].cause, HintCause::Code);
}

#[test]
fn the_environment_is_told_with_the_first_changes() {
    let mut report = alike();
    report.environments.changes =
        ["a 1 -> 2", "b added", "c gone", "d 1 -> 2"].map(String::from).into();
    on(&mut report, Role::Base, |machine| machine.python = Some("3.11".into()));
    on(&mut report, Role::Head, |machine| machine.python = Some("3.12".into()));
    let expected = "environment: requirements differ: a 1 -> 2, b added, c gone and 1 more; base on \
                    Python 3.11, head on Python 3.12; it may be this and not the code";
    assert_eq!(told(&report), [expected]);
}

#[test]
fn images_may_differ_without_the_requirements() {
    let mut report = alike();
    report.environments.base.image = Some("a".into());
    report.environments.head.image = Some("b".into());
    let expected = "environment: the images differ, although no requirement does; it may be this and \
                    not the code";
    assert_eq!(told(&report), [expected]);
}

#[test]
fn a_base_that_is_not_what_it_was_points_at_the_data() {
    let mut report = alike();
    let point = |commit: &str, mean| Point { commit: commit.into(), mean, count: 3 };
    let points = vec![point("ccccccc", 0.5), point("aaaaaaa", 0.98)];
    report.trend = vec![Trend { metric: "accuracy".into(), points }];
    let expected = "data: accuracy of base aaaaaaa was 0.98 and is now 0.949: something outside of \
                    the repository changed, such as data or a service";
    assert_eq!(told(&report)[0], expected);
    // Within the margin it is the same, and another commit tells nothing.
    report.trend[0].points[1].mean = 0.95;
    assert_eq!(hints(&report)[0].cause, HintCause::Code);
    report.trend[0].points[1] = point("", 0.5);
    assert_eq!(hints(&report)[0].cause, HintCause::Code);
}

#[test]
fn seeds_that_differ_by_more_than_the_margin_are_noise() {
    let mut report = alike();
    report.drift = Some(Drift { since: "v1".into(), metrics: Vec::new() });
    report.verdict = Verdict::Inconclusive;
    report.metrics.retain(|metric| metric.name == "loss|val");
    report.metrics[0].verdict = Verdict::Inconclusive;
    report.metrics[0].margin = Some(0.0125);
    let expected = "noise: seeds of loss|val differ by about 0.8 margins (SD 0.01): more seeds would \
                    tell";
    assert_eq!(told(&report)[0], expected);
    report.metrics[0].margin = Some(0.005);
    let expected = "noise: seeds of loss|val differ by about 2 margins (SD 0.01): a margin below one \
                    SD is seldom decided; widen it or make the training steadier";
    assert_eq!(told(&report)[0], expected);
    report.metrics[0].margin = Some(0.0);
    assert!(
        told(&report)[0].starts_with("noise: seeds of loss|val differ (SD 0.01) and no worsening")
    );
    report.metrics[0].margin = Some(0.05);
    assert_eq!(hints(&report)[0].cause, HintCause::Code);
}
