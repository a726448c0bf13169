//! Any sequence of events against a specification that is written from what people did, not from
//! what GitHub lists.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::sample::{A, B, C, Sample, after, request};
use crate::{
    action::{
        event::Event,
        gate::{Approval, Decision, RequestedAction, question::Trigger, still},
    },
    clients::github::LONGEST_DESCRIPTION,
};

const PEOPLE: [&str; 5] = ["ann", "will", "wanda", "rita", "robot"];
const HEADS: [&str; 3] = [A, B, C];
/// What it goes into.
const TARGETS: [&str; 2] = ["main", "lax"];
/// Who pushes, as far as GitHub tells.
const PUSHERS: [Option<&str>; 5] =
    [Some("ann"), Some("will"), Some("Wanda"), Some("github-actions[bot]"), None];

#[derive(Debug, Clone, Copy)]
enum Act {
    Push(usize, usize),
    Approve(usize),
    Comment(usize),
    RequestChanges(usize),
    Dismiss(usize),
    Draft,
    Ready,
    Close,
    Reopen,
    Retarget(usize),
    Command(usize, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (who, head) = (0..PEOPLE.len(), 0..HEADS.len());
    let act = prop_oneof![
        2 => (0..PUSHERS.len(), head.clone()).prop_map(|(who, head)| Act::Push(who, head)),
        4 => who.clone().prop_map(Act::Approve),
        1 => who.clone().prop_map(Act::Comment),
        1 => who.clone().prop_map(Act::RequestChanges),
        1 => who.clone().prop_map(Act::Dismiss),
        1 => Just(Act::Draft),
        2 => Just(Act::Ready),
        1 => Just(Act::Close),
        2 => Just(Act::Reopen),
        1 => (0..TARGETS.len()).prop_map(Act::Retarget),
        1 => (who, head).prop_map(|(who, head)| Act::Command(who, head)),
    ];
    prop::collection::vec(act, 1..25)
}

/// What someone said last, comments aside.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    Yes(&'static str),
    No,
    Nothing,
}

struct World {
    sample: Sample,
    said: BTreeMap<&'static str, Said>,
    /// Who, which commit, and when.
    commanded: Vec<(&'static str, &'static str, String)>,
    approvals: u32,
    /// Whoever pushed last does not count.
    last_push: bool,
    /// Reviews and changes are told by runs that ended.
    by_runs: bool,
}

impl World {
    fn new(fork: bool, approvals: u32, last_push: bool) -> Self {
        let home = Some(if fork { "eve/model" } else { "acme/model" });
        let sample = Sample { home, pusher: Some("ann"), ..Sample::new() };
        let (said, commanded, by_runs) = (BTreeMap::new(), Vec::new(), false);
        Self { sample, said, commanded, approvals, last_push, by_runs }
    }

    /// Does it, and yields GitHub's event.
    fn act(&mut self, act: Act) -> Event {
        let event = self.does(act);
        if !self.by_runs || event.name == "issue_comment" {
            return event;
        }
        let reviewer = match act {
            Act::Approve(who) | Act::Comment(who) | Act::RequestChanges(who) => Some(PEOPLE[who]),
            Act::Push(..)
            | Act::Dismiss(_)
            | Act::Draft
            | Act::Ready
            | Act::Close
            | Act::Reopen
            | Act::Retarget(_)
            | Act::Command(..) => None,
        };
        self.sample.ran(&event.name, reviewer.unwrap_or("adam"))
    }

    fn does(&mut self, act: Act) -> Event {
        match act {
            Act::Push(who, head) => {
                (self.sample.head, self.sample.pusher) = (HEADS[head], PUSHERS[who]);
                self.sample.changed("synchronize")
            }
            Act::Approve(who) => {
                self.said.insert(PEOPLE[who], Said::Yes(self.sample.head));
                self.review(PEOPLE[who], "APPROVED")
            }
            Act::Comment(who) => self.review(PEOPLE[who], "COMMENTED"),
            Act::RequestChanges(who) => {
                self.said.insert(PEOPLE[who], Said::No);
                self.review(PEOPLE[who], "CHANGES_REQUESTED")
            }
            Act::Dismiss(who) => self.dismiss(PEOPLE[who]),
            Act::Draft => {
                self.sample.draft = true;
                self.sample.changed("converted_to_draft")
            }
            Act::Ready => {
                self.sample.draft = false;
                self.sample.changed("ready_for_review")
            }
            Act::Close => {
                self.sample.open = false;
                self.sample.changed("closed")
            }
            Act::Reopen => {
                self.sample.open = true;
                self.sample.changed("reopened")
            }
            Act::Retarget(target) => {
                self.retarget(TARGETS[target]);
                self.sample.changed("edited")
            }
            Act::Command(who, head) => {
                // Time goes on.
                self.review("rita", "COMMENTED");
                if ["will", "wanda"].contains(&PEOPLE[who]) {
                    let now = after(self.sample.reviews.len());
                    self.commanded.push((PEOPLE[who], HEADS[head], now));
                }
                self.sample.commands(PEOPLE[who], &format!("/regression {}", HEADS[head]))
            }
        }
    }

    fn review(&mut self, who: &'static str, state: &'static str) -> Event {
        // GitHub shows a login as its owner writes it, which may change.
        let shown =
            if self.sample.reviews.len().is_multiple_of(2) { who.to_owned() } else { capital(who) };
        self.sample.reviews.push((shown, state, self.sample.head));
        self.sample.reviewed("submitted", who, &state.to_ascii_lowercase())
    }

