//! Markdown for the summary of the step, cut to what GitHub takes.  Pure.

use std::borrow::Cow;

/// Bytes of a step's summary; GitHub drops the whole of a longer one.
const MOST: usize = 1 << 20;
/// What stands where something was left out.
const NOTE: &str = "\n\n*The rest is left out, because a summary holds 1 MiB.*\n";

/// As much of `markdown` as there is room for behind `present` bytes, in whole lines, ended by a
/// line break.
pub(super) fn fitted(markdown: &str, present: usize) -> Cow<'_, str> {
    let room = MOST.saturating_sub(present);
    let ended = markdown.ends_with('\n') || markdown.is_empty();
    if markdown.len() + usize::from(!ended) <= room {
        return if ended { markdown.into() } else { format!("{markdown}\n").into() };
    }
    let Some(room) = room.checked_sub(NOTE.len()) else { return "".into() };
    let head = &markdown[..markdown.floor_char_boundary(room)];
    let head = head.rfind('\n').map_or("", |end| &head[..end]);
    format!("{head}{NOTE}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_and_ends_its_line() {
        assert_eq!(fitted("a\nb\n", 0), "a\nb\n");
        assert_eq!(fitted("a", 10), "a\n");
        assert_eq!(fitted("", 0), "");
        let whole = "x".repeat(MOST - 1);
        assert_eq!(fitted(&whole, 0), format!("{whole}\n"));
    }

    #[test]
    fn what_does_not_fit_is_cut_after_a_whole_line() {
        let long = "äöü €\n".repeat(200_000);
        let cut = fitted(&long, 1000);
        let kept = cut.strip_suffix(NOTE).unwrap();
        assert!(cut.len() <= MOST - 1000 && cut.len() > MOST - 1020, "{}", cut.len());
        assert!(long.starts_with(kept) && kept.ends_with('€'));
    }

    #[test]
    fn a_full_summary_takes_no_more() {
        assert_eq!(fitted("more", MOST), "");
        assert_eq!(fitted("more", MOST + 1), "");
    }
}
