use super::*;
use crate::{config::Config, experiment::measure::Role, init::tree::Texts};

const ACCURACY: &str = "accuracy: {direction: higher, relative: 1%}";
const LOSS: &str = "loss: {direction: lower, relative: 1%}";
/// It seems to keep the contract.
const KEEPS: (&str, &str) = (
    "train.py",
    "import torch\nseed = int(os.environ['REGRESSION_SEED'])\nprint('REGRESSION_METRICS', json.dumps(all))",
);
/// Its seed is fixed, and it reports nothing.
const LACKS: (&str, &str) = ("train.py", "import random\nrandom.seed(7)\n");

type Readings<'a> = &'a [(&'a str, f64)];

fn observed(seed: u64, readings: Readings<'_>) -> Observation {
    let readings = readings.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Observation::invented(Role::Base, seed, readings)
}

fn both(one: Readings<'_>, other: Readings<'_>) -> Trial {
    let observations = vec![observed(1, one), observed(2, other)];
    Trial::Ended { observations, warnings: Vec::new() }
}

fn tried(file: (&str, &str), metrics: &str, trial: &Trial) -> Examination {
    let text = format!("entrypoint: python train.py\nmetrics: {{{metrics}}}\n");
    let (tree, config) = (Texts::of(&[file]), Config::parse(&text, "test").unwrap());
    Sources::of(&tree, &config).tried(Some(trial))
}

fn check<'a>(seen: &'a Examination, name: &str) -> &'a Check {
    seen.checks.iter().find(|check| check.name == name).unwrap()
}

/// How bad the seed is, and what is told of it.
fn seed(file: (&str, &str), metrics: &str, trial: &Trial) -> (State, String) {
    let seen = tried(file, metrics, trial);
    assert!(seen.unchecked.is_empty(), "{seen:?}");
    (check(&seen, "seed").state, check(&seen, "seed").found.clone())
}

#[test]
fn of_a_training_that_is_right_nothing_is_missing() {
    let trial = both(&[("accuracy", 0.9)], &[("accuracy", 0.91)]);
    let seen = tried(KEEPS, ACCURACY, &trial);
    assert_eq!((seen.checks.len(), seen.exit_code()), (3, 0));
    assert!(seen.checks.iter().all(|check| check.state == State::Ok), "{seen:#?}");
    assert_eq!(
        check(&seen, "training").found,
        "python train.py: seed 1 took 1.0 s, seed 2 took 1.0 s"
    );
    assert_eq!(check(&seen, "metrics").found, "accuracy: 0.9, 0.91");
    let told = "train.py reads REGRESSION_SEED, and seeds 1 and 2 give different readings";
    assert_eq!(check(&seen, "seed").found, told);
}

#[test]
fn a_seed_that_changes_nothing_is_a_problem_with_the_line_to_write() {
    let same = both(&[("accuracy", 0.9)], &[("accuracy", 0.9)]);
    let seen = tried(LACKS, ACCURACY, &same);
    let told = check(&seen, "seed");
    assert_eq!(
        told.found,
        "seeds 1 and 2 gave the same accuracy: the seed changes nothing, and then nothing passes"
    );
    let remedy = told.remedy.as_deref().unwrap();
    assert!(
        remedy.ends_with("\nrandom.seed(int(os.environ.get(\"REGRESSION_SEED\", \"7\")))"),
        "{remedy}"
    );
    assert_eq!(told.state, State::Problem);
    // Several metrics are not the same by chance, whatever the sources say.
    let two = format!("{ACCURACY}, {LOSS}");
    let same = both(&[("accuracy", 0.9), ("loss", 0.5)], &[("accuracy", 0.9), ("loss", 0.5)]);
    let seen = tried(KEEPS, &two, &same);
    let told = check(&seen, "seed");
    assert_eq!(told.state, State::Problem);
    assert!(told.found.contains("though train.py reads REGRESSION_SEED"), "{}", told.found);
    let remedy = told.remedy.as_deref().unwrap();
    assert!(
        remedy
            .starts_with("let the seed reach whatever is random; at the start of train.py, add:\n")
    );
    assert!(
        remedy.ends_with("torch.manual_seed(int(os.environ.get(\"REGRESSION_SEED\", \"0\")))"),
        "{remedy}"
    );
}

#[test]
fn readings_and_sources_together_tell_chance_from_a_seed() {
    let same = both(&[("accuracy", 0.9)], &[("accuracy", 0.9)]);
    let (state, found) = seed(KEEPS, ACCURACY, &same);
    assert!(state == State::Warning && found.contains("by chance, or"), "{found}");
    let differ = both(&[("accuracy", 0.9)], &[("accuracy", 0.8)]);
    let (state, found) = seed(LACKS, ACCURACY, &differ);
    assert!(state == State::Warning && found.contains("no training can be repeated"), "{found}");
    let one_differs =
        both(&[("accuracy", 0.9), ("loss", 0.5)], &[("accuracy", 0.9), ("loss", 0.4)]);
    assert_eq!(seed(KEEPS, &format!("{ACCURACY}, {LOSS}"), &one_differs).0, State::Ok);
}

