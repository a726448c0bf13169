//! Which names are those of metrics, which way they are better, and which of two says more of a model.

use crate::config::Direction;

const HIGHER: [&str; 33] = [
    "acc",
    "accuracy",
    "auc",
    "auroc",
    "bleu",
    "correlation",
    "dice",
    "elbo",
    "f1",
    "iou",
    "kappa",
    "likelihood",
    "map50",
    "mcc",
    "meteor",
    "miou",
    "mrr",
    "ndcg",
    "pearson",
    "precision",
    "psnr",
    "r2",
    "recall",
    "reward",
    "rouge",
    "rouge1",
    "rouge2",
    "rougel",
    "score",
    "spearman",
    "ssim",
    "top1",
    "top5",
];
const LOWER: [&str; 26] = [
    "bpc",
    "bpd",
    "brier",
    "cer",
    "ece",
    "epe",
    "err",
    "error",
    "fid",
    "kl",
    "logloss",
    "loss",
    "mae",
    "mape",
    "mpjpe",
    "mse",
    "nll",
    "perplexity",
    "ppl",
    "regret",
    "rmse",
    "rmsle",
    "smape",
    "ter",
    "wape",
    "wer",
];
/// Of data that the model was not fitted to.
const HELD_OUT: [&str; 10] = [
    "dev",
    "eval",
    "evaluation",
    "heldout",
    "holdout",
    "test",
    "testing",
    "val",
    "valid",
    "validation",
];
/// Of data, or of a moment, that tells little of the model.
const FITTED: [&str; 8] = ["avg", "batch", "epoch", "iter", "running", "step", "train", "training"];

/// Which way a metric of this name is better; none if it is no metric's.
pub(super) fn direction(name: &str) -> Option<Direction> {
    let words = words(name);
    let one_of = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match () {
        () if one_of(&LOWER) => Some(Direction::Lower),
        () if one_of(&HIGHER) => Some(Direction::Higher),
        () => None,
    }
}

/// How much a metric of this name says of the model: 0 is most.
pub(super) fn rank(name: &str) -> usize {
    let words = words(name);
    let one_of = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match () {
        () if one_of(&HELD_OUT) => 0,
        () if one_of(&FITTED) => 2,
        () => 1,
    }
}

/// A metric that is named right in front of a value: its name, and the text that announces the value.
pub(super) fn announced(lead: &str) -> Option<(String, &str)> {
    let line = lead.rsplit('\n').next().unwrap_or(lead);
    let spans = spans(line);
    let at = spans.iter().rposition(|(_, word)| direction(word).is_some())?;
    if spans.len() - at > 1 + MOST_BEHIND {
        return None;
    }
    let before = at.checked_sub(1).and_then(|before| spans.get(before));
    let (start, word) = spans.get(at)?;
    let of = before.filter(|(_, word)| rank(word) != 1);
    // `Error: {error}` tells of a mishap.
    if of.is_none() && ["err", "error"].contains(&word.as_str()) {
        return None;
    }
    let name = of.map_or_else(|| word.clone(), |(_, of)| format!("{of}_{word}"));
    let from = before.map_or(*start, |(start, _)| *start);
    Some((name, &line[from..]))
}

/// Words between a metric's name and its value: `accuracy on test set: 0.9`.
const MOST_BEHIND: usize = 3;

/// The words of a name, in small letters: `valAcc`, `val_acc` and `val/acc` have the same.
fn words(name: &str) -> Vec<String> {
    spans(name).into_iter().map(|(_, word)| word).collect()
}

/// Words with where they begin.
fn spans(text: &str) -> Vec<(usize, String)> {
    let mut spans: Vec<(usize, String)> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let goes_on = before.is_alphanumeric() && !(before.is_lowercase() && c.is_uppercase());
        match spans.last_mut() {
            Some((_, word)) if c.is_alphanumeric() && goes_on => word.extend(c.to_lowercase()),
            _ if c.is_alphanumeric() => spans.push((at, c.to_lowercase().collect())),
            _ => {}
        }
        before = c;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_which_way_is_better() {
        for (name, way) in [
            ("val_acc", Some(Direction::Higher)),
            ("valAccuracy", Some(Direction::Higher)),
            ("test/f1-score", Some(Direction::Higher)),
            ("accuracy_loss", Some(Direction::Lower)),
            ("eval.perplexity", Some(Direction::Lower)),
            ("lossless", None),
            ("learning_rate", None),
            ("", None),
        ] {
            assert_eq!(direction(name), way, "{name}");
        }
        assert!(rank("val_loss") < rank("loss") && rank("loss") < rank("train_loss"));
    }

    #[test]
    fn a_metric_is_named_right_in_front_of_its_value() {
        for (lead, found) in [
            ("epoch 3: val loss ", Some(("val_loss", "val loss "))),
            ("\nTest set: Average loss: ", Some(("loss", "Average loss: "))),
            ("loss before\naccuracy on the test set = ", None),
            ("Accuracy of net: ", Some(("accuracy", "Accuracy of net: "))),
            ("test error ", Some(("test_error", "test error "))),
            ("Error: ", None),
            ("the score of every model that was ever trained here, in seconds: ", None),
        ] {
            let told = announced(lead);
            assert_eq!(told.as_ref().map(|(name, text)| (name.as_str(), *text)), found, "{lead}");
        }
    }
}
