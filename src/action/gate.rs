//! The gate: may this event start a cluster, for which commit?  Pure: [`intent()`] tells what an event
//! asks for, [`decide`] answers from fresh facts, [`still`] asks again before a cluster is created
//! and before success is told.  The only maker of an [`Approval`]; what it refuses is never a success.
//!
//! A job that is skipped counts as success, and an event tells what was true when it was sent.  So
//! the workflow's `if:` decides nothing, and the event is only the occasion to look.

mod approval;
mod commit;
mod facts;
mod intent;
mod occasion;
mod question;
mod refusal;
mod reviews;
mod rules;
mod sought;
mod votes;

pub use approval::{Approval, Base, Decision};
pub use commit::{base_aside, base_off_the_line, conflicting, crossing};
pub use facts::PullFacts;
pub use intent::{Intent, RequestedAction, intent};
pub use occasion::Occasion;
pub use question::GateInput;
pub use refusal::{Refusal, Rule, StatusNote};
pub use sought::Sought;

/// Answers `question` from facts that were fetched after the event.
pub fn decide(question: &GateInput, facts: &PullFacts) -> Decision {
    let examined = rules::examine(question, facts).and_then(|who| {
        reviews::starts(question, facts, &who)?;
        Ok(who)
    });
    match examined {
        Ok(who) => Decision::Approved(Approval::of_pull(question, facts, who)),
        Err(refusal) => Decision::Held(refusal),
    }
}

/// Whether `approval` holds against facts that were fetched just now; an approval of no pull request
/// always does.  A refusal tells what the status of the approved commit is to say, since the run
/// that stops here has written one.
pub fn still(approval: &Approval, facts: &PullFacts) -> Result<(), Refusal> {
    let Some(question) = approval.question() else { return Ok(()) };
    match rules::examine(question, facts) {
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal.stopping(approval.head())),
    }
}

#[cfg(test)]
mod tests;