#[test]
fn what_is_deterministic_needs_no_seed_and_must_not_change() {
    let metric = "accuracy: {direction: higher, deterministic: true}";
    let same = both(&[("accuracy", 0.9)], &[("accuracy", 0.9)]);
    let none = "none is needed: every metric is deterministic";
    assert_eq!(seed(LACKS, metric, &same), (State::Ok, none.to_owned()));
    let differ = both(&[("accuracy", 0.9)], &[("accuracy", 0.8)]);
    let (state, found) = seed(LACKS, metric, &differ);
    assert_eq!(state, State::Problem);
    assert_eq!(found, "accuracy is declared deterministic, and seeds 1 and 2 gave 0.9 and 0.8");
}

#[test]
fn a_metric_that_is_never_printed_is_told_with_the_line_to_add() {
    let line =
        "print(\"REGRESSION_METRICS\", json.dumps({\"accuracy\": float(accuracy)}), flush=True)";
    let other = both(&[("acc", 0.9)], &[("acc", 0.8)]);
    let seen = tried(KEEPS, ACCURACY, &other);
    let told = check(&seen, "metrics");
    assert_eq!(
        (told.state, told.found.as_str()),
        (State::Problem, "the config judges accuracy, and the training reports acc")
    );
    let remedy = told.remedy.as_deref().unwrap();
    assert!(
        remedy
            .starts_with("let the config and the training name the same metrics, or at the end of")
    );
    assert!(remedy.ends_with(line), "{remedy}");
    assert_eq!(seen.unchecked, [READINGS]);
    let matched = "accuracy: {direction: higher, relative: 1%, pattern: 'x ([0-9]+)'}";
    let seen = tried(KEEPS, matched, &other);
    assert!(
        check(&seen, "metrics").remedy.as_deref().unwrap().starts_with("correct its `pattern`")
    );
    let none = Trial::Untold("it printed no line".to_owned());
    let seen = tried(LACKS, ACCURACY, &none);
    let told = check(&seen, "metrics");
    assert_eq!(told.found, "it printed no line");
    assert!(told.remedy.as_deref().unwrap().ends_with(line));
    assert_eq!(check(&seen, "training").state, State::Ok);
    let diverged = both(&[("accuracy", f64::NAN)], &[("accuracy", 0.8)]);
    let told = tried(KEEPS, ACCURACY, &diverged);
    assert_eq!(check(&told, "metrics").found, "a training diverged (accuracy: NaN, 0.8)");
}

#[test]
fn a_training_that_fails_is_told_with_its_words() {
    let log =
        "it failed; the end of its log:\n  | ModuleNotFoundError: No module named 'sklearn.svm'";
    let seen = tried(KEEPS, ACCURACY, &Trial::Failed(log.to_owned()));
    let told = check(&seen, "training");
    assert_eq!((told.state, told.found.as_str()), (State::Problem, log));
    let remedy =
        "add scikit-learn to requirements.txt:\nprintf '\\n%s\\n' scikit-learn >> requirements.txt";
    assert_eq!(told.remedy.as_deref(), Some(remedy));
    assert_eq!((seen.exit_code(), &*seen.unchecked), (2, &[READINGS][..]));
    for log in ["no data", "No module named 'train'", "No module named 'a b; c'"] {
        let seen = tried(KEEPS, ACCURACY, &Trial::Failed(log.to_owned()));
        assert_eq!(check(&seen, "training").remedy, None, "{log}");
    }
    // What ended with one seed still shows what it reports.
    let crashed = Observation { crashed: Some(log.to_owned()), ..observed(2, &[]) };
    let observations = vec![observed(1, &[("accuracy", 0.9)]), crashed];
    let trial = Trial::Ended { observations, warnings: vec!["odd".to_owned()] };
    let seen = tried(KEEPS, ACCURACY, &trial);
    assert_eq!(check(&seen, "training").found, log);
    assert_eq!(check(&seen, "metrics").found, "accuracy: 0.9");
    assert_eq!(
        (check(&seen, "noticed").found.as_str(), &*seen.unchecked),
        ("odd", &[READINGS][..])
    );
}

#[test]
fn requirements_that_are_not_there_come_with_the_way_to_write_them() {
    let file = ("train.py", "import sklearn\n");
    let why = "requirements.txt is not in the commit".to_owned();
    let seen = tried(file, ACCURACY, &Trial::Refused(why.clone()));
    let told = check(&seen, "training");
    let remedy =
        "write and commit the requirements:\nprintf '%s\\n' scikit-learn > requirements.txt";
    assert_eq!((told.found.as_str(), told.remedy.as_deref()), (why.as_str(), Some(remedy)));
    let without = tried(LACKS, ACCURACY, &Trial::Refused(why));
    assert_eq!(check(&without, "training").remedy, None);
}
