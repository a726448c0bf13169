//! What is printed for the runner, in order: commands, and the guard around everything else.  Pure:
//! takes commands and random tokens, yields text that must be written at once.

use super::Level;

/// As many annotations as the runner takes of one level in one step.
const MOST: usize = 10;

/// What was printed so far.
#[derive(Debug, Default)]
pub(super) struct Console {
    /// The word that the runner waits for; while it waits, it obeys nothing else.
    token: Option<String>,
    annotations: [usize; 3],
}

impl Console {
    /// Makes the runner wait for `fresh`, if it does not wait for another word already.
    pub(super) fn guard(&mut self, fresh: String) -> String {
        if self.token.is_some() {
            return String::new();
        }
        self.stop(fresh)
    }

    /// The commands, such that they are obeyed.  A token is used up when it is printed, so a guard
    /// goes on with the `fresh` one.
    pub(super) fn obeyed(&mut self, commands: &[String], fresh: String) -> String {
        let commands = commands.join("\n");
        match self.token.take() {
            None => format!("{commands}\n"),
            Some(token) => format!("::{token}::\n{commands}\n{}", self.stop(fresh)),
        }
    }

    /// Whether there is room for one more annotation, which is then taken.
    pub(super) fn admits(&mut self, level: Level) -> bool {
        let count = match level {
            Level::Notice => &mut self.annotations[0],
            Level::Warning => &mut self.annotations[1],
            Level::Error => &mut self.annotations[2],
        };
        *count += 1;
        *count <= MOST
    }

    fn stop(&mut self, fresh: String) -> String {
        let text = format!("::stop-commands::{fresh}\n");
        self.token = Some(fresh);
        text
    }
}