    /// Nobody has approved what it is now.
    fn retarget(&mut self, target: &'static str) {
        if target == self.sample.target {
            return;
        }
        (self.sample.target, self.sample.retargeted) = (target, Some(self.sample.reviews.len()));
        for said in self.said.values_mut().filter(|said| matches!(said, Said::Yes(_))) {
            *said = Said::Nothing;
        }
        self.commanded.clear();
    }

    fn dismiss(&mut self, who: &'static str) -> Event {
        self.said.insert(who, Said::Nothing);
        let of = |login: &str, state: &str| login.eq_ignore_ascii_case(who) && state != "COMMENTED";
        let mut reviews = self.sample.reviews.iter_mut().rev();
        if let Some(review) = reviews.find(|(login, state, _)| of(login, state)) {
            review.1 = "DISMISSED";
        }
        self.sample.reviewed("dismissed", who, "dismissed")
    }

    /// Two may approve and did not write it; whoever may push may object.
    fn is_approved(&self, head: &str) -> bool {
        let ours = self.sample.home == Some("acme/model");
        self.is_runnable(head)
            && (ours || self.by_runs)
            && self.is_enough("")
            && !self.is_objected()
    }

    /// Whether enough approve, this one besides.
    fn is_enough(&self, besides: &str) -> bool {
        let yes = |who: &&&str| {
            let said = self.said.get(**who) == Some(&Said::Yes(self.sample.head));
            **who == besides || (said && self.counts(who))
        };
        ["will", "wanda"].iter().filter(yes).count() >= self.approvals as usize
    }

    fn is_objected(&self) -> bool {
        let no = |who: &&str| self.said.get(*who) == Some(&Said::No);
        ["ann", "will", "wanda", "robot"].iter().any(no)
    }

    fn is_commanded(&self, who: &str, head: &str, trigger: &Trigger) -> bool {
        let Trigger::Command { at: Some(at), .. } = trigger else { return false };
        let mut commanded = self.commanded.iter();
        self.is_commandable(who, head)
            && commanded.any(|known| (known.0, known.1, &known.2) == (who, head, at))
    }

    fn is_commandable(&self, who: &str, head: &str) -> bool {
        self.is_runnable(head) && !self.is_objected() && self.counts(who) && self.is_enough(who)
    }

    /// Whether somebody else pushed last, and it is known who.
    fn counts(&self, who: &str) -> bool {
        let known = self.sample.pusher.filter(|by| *by != "github-actions[bot]");
        !self.last_push || known.is_some_and(|by| !by.eq_ignore_ascii_case(who))
    }

    fn is_runnable(&self, head: &str) -> bool {
        let (open, into_main) = (self.sample.open, self.sample.target == "main");
        open && into_main && !self.sample.draft && self.sample.head == head
    }

    fn may(&self, approval: &Approval) -> bool {
        let head = approval.head().as_str();
        match approval.who().strip_prefix("asked for by ") {
            Some(who) => self.is_commanded(who, head, &approval.question().unwrap().trigger),
            None => self.is_approved(head),
        }
    }

    fn decide(&self, event: &Event) -> Decision {
        let request =
            RequestedAction { last_push_approval: self.last_push, ..request(self.approvals) };
        self.sample.answer(event, &request)
    }
}

fn capital(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}

proptest! {
    #[test]
    fn nothing_starts_or_succeeds_without_a_valid_approval_of_that_commit(
        acts in acts(), fork in prop::bool::weighted(0.2), approvals in 1_u32..3, by_runs in any::<bool>(),
        last_push in any::<bool>(),
    ) {
        let mut world = World { by_runs, ..World::new(fork, approvals, last_push) };
        let (mut events, mut given) = (Vec::new(), Vec::new());
        for act in acts {
            events.push(world.act(act));
            // Every event so far may arrive late, or be re-run.
            for event in &events {
                match world.decide(event) {
                    Decision::Approved(approval) => {
                        prop_assert!(world.may(&approval), "{approval:?}");
                        given.push(approval);
                    }
                    Decision::Held(refusal) => if let Some(note) = refusal.status {
                        prop_assert_eq!(note.sha.as_str(), world.sample.head);
                        prop_assert!(note.description.len() <= LONGEST_DESCRIPTION);
                    }
                }
            }
            given.dedup();
            for approval in &given {
                let holds = still(approval, &world.sample.facts()).is_ok();
                prop_assert_eq!(holds, world.may(approval), "{:?}", approval);
            }
        }
    }

    #[test]
    fn whatever_completes_an_approval_starts(
        acts in acts(), approvals in 1_u32..3, last_push in any::<bool>(),
    ) {
        let mut world = World::new(false, approvals, last_push);
        for act in acts {
            let event = world.act(act);
            let head = world.sample.head;
            let starts = match act {
                // The two whose approval counts.
                Act::Approve(who @ (1 | 2)) => world.is_approved(head) && world.counts(PEOPLE[who]),
                Act::Dismiss(_)
                | Act::Push(..)
                | Act::Ready
                | Act::Draft
                | Act::Reopen => world.is_approved(head),
                Act::Command(who @ (1 | 2), named) => {
                    world.is_commandable(PEOPLE[who], HEADS[named])
                }
                Act::Command(..)
                | Act::Approve(_)
                | Act::Comment(_)
                | Act::RequestChanges(_)
                | Act::Retarget(_)
                | Act::Close => false,
            };
            let started = matches!(world.decide(&event), Decision::Approved(_));
            prop_assert_eq!(started, starts, "{:?}", act);
        }
    }
}
