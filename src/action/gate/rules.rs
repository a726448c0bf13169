//! The table of rules about a pull request; the first that does not hold refuses.

use super::{
    GateInput, PullFacts, Refusal, Rule,
    facts::is_person,
    question::Trigger,
    reviews::{approved, approvers},
};
use crate::clients::github::{Permission, PullNumber, PullState};

type Holds = fn(&GateInput, &PullFacts) -> Result<(), Refusal>;

/// Nothing is started unless each of these holds.
const RULES: [Holds; 13] = [
    own_repository,
    into_the_default_branch,
    commanded_by_a_person,
    commanded_with_permission,
    commanded_by_another,
    commanded_into_this_branch,
    open,
    head_exists,
    no_unnamed_fork,
    ready,
    named_head,
    pusher_is_known,
    approved,
];

/// Who approved, in words; or the first rule that does not hold.
pub(super) fn examine(question: &GateInput, facts: &PullFacts) -> Result<String, Refusal> {
    RULES.iter().try_for_each(|holds| holds(question, facts))?;
    Ok(match &question.trigger {
        Trigger::Command { author: Some(author), .. } => format!("asked for by {}", author.login),
        Trigger::Command { author: None, .. } => "asked for by a comment".to_owned(),
        Trigger::Button(sender) => format!("dispatched by {}", sender.login),
        Trigger::Changed
        | Trigger::Approving(_)
        | Trigger::Dismissed
        | Trigger::Withdrawing(_)
        | Trigger::Ran(_) => format!("approved by {}", approvers(question, facts)),
    })
}

fn own_repository(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    let base = facts.pull.base.repo.as_ref().map(|repo| &repo.full_name);
    if base == Some(&question.repository) && facts.pull.number == question.number {
        return Ok(());
    }
    let reason = format!("{} is not a pull request of {}", question.number, question.repository);
    Err(Refusal::new(Rule::OtherRepository, reason))
}

/// A status belongs to the commit, not to the pull request, and the target branch holds the config that
/// judges it.  Whoever may push could otherwise open a second pull request of the same head, into a
/// branch with a config of their own.
fn into_the_default_branch(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    if facts.pull.is_into_the_default_branch() || matches!(question.trigger, Trigger::Button(_)) {
        return Ok(());
    }
    let reason = format!(
        "{} goes into `{}`, and only the default branch says how it is judged",
        question.number, facts.pull.base.name
    );
    Err(Refusal::new(Rule::OtherBase, reason).remedy(format!(
        "let someone who may run workflows dispatch this one with `pull-request: {}`",
        question.number.0
    )))
}

fn commanded_by_a_person(question: &GateInput, _: &PullFacts) -> Result<(), Refusal> {
    let Trigger::Command { author, .. } = &question.trigger else { return Ok(()) };
    if author.as_ref().is_some_and(is_person) {
        return Ok(());
    }
    Err(Refusal::new(Rule::BotCommand, "`/regression` is no command when a bot comments it")
        .remedy("let a person comment it, or dispatch the workflow"))
}

fn commanded_with_permission(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    let Trigger::Command { author: Some(author), .. } = &question.trigger else { return Ok(()) };
    if facts.permission(&author.login) >= Some(Permission::Write) {
        return Ok(());
    }
    let reason = format!("{} may not push to {}", author.login, question.repository);
    Err(Refusal::new(Rule::ReaderCommand, reason)
        .remedy("ask someone who may push to comment the same"))
}

/// A command stands for a review, and nobody reviews their own.
fn commanded_by_another(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    let Trigger::Command { author: Some(author), .. } = &question.trigger else { return Ok(()) };
    let own = facts.pull.user.as_ref();
    let reason = if own.is_some_and(|own| own.login.eq_ignore_ascii_case(&author.login)) {
        format!("{} is the author of {}", author.login, question.number)
    } else if question.asks_who_pushed() && facts.is_pushed_by(author) {
        format!("{} pushed {} last", author.login, facts.pull.head.sha.short())
    } else {
        return Ok(());
    };
    Err(Refusal::new(Rule::SelfCommand, reason)
        .remedy("let someone else who may push approve it, or comment the same"))
}

/// A run may be made again, by whoever may push, after the pull request was made to go into another branch.
fn commanded_into_this_branch(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    let Trigger::Command { at, .. } = &question.trigger else { return Ok(()) };
    if !facts.was_of_another_target(at.as_deref()) {
        return Ok(());
    }
    let reason = format!("the command is from when {} went into another branch", question.number);
    Err(Refusal::new(Rule::RetargetedCommand, reason)
        .remedy(format!("comment `/regression {}` again", facts.pull.head.sha)))
}

