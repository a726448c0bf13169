//! Reviews: whether enough approve the head, and whether this one is what a run starts by.

use super::{
    GateInput, PullFacts, Refusal, Rule,
    question::Trigger,
    votes::{Vote, VoteWeight, votes},
};
use crate::clients::github::Permission;

/// Most votes that a reason tells of.
const TOLD: usize = 5;

/// Enough reviewers approve the head, and nobody objects.  A command stands for one approval, and the button for
/// them all.
pub(super) fn approved(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    if matches!(question.trigger, Trigger::Button(_)) {
        return Ok(());
    }
    let (votes, head) = (votes(question, facts), facts.pull.head.sha.short());
    let needed = question.approvals.get() as usize;
    let given = counting(&votes).count() + usize::from(commands_beside(question, &votes));
    let objects = votes.iter().any(|vote| vote.standing == VoteWeight::Objects);
    if !objects && given >= needed {
        return Ok(());
    }
    let (rule, awaited) = if objects {
        (Rule::ChangesRequested, format!("changes are requested; awaiting approval of {head}"))
    } else if given > 0 {
        (Rule::TooFewApprovals, format!("awaiting approval of {head}: {given} of {needed}"))
    } else {
        (flaw(&votes), format!("awaiting approval of {head}"))
    };
    let told: Vec<_> = votes.iter().rev().take(TOLD).map(|vote| tell(vote, head)).collect();
    let reason =
        if told.is_empty() { awaited.clone() } else { format!("{awaited}; {}", told.join(", ")) };
    let note = question.note(facts, awaited).filter(|_| !is_idle(question, &votes));
    Err(Refusal::new(rule, reason).remedy(remedy(rule, head)).status(note))
}

/// Whether somebody commands it who does not approve it besides.
fn commands_beside(question: &GateInput, votes: &[Vote<'_>]) -> bool {
    let Trigger::Command { author: Some(author), .. } = &question.trigger else { return false };
    !counting(votes).any(|(login, _)| login.eq_ignore_ascii_case(&author.login))
}

/// Whether the review that asks counts for nothing: then it takes no success back either.
fn is_idle(question: &GateInput, votes: &[Vote<'_>]) -> bool {
    let (Trigger::Approving(Some(user)) | Trigger::Withdrawing(Some(user))) = &question.trigger
    else {
        return false;
    };
    let own = votes.iter().find(|vote| vote.login.eq_ignore_ascii_case(&user.login));
    own.is_none_or(|vote| matches!(vote.standing, VoteWeight::Void(_)))
}

/// `alice (write), bob (admin)`.
pub(super) fn approvers(question: &GateInput, facts: &PullFacts) -> String {
    let votes = votes(question, facts);
    let approvers = counting(&votes).map(|(login, permission)| {
        let may = if permission == Permission::Admin { "admin" } else { "write" };
        format!("{login} ({may})")
    });
    approvers.collect::<Vec<_>>().join(", ")
}

/// A review starts a run only if its own approval counts: else a stranger could start one after
/// another on a head that is approved.
pub(super) fn starts(question: &GateInput, facts: &PullFacts, who: &str) -> Result<(), Refusal> {
    let votes = votes(question, facts);
    let mut counting = counting(&votes);
    let needed = match &question.trigger {
        Trigger::Approving(Some(user)) => {
            counting.any(|(login, _)| login.eq_ignore_ascii_case(&user.login))
        }
        Trigger::Approving(None) | Trigger::Withdrawing(_) => false,
        Trigger::Ran(_) => question.is_heard(facts),
        // Only who may push dismisses; and what was measured before is answered from evidence.
        Trigger::Changed | Trigger::Dismissed | Trigger::Command { .. } | Trigger::Button(_) => {
            true
        }
    };
    if needed {
        return Ok(());
    }
    let head = facts.pull.head.sha.short();
    let ran = matches!(question.trigger, Trigger::Ran(_));
    let what = if ran { "run by somebody who may not push" } else { "review" };
    let reason = format!("this {what} changes nothing: {head} is {who}");
    let remedy = format!("if {head} was not measured yet, re-run the run of that approval");
    Err(Refusal::new(Rule::NothingNew, reason).remedy(remedy))
}

fn counting<'a>(votes: &'a [Vote<'_>]) -> impl Iterator<Item = (&'a str, Permission)> {
    votes.iter().filter_map(|vote| match vote.standing {
        VoteWeight::Counts(permission) => Some((vote.login, permission)),
        VoteWeight::Objects | VoteWeight::Void(_) => None,
    })
}

/// What is wrong with the newest vote.
fn flaw(votes: &[Vote<'_>]) -> Rule {
    match votes.last().map(|vote| vote.standing) {
        Some(VoteWeight::Void(rule)) => rule,
        Some(VoteWeight::Objects | VoteWeight::Counts(_)) | None => Rule::NoApproval,
    }
}

fn tell(vote: &Vote<'_>, head: &str) -> String {
    let login = vote.login;
    match vote.standing {
        VoteWeight::Counts(_) => format!("{login} approves"),
        VoteWeight::Objects => format!("{login} requests changes"),
        VoteWeight::Void(Rule::SelfApproval) => format!("{login} is the author"),
        VoteWeight::Void(Rule::PusherApproval) => format!("{login} pushed {head} last"),
        VoteWeight::Void(Rule::BotApproval) => format!("{login} is a bot"),
        VoteWeight::Void(Rule::ReaderApproval) => format!("{login} approves but may not push"),
        VoteWeight::Void(Rule::Dismissed) => format!("the review of {login} was dismissed"),
        VoteWeight::Void(Rule::RetargetedApproval) => {
            format!("{login} approved {head} when it went into another branch")
        }
        VoteWeight::Void(Rule::StaleApproval) => {
            format!("{login} approved another commit than {head}")
        }
        VoteWeight::Void(_) => format!("the review of {login} does not count"),
    }
}

fn remedy(rule: Rule, head: &str) -> String {
    if rule == Rule::ChangesRequested {
        "let who requests changes approve, or dismiss that review".to_owned()
    } else if rule == Rule::TooFewApprovals {
        format!("let one more person who may push approve {head}")
    } else if rule == Rule::PusherApproval {
        format!("let someone approve {head} who may push and is neither the author nor pushed it")
    } else {
        format!("let someone who may push and is not the author approve {head}")
    }
}
