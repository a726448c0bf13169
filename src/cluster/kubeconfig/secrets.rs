//! The secrets in the input `kubeconfig`, so that they can be masked: GitHub masks the input as it was
//! given, and of base64 that is not what we could print by mistake.

use std::fs;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::given::{self, KubeconfigInput};

/// Keys of a user that hold a secret.
const KEYS: [&str; 3] = ["token", "password", "client-key-data"];

#[derive(Deserialize)]
struct Users {
    #[serde(default)]
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    user: Value,
}

/// Every secret in it; none if it cannot be read, which [`super::connect`] will tell.
pub(crate) fn secrets(kubeconfig: &SecretString) -> Vec<SecretString> {
    let text = match given::read(kubeconfig.expose_secret()) {
        Ok(KubeconfigInput::Yaml(text) | KubeconfigInput::Encoded(text)) => text,
        Ok(KubeconfigInput::Path(path)) => fs::read_to_string(path).unwrap_or_default(),
        Err(_) => return Vec::new(),
    };
    let Ok(Users { users }) = serde_yaml::from_str(&text) else { return Vec::new() };
    let of =
        |user: &User| KEYS.map(|key| user.user.get(key).and_then(Value::as_str).map(Into::into));
    users.iter().flat_map(of).flatten().collect()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn tokens_and_keys_are_found_in_every_form() {
        let yaml = "apiVersion: v1\nusers:\n- name: a\n  user: {token: s3cr3t}\n- name: b\n  user:\n    \
                    client-key-data: k3y\n    client-certificate-data: open\n";
        for text in [yaml.to_owned(), STANDARD.encode(yaml)] {
            let found = secrets(&text.into());
            let found: Vec<&str> = found.iter().map(ExposeSecret::expose_secret).collect();
            assert_eq!(found, ["s3cr3t", "k3y"]);
        }
        assert!(secrets(&"nothing".into()).is_empty());
    }
}
