//! Reviews -> what each reviewer says now, and whether it counts for the head.

use std::collections::BTreeMap;

use super::{GateInput, PullFacts, Rule, facts::is_person};
use crate::clients::github::{Account, Permission, Pull, Review, ReviewState};

/// What one reviewer says now.
pub(super) struct Vote<'a> {
    pub(super) login: &'a str,
    pub(super) standing: VoteWeight,
    id: u64,
}

/// What a vote is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VoteWeight {
    /// It approves the head.
    Counts(Permission),
    /// It asks for changes.
    Objects,
    /// It does neither, by this rule.
    Void(Rule),
}

/// What each reviewer says now, the newest last.
pub(super) fn votes<'a>(question: &GateInput, facts: &'a PullFacts) -> Vec<Vote<'a>> {
    let mut votes: Vec<_> = newest(&facts.reviews)
        .map(|(user, review)| Vote {
            login: &user.login,
            standing: standing(question, facts, user, review),
            id: review.id,
        })
        .collect();
    votes.sort_by_key(|vote| vote.id);
    votes
}

/// The accounts whose permission decides what a vote is worth.
pub(super) fn whose_permission(pull: &Pull, reviews: &[Review]) -> Vec<String> {
    newest(reviews)
        .filter(|(user, review)| match review.state {
            ReviewState::Approved => flaw(pull, user, review).is_none(),
            ReviewState::ChangesRequested => true,
            ReviewState::Commented | ReviewState::Dismissed | ReviewState::Pending => false,
        })
        .map(|(user, _)| user.login.clone())
        .collect()
}

/// Each user's newest review that says something: a comment does not take back what was said.
fn newest(reviews: &[Review]) -> impl Iterator<Item = (&Account, &Review)> {
    let mut newest: BTreeMap<String, (&Account, &Review)> = BTreeMap::new();
    for review in reviews {
        let silent = matches!(review.state, ReviewState::Commented | ReviewState::Pending);
        let Some(user) = review.user.as_ref().filter(|_| !silent) else { continue };
        let known = newest.entry(user.login.to_ascii_lowercase()).or_insert((user, review));
        if known.1.id < review.id {
            *known = (user, review);
        }
    }
    newest.into_values()
}

fn standing(
    question: &GateInput,
    facts: &PullFacts,
    user: &Account,
    review: &Review,
) -> VoteWeight {
    let permission = facts.permission(&user.login);
    match review.state {
        ReviewState::Approved => match (flaw(&facts.pull, user, review), permission) {
            (Some(rule), _) => VoteWeight::Void(rule),
            (None, _) if facts.was_of_another_target(review.submitted_at.as_deref()) => {
                VoteWeight::Void(Rule::RetargetedApproval)
            }
            (None, _) if question.asks_who_pushed() && facts.is_pushed_by(user) => {
                VoteWeight::Void(Rule::PusherApproval)
            }
            (None, Some(permission)) if permission >= Permission::Write => {
                VoteWeight::Counts(permission)
            }
            (None, _) => VoteWeight::Void(Rule::ReaderApproval),
        },
        // Of one whose permission nobody asked for, the worse is taken to be true.
        ReviewState::ChangesRequested if permission.is_none_or(|may| may >= Permission::Write) => {
            VoteWeight::Objects
        }
        ReviewState::Dismissed => VoteWeight::Void(Rule::Dismissed),
        ReviewState::ChangesRequested | ReviewState::Commented | ReviewState::Pending => {
            VoteWeight::Void(Rule::NoApproval)
        }
    }
}

/// Why an approval does not count, whatever its author may do.
fn flaw(pull: &Pull, user: &Account, review: &Review) -> Option<Rule> {
    let author = |author: &Account| author.login.eq_ignore_ascii_case(&user.login);
    if pull.user.as_ref().is_some_and(author) {
        Some(Rule::SelfApproval)
    } else if !is_person(user) {
        Some(Rule::BotApproval)
    } else if review.commit_id.as_ref() != Some(&pull.head.sha) {
        Some(Rule::StaleApproval)
    } else {
        None
    }
}
