//! What those are told who see no screen: the words of the task that spoke last, among those under way.

/// What tasks have said.
#[derive(Debug, Default)]
pub(super) struct LatestWords {
    /// By number, in the order in which they spoke last.
    under_way: Vec<(usize, String)>,
    /// Of the task that ended last, where none is under way.
    ended: String,
    begun: usize,
}

impl LatestWords {
    /// The number of a new task.
    pub(super) fn begin(&mut self, text: &str) -> usize {
        self.begun += 1;
        self.speak(self.begun, text);
        self.begun
    }

    pub(super) fn speak(&mut self, task: usize, text: &str) {
        self.under_way.retain(|(other, _)| *other != task);
        self.under_way.push((task, text.to_owned()));
    }

    pub(super) fn end(&mut self, task: usize) {
        let at = self.under_way.iter().position(|(other, _)| *other == task);
        if let Some((_, text)) = at.map(|at| self.under_way.remove(at)) {
            self.ended = text;
        }
    }

    pub(super) fn text(&self) -> &str {
        self.under_way.last().map_or(&self.ended, |(_, text)| text)
    }
}
