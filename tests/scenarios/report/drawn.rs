//! A browser's word on a piece of Markdown: what `draw.mjs` tells.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde::Deserialize;

/// What GitHub would show.
#[derive(Debug, Deserialize)]
pub struct Drawn {
    pub tables: usize,
    pub rows: usize,
    pub details: usize,
    pub nested: usize,
    pub summaries: Vec<String>,
    pub diagrams: usize,
    pub headings: Vec<String>,
    pub links: Vec<String>,
    /// Cells of the first table.
    pub verdicts: Vec<Vec<String>>,
    /// Elements that are not of ours.
    pub foreign: Vec<String>,
    /// Markup that is seen as such.
    pub raw: Vec<String>,
    pub errors: Vec<String>,
}

impl Drawn {
    /// Nothing is broken: no markup is seen, no diagram fails, nothing is of a stranger.
    pub fn assert_clean(&self) {
        assert_eq!(self.errors, [""; 0]);
        assert_eq!(self.raw, [""; 0], "markup is seen");
        assert_eq!(self.foreign, [""; 0], "strange elements");
        assert_eq!(self.nested, 0, "details that do not end");
        assert_eq!(self.headings.len(), 1, "{:?}", self.headings);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether `tests/report/install` was run, on this very program.
pub fn installed() -> bool {
    let read = |path: &str| fs::read(root().join(path)).ok();
    let there = read("target/report/draw.mjs");
    there.is_some() && there == read("tests/report/draw.mjs")
}

/// Draws it, with a picture in which the details of these summaries are open.
pub fn draw(markdown: &str, picture: Option<(&Path, &str)>) -> Drawn {
    draw_all(&[markdown], picture).remove(0)
}

/// Draws them one after another in the same browser.
pub fn draw_all(texts: &[impl AsRef<str>], picture: Option<(&Path, &str)>) -> Vec<Drawn> {
    static DRAWN: AtomicUsize = AtomicUsize::new(0);
    let mut command = Command::new("node");
    command.arg(root().join("target/report/draw.mjs"));
    for text in texts {
        let number = DRAWN.fetch_add(1, Ordering::Relaxed);
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{number}.md"));
        fs::write(&file, text.as_ref()).unwrap();
        command.arg(file);
    }
    if let Some((path, open)) = picture {
        command.arg("--picture").arg(path).args(["--open", open]);
    }
    let output = command.output().expect("node, which tests/report/install asks for");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "draw.mjs: {told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let drawn = lines.lines().map(|line| serde_json::from_str(line).unwrap());
    let drawn: Vec<Drawn> = drawn.collect();
    assert_eq!(drawn.len(), texts.len(), "{told}");
    drawn
}
