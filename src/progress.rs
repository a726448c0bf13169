//! What a person watching sees while slow things happen: live lines on a terminal, plain lines
//! elsewhere.  Everything goes to standard error, so that standard output holds the report alone.

mod latest;
mod places;

use std::{
    borrow::Cow,
    future::pending,
    io::{IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::time::sleep;

use latest::LatestWords;
use places::AwaitedPlaces;
pub(crate) use places::STARTING;

/// Where progress goes.  Cheap to clone; all clones share one screen.
#[derive(Debug, Clone)]
pub struct Progress {
    screen: Option<MultiProgress>,
    quiet: bool,
    latest: Arc<Mutex<LatestWords>>,
    places: Arc<AwaitedPlaces>,
}

/// One slow thing under way.  Finish it with [`Task::done`]; dropped unfinished, its line vanishes.
#[derive(Debug)]
pub struct Task {
    progress: Progress,
    number: usize,
    bar: Option<ProgressBar>,
    name: Cow<'static, str>,
    started: Instant,
    said: Mutex<(String, Instant)>,
}

/// A shorter wait need not be told.
const UNTOLD: Duration = Duration::from_secs(3);

/// How often a plain (non-terminal) log repeats that a task still runs.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

impl Progress {
    /// Live lines if standard error is a terminal, else plain ones.
    pub fn stderr() -> Self {
        let screen = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self { screen, quiet: false, latest: Arc::default(), places: Arc::default() }
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self { screen: None, quiet: true, latest: Arc::default(), places: Arc::default() }
    }

    /// What is being done, as the task under way that spoke last told it; for those who see no screen.
    pub fn latest(&self) -> String {
        self.words().text().to_owned()
    }

    fn words(&self) -> MutexGuard<'_, LatestWords> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One finished fact, on a line of its own.
    pub fn say(&self, line: impl AsRef<str>) {
        let line = line.as_ref();
        match &self.screen {
            _ if self.quiet => {}
            // A closed standard error must not end a run that holds a cluster.
            Some(screen) => drop(screen.println(line)),
            None => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    /// Starts a line that stays until the task is done.
    pub fn task(&self, name: impl Into<Cow<'static, str>>) -> Task {
        let name = name.into();
        let number = self.words().begin(&name);
        let bar = self.screen.as_ref().map(|screen| {
            let bar = screen.add(ProgressBar::new_spinner());
            bar.set_style(style());
            bar.set_message(name.to_string());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            self.say(format!("{name} ..."));
        }
        let said = Mutex::new((String::new(), Instant::now()));
        Task { progress: self.clone(), number, bar, name, started: Instant::now(), said }
    }
}

impl Progress {
    /// Does what is mostly done at once; if not, says what is waited for.
    pub(crate) async fn waiting<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        self.unless_quick(UNTOLD, || self.task(name), work).await
    }

    /// Tells of the work only if it takes longer; what tells is dropped with its end.
    async fn unless_quick<T, Told>(
        &self,
        untold: Duration,
        tell: impl FnOnce() -> Told,
        work: impl Future<Output = T>,
    ) -> T {
        let told = async {
            sleep(untold).await;
            let _told = tell();
            pending().await
        };
        tokio::select! {
            biased;
            done = work => done,
            never = told => never,
        }
    }
}

impl Task {
    /// Shows what the task is at.  Plain logs get it at most every ten seconds.
    pub fn update(&self, detail: impl AsRef<str>) {
        let text = format!("{}: {}", self.name, detail.as_ref());
        self.progress.words().speak(self.number, &text);
        if let Some(bar) = &self.bar {
            bar.set_message(text);
            return;
        }
        let Ok(mut said) = self.said.lock() else { return };
        if said.0 != text && said.1.elapsed() >= PLAIN_INTERVAL {
            *said = (text, Instant::now());
            self.progress.say(format!("{} ({})", said.0, seconds(self.started.elapsed())));
        }
    }

    /// Ends the task with what came of it.
    pub fn done(self, outcome: impl AsRef<str>) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let elapsed = seconds(self.started.elapsed());
        self.progress.say(format!("{}: {} ({elapsed})", self.name, outcome.as_ref()));
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.progress.words().end(self.number);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A duration as people read it: `0.31 s`, `12.4 s`, `3 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else if seconds < 100.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_long_is_told_and_what_does_not_is_not() {
        let progress = Progress::silent();
        progress.waiting("quick", async {}).await;
        assert_eq!(progress.latest(), "");
        let told = async {
            while progress.latest() != "slow" {
                sleep(Duration::from_millis(1)).await;
            }
        };
        progress.unless_quick(Duration::ZERO, || progress.task("slow"), told).await;
    }
}
