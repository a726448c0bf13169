//! Environments that arrive as they were written.  Ray replaces `$NAME` and `${NAME}` in each value by what
//! the environment of its own worker has, and a `${NAME}` that is unknown there by nothing (`update_envs` in
//! Ray's utils.py).

use std::collections::BTreeMap;

/// The variable that holds a dollar sign.  Ray sets variables in the order of their names, and no name that a
/// config may give comes before a digit.
const DOLLAR: &str = "0DOLLAR";

/// An environment in which Ray's replacing yields the values as they are.
pub(super) fn literal(env: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if !env.values().any(|value| value.contains('$')) {
        return env;
    }
    let dollar = format!("${{{DOLLAR}}}");
    let escaped = env.into_iter().map(|(name, value)| (name, value.replace('$', &dollar)));
    escaped.chain([(DOLLAR.to_owned(), "$".to_owned())]).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// As Ray does it, in the order in which it does.
    const RAY: &str = r#"
import json, os, re, sys
wanted = json.loads(sys.argv[1])
for key, value in json.loads(sys.argv[2]).items():
    os.environ[key] = re.sub(r"\$\{[A-Z0-9_]+\}", "", os.path.expandvars(value))
for key, value in wanted.items():
    assert os.environ[key] == value, (key, os.environ[key], value)
"#;

    #[test]
    fn values_arrive_as_they_are() {
        let values = [
            "plain",
            "$HOME",
            "$5",
            "a$",
            "$$",
            "cost: $NONE, ${none}",
            "%s $PATH",
            "it's $0DOLLAR",
        ];
        let env: BTreeMap<String, String> = values
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("A_{index}"), (*value).to_owned()))
            .collect();
        let json = |env: &BTreeMap<String, String>| serde_json::to_string(env).unwrap();
        let mut python = Command::new("python3");
        python.args(["-c", RAY, &json(&env), &json(&literal(env.clone()))]);
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn what_has_no_dollar_is_left_alone() {
        let env = BTreeMap::from([("A".to_owned(), "b".to_owned())]);
        assert_eq!(literal(env.clone()), env);
    }
}
