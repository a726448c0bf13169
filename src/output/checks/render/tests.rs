use insta::assert_snapshot;

use super::*;
use crate::output::Format;

fn examination() -> Examination {
    let problem = anyhow::anyhow!("refused\u{1b}[31m by <them>\n:1:2 | here").context("config");
    let missing = Check::new("permissions", State::Problem, "missing: create pods/portforward");
    Examination {
        checks: vec![
            Check::ok("repository", "/work/train (git version 2.39.5)"),
            Check::problem("config", &problem),
            Check::new("cache", State::Warning, "/cache: 1.2 GB free").remedy("free *space*"),
            missing.remedy("add to the Role:\n- apiGroups: [\"\"]\n  verbs: [create]"),
        ],
        unchecked: vec!["KubeRay", "RayJob"],
    }
}

#[test]
fn text_puts_the_remedy_below() {
    assert_snapshot!(text(&examination()));
}

#[test]
fn markdown_is_a_table_and_strangers_words_are_no_markup() {
    assert_snapshot!(markdown(&examination()));
}

#[test]
fn json_holds_everything() {
    assert_snapshot!(examination().render(Format::Json).unwrap());
}

#[test]
fn only_a_problem_fails() {
    let with = |state| Examination {
        checks: vec![Check::ok("a", ""), Check::new("b", state, "")],
        unchecked: vec![],
    };
    let told = |state| (with(state).exit_code(), with(state).summary());
    assert_eq!(told(State::Ok), (0, "no problem, no warning".to_owned()));
    assert_eq!(told(State::Warning), (0, "no problem, 1 warning".to_owned()));
    assert_eq!(told(State::Problem), (2, "1 problem, no warning".to_owned()));
}
