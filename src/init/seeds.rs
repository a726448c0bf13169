//! Where a training's chance comes from: the seed that we give it, an option, or a number in its code.

use regex::Regex;

use super::python::{PythonCall, calls};

/// How a training comes to its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seeding {
    /// It reads ours.
    Read,
    /// Words of the command line that hand ours over.
    Given(&'static str),
    /// Lines that fix it, each with what to write instead.
    Fixed(Vec<Fixed>),
    /// Nothing sets it.
    Unset,
}

/// A line that fixes a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fixed {
    /// From 1.
    pub(super) line: usize,
    /// What stands there.
    pub(super) text: String,
    /// The same with our seed.
    pub(super) better: String,
}

/// The variable that holds our seed.
pub(super) const VARIABLE: &str = "REGRESSION_SEED";

/// More lines are not shown.
const MOST: usize = 3;

/// Functions that set a seed, by their last names.
const SETTERS: [&str; 9] = [
    "manual_seed",
    "seed",
    "seed_everything",
    "set_seed",
    "set_random_seed",
    "default_rng",
    "RandomState",
    "PRNGKey",
    "enable_full_determinism",
];

/// What a source does about its seed, unless it reads ours.
pub(super) fn seeding(source: &str) -> Seeding {
    if source.contains(VARIABLE) {
        return Seeding::Read;
    }
    let calls = calls(source);
    let takes = |call: &PythonCall<'_>| call.text().is_some_and(|text| text.text == "--seed");
    if calls.iter().any(takes) {
        return Seeding::Given("--seed $REGRESSION_SEED");
    }
    let fixed: Vec<Fixed> = match assignments(source) {
        assigned if !assigned.is_empty() => assigned,
        _ => calls.iter().filter_map(|call| set(call).or_else(|| state(call))).collect(),
    };
    if fixed.is_empty() {
        return Seeding::Unset;
    }
    Seeding::Fixed(fixed.into_iter().take(MOST).collect())
}

/// `SEED = 42` and the like.
fn assignments(source: &str) -> Vec<Fixed> {
    let Ok(assignment) = Regex::new(r"^\s*(?i:\w*seed)\s*(?::\s*int\s*)?=\s*([0-9]+)\s*(?:#.*)?$")
    else {
        return Vec::new();
    };
    let fixed = |(at, line): (usize, &str)| {
        let number = assignment.captures(line)?.get(1)?;
        let (before, behind) = (&line[..number.start()], &line[number.end()..]);
        let better = format!("{before}{}{behind}", read(number.as_str()));
        Some(Fixed { line: at + 1, text: line.trim().to_owned(), better: better.trim().to_owned() })
    };
    source.lines().enumerate().filter_map(fixed).collect()
}

/// A call that sets a seed to a number, or to nothing that we know.
fn set(call: &PythonCall<'_>) -> Option<Fixed> {
    let is_setter = SETTERS.contains(&call.short());
    let arguments = call.arguments();
    let first = arguments.first().copied().unwrap_or_default();
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    if !is_setter || !is_number && !first.is_empty() {
        return None;
    }
    let seed = if is_number { read(first) } else { read("0") };
    let rest = arguments.iter().skip(1).map(|argument| format!(", {argument}"));
    let better = format!("{}({seed}{})", call.name, rest.collect::<String>());
    Some(Fixed { line: call.line, text: format!("{}({})", call.name, call.inside), better })
}

/// The state of a model of scikit-learn's kind; splits of the data stay as they are.
fn state(call: &PythonCall<'_>) -> Option<Fixed> {
    let arguments = call.arguments();
    let mut states = arguments.iter().filter_map(|argument| argument.strip_prefix("random_state="));
    let old =
        states.find(|old| !old.is_empty() && old.bytes().all(|byte| byte.is_ascii_digit()))?;
    let is_model = call.short().starts_with(|c: char| c.is_ascii_uppercase());
    let better = format!("random_state={}", read(old));
    (is_model && !call.short().contains("Split")).then(|| Fixed {
        line: call.line,
        text: format!("random_state={old}"),
        better,
    })
}

/// The expression of our seed, or of the old one where nobody gives any.
fn read(old: &str) -> String {
    format!("int(os.environ.get(\"{VARIABLE}\", \"{old}\"))")
}

/// A line that sets the seed, by what the source imports; by hand the training runs as before, with one seed.
pub(super) fn line_to_add(imports: &[&str]) -> String {
    let setters = [
        ("lightning", "lightning.seed_everything"),
        ("pytorch_lightning", "pytorch_lightning.seed_everything"),
        ("torch", "torch.manual_seed"),
        ("keras", "keras.utils.set_random_seed"),
        ("tensorflow", "tensorflow.keras.utils.set_random_seed"),
        ("numpy", "numpy.random.seed"),
        ("sklearn", "numpy.random.seed"),
    ];
    let known = setters.iter().find(|(library, _)| imports.contains(library));
    let (module, setter) = known.map_or(("random", "random.seed"), |(_, setter)| {
        (setter.split('.').next().unwrap_or(setter), *setter)
    });
    format!("import os, {module}; {setter}(int(os.environ.get(\"{VARIABLE}\", \"0\")))")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(source: &str) -> Vec<(usize, String)> {
        let Seeding::Fixed(all) = seeding(source) else { panic!("{source}") };
        all.into_iter().map(|one| (one.line, one.better)).collect()
    }

    #[test]
    fn a_seed_that_is_read_or_given_needs_nothing() {
        assert_eq!(seeding("seed = int(os.environ['REGRESSION_SEED'])"), Seeding::Read);
        let option =
            "parser.add_argument(\"--seed\", type=int, default=0)\ntorch.manual_seed(args.seed)";
        assert_eq!(seeding(option), Seeding::Given("--seed $REGRESSION_SEED"));
        assert_eq!(seeding("print('# --seed')"), Seeding::Unset);
    }

    #[test]
    fn a_seed_that_is_fixed_is_told_with_the_line_to_write() {
        let ours = |old: &str| format!("int(os.environ.get(\"REGRESSION_SEED\", \"{old}\"))");
        let source = "import torch\n\ntorch.manual_seed(42)\n# np.random.seed(1)\nx = np.random.default_rng()\n";
        let (torch, numpy) = (
            format!("torch.manual_seed({})", ours("42")),
            format!("np.random.default_rng({})", ours("0")),
        );
        assert_eq!(fixed(source), [(3, torch), (5, numpy)]);
        let assigned = "SEED = 7  # any\nseed_everything(SEED, workers=True)\n";
        assert_eq!(fixed(assigned), [(1, format!("SEED = {}  # any", ours("7")))]);
        let more = "L.seed_everything(1, workers=True)";
        assert_eq!(fixed(more), [(1, format!("L.seed_everything({}, workers=True)", ours("1")))]);
        let model = "train_test_split(x, random_state=0)\nSVC(C=1, random_state=3)";
        assert_eq!(fixed(model), [(2, format!("random_state={}", ours("3")))]);
    }

    #[test]
    fn where_nothing_sets_it_the_line_to_add_fits_the_library() {
        assert_eq!(seeding("model.fit(x, y)"), Seeding::Unset);
        let line =
            "import os, torch; torch.manual_seed(int(os.environ.get(\"REGRESSION_SEED\", \"0\")))";
        assert_eq!(line_to_add(&["json", "torch"]), line);
        assert!(line_to_add(&["sklearn"]).starts_with("import os, numpy; numpy.random.seed("));
        assert!(line_to_add(&[]).starts_with("import os, random; random.seed("));
    }
}
