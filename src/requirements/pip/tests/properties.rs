//! What never changes the facts, what always does, and that no bytes do harm.

use proptest::{prelude::*, sample::select};

use super::{generated::Random, tree::Tree};
use crate::requirements::Gathered;

const PATH: &str = "requirements.txt";

fn gathered(bytes: impl Into<Vec<u8>>) -> Gathered {
    let mut tree = Tree::default();
    tree.0.insert(PATH.to_owned(), bytes.into());
    tree.gather().unwrap()
}

/// A requirement in parts, so that it can be spelled in several ways.
#[derive(Debug, Clone)]
struct Parts {
    name: String,
    extras: Vec<String>,
    operator: &'static str,
    version: String,
    marker: Option<(&'static str, &'static str, String)>,
    hashes: Vec<String>,
}

/// From lists and numbers: texts by a pattern would take most of the time.
fn parts() -> impl Strategy<Value = Parts> {
    let names = select(vec!["a", "torch", "a-b", "flash-attn-2", "x-y-z"]);
    let extras = prop::sample::subsequence(vec!["a", "cuda", "all-of-it"], 0..3);
    let marker = (
        select(vec!["python_version", "sys_platform", "extra"]),
        select(vec!["==", "!=", "<", ">="]),
        0..99_u8,
    );
    (
        names,
        extras,
        select(vec!["==", ">=", "<=", "!=", "<", ">"]),
        (0..30_u8, 0..4_u8),
        prop::option::of(marker),
        prop::collection::vec(any::<u32>(), 0..3),
    )
        .prop_map(|(name, extras, operator, (major, minor), marker, hashes)| Parts {
            name: name.to_owned(),
            extras: extras.into_iter().map(str::to_owned).collect(),
            operator,
            version: format!("{major}.{minor}"),
            marker: marker
                .map(|(variable, operator, value)| (variable, operator, value.to_string())),
            hashes: hashes.into_iter().map(|hash| format!("{hash:08x}")).collect(),
        })
}

/// How a file is spelled without another meaning.
#[derive(Debug, Clone)]
struct Spelling {
    /// Decides each choice within a line.
    seed: u64,
    end: &'static str,
    mark: &'static str,
    reversed: bool,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    let end = select(vec!["\n", "\r\n", "\r", "\x0b", "\u{2028}"]);
    (any::<u64>(), end, select(vec!["", "\u{feff}"]), any::<bool>())
        .prop_map(|(seed, end, mark, reversed)| Spelling { seed, end, mark, reversed })
}

impl Spelling {
    fn write(&self, requirements: &[Parts]) -> String {
        let mut random = Random(self.seed);
        let mut choose = || random.below(60);
        let mut lines: Vec<String> =
            requirements.iter().map(|parts| line(parts, &mut choose)).collect();
        if self.reversed {
            lines.reverse();
        }
        for at in (0..=lines.len()).rev() {
            let more = ["", "# a comment \\", "   ", "#", "\t# b==2"];
            if choose().is_multiple_of(3) {
                lines.insert(at, more[choose() % more.len()].to_owned());
            }
        }
        self.mark.to_owned() + &lines.join("\n").replace('\n', self.end)
    }
}

fn line(parts: &Parts, choose: &mut impl FnMut() -> usize) -> String {
    let blank = |choose: &mut dyn FnMut() -> usize| ["", " ", "  ", "\t", " \\\n "][choose() % 5];
    let mut extras = parts.extras.clone();
    if choose().is_multiple_of(2) {
        extras.reverse();
    }
    let mut line = respelled(&parts.name, choose);
    if !extras.is_empty() {
        let comma = format!("{},{}", blank(choose), blank(choose));
        line += &format!("{}[{}]", blank(choose), extras.join(&comma).to_uppercase());
    }
    line += &format!("{}{}{}{}", blank(choose), parts.operator, blank(choose), parts.version);
    if let Some((variable, operator, value)) = &parts.marker {
        let quote = ["'", "\""][choose() % 2];
        let gaps: Vec<&str> = (0..4).map(|_| blank(choose)).collect();
        line += &format!(
            "{};{}{variable}{}{operator}{}{quote}{value}{quote}",
            gaps[0], gaps[1], gaps[2], gaps[3]
        );
    }
    let mut hashes = parts.hashes.clone();
    let first = choose() % hashes.len().max(1);
    hashes.rotate_left(first);
    for hash in hashes {
        line += &format!(
            "{}--hash{}sha256:{hash}",
            [" ", "  ", " \\\n    "][choose() % 3],
            ["=", " "][choose() % 2]
        );
    }
    line + ["", "", " # why", "\t#why\\not"][choose() % 4]
}

