//! The keys of the config, from its schema.

use std::fmt::Write as _;

use regex::Regex;
use regression_action::config::Config;
use serde_json::{Value, json};

use super::{
    super::flowed,
    anchor, read,
    reference::{code, shown, table},
};

const CONFIGURATION: &str = "docs/configuration.md";

/// A part of the config: where it stands, and its schema.
struct Section {
    path: Vec<String>,
    schema: Value,
}

/// The schema behind a reference, and behind an optional key.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolve(root, root.pointer(reference.strip_prefix('#').unwrap()).unwrap());
    }
    match schema["anyOf"].as_array() {
        Some(any) if any.iter().any(|one| one["type"] == "null") => resolve(root, &any[0]),
        _ => schema,
    }
}

/// The config, then each of its sections, as they stand in each other.
fn sections(root: &Value, path: &[String], schema: &Value) -> Vec<Section> {
    let mut found = vec![Section { path: path.to_vec(), schema: schema.clone() }];
    for (key, value) in ordered(schema) {
        let mut path = [path, &[key]].concat();
        let mut inner = resolve(root, &value);
        if let Some(each) = inner.get("additionalProperties").filter(|each| each.is_object()) {
            path.push("<name>".to_owned());
            inner = resolve(root, each);
        }
        if inner["properties"].is_object() {
            found.extend(sections(root, &path, inner));
        }
    }
    found
}

/// The keys of a section in the order of the example that has all of them, then the others.
fn ordered(schema: &Value) -> Vec<(String, Value)> {
    let example = read("src/config/full.yml") + &read("examples/regression.yml");
    let keys = schema["properties"].as_object().unwrap();
    let mut keys: Vec<_> = keys.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let place = |key: &str| {
        let written = Regex::new(&format!(r"(^|[\s{{]){key}:")).unwrap();
        written.find(&example).map_or(usize::MAX, |found| found.start())
    };
    keys.sort_by_cached_key(|(key, _)| place(key));
    keys
}

/// What may stand as a value.
fn kind(root: &Value, schema: &Value) -> String {
    let named = [
        ("Duration", "duration"),
        ("Percent", "percentage"),
        ("Quantity", "quantity"),
        ("Pattern", "regular expression"),
    ];
    let reference = schema["$ref"].as_str().or(schema["anyOf"][0]["$ref"].as_str());
    let named = named.iter().find(|(name, _)| reference.is_some_and(|path| path.ends_with(name)));
    if let Some((_, kind)) = named {
        return (*kind).to_owned();
    }
    let schema = resolve(root, schema);
    let words = |values: &[Value]| values.iter().map(word).collect::<Vec<_>>().join(", ");
    if let Some(each) = schema["enum"].as_array() {
        return words(each);
    }
    if let Some(each) = schema["oneOf"].as_array() {
        return words(&each.iter().map(|one| one["const"].clone()).collect::<Vec<_>>());
    }
    if schema["anyOf"].is_array() {
        return "path, or list of paths".to_owned();
    }
    let name = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap();
    let kind = match name {
        "string" => "text",
        "array" => "list",
        "integer" => "whole number",
        "boolean" => "`true`, `false`",
        "object" => "keys and values",
        other => other,
    };
    kind.to_owned()
}

fn word(value: &Value) -> String {
    code(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// What a key means: with what each of its values means, or where its keys are listed.
fn meaning(root: &Value, path: &[String], schema: &Value) -> String {
    let mut text = flowed(schema["description"].as_str().unwrap_or_default());
    let inner = resolve(root, schema);
    let each = inner.get("additionalProperties").filter(|each| each.is_object());
    let (inner, path) = match each {
        Some(each) => (resolve(root, each), [path, &["<name>".to_owned()]].concat()),
        None => (inner, path.to_vec()),
    };
    if inner["properties"].is_object() {
        write!(text, " Keys: [below](#{}).", anchor(&heading(&path))).unwrap();
    }
    for value in inner["oneOf"].as_array().into_iter().flatten() {
        let means = value["description"].as_str().unwrap();
        write!(text, " {}: {}", word(&value["const"]), uncapitalised(means)).unwrap();
    }
    if inner["enum"].is_array() {
        write!(text, " {}", flowed(inner["description"].as_str().unwrap())).unwrap();
    }
    text
}

/// The first word of a sentence after a colon.
fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn heading(path: &[String]) -> String {
    code(&path.join("."))
}

fn default(section: &Value, key: &str, schema: &Value) -> String {
    let required = section["required"].as_array().into_iter().flatten().any(|one| one == key);
    let default = &schema["default"];
    if required {
        return "required".to_owned();
    }
    if [Value::Null, json!([]), json!({})].contains(default) {
        return String::new();
    }
    match default.as_array() {
        Some(values) => values.iter().map(word).collect::<Vec<_>>().join(", "),
        None => word(default),
    }
}

#[test]
fn the_configuration_page_lists_the_keys() {
    let root = serde_json::to_value(Config::json_schema()).unwrap();
    let mut text = String::new();
    for Section { path, schema } in sections(&root, &[], &root) {
        if !path.is_empty() {
            write!(text, "\n### {}\n\n", heading(&path)).unwrap();
        }
        let rows = ordered(&schema).into_iter().map(|(key, value)| {
            let path = [&path[..], std::slice::from_ref(&key)].concat();
            let default = default(&schema, &key, &value);
            [code(&key), meaning(&root, &path, &value), kind(&root, &value), default]
        });
        text += &table(["key", "meaning", "value", "default"], rows);
    }
    shown(CONFIGURATION, "keys", &text);
}

/// A config that says each default is the one that says none.
#[test]
fn the_defaults_of_the_schema_are_those_of_the_code() {
    let root = serde_json::to_value(Config::json_schema()).unwrap();
    let plain = json!({
        "entrypoint": "x",
        "build": {}, "seeds": {}, "error-rates": {}, "limits": {},
        "cluster": {"workers": {"cpu": 1, "memory": "1Gi", "min": 1, "max": 1}},
        "metrics": {"<name>": {"direction": "lower", "relative": "1%"}},
        "mlflow": {"uri": "https://mlflow.acme.dev", "experiment": "x"},
        "history": {"branch": "x"}, "prices": {"currency": "USD"},
    });
    let (mut said, mut count) = (plain.clone(), 0);
    for Section { path, schema } in sections(&root, &[], &root) {
        for (key, value) in ordered(&schema) {
            let place = path.iter().try_fold(&mut said, |value, key| value.get_mut(key));
            let default = value["default"].clone();
            if let (Some(Value::Object(place)), false) = (place, default.is_null()) {
                place.entry(key).or_insert(default);
                count += 1;
            }
        }
    }
    let parsed = |value: &Value| Config::parse(&value.to_string(), "x").unwrap();
    assert!(count >= 25, "{count} defaults");
    assert_eq!(parsed(&said), parsed(&plain));
}
