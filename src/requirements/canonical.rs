//! Names and values whose spelling does not matter -> one spelling.

use serde_json::Value;

use super::pip;

/// A package's, an extra's or a group's name by PEP 503: lower case, each run of `-_.` a hyphen.
pub(super) fn name(name: &str) -> String {
    pip::normalised(name.trim())
}

/// JSON without blanks, with the keys of its objects in order.
pub(super) fn json(mut value: Value) -> String {
    // Only where some other crate asks for serde_json's `preserve_order` are they not in order yet.
    value.sort_all_objects();
    value.to_string()
}

/// A text as it is, all else as JSON.
pub(super) fn text(value: Value) -> String {
    if let Value::String(text) = value { text } else { json(value) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_spelling_each() {
        assert_eq!(name("Foo__Bar.-baz"), "foo-bar-baz");
        assert_eq!(
            super::json(json!({"b": [1, {"d": 2, "c": 3}], "a": "x"})),
            r#"{"a":"x","b":[1,{"c":3,"d":2}]}"#
        );
        assert_eq!(text(json!("x")), "x");
    }
}
