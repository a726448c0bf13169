//! The pictures in the README; drawn anew by
//! `tests/report/install && UPDATE=1 cargo test --test scenarios pictured`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use regression_action::{
    config::Direction::{Higher, Lower},
    report::{Report, hints},
    verdict::Verdict,
};

use super::{
    drawn::draw,
    values::{Declared, report},
};

/// A larger file would make the README slow.
const MOST: u64 = 250_000;

pub fn a_regression() {
    let declared = [
        Declared::new(
            "top-1 accuracy",
            Higher,
            0.005,
            &[0.9385, 0.9371, 0.9392],
            &[0.9121, 0.9104, 0.9136],
        ),
        Declared::new(
            "validation loss",
            Lower,
            0.05,
            &[0.214, 0.217, 0.212],
            &[0.219, 0.216, 0.221],
        ),
        Declared::new(
            "images per second",
            Higher,
            0.05,
            &[1184.0, 1179.0, 1191.0],
            &[1402.0, 1397.0, 1411.0],
        ),
        Declared::new(
            "peak GPU memory (GiB)",
            Lower,
            0.1,
            &[14.21, 14.21, 14.22],
            &[14.40, 14.41, 14.40],
        ),
    ];
    let report = report(&declared);
    assert_eq!(report.verdict, Verdict::Regressed, "{}", report.reason);
    pictured(&report, "regressed", "Charts");
}

pub fn an_undecided_change() {
    let declared = [
        Declared::new(
            "episode reward",
            Higher,
            0.05,
            &[212.0, 188.0, 231.0, 203.0, 196.0, 219.0],
            &[201.0, 179.0, 224.0, 191.0, 214.0, 186.0],
        ),
        Declared::new(
            "steps per second",
            Higher,
            0.05,
            &[9120.0, 9090.0, 9105.0, 9131.0, 9098.0, 9112.0],
            &[9101.0, 9122.0, 9093.0, 9140.0, 9087.0, 9119.0],
        ),
    ];
    let mut report = report(&declared);
    assert_eq!(report.verdict, Verdict::Inconclusive, "{}", report.reason);
    report.environments.changes.clear();
    report.environments.head = report.environments.base.clone();
    let head = report.observations.iter_mut().filter(|seen| seen.role.word() == "head");
    head.for_each(|seen| seen.machine.gpu = Some("Tesla T4".into()));
    report.metrics[0].outlook =
        Some("a worsening of 24 would have been shown; 9 seeds a side would show one of 18".into());
    report.stopped =
        Some("limits.gpu_hours (2 h) has no room for 3 more seeds a side (0.8 h)".into());
    report.hints = hints(&report);
    pictured(&report, "inconclusive", "Charts");
}

fn pictured(report: &Report, name: &str, open: &str) {
    let update = env::var_os("UPDATE").is_some();
    let folder = if update {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
    } else {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
    };
    fs::create_dir_all(&folder).unwrap();
    let picture = folder.join(format!("{name}.png"));
    let drawn = draw(&report.comment(), Some((&picture, open)));
    drawn.assert_clean();
    assert_eq!(drawn.diagrams, 2, "seeds and trend");
    let size = fs::metadata(&picture).unwrap().len();
    assert!((10_000..=MOST).contains(&size), "{}: {size} bytes", picture.display());
}
