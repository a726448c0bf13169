use proptest::prelude::*;

use super::*;
use crate::{output, token};

#[path = "../../../tests/world/runner_parser.rs"]
mod runner_parser;

use runner_parser::{HOSTILE, Parser};

/// Lines that are made to be obeyed, between words of all sorts.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        1 => "::(stop-commands|add-mask|error|[0-9a-f]{64})::[ -~]{0,20}",
        1 => "[ \t]{0,2}##\\[[a-z-]{1,12}\\][ -~]{0,9}",
        1 => any::<String>(),
    ];
    let separator = prop::sample::select(vec!["\n", "\r", "\r\n", " ", "\u{1b}[0m", ""]);
    prop::collection::vec((piece, separator), 0..8)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, end)| piece + end).collect())
}

fn token(number: usize) -> String {
    format!("{number:032x}")
}

proptest! {
    /// Whatever is printed under the guard, the runner obeys our commands, all of them, and no other.
    #[test]
    fn under_the_guard_only_our_commands_are_obeyed(
        steps in prop::collection::vec((hostile(), any::<bool>()), 0..12),
    ) {
        let mut console = Console::default();
        let mut printed = console.guard(token::random().unwrap());
        let mut ours = 0;
        for (text, ask) in steps {
            printed += &text;
            printed += "\n";
            if ask {
                ours += 1;
                let command = command::mask(&format!("secret {ours}"));
                printed += &console.obeyed(&[command], token::random().unwrap());
            }
        }
        let parser = Parser::parse(&printed);
        let expected: Vec<_> = (1..=ours).map(|number| format!("secret {number}")).collect();
        prop_assert_eq!(parser.masks(), expected);
        prop_assert_eq!(parser.obeyed.len(), ours);
        prop_assert!(parser.is_stopped() && !parser.failed);
    }

    /// What our reports quote is obeyed by nobody, guarded or not.
    #[test]
    fn quoted_lines_are_obeyed_by_nobody(text in hostile()) {
        let parser = Parser::parse(&format!("{}\n", output::quoted(&text, 100)));
        prop_assert!(parser.obeyed.is_empty(), "{:?}", parser.obeyed);
        prop_assert!(!parser.is_stopped() && !parser.failed);
        let line = format!("warning: {}", output::excerpt(&text, 500));
        prop_assert!(Parser::parse(&line).obeyed.is_empty(), "{line:?}");
    }

    #[test]
    fn annotations_arrive_as_they_were_meant(title: String, message: String) {
        let line = command::annotation(Level::Warning, &title, &message);
        let parser = Parser::parse(&format!("{line}\n"));
        // The runner takes white space from the end of a title, and `=` from its beginning.
        let title = title.trim_end().trim_start_matches('=');
        prop_assert_eq!(parser.annotations(), [("warning", title, &*message)]);
        prop_assert_eq!(parser.shown.len(), 0);
    }

    #[test]
    fn masks_arrive_as_they_were_meant(secret in "[^\r\n]{6,60}") {
        let parser = Parser::parse(&format!("{}\n", command::mask(&secret)));
        prop_assert_eq!(parser.masks(), [secret]);
    }
}

/// The oracle is worth something: without the guard, every one of these lines does harm.
#[test]
fn without_the_guard_hostile_lines_are_obeyed() {
    for line in HOSTILE {
        let parser = Parser::parse(&format!("{line}\n"));
        let harmless = line.starts_with("::::");
        let obeyed = !parser.obeyed.is_empty() || parser.failed;
        assert_eq!(obeyed, !harmless, "{line:?}");
    }
}

#[test]
fn a_lone_carriage_return_ends_a_line() {
    assert_eq!(runner_parser::lines("a\rb\r\nc\n\rd\r"), ["a", "b", "c", "", "d"]);
}

#[test]
fn a_token_is_good_for_one_time() {
    let mut console = Console::default();
    let mut printed = console.guard(token(1));
    printed += &console.guard(token(2));
    printed += &console.obeyed(&["::notice::ours".to_owned()], token(3));
    let replayed = format!("::{}::\n::{}::\n::error::theirs\n", token(1), token(2));
    let parser = Parser::parse(&(printed.clone() + &replayed));
    assert_eq!(parser.annotations(), [("notice", "", "ours")]);
    assert_eq!(
        printed,
        format!(
            "::stop-commands::{}\n::{}::\n::notice::ours\n::stop-commands::{}\n",
            token(1),
            token(1),
            token(3)
        )
    );
}

#[test]
fn a_long_message_is_cut_and_a_percent_sign_survives() {
    let line = command::annotation(Level::Error, "50%, or: more", &"ä".repeat(5000));
    let parser = Parser::parse(&line);
    assert_eq!(parser.annotations(), [("error", "50%, or: more", &*"ä".repeat(4096))]);
    assert!(line.starts_with("::error title=50%25%2C or%3A more::"), "{line}");
}

#[test]
fn ten_annotations_of_a_level_are_taken() {
    let mut console = Console::default();
    let mut taken = |level| (0..12).filter(|_| console.admits(level)).count();
    assert_eq!((taken(Level::Error), taken(Level::Warning), taken(Level::Notice)), (10, 10, 10));
}
