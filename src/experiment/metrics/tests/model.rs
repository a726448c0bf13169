//! Logs made of parts of which is known what they tell, cut into pieces anywhere: what is read must be
//! what the parts tell.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// A part of a log.
#[derive(Debug, Clone)]
enum Part {
    /// Nothing to read: text, bars, bytes.
    Noise(Vec<u8>),
    /// A line that tells a value.
    Told(Vec<u8>, &'static str, f64),
    /// A line that was to tell one.
    Torn(Vec<u8>, &'static str),
}

const NAMES: [&str; 3] = ["a", "b", "\u{e4}\u{20ac}\u{1f600}"];
const LEADS: [&str; 9] = [
    "",
    " ",
    "30%|\u{2588}\u{258f} | 3/10",
    "INFO:root:",
    "(t pid=7) ",
    "\u{feff}",
    "0.91",
    "\u{1b}]0;t\u{7}",
    "{\"msg\": ",
];
const BETWEEN: [&str; 6] = [" ", "", ": ", "=", " = ", "\t"];
const HIDDEN: [&str; 6] =
    ["\u{1b}[0m", "\u{1b}[1;32m", "\u{8}", "\u{feff}", "\u{1b}]8;;u\u{1b}\\", "\u{1b}(B"];
const TAILS: [&str; 5] = ["", " 50%|##", " [repeated 3x across cluster]", "}", "\u{1b}[K"];
const ENDS: [&str; 5] = ["\n", "\r\n", "\r", "\n\n", ""];
const NOISE: [&[u8]; 8] = [
    b"epoch\n",
    b"50%|##   |\r",
    b"\r\r\r\r\r\r\r",
    b"\xff\xfe\x00 \x80",
    b"\xe2\x96",
    b"REGRESSION_METRICS_FILE=x\n",
    b"REGRESSION_METR\n",
    b"\x1b]0;no end\n",
];
const VALUES: [(&str, f64); 6] = [
    ("0.5", 0.5),
    ("-2.5e-3", -0.0025),
    ("7", 7.0),
    ("nan", f64::NAN),
    ("-Infinity", f64::NEG_INFINITY),
    ("inf", f64::INFINITY),
];

/// A line's text, with hidden sequences at some of its characters.
fn dressed(text: &str, hidden: &[(usize, &str)]) -> String {
    let mut dressed = String::new();
    for (place, c) in text.chars().enumerate() {
        dressed.extend(hidden.iter().filter(|(at, _)| *at == place).map(|(_, code)| *code));
        dressed.push(c);
    }
    dressed
}

fn part() -> impl Strategy<Value = Part> {
    let hidden = || vec((0..40_usize, select(&HIDDEN[..])), 0..3);
    let pick = |from: &'static [&'static str]| select(from);
    let told = (
        pick(&LEADS),
        pick(&BETWEEN),
        hidden(),
        pick(&NAMES),
        select(&VALUES[..]),
        pick(&TAILS),
        pick(&ENDS),
    );
    let told = told.prop_map(|(lead, between, hidden, name, (spelled, value), tail, end)| {
        let text = dressed(&format!("{MARKER}{between}{{\"{name}\": {spelled}}}"), &hidden);
        Part::Told(format!("{lead}{text}{tail}{end}").into_bytes(), name, value)
    });
    let torn = (pick(&LEADS), pick(&NAMES), select(&["", "oops}", "0.5 30%|", "tensor(1)}"][..]));
    let torn = torn.prop_map(|(lead, name, rest)| {
        Part::Torn(format!("{lead}{MARKER} {{\"{name}\": {rest}\n").into_bytes(), name)
    });
    let long = (1..3_usize).prop_map(|times| Part::Noise(vec![b'x'; times * 3000]));
    let noise = select(&NOISE[..]).prop_map(|bytes| Part::Noise(bytes.to_vec()));
    prop_oneof![4 => told, 1 => torn, 3 => noise, 1 => long]
}

/// What the parts tell: readings; or that the last of some name cannot be read; or nothing.
fn expected(parts: &[Part]) -> Result<Readings, bool> {
    let (mut values, mut torn) = (Readings::new(), Vec::new());
    for part in parts {
        match part {
            Part::Noise(_) => {}
            Part::Told(_, name, value) => {
                values.insert((*name).to_owned(), *value);
                torn.retain(|torn| torn != name);
            }
            Part::Torn(_, name) => torn.push(*name),
        }
    }
    let is_torn = !torn.is_empty();
    if is_torn || values.is_empty() { Err(is_torn) } else { Ok(values) }
}

/// Reads a log that comes in pieces.
fn read(log: &[u8], cuts: &[usize]) -> Result<Readings, bool> {
    let mut reader = Reader::with_longest(1024);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (log.len() + 1)).collect();
    cuts.sort_unstable();
    let mut from = 0;
    for cut in cuts.into_iter().chain([log.len()]) {
        reader.push(&log[from..cut]);
        assert!(reader.line.capacity() < 8 * 1024);
        from = cut;
    }
    let read = reader.finish();
    read.map(|read| read.readings).map_err(|error| !error.is_absence())
}

