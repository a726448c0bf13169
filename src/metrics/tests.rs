use super::*;

fn scan(log: impl AsRef<[u8]>) -> Result<Readings, MetricsError> {
    let mut scanner = Scanner::default();
    scanner.push(log.as_ref());
    scanner.finish()
}

fn readings<const N: usize>(values: [(&str, f64); N]) -> Readings {
    values.map(|(name, value)| (name.to_owned(), value)).into()
}

#[test]
fn the_last_value_of_each_name_wins() {
    let log = "epoch 1\nREGRESSION_METRICS {\"accuracy\": 0.5, \"loss\": 1}\nnoise\n\
               REGRESSION_METRICS {\"accuracy\": 0.9, \"accuracy\": 0.967}";
    assert_eq!(scan(log), Ok(readings([("accuracy", 0.967), ("loss", 1.0)])));
}

#[test]
fn carriage_returns_and_missing_blanks_are_read() {
    assert_eq!(scan("REGRESSION_METRICS{\"a\": 1}\r\n"), Ok(readings([("a", 1.0)])));
    assert_eq!(scan("REGRESSION_METRICS\t{\"a\": -2.5e-3}\r\n"), Ok(readings([("a", -2.5e-3)])));
}

#[test]
fn non_finite_values_are_readings() {
    let read =
        scan(r#"REGRESSION_METRICS {"NaN \" NaN": NaN, "b": -Infinity, "c": Infinity}"#).unwrap();
    assert!(read["NaN \" NaN"].is_nan());
    assert_eq!((read["b"], read["c"]), (f64::NEG_INFINITY, f64::INFINITY));
}

#[test]
fn what_cannot_be_read_is_an_error_that_quotes_it() {
    for line in [
        "accuracy=0.9",
        "{\"a\": \"0.9\"}",
        "{\"a\": null}",
        "{\"a\": true}",
        "[1]",
        "{}",
        "",
        "{\"a\": 1",
    ] {
        let error = scan(format!("REGRESSION_METRICS {line}\nREGRESSION_METRICS {{\"a\": 1}}\n"));
        assert!(
            matches!(&error, Err(MetricsError::Malformed { line: shown, .. }) if shown.contains(line)),
            "{line}: {error:?}"
        );
    }
}

#[test]
fn a_log_without_the_line_says_what_to_print() {
    assert_eq!(scan("accuracy: 0.9\n"), Err(MetricsError::Absent));
    assert_eq!(scan("REGRESSION_METRICSX {\"a\": 1}\n"), Err(MetricsError::Absent));
    assert_eq!(scan(" REGRESSION_METRICS {\"a\": 1}\n"), Err(MetricsError::Absent));
    let worker = "\u{1b}[36m(train pid=7)\u{1b}[0m REGRESSION_METRICS {\"a\": 1}\n";
    assert_eq!(scan(worker), Err(MetricsError::FromWorker));
}

#[test]
fn a_huge_binary_log_does_not_grow_the_scanner() {
    let mut scanner = Scanner::default();
    for _ in 0..50 {
        scanner.push(&vec![0xff; 1 << 20]);
        assert!(scanner.line.capacity() <= 4 << 20);
    }
    scanner.push(b"\nREGRESSION_METRICS {\"a\": 1}\n");
    assert_eq!(scanner.finish(), Ok(readings([("a", 1.0)])));
}

#[test]
fn a_metrics_line_without_end_is_an_error() {
    let log = [b"REGRESSION_METRICS {".as_slice(), &vec![b' '; 2 << 20]].concat();
    assert!(matches!(scan(log), Err(MetricsError::Malformed { .. })));
}

proptest::proptest! {
    #[test]
    fn pieces_do_not_matter(log in "(REGRESSION_METRICS \\{\"[ab]\": [0-9]{1,3}\\}\n|[a-zR]{0,9}\n){0,6}", cut in 0_usize..200) {
        let whole = scan(&log);
        let mut scanner = Scanner::default();
        let cut = cut.min(log.len());
        scanner.push(&log.as_bytes()[..cut]);
        scanner.push(&log.as_bytes()[cut..]);
        proptest::prop_assert_eq!(scanner.finish(), whole);
    }
}
