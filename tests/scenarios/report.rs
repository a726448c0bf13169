//! The report as GitHub draws it, in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "says what was not run")]
#![allow(clippy::cast_precision_loss, reason = "counts of a few")]

mod drawn;
mod pictures;
mod sizes;
mod strangers;
mod values;

use crate::world::{
    room::ONE_CORE,
    scenario::{Scenario, missing},
};

const TESTS: [(&str, fn()); 6] = [
    ("a_comment_holds_fifty_metrics_and_sixteen_seeds", sizes::a_comment_holds_fifty_metrics),
    ("a_summary_holds_five_hundred_metrics", sizes::a_summary_holds_five_hundred_metrics),
    ("five_hundred_metrics_in_a_comment_leave_the_worst", sizes::the_worst_stays_in_a_comment),
    ("nothing_of_a_stranger_is_markup", strangers::nothing_of_a_stranger_is_markup),
    ("a_regression_is_pictured", pictures::a_regression),
    ("an_undecided_change_is_pictured", pictures::an_undecided_change),
];

pub fn scenarios() -> Vec<Scenario> {
    if !drawn::installed() {
        return missing("report", "run tests/report/install, also after a change of draw.mjs");
    }
    TESTS.map(|(name, test)| Scenario::new("report", name, ONE_CORE, test)).into()
}