fn respelled(name: &str, choose: &mut impl FnMut() -> usize) -> String {
    let name = if choose().is_multiple_of(2) { name.to_uppercase() } else { name.to_owned() };
    name.replace('-', ["-", "_", ".", "-_.", "--"][choose() % 5])
}

/// A change of meaning of one requirement.
fn changed(parts: &Parts, what: u8) -> Parts {
    let mut other = parts.clone();
    match what % 6 {
        0 => other.version += ".7",
        1 => other.operator = if other.operator == "==" { ">=" } else { "==" },
        2 => other.extras.push("another".to_owned()),
        3 => other.hashes.push("00ff00ff00".to_owned()),
        4 => other.name += "-other",
        _ => {
            other.marker = match other.marker {
                Some((variable, operator, value)) => Some((variable, operator, value + "1")),
                None => Some(("os_name", "==", "nt".to_owned())),
            }
        }
    }
    other
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spelling_never_changes_the_facts(
        requirements in prop::collection::vec(parts(), 0..4), one in spelling(), other in spelling(),
    ) {
        let (one, other) = (one.write(&requirements), other.write(&requirements));
        let (first, second) = (gathered(&*one), gathered(&*other));
        prop_assert_eq!(first.entries, second.entries, "{:?}\n{:?}", one, other);
        prop_assert!(first.warnings.is_empty(), "{:?}", first.warnings);
    }

    #[test]
    fn meaning_always_changes_the_facts(
        requirements in prop::collection::vec(parts(), 1..4), what in any::<u8>(), which in any::<prop::sample::Index>(),
        spelling in spelling(),
    ) {
        let mut others = requirements.clone();
        let at = which.index(others.len());
        others[at] = changed(&others[at], what);
        let (one, other) = (spelling.write(&requirements), spelling.write(&others));
        prop_assert_ne!(gathered(&*one).entries, gathered(&*other).entries, "{:?}\n{:?}", one, other);
    }

    #[test]
    fn options_and_addresses_always_change_the_facts(
        option in select(vec![
            "-i https://h/", "--extra-index-url https://h/", "-f https://h/", "--trusted-host ", "--no-binary ",
            "--only-binary ", "-r https://h/", "-c https://h/", "a @ https://h/", "git+https://h/", "-e git+https://h/r#egg=",
            "a --config-settings k=", "a --hash=sha256:",
        ]),
        one in "[a-z0-9]{1,8}", other in "[a-z0-9]{1,8}",
    ) {
        prop_assume!(one != other);
        let [one, other] = [one, other].map(|value| gathered(format!("b\n{option}{value}\n")).entries);
        prop_assert_ne!(one, other);
    }

    #[test]
    fn credentials_never_count_and_never_stay(user in "[a-zA-Z0-9:%$_-]{1,12}", option in select(vec![
        "-i https://", "--extra-index-url=https://", "-f https://", "a @ https://", "git+https://", "-e git+https://",
        "-r https://", "a --no-deps https://", "a=1 https://", "a --index-url https://",
    ])) {
        let user = format!("SECRET{user}");
        let with = gathered(format!("{option}{user}@h/x#egg=y"));
        prop_assert_eq!(&with.entries, &gathered(format!("{option}h/x#egg=y")).entries);
        let mut seen = with.clone();
        seen.files.clear();
        prop_assert!(!format!("{seen:?}").contains("SECRET"), "{:?}", seen);
    }

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut tree = Tree::default();
        tree.0.insert(PATH.to_owned(), bytes);
        let _ = tree.gather();
    }

    #[test]
    fn no_text_does_harm(lines in prop::collection::vec(
        prop_oneof![
            "[ -~\\t\\PC]{0,30}",
            "-{0,2}[a-z-]{0,14}[ =]?['\"\\\\]?[a-z./:@#$\\{\\}]{0,12}",
            "[a-z]{1,2}[\\[(]?[a-z,]{0,2}[\\])]?[<>=!~]{0,3}[0-9.*+a-z!v-]{0,6};?[a-z_ ()'\"=<>]{0,20}",
        ], 0..3)) {
        let mut tree = Tree::default();
        tree.0.insert(PATH.to_owned(), lines.join("\n").into_bytes());
        let _ = tree.gather();
    }
}
