//! Lists come in pages, with links to the others.

use serde_json::Value;

use super::{answer::Answer, call::Call};

/// The page that was asked for.
pub fn answer(call: &Call, values: Vec<Value>) -> Answer {
    let (page, links) = cut(call, values);
    links.into_iter().fold(Answer::ok(page.into()), |answer, link| answer.with("link", &link))
}

/// The values of the page that was asked for, and the `Link` header if there are several pages.
pub fn cut(call: &Call, values: Vec<Value>) -> (Vec<Value>, Option<String>) {
    let asked = |name, default| {
        call.query
            .get(name)
            .and_then(|text| text.parse().ok())
            .filter(|&n| n > 0)
            .unwrap_or(default)
    };
    // GitHub gives at most 100 to a page, whatever is asked for.
    let (size, number): (usize, usize) = (asked("per_page", 30).min(100), asked("page", 1));
    let last = values.len().div_ceil(size).max(1);
    let page = values.into_iter().skip((number - 1) * size).take(size).collect();
    let link = |name, to| {
        format!("<{}{}?per_page={size}&page={to}>; rel=\"{name}\"", call.site.api(), call.path)
    };
    let mut links = Vec::new();
    if number > 1 {
        links.extend([link("prev", number - 1), link("first", 1)]);
    }
    if number < last {
        links.extend([link("next", number + 1), link("last", last)]);
    }
    (page, (!links.is_empty()).then(|| links.join(", ")))
}
