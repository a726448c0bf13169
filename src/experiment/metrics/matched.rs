//! Values that patterns of the config find on a line.

use super::{MetricsOrigin, Reader, SHOWN, line::Unread};
use crate::{config::PatternMatch, output::excerpt};

/// Characters that are shown of what a pattern finds.
const SHOWN_OF_VALUE: usize = 40;

impl Reader {
    pub(super) fn find_matches(&mut self, text: &str) {
        if !self.begun {
            return;
        }
        self.too_long |= self.cut && !self.sources.patterns.is_empty();
        for (name, pattern) in &self.sources.patterns {
            let Some(found) = pattern.last(text) else { continue };
            match value(found) {
                Ok(value) => self.matched.read([(name.clone(), value)]),
                Err(what) => self.matched.fail(Unread {
                    reason: format!("the pattern of {name} finds {what}"),
                    names: vec![name.clone()],
                    text: excerpt(text, SHOWN),
                    place: MetricsOrigin::Match,
                }),
            }
        }
    }
}

fn value(PatternMatch { held, whole }: PatternMatch<'_>) -> Result<f64, String> {
    let shown = |text| excerpt(text, SHOWN_OF_VALUE);
    if held != whole {
        return Err(format!("`{}` of the number `{}`", shown(held), shown(whole)));
    }
    held.trim().parse().map_err(|error| format!("`{}`: {error}", shown(held)))
}
