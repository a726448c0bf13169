use super::*;

mod matched;
mod model;

fn scan(log: impl AsRef<[u8]>) -> Result<Readings, MetricsError> {
    let mut reader = Reader::default();
    reader.push(log.as_ref());
    reader.finish().map(|read| read.readings)
}

fn readings<const N: usize>(values: [(&str, f64); N]) -> Readings {
    values.map(|(name, value)| (name.to_owned(), value)).into()
}

/// What people's programs, loggers and launchers make of the line, each ending in a loss of 0.5.
const FORMS: [&str; 31] = [
    "REGRESSION_METRICS {\"loss\": 0.1}\n\r  0%|    | 0/3\r100%|####| 3/3\r               \rREGRESSION_METRICS {\"loss\": 0.5}\n",
    " 30%|###       | 3/10 [00:00<00:00]REGRESSION_METRICS {\"loss\": 0.5}\n",
    "accuracy so far 0.91REGRESSION_METRICS {\"loss\": 0.5}\n",
    "INFO:root:REGRESSION_METRICS {\"loss\": 0.5}\n",
    "\x1b[32mREGRESSION_METRICS {\"loss\": 0.5}\x1b[0m\n",
    "REGRESSION_METRICS: {\"loss\": 0.5}\n",
    "REGRESSION_METRICS {\"loss\": nope}\nREGRESSION_METRICS {\"loss\": 0.5}\n",
    "REGRESSION_METRICS={\"loss\":0.5}\r\n",
    "REGRESSION_METRICS = {\"loss\": 0.5}",
    "REGRESSION_METRICS{\"loss\": 5e-1}\r",
    "\u{feff}REGRESSION_METRICS {\"loss\": 0.5}\r\n",
    "\x1b]0;train.py\x07REGRESSION_METRICS {\"loss\": 0.5}\n",
    "\x1b]8;;http://a\x1b\\REGRESSION_METRICS {\"loss\": 0.5}\x1b]8;;\x1b\\\n",
    "\x1b]0;a title that never endsREGRESSION_METRICS {\"loss\": 0.5}\n",
    "10/10 [====]\x08\x08\x08\x08\x08\x08\x08\x08REGRESSION_METRICS {\"loss\": 0.5}\x08\n",
    "\x1b[1mREGRESSION\x1b[22m_METRICS {\x1b[33m\"loss\"\x1b[0m: \x1b[1;36m0.5\x1b[0m}\n",
    "\x1b(B\x1b[m\x1b7\x1b[2K\x1b[1GREGRESSION_METRICS {\"loss\": 0.5}\x1b8\n",
    "\x1bREGRESSION_METRICS {\"loss\": 0.5}\n",
    "\x1b[36m(train pid=7)\x1b[0m REGRESSION_METRICS {\"loss\": 0.5} [repeated 3x across cluster]\n",
    "(RayTrainWorker pid=1234, ip=10.0.0.1) REGRESSION_METRICS {\"loss\": 0.5}\n",
    "[rank0]: REGRESSION_METRICS {\"loss\": 0.5}\n",
    "[1,0]<stdout>:REGRESSION_METRICS {\"loss\": 0.5}\n",
    "2026-11-29 10:00:00.123 | INFO     | __main__:<module>:3 - REGRESSION_METRICS {\"loss\": 0.5}\n",
    "[10:00:00] INFO     REGRESSION_METRICS {\"loss\": 0.5}            train.py:3\n",
    "{\"level\": \"info\", \"msg\": \"REGRESSION_METRICS {\\\"loss\\\": 0.5}\", \"at\": 1}\n",
    "REGRESSION_METRICS {\"loss\": 0.9}REGRESSION_METRICS {\"loss\": 0.5}\n\n",
    "REGRESSION_METRICS {\"loREGRESSION_METRICS {\"loss\": 0.5}\n",
    "\u{2705} REGRESSION_METRICS {\"loss\": 0.5} done!\n",
    "REGRESSION_METRICS {\"loss\": nan}\nREGRESSION_METRICS {\"loss\": 0.5}\n",
    "REGRESSION_METRICS {\"loss\": 0.5}\nfile \"t.py\", line 3: print(\"REGRESSION_METRICS\", json.dumps(m))\n",
    "REGRESSION_METRICS {\"loss\": 0.5}\nREGRESSION_METRICS_FILE=/tmp/x\nno REGRESSION_METRICS yet\n",
];

