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
    let others = call.query.iter().filter(|(name, _)| !["per_page", "page"].contains(&&***name));
    let kept = others.map(|(name, value)| format!("{name}={}&", encode(value)));
    let kept = kept.collect::<Vec<_>>().concat();
    let link = |name, to| {
        let address = format!("{}{}?{kept}per_page={size}&page={to}", call.site.api(), call.path);
        format!("<{address}>; rel=\"{name}\"")
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

fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