fn open(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    match facts.pull.state {
        PullState::Open => Ok(()),
        // What is withdrawn now is withdrawn for when it is opened again.
        PullState::Closed => {
            let unmerged = facts.pull.merged_at.is_none();
            let withdrawn = approved(question, facts).err().filter(|_| unmerged);
            Err(closed(question.number).status(withdrawn.and_then(|refusal| refusal.status)))
        }
    }
}

pub(super) fn closed(number: PullNumber) -> Refusal {
    Refusal::new(Rule::Closed, format!("{number} is closed"))
        .remedy("reopen it, or dispatch the workflow with `sha` alone")
}

fn head_exists(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    if facts.pull.head.repo.is_some() {
        return Ok(());
    }
    let reason = format!("the repository of the branch of {} was deleted", question.number);
    Err(Refusal::new(Rule::HeadDeleted, reason).remedy(format!(
        "push the branch elsewhere and open a new pull request, or dispatch the workflow with `sha: {}` alone",
        facts.pull.head.sha
    )))
}

/// A fork's own events come without secrets, and its owner may push between a look and a start.
fn no_unnamed_fork(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    let reason = match (&question.trigger, &question.named) {
        (Trigger::Command { .. } | Trigger::Ran(_), _) | (Trigger::Button(_), Some(_)) => {
            return Ok(());
        }
        _ if !facts.is_fork() => return Ok(()),
        (Trigger::Button(_), None) => {
            "comes from a fork, whose head may change until the start, so the commit must be named"
        }
        _ => "comes from a fork, whose events start nothing",
    };
    let (number, head) = (question.number, &facts.pull.head.sha);
    Err(Refusal::new(Rule::Fork, format!("{number} {reason}")).remedy(format!(
        "a maintainer who has read the change dispatches the workflow with `pull-request: {}` and `sha: {head}`",
        number.0
    )))
}

/// Whoever pushes the button may want to know before the draft is ready.
fn ready(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    if !facts.pull.draft || matches!(question.trigger, Trigger::Button(_)) {
        return Ok(());
    }
    let description = format!(
        "a draft: awaiting ready-for-review and approval of {}",
        facts.pull.head.sha.short()
    );
    Err(Refusal::new(Rule::Draft, format!("{} is a draft", question.number))
        .remedy("mark it as ready for review, or dispatch the workflow")
        .status(question.note(facts, description)))
}

fn named_head(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    let head = &facts.pull.head.sha;
    let command = format!("comment `/regression {head}`");
    match (&question.named, &question.trigger) {
        (Some(named), _) if named == head => Ok(()),
        (None, Trigger::Command { .. }) => Err(Refusal::new(
            Rule::ShortSha,
            "`/regression` needs all digits of the commit and nothing else, since a few digits can be forged",
        )
        .remedy(command)),
        (None, _) => Ok(()),
        (Some(named), trigger) => {
            let reason = format!(
                "{} is not the head of {}, which is {} now",
                named.short(),
                question.number,
                head.short()
            );
            let remedy = match trigger {
                Trigger::Changed
            | Trigger::Approving(_)
            | Trigger::Dismissed
            | Trigger::Withdrawing(_)
            | Trigger::Ran(_) => {
                    format!("approve {}", head.short())
                }
                Trigger::Command { .. } => command,
                Trigger::Button(_) => format!("dispatch the workflow with `sha: {head}`"),
            };
            Err(Refusal::new(Rule::Superseded, reason).remedy(remedy))
        }
    }
}

/// Else whoever pushed it could approve it, and nobody else would have seen it.
fn pusher_is_known(question: &GateInput, facts: &PullFacts) -> Result<(), Refusal> {
    if !question.asks_who_pushed() {
        return Ok(());
    }
    let Err(why) = facts.pusher() else { return Ok(()) };
    let unknown = format!("it is not known who pushed {} last", facts.pull.head.sha.short());
    let note = question.note(facts, unknown.clone());
    Err(Refusal::new(Rule::UnknownPusher, format!("{unknown}: {why}"))
        .remedy(
            "re-run this job in a minute; if that does not help, let a person push another commit and \
             somebody else approve it, or take `require-last-push-approval` out of the workflow",
        )
        .status(note))
}
