use super::*;

fn config(entrypoint: &str, metrics: &str) -> Config {
    let text = format!("entrypoint: {entrypoint}\nmetrics: {{{metrics}}}\n");
    Config::parse(&text, "test").unwrap()
}

const ACCURACY: &str = "accuracy: {direction: higher, relative: 1%}";

fn check(files: &[(&str, &str)], config: &Config, name: &str) -> Check {
    let tree = Texts::of(files);
    let clauses = clauses(&tree, config);
    clauses.into_iter().find(|check| check.name == name).unwrap()
}

#[test]
fn a_training_that_keeps_the_contract_lacks_nothing() {
    let source = "seed = int(os.environ['REGRESSION_SEED'])\nprint('REGRESSION_METRICS', json.dumps({'accuracy': 1}))";
    let clauses =
        clauses(&Texts::of(&[("train.py", source)]), &config("python train.py", ACCURACY));
    assert_eq!(clauses.len(), 3);
    assert!(clauses.iter().all(|check| check.state == State::Ok), "{clauses:#?}");
}

#[test]
fn a_command_whose_script_is_not_there_is_told() {
    let files = [("models/a/train.py", ""), ("my models/b/train.py", ""), ("src/pkg/train.py", "")];
    for (entrypoint, state) in [
        ("cd models/a && python train.py", State::Ok),
        ("PYTHONPATH=src python -m pkg.train", State::Ok),
        ("python ./models/a/train.py --x y", State::Ok),
        ("make train", State::Ok),
        ("cd 'my models/b' && python train.py; echo done", State::Ok),
        ("python -m unittest --quiet && python \"my models/b/train.py\"", State::Ok),
        ("python -m unittest --quiet && python src/pkg/train.py other.py", State::Ok),
        ("python -m unittest other.py && python train.py src/pkg/train.py", State::Problem),
        ("python train.py", State::Problem),
    ] {
        let training = check(&files, &config(entrypoint, ACCURACY), "training");
        assert_eq!(training.state, state, "{entrypoint}: {training:?}");
    }
}

#[test]
fn a_seed_that_nothing_reads_is_told_with_the_line_to_write() {
    let fixed = [("train.py", "import torch\ntorch.manual_seed(42)\n")];
    let seed = check(&fixed, &config("python train.py", ACCURACY), "seed");
    assert_eq!(seed.state, State::Problem);
    assert_eq!(
        seed.remedy.unwrap(),
        "in train.py, in place of `torch.manual_seed(42)` in line 2, write:\nimport os\n\
         torch.manual_seed(int(os.environ.get(\"REGRESSION_SEED\", \"42\")))"
    );
    let unset = check(&[("train.py", "")], &config("python train.py", ACCURACY), "seed");
    assert!(
        unset.remedy.unwrap().starts_with("at the start of train.py, add:\nimport os, random;")
    );
    let given = config("python train.py --seed $REGRESSION_SEED", ACCURACY);
    assert_eq!(check(&fixed, &given, "seed").state, State::Ok);
    let by_shell = [fixed[0], ("run.sh", "python train.py --seed=$REGRESSION_SEED")];
    assert_eq!(check(&by_shell, &config("sh run.sh", ACCURACY), "seed").state, State::Ok);
}

#[test]
fn a_metric_that_nobody_reports_is_told_with_the_line_to_add() {
    let wanted = config("python train.py", ACCURACY);
    for (source, found, line) in [
        (
            "model.fit()",
            "nothing reports accuracy",
            "at the end of train.py, add:\nimport json\n\
          print(\"REGRESSION_METRICS\", json.dumps({\"accuracy\": float(accuracy)}), flush=True)",
        ),
        (
            "mlflow.log_metric('accuracy', right / len(x))",
            "accuracy goes to MLflow alone (line 1 of train.py)",
            "behind line 1 of train.py, add:\nimport json\n\
          print(\"REGRESSION_METRICS\", json.dumps({\"accuracy\": float(right / len(x))}), flush=True)",
        ),
        (
            "self.log('accuracy', self.acc(y, z))",
            "accuracy goes to Lightning alone (line 1 of train.py)",
            "behind `trainer.fit(...)`, add:\nimport json\nprint(\"REGRESSION_METRICS\", \
          json.dumps({\"accuracy\": float(trainer.callback_metrics[\"accuracy\"])}), flush=True)",
        ),
        (
            "train.report({\"accuracy\": a})",
            "accuracy goes to Ray Train alone (line 1 of train.py)",
            "behind `result = trainer.fit()`, add:\nimport json\nprint(\"REGRESSION_METRICS\", \
          json.dumps({\"accuracy\": float(result.metrics[\"accuracy\"])}), flush=True)",
        ),
    ] {
        let metrics = check(&[("train.py", source)], &wanted, "metrics");
        assert_eq!((metrics.state, metrics.found.as_str()), (State::Problem, found));
        assert_eq!(metrics.remedy.as_deref(), Some(line));
    }
}

#[test]
fn metrics_that_are_found_otherwise_need_no_line() {
    let files = [("train.py", "print(f'accuracy {a}')")];
    for more in ["metrics-file: m.json", "mlflow: {uri: \"http://m\", experiment: e}"] {
        let text = format!("entrypoint: python train.py\nmetrics: {{{ACCURACY}}}\n{more}");
        let config = Config::parse(&text, "test").unwrap();
        assert_eq!(check(&files, &config, "metrics").state, State::Ok, "{more}");
    }
    let matched = "accuracy: {direction: higher, relative: 1%, pattern: 'accuracy ([0-9.]+)'}";
    assert_eq!(check(&files, &config("x", matched), "metrics").state, State::Ok);
    let other = [("train.py", "print('REGRESSION_METRICS', json.dumps({'acc': a}))")];
    let told = check(&other, &config("python train.py", ACCURACY), "metrics");
    assert_eq!(told.state, State::Warning);
    assert_eq!(told.found, "train.py reports acc, and the config judges accuracy");
}
