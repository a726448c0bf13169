//! Several metrics share the error of blocking.

use super::*;

/// A metric that three seeds a side show at a p-value of about `p` (of the worsening being at most 1).
fn at_p(p: f64) -> Measured<'static> {
    let metric = Metric::new(Direction::Lower, 0.0, 1.0);
    let distance = 1.0 + crate::statistics::quantile(p, 4.0) * (2.0 / 3.0_f64).sqrt();
    measured(metric, &[-1.0, 0.0, 1.0], &[distance - 1.0, distance, distance + 1.0])
}

fn shown(p: f64) -> Measured<'static> {
    let Measured { metric, .. } = at_p(p);
    Measured { metric: Metric { gate: false, ..metric }, ..at_p(p) }
}

fn regressed(look: &Look<'_>, metrics: &[Measured<'_>]) -> Vec<bool> {
    let verdicts = judge_all(look, metrics, &[]);
    for metric in &verdicts {
        assert_eq!(metric.verdict == Verdict::Regressed, metric.lower > metric.margin);
    }
    verdicts.iter().map(|metric| metric.verdict == Verdict::Regressed).collect()
}

#[test]
fn holm_shares_the_error_at_the_last_look() {
    assert_eq!(regressed(&ONCE, &[at_p(0.03)]), [true]);
    assert_eq!(regressed(&ONCE, &[at_p(0.03), at_p(0.5)]), [false, false]);
    // .02 falls at .025, and then .03 at .05.
    assert_eq!(regressed(&ONCE, &[at_p(0.03), at_p(0.02)]), [true, true]);
    assert_eq!(regressed(&ONCE, &[at_p(0.03), at_p(0.02), at_p(0.9)]), [false, false, false]);
    assert_eq!(regressed(&ONCE, &[at_p(0.03), at_p(0.016), at_p(0.024)]), [true, true, true]);
}

/// At an interim look of three it is .05 * .386 / 2 for each, whatever the other says.
#[test]
fn interim_looks_share_in_equal_parts() {
    let interim = of_three(0);
    assert_eq!(regressed(&interim, &[at_p(0.009), at_p(0.012)]), [true, false]);
    assert_eq!(regressed(&of_three(2), &[at_p(0.009), at_p(0.012)]), [true, true]);
}

#[test]
fn what_is_only_shown_takes_no_share() {
    assert_eq!(regressed(&ONCE, &[at_p(0.03), shown(0.5), shown(0.001)]), [true, false, true]);
    assert_eq!(overall(&judge_all(&ONCE, &[at_p(0.9), shown(0.001)], &[])), Verdict::Inconclusive);
}

/// What blocks needs a shared error, what passes does not.
#[test]
fn passing_is_not_shared() {
    let upper = |metrics: &[Measured<'_>]| judge_all(&ONCE, metrics, &[])[0].upper;
    assert_eq!(upper(&[at_p(0.4)]), upper(&[at_p(0.4), at_p(0.4), at_p(0.4)]));
}

#[test]
fn declared_rates_are_kept_to() {
    let strict = Look { rates: ErrorRates { block: 0.01, pass: 0.05 }, ..ONCE };
    assert_eq!(regressed(&strict, &[at_p(0.03)]), [false]);
    assert_eq!(regressed(&strict, &[at_p(0.009)]), [true]);
}