#[test]
fn metrics_are_found_wherever_programs_put_them() {
    let mut wrong = Vec::new();
    for form in FORMS {
        let read = scan(form);
        if read != Ok(readings([("loss", 0.5)])) {
            wrong.push(format!("{form:?}: {read:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FORMS.len(), wrong.join("\n"));
}

/// The logs of `printed/programs.py`.
#[test]
fn what_real_libraries_make_of_the_line_is_read() {
    let printed = concat!(env!("CARGO_MANIFEST_DIR"), "/src/experiment/metrics/tests/printed");
    let paths = std::fs::read_dir(printed).unwrap().map(|entry| entry.unwrap().path());
    let logs: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    for path in &logs {
        let read = scan(std::fs::read(path).unwrap());
        assert_eq!(read, Ok(readings([("loss", 0.5)])), "{}", path.display());
    }
    assert_eq!(logs.len(), 18);
}

#[test]
fn what_python_prints_for_numbers_that_are_not_finite_is_read() {
    let log = r#"REGRESSION_METRICS {"NaN \" nan": NaN, "a": nan, "b": -Infinity, "c": inf, "d": "NaN", "e": -inf, "f": Infinity}"#;
    let read = scan(log).unwrap();
    assert!(["NaN \" nan", "a", "d"].iter().all(|name| read[*name].is_nan()), "{read:?}");
    let infinite = ["b", "c", "e", "f"].map(|name| read[name].to_string());
    assert_eq!(infinite, ["-inf", "inf", "-inf", "inf"]);
}

#[test]
fn the_last_value_of_each_name_wins() {
    let log = "epoch 1\nREGRESSION_METRICS {\"accuracy\": 0.5, \"loss\": 1}\nnoise\n\
               REGRESSION_METRICS {\"accuracy\": 0.9, \"accuracy\": 0.967}";
    assert_eq!(scan(log), Ok(readings([("accuracy", 0.967), ("loss", 1.0)])));
}

#[test]
fn a_last_line_that_cannot_be_read_is_shown_with_what_to_do() {
    for (line, shown, reason) in [
        (
            "REGRESSION_METRICS accuracy=0.9",
            "REGRESSION_METRICS accuracy=0.9",
            "stands `accuracy=0.9`",
        ),
        (
            "REGRESSION_METRICS {\"a\": \"0.9\"}",
            "{\"a\": \"0.9\"}",
            "behind `{\"a\": ` stands `\"0.9\"}`, where a number",
        ),
        ("REGRESSION_METRICS {\"a\": null}", "null", "stands `null}`"),
        ("REGRESSION_METRICS {\"a\": true}", "true", "where a number should stand"),
        ("REGRESSION_METRICS [1]", "[1]", "where an object"),
        ("REGRESSION_METRICS {}", "{}", "where a name"),
        ("REGRESSION_METRICS", "REGRESSION_METRICS", "the line ends, where an object"),
        (
            "REGRESSION_METRICS {'a': 0.5}",
            "{'a': 0.5}",
            "behind `{` stands `'a': 0.5}`, where a name",
        ),
        ("REGRESSION_METRICS {\"a\": tensor(0.5)}", "tensor", "stands `tensor(0.5)}`"),
        (
            "REGRESSION_METRICS {\"a\": 1",
            "{\"a\": 1",
            "behind `{\"a\": 1` the line ends, where a comma or }",
        ),
        (
            "\x1b[32m50%\u{8}REGRESSION_METRICS {\"a\":\u{7}\u{feff} 30%|#",
            "\\e[32m50%\\u{8}REGRESSION_METRICS {\"a\":\\u{7}\\u{feff} 30%|#",
            "behind `{\"a\": 30` stands `%|#`, where a comma",
        ),
    ] {
        let error = scan(format!("REGRESSION_METRICS {{\"a\": 1}}\n{line}\n")).unwrap_err();
        let told = error.to_string();
        for part in [shown, reason, "json.dumps"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_made_up_for_by_what_comes_later() {
    let broken = "REGRESSION_METRICS {\"a\": 0.1, \"b\": 0.";
    let read = |later: &str| {
        let mut reader = Reader::default();
        reader.push(
            format!("REGRESSION_METRICS {{\"b\": 9}}\nepoch 2\n{broken}\n{later}\n").as_bytes(),
        );
        reader.finish()
    };
    let told = read("REGRESSION_METRICS {\"a\": 1}\nREGRESSION_METRICS {\"b\": 2}").unwrap();
    assert_eq!(told.readings, readings([("a", 1.0), ("b", 2.0)]));
    assert!(matches!(&told.doubts[..], [Doubt::Superseded { text, .. }] if text.contains(broken)));
    // The value of b would be an old one.
    let error = read("REGRESSION_METRICS {\"a\": 1}").unwrap_err();
    assert!(matches!(&error, MetricsError::Malformed { text, .. } if text.contains(broken)));
}

#[test]
fn a_log_without_the_line_says_what_to_print() {
    assert_eq!(scan("accuracy: 0.9\n"), Err(MetricsError::Absent { mention: None }));
    assert_eq!(
        scan("REGRESSION_METRICSX {\"a\": 1}\n"),
        Err(MetricsError::Absent { mention: None })
    );
    let told = scan("no REGRESSION_METRICS yet\n").unwrap_err().to_string();
    assert!(told.contains("behind it in `no REGRESSION_METRICS yet`"), "{told}");
}

/// The doubts about a log that comes in pieces, between which time goes by.
fn doubts(pieces: &[&str]) -> Vec<Doubt> {
    let mut reader = Reader::default();
    for piece in pieces {
        reader.pause();
        reader.push(piece.as_bytes());
    }
    reader.finish().unwrap().doubts
}

#[test]
fn ranks_that_report_different_values_are_told() {
    let line = |loss: f64| format!("REGRESSION_METRICS {{\"loss\": {loss}}}\n");
    let (a, b) = (&line(0.5), &line(0.6));
    let several = [
        format!("(train pid=7) {a}(train pid=9) {b}"),
        format!("[rank0]: {a}epoch 2\n[rank1]: {b}"),
        format!("[default0]:{a}[default1]:{b}"),
        format!("[1,0]<stdout>:{a}[1,1]<stdout>:{b}"),
        format!("(w pid=7, ip=10.0.0.1) {a}(w pid=7, ip=10.0.0.2) {b}"),
        format!("epoch 1\n{a}{b}epoch 2\n{b}{a}"),
        format!("{}{a}\n", b.trim_end()),
    ];
    for log in several {
        let told = doubts(&[&log]);
        assert!(
            matches!(&told[..], [Doubt::Ranks { name, .. }] if name == "loss"),
            "{log}: {told:?}"
        );
        let words = told[0].to_string();
        assert!(
            words.contains("0.5") && words.contains("0.6") && words.contains("RANK"),
            "{words}"
        );
    }
    let alike = [
        format!("(train pid=7) {a}(train pid=9) {a}"),
        format!("epoch 1\n{a}epoch 2\n{b}"),
        format!("(train pid=7) {a}(train pid=7) {b}"),
        format!("{a} 50%|##  |\r          \r{b}"),
        format!("{a}{}", line(0.5)),
        format!("epoch 1: {a}epoch 2: {b}"),
    ];
    for log in alike {
        assert_eq!(doubts(&[&log]), [], "{log}");
    }
    assert_eq!(doubts(&[a, b]), [], "epochs, with time between them");
}
