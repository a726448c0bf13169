use super::*;
use crate::{config::Pattern, init::python::calls};

fn all(source: &str) -> Vec<Candidate> {
    candidates(source, &calls(source))
}

/// Name and pattern of what is printed, and what the pattern finds on a line.
fn printed(source: &str, line: &str) -> Vec<(String, String)> {
    let found = all(source).into_iter().filter_map(|one| match one.telling {
        Telling::Printed { pattern } => {
            let pattern = Pattern::try_from(pattern).unwrap();
            Some((one.name, pattern.last(line).map(|found| found.held.to_owned())?))
        }
        Telling::Reported | Telling::Logged(_) => None,
    });
    found.collect()
}

#[test]
fn what_is_printed_is_found_by_its_pattern() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for (source, line, found) in [
        (
            "print(f'val loss {l:.3f}, acc: {a:6.2f}%')",
            "val loss 0.125, acc:  97.50%",
            vec![pair("val_loss", "0.125"), pair("acc", "97.50")],
        ),
        ("print('Accuracy:', a)", "Accuracy: 0.5", vec![pair("accuracy", "0.5")]),
        ("print('epoch', e, 'loss', l)", "epoch 3 loss 1e-05", vec![pair("loss", "1e-05")]),
        (
            "print('Test set: Average loss: {:.4f}, Accuracy: {}/{}'.format(a, b, c))",
            "Test set: Average loss: 0.0345, Accuracy: 9812/10000",
            vec![pair("loss", "0.0345"), pair("accuracy", "9812")],
        ),
        ("logger.info('rmse=%.3f', r)", "INFO rmse=0.250", vec![pair("rmse", "0.250")]),
        ("print(f'{loss=:.2f}')", "loss=0.25", vec![pair("loss", "0.25")]),
        ("print('done in', t)", "done in 3", vec![]),
        ("print(f'Error: {error}')", "Error: 3", vec![]),
        ("print('50% done, 10 %')", "", vec![]),
    ] {
        assert_eq!(printed(source, line), found, "{source}");
    }
}

#[test]
fn what_goes_to_others_is_told_with_its_value() {
    for (source, name, logger, value) in [
        ("mlflow.log_metric('f1', score(y))", "f1", Logger::Mlflow, "score(y)"),
        ("mlflow.log_metrics({'rmse': r, 'lr': x})", "rmse", Logger::Mlflow, "r"),
        ("self.log(\"val_acc\", self.acc)", "val_acc", Logger::Lightning, "self.acc"),
        ("ray.train.report({'loss': l.item()})", "loss", Logger::RayTrain, "l.item()"),
        ("wandb.log({'val/loss': l})", "val/loss", Logger::Wandb, "l"),
        ("writer.add_scalar('test/acc', a, step)", "test/acc", Logger::TensorBoard, "a"),
    ] {
        let [one] = &all(source)[..] else { panic!("{source}: {:?}", all(source)) };
        assert_eq!((one.name.as_str(), &one.telling), (name, &Telling::Logged(logger)), "{source}");
        assert_eq!(one.value.as_deref(), Some(value), "{source}");
    }
    assert!(all("self.log('lr', x); math.log(loss); report({'loss': 1})").is_empty());
}

#[test]
fn what_we_read_counts_alone() {
    let source =
        "print(f'loss {l}')\nprint('REGRESSION_METRICS', json.dumps({'speed': s, 'mae': m}))";
    let best = best(all(source));
    let told: Vec<_> = best.iter().map(|one| (one.name.as_str(), one.direction)).collect();
    assert_eq!(told, [("speed", Direction::Higher), ("mae", Direction::Lower)]);
    assert!(best.iter().all(|one| one.telling == Telling::Reported));
}

#[test]
fn of_many_the_few_that_say_most_are_chosen() {
    let chosen = |source: &str| -> Vec<String> {
        best(all(source)).into_iter().map(|one| one.name).collect()
    };
    let many = "self.log('train_loss', a)\nself.log('val_loss', b)\nself.log('val_acc', c)\nself.log('val_f1', d)";
    assert_eq!(chosen(many), ["val_loss", "val_acc"]);
    assert_eq!(chosen("mlflow.log_metric('loss', a)\nprint(f'loss {a}')").len(), 1);
    assert_eq!(chosen("print(f'train loss {a}')"), ["train_loss"]);
    let both = best(all("mlflow.log_metric('loss', a)\nprint(f'loss {a}')"));
    assert!(matches!(both[0].telling, Telling::Printed { .. }));
}
