//! The bytes of a file -> its table, or a few words on one line why there is none.

use serde_json::{Map, Value};

/// A table of TOML, JSON or YAML.
pub(super) type Table = Map<String, Value>;

pub(super) fn toml(bytes: &[u8]) -> Result<Table, String> {
    toml::from_str(text(bytes)?).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        let line = bytes.iter().take(place).filter(|&&byte| byte == b'\n').count() + 1;
        format!("TOML, line {line}: {}", one_line(error.message()))
    })
}

pub(super) fn json(bytes: &[u8]) -> Result<Table, String> {
    serde_json::from_str(text(bytes)?)
        .map_err(|error| format!("JSON: {}", one_line(&error.to_string())))
}

/// Reads YAML 1.2: `no` and `on` are texts, as conda takes them.
pub(super) fn yaml(bytes: &[u8]) -> Result<Table, String> {
    let options = serde_yaml::options! { strict_booleans: true, with_snippet: false };
    let value = serde_yaml::from_str_with_options(text(bytes)?, options);
    let value = value.map_err(|error| format!("YAML: {}", one_line(&error.to_string())))?;
    if let Value::Object(table) = value { Ok(table) } else { Err("YAML without keys".to_owned()) }
}

/// UTF-8, with or without a byte order mark.
pub(super) fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = str::from_utf8(bytes)
        .map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
