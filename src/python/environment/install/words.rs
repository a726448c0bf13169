//! An installer's words: steps are shown while they pass, and the last lines are kept to explain a failure.  While
//! there are none, because it downloads or unpacks, the bytes that are there by now show that it goes on.

use std::{
    collections::VecDeque,
    convert::Infallible,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    cache,
    output::{self, size},
    progress::Task,
};

/// How much of the output is kept to explain a failure.
const KEPT_LINES: usize = 200;
/// How much of it is shown.
const SHOWN_LINES: usize = 20;

/// What one command said.
pub(super) struct Words<'a> {
    task: &'a Task,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    lines: VecDeque<String>,
    /// The last one that was shown.
    step: String,
    /// Whether anything was said since that was asked last.
    is_new: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(task: &'a Task) -> Self {
        Self { task, said: Mutex::default() }
    }

    /// Takes a line.
    pub(super) fn take(&self, line: &str) {
        let mut said = self.said();
        if let Some(step) = step(line) {
            self.task.update(&step);
            said.step = step;
        }
        if said.lines.len() == KEPT_LINES {
            said.lines.pop_front();
        }
        said.lines.push_back(line.to_owned());
        said.is_new = true;
    }

    /// Tells how much there is in `directory` by now, as often as nothing else was said meanwhile.
    pub(super) async fn measure(&self, directory: &Path, every: Duration) -> Infallible {
        loop {
            sleep(every).await;
            if std::mem::take(&mut self.said().is_new) {
                continue;
            }
            let directory = directory.to_owned();
            let measuring = spawn_blocking(move || cache::measure(&directory).0);
            // A thread that panicked has told that itself.
            let Ok(bytes) = measuring.await else { continue };
            let step = self.said().step.clone();
            let lead = if step.is_empty() { step } else { step + ", " };
            self.task.update(format!("{lead}{} so far", size(bytes)));
        }
    }

    /// Whether it ran out of room.
    pub(super) fn tell_of_a_full_disk(&self) -> bool {
        let is_full = |line: &String| {
            line.contains("No space left on device") || line.contains("os error 28")
        };
        self.said().lines.iter().any(is_full)
    }

    /// Why it failed: from its first line of error on, else its last lines.
    pub(super) fn reason(&self) -> String {
        reason(self.said().lines.make_contiguous())
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines worth showing while they pass.
fn step(line: &str) -> Option<String> {
    const VERBS: [&str; 8] = [
        "Collecting",
        "Downloading",
        "Installing",
        "Building",
        "Using",
        "Resolved",
        "Prepared",
        "Installed",
    ];
    let line = line.trim();
    VERBS.iter().any(|verb| line.starts_with(verb)).then(|| line.chars().take(100).collect())
}

fn reason(lines: &[String]) -> String {
    let is_error = |line: &String| line.starts_with("ERROR") || line.starts_with("error:");
    let shown = match lines.iter().position(is_error) {
        Some(first) => &lines[first..lines.len().min(first + SHOWN_LINES)],
        None => lines,
    };
    output::quoted(&shown.join("\n"), SHOWN_LINES)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::progress::Progress;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_reason_starts_at_the_first_error() {
        let pip = "Collecting x\nERROR: Cannot install a and b\nThe conflict is caused by:\n  a needs b<2";
        assert_eq!(
            reason(&lines(pip)),
            "  | ERROR: Cannot install a and b\n  | The conflict is caused by:\n  |   a needs b<2"
        );
        assert_eq!(reason(&lines("a\nb")), "  | a\n  | b");
        assert_eq!(reason(&[]), "");
    }

    #[test]
    fn only_steps_are_shown() {
        assert_eq!(
            step("  Downloading ray-2.60.0.whl (70 MB)").unwrap(),
            "Downloading ray-2.60.0.whl (70 MB)"
        );
        assert_eq!(step("Requirement already satisfied: pip"), None);
    }

    #[tokio::test]
    async fn silence_is_filled_with_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let progress = Progress::silent();
        let task = progress.task("installing");
        let words = Words::new(&task);
        words.take("Installing collected packages: ray");
        words.take("Requirement already satisfied: pip");
        let wanted = "installing: Installing collected packages: ray, 1.5 kB so far";
        let grows = async {
            fs::write(directory.path().join("file"), [0; 1500]).unwrap();
            while progress.latest() != wanted {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = grows => {}
            never = words.measure(directory.path(), Duration::from_millis(1)) => match never {},
        }
    }
}
