//! Names, subjects and machines that try to be markup.

use regression_action::{
    config::Direction,
    report::{Drift, Report, hints},
    verdict::Verdict,
};

use super::{
    drawn::draw_all,
    values::{Declared, report},
};

const NAMES: [&str; 14] = [
    "a | b | c",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></td></table># free",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example/a_b and www.evil.example or me@evil.example",
    "`code` ``` ~~~ ~gone~ **bold** _under_ \\ \\| \\\\|",
    "@everyone fixes #1 and GH-1",
    "<!-- regression-action: verdict -->",
    "```mermaid\"; end %%{init: {}}%%",
    "- [x] 1. # > quote",
    "&lt;b&gt; &amp; &#124;",
    "$x^2$ $$y$$",
    "\u{1b}[31mred\u{202e}dluow ]: [a]: /b",
];

pub fn nothing_of_a_stranger_is_markup() {
    let comments = NAMES.map(|name| hostile(name).comment());
    for (name, drawn) in NAMES.iter().zip(draw_all(&comments, None)) {
        assert_eq!(drawn.errors, [""; 0], "{name}");
        assert_eq!(drawn.foreign, [""; 0], "{name}");
        assert_eq!((drawn.details, drawn.nested, drawn.tables), (6, 0, 4), "{name}");
        assert_eq!(drawn.rows, NAMES.len() * 2 + 6 + 6, "{name}");
        assert_eq!(drawn.headings.len(), 1, "{name}: {:?}", drawn.headings);
        assert_eq!(drawn.links.len(), 1, "{name}: {:?}", drawn.links);
        assert!(drawn.links[0].starts_with("https://mlflow.example.com/"), "{:?}", drawn.links);
        read_back(&drawn.verdicts);
    }
}

/// A report in which `name` is wherever a stranger's text can be.
fn hostile(name: &str) -> Report {
    let worse = |name: &&str| {
        Declared::new(name, Direction::Higher, 0.01, &[0.9, 0.91, 0.92], &[0.5, 0.51, 0.52])
    };
    let mut report = report(&NAMES.iter().map(worse).collect::<Vec<_>>());
    report.head.subject = name.into();
    report.cluster = name.into();
    report.stopped = Some(name.into());
    report.reproduce = format!("{name} --base a");
    report.environments.changes = vec![name.into(), format!("1. {name}")];
    report.environments.head.image = Some(name.into());
    report.warnings = vec![name.into()];
    report.experiment_url = Some(format!("https://mlflow.example.com/{name}"));
    report.drift = Some(Drift { since: name.into(), metrics: report.metrics.clone() });
    report.cleanup[0].summary = name.into();
    for observation in &mut report.observations {
        observation.retried = Some(name.into());
        observation.reused = Some(name.into());
        observation.machine.gpu = Some(format!("{name} {}", observation.role.word()));
    }
    report.metrics[0].verdict = Verdict::Inconclusive;
    report.metrics[0].outlook = Some(name.into());
    report.hints = hints(&report);
    report
}

/// What is read is what was written, but for what a terminal would obey.
fn read_back(rows: &[Vec<String>]) {
    let plain = |text: &str| text.replace(['\u{200d}', '↑'], "").trim().to_owned();
    let mut read: Vec<String> = rows.iter().map(|row| plain(&row[0])).collect();
    let written = |name: &&str| name.replace("\u{1b}[31m", "").replace('\u{202e}', "");
    let mut written: Vec<String> = NAMES.iter().map(written).collect();
    read.sort_unstable();
    written.sort_unstable();
    assert_eq!(read, written);
    assert!(rows.iter().all(|row| row.len() == 8), "{rows:?}");
}
