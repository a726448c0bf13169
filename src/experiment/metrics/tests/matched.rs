//! Logs of trainings that report nothing, of which patterns of the config find the value.

use super::*;

fn matched(pattern: &str, log: &str) -> Result<Readings, MetricsError> {
    let pattern = crate::config::Pattern::try_from(pattern.to_owned()).unwrap();
    let patterns = [("loss".to_owned(), pattern)].into_iter().collect();
    let mut reader = Reader::new(&MetricSources { patterns, ..MetricSources::default() });
    // A byte at a time, as a slow connection may bring it.
    log.as_bytes().chunks(1).for_each(|byte| reader.push(byte));
    reader.finish().map(|read| read.readings)
}

#[test]
fn a_pattern_finds_the_last_value_among_bars_and_colours() {
    for (pattern, log) in [
        (
            "loss=([0-9.]+)",
            "\repoch 1:  50%|##  | 1/2, loss=0.9]\repoch 1: 100%|####| 2/2, loss=0.5]",
        ),
        (
            "loss=([0-9.]+)",
            "loss=9\n\repoch:   0%|  | 0/2\n\rbatch: 50%|# | loss=0.5]\x1b[A\r     \r",
        ),
        ("val_loss: ([0-9.]+)", "2/2 [====]\x08\x08\x08 - loss: 0.1 - val_loss: 0.5\r\n"),
        (
            "'eval_loss': ([^,}]+)",
            "{'eval_loss': 0.9, 'epoch': 1}\n 50%|# |\r{'eval_loss': 0.5, 'epoch': 2}",
        ),
        ("loss ([0-9.]+)", "\x1b[1mlo\x1b[22mss \x1b[32m0\x1b[0m.5\x1b[K\n"),
        ("loss ([0-9.]+)", "(train pid=7) loss 0.9 loss 0.5 [repeated 3x across cluster]\n"),
        ("loss\\D+([0-9.e-]+)", "\u{feff}| loss | 5e-1 |\r\n"),
    ] {
        assert_eq!(matched(pattern, log), Ok(readings([("loss", 0.5)])), "{log:?}");
    }
    assert!(matched("loss=(\\S+)", "loss=0.5\rloss=nan\r").unwrap()["loss"].is_nan());
    // The value from before it diverged does not count.
    assert!(matched("loss=([0-9.eE+-]+)", "loss=0.5\nloss=nan\n").unwrap()["loss"].is_nan());
    let part = matched("loss=([0-9.]+)", "loss=0.5\nloss=1e-05\n").unwrap_err().to_string();
    assert!(part.contains("finds `1` of the number `1e-05`"), "{part}");
    assert!(part.contains("let the pattern's group take all of a number"), "{part}");
    let torn = matched("loss=(\\S+)", "loss=0.5\nloss=0.4|##\r").unwrap_err().to_string();
    assert!(torn.contains("finds `0.4|##`: invalid float literal"), "{torn}");
    assert_eq!(
        matched("loss=([0-9.]+)", "loss: 0.5\n"),
        Err(MetricsError::Absent { mention: None })
    );
}

#[test]
fn a_value_that_was_null_in_the_end_is_told() {
    let doubts = |content: &str| {
        let mut reader = Reader::default();
        reader.wrote(MetricsOrigin::Tree, content.as_bytes());
        reader.finish().unwrap().doubts
    };
    let told = doubts("{\"loss\": 0.5, \"best\": null}\n{\"loss\": null, \"epoch\": 2}");
    assert_eq!(told, [Doubt::Null { name: "loss".to_owned(), value: 0.5 }]);
    assert_eq!(doubts("{\"loss\": 0.5}\n{\"loss\": null, \"best\": NaN}"), told);
    assert_eq!(doubts("{\"loss\": null}\n{\"loss\": 0.5}"), []);
}
