//! Accounts: people and bots.

use serde_json::Value;

/// An account; `x[bot]` is a bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(pub String);

impl Account {
    pub fn kind(&self) -> &'static str {
        if self.0.ends_with("[bot]") { "Bot" } else { "User" }
    }

    /// The account as GitHub shows it: an example of an account, made this one.
    pub fn render(&self, example: &Value) -> Value {
        let text = example.to_string().replace("octocat", &self.0.replace(['[', ']'], "-"));
        let mut account: Value = serde_json::from_str(&text).unwrap();
        account["login"] = self.0.clone().into();
        account["id"] = crc32fast::hash(self.0.as_bytes()).into();
        account["type"] = self.kind().into();
        account
    }
}