/// By bits, since NaN is not itself.
fn bits(read: &Result<Readings, bool>) -> Result<Vec<(String, u64)>, bool> {
    let read = read.as_ref().map_err(|torn| *torn)?;
    Ok(read.iter().map(|(name, value)| (name.clone(), value.to_bits())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn what_the_parts_tell_is_read(parts in vec(part(), 0..8), cuts in vec(any::<usize>(), 0..9)) {
        let log: Vec<u8> = parts.iter().flat_map(|part| match part {
            Part::Noise(bytes) | Part::Told(bytes, ..) | Part::Torn(bytes, _) => bytes.clone(),
        }).collect();
        let (read, expected) = (read(&log, &cuts), expected(&parts));
        prop_assert_eq!(bits(&read), bits(&expected), "{}", shown(&log));
    }

    #[test]
    fn bytes_of_any_kind_read_alike_in_any_pieces(
        log in vec(prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            select(vec![MARKER, "{\"a\": 1}", "{\"a\": ", "\x1b[", "\x1b]", "\r", "\n", "\u{8}", ": "])
                .prop_map(|text| text.as_bytes().to_vec()),
            (0..2000_usize).prop_map(|length| vec![b' '; length]),
        ], 0..40),
        cuts in vec(any::<usize>(), 0..9),
    ) {
        let log = log.concat();
        prop_assert_eq!(bits(&read(&log, &cuts)), bits(&read(&log, &[])), "{}", shown(&log));
    }
}

#[test]
fn a_huge_log_without_a_newline_does_not_grow_the_reader() {
    let mut reader = Reader::default();
    reader.push(b"REGRESSION_METRICS {\"a\": 9}");
    for megabyte in 0_u8..64 {
        reader.push(&vec![megabyte.wrapping_mul(37).max(32); 1 << 20]);
        assert!(reader.line.capacity() <= 8 << 20);
    }
    reader.push(b"REGRESSION_METRICS {\"a\": 1}");
    reader.push(&vec![0xff; 9 << 20]);
    assert!(reader.line.capacity() <= 8 << 20);
    assert_eq!(reader.finish().unwrap().readings, readings([("a", 1.0)]));
}

/// Were what follows a marker looked through to its end, four times as many would take sixteen times as long.
#[test]
fn hostile_lines_do_not_keep_us_busy() {
    let took = |read: fn(&mut Reader, &[u8]), piece: &str, times: usize| {
        let begun = computed();
        let mut reader = Reader::default();
        read(&mut reader, piece.repeat(times).as_bytes());
        assert!(reader.finish().is_err());
        computed().saturating_sub(begun)
    };
    let printed: fn(&mut Reader, &[u8]) = |reader, bytes| reader.push(bytes);
    let written: fn(&mut Reader, &[u8]) = |reader, bytes| reader.wrote(MetricsOrigin::File, bytes);
    for (read, piece, times) in [
        (printed, "REGRESSION_METRICS {\"", 2000),
        (printed, "REGRESSION_METRICS {\\\"", 2000),
        (printed, "REGRESSION_METRICS {\n", 2000),
        (printed, "REGRESSION_METRICS x", 2000),
        (written, "{\n", 6250),
    ] {
        let (few, many) = (took(read, piece, times), took(read, piece, 4 * times));
        assert!(many <= 12 * few, "{piece}: {few:?}, then {many:?}");
    }
}

/// Processor time of this thread, which others on the machine do not change; zero where no Linux tells.
fn computed() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or(0))
}

#[test]
fn an_object_without_end_is_an_error() {
    let log = [b"REGRESSION_METRICS {".as_slice(), &vec![b' '; 3 << 20]].concat();
    let error = scan(log).unwrap_err().to_string();
    assert!(error.contains("longer than 1 MiB"), "{error}");
}

#[test]
fn names_without_end_are_not_kept() {
    let mut reader = Reader::default();
    for name in 0..20_000 {
        reader.push(format!("REGRESSION_METRICS {{\"{name}\": 1}}\n").as_bytes());
    }
    assert_eq!(reader.finish().unwrap().readings.len(), 10_000);
}
