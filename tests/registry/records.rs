//! All that is logged, by us and by every library, at the finest level: it must hold no secret.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::{filter::LevelFilter, fmt};

/// Every secret of these tests, as it is and as it travels.
pub const PASSWORD: &str = "right-word-71";
pub const WRONG: &str = "wrong-word-72";
pub const REFRESH: &str = "refresh-word-73";
/// `ci:` and each password in base64, and the beginning of every token.
const TRAVELLING: [&str; 3] = ["Y2k6cmlnaHQtd29yZC03MQ", "Y2k6d3Jvbmctd29yZC03Mg", "eyJ"];

static RECORDS: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Recorder;

impl Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        RECORDS.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Records from now on.
pub fn start() {
    fmt().with_max_level(LevelFilter::TRACE).with_ansi(false).with_writer(|| Recorder).init();
}

/// Fails if a secret is in `text`.
pub fn hide(text: &str) {
    for secret in [PASSWORD, WRONG, REFRESH].iter().chain(&TRAVELLING) {
        let at = text.find(secret);
        assert!(at.is_none(), "`{secret}` in: {}", &text[at.unwrap_or(0).saturating_sub(300)..]);
    }
}

/// Fails if a secret was logged, or nothing was.
pub fn hold_no_secret() {
    let records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let records = String::from_utf8_lossy(&records);
    hide(&records);
    println!("{} bytes of log hold no secret", records.len());
}
