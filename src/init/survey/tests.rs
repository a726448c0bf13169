//! Trees in small, each for one thought; whole repositories are looked at in `tests/it/init`.

use super::*;

fn survey(files: &[(&str, &str)]) -> Survey {
    Survey::of(&Texts::of(files), None)
}

const TRAINS: &str = "import torch\nprint(f'accuracy {a}')\nif __name__ == '__main__': main()\n";

#[test]
fn the_command_runs_the_script_where_its_imports_are_found() {
    let relative = format!("from .net import Net\n{TRAINS}");
    let by_name = format!("from digits.net import Net\n{TRAINS}");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("train.py", TRAINS)], "python train.py"),
        (&[("scripts/train_model.py", TRAINS)], "python scripts/train_model.py"),
        (
            &[("src/digits/__init__.py", ""), ("src/digits/train.py", &relative)],
            "PYTHONPATH=src python -m digits.train",
        ),
        (&[("digits/__init__.py", ""), ("digits/train.py", &by_name)], "python -m digits.train"),
        (
            &[("src/digits/__init__.py", ""), ("scripts/train.py", &by_name)],
            "PYTHONPATH=src python scripts/train.py",
        ),
        (
            &[("digits/__init__.py", ""), ("bin/train.py", &by_name)],
            "PYTHONPATH=. python bin/train.py",
        ),
        (
            &[("my models/a/requirements.txt", ""), ("my models/a/train.py", TRAINS)],
            "cd 'my models/a' && python train.py",
        ),
    ];
    for (files, command) in cases {
        assert_eq!(survey(files).entrypoint, command, "{files:?}");
    }
}

#[test]
fn tests_examples_and_helpers_train_nothing() {
    let helper = "import torch\ndef evaluate(x):\n    print('loss', x)\n";
    let files = [
        ("tests/train.py", TRAINS),
        ("examples/train.py", TRAINS),
        ("test_train.py", TRAINS),
        ("setup.py", TRAINS),
        ("losses.py", helper),
        ("main.py", TRAINS),
    ];
    let survey = survey(&files);
    assert_eq!((survey.entrypoint.as_str(), survey.others.len()), ("python main.py", 0));
    assert_eq!(self::survey(&files[..5]).entrypoint, NO_TRAINING);
}

#[test]
fn the_nearest_metrics_count_and_those_of_other_models_do_not() {
    let quiet = "import torch\nif __name__ == '__main__': main()\n";
    let files = [
        ("a/train.py", quiet),
        ("a/model.py", "print('val_loss', x)"),
        ("b/train.py", "import torch\nprint('bleu', x)"),
        ("common.py", "print('mae', x)"),
    ];
    let names = |files: &[(&str, &str)]| -> Vec<String> {
        survey(files).metrics.into_iter().map(|one| one.name).collect()
    };
    assert_eq!(names(&files), ["val_loss"]);
    assert_eq!(names(&[files[0], files[3]]), ["mae"]);
}

#[test]
fn a_seed_option_is_given_ours() {
    let option = "parser.add_argument('--seed', type=int)\n".to_owned() + TRAINS;
    assert_eq!(
        survey(&[("train.py", &option)]).entrypoint,
        "python train.py --seed $REGRESSION_SEED"
    );
}

#[test]
fn a_gpu_is_seen_where_a_library_uses_it() {
    let cuda = "import torch\nmodel.to('cuda')\n";
    let used = survey(&[("train.py", TRAINS), ("net.py", cuda)]);
    assert_eq!(used.gpu.as_deref(), Some("net.py"));
    assert_eq!(survey(&[("train.py", TRAINS), ("net.py", "miracuda = 1")]).gpu, None);
}

#[test]
fn an_entrypoint_that_is_named_is_taken() {
    let tree =
        Texts::of(&[("a/train.py", TRAINS), ("b/train.py", "import torch\nprint('bleu', x)")]);
    let survey = Survey::of(&tree, Some("cd b && python train.py"));
    assert_eq!(survey.entrypoint, "cd b && python train.py");
    assert_eq!(survey.metrics[0].name, "bleu");
    assert!(survey.others.is_empty());
}
