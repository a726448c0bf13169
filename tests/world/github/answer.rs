//! An answer before it is bytes, and the errors in GitHub's words.

use serde_json::{Value, json};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// What the server says.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// Null: no body.
    pub body: Value,
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    pub fn error(status: u16, message: &str) -> Self {
        let body = json!({
            "message": message,
            "documentation_url": DOCUMENTATION,
            "status": status.to_string(),
        });
        Self::new(status, body)
    }

    pub fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    pub fn forbidden() -> Self {
        Self::error(403, "Resource not accessible by integration")
    }

    pub fn invalid(resource: &str, field: &str, message: &str) -> Self {
        let mut answer = Self::error(422, "Validation Failed");
        answer.body["errors"] = json!([
            {"resource": resource, "code": "custom", "field": field, "message": message}
        ]);
        answer
    }

    pub fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// Lays fields over an example: objects are merged, anything else is replaced.
pub fn overlay(onto: &mut Value, with: Value) {
    match (onto, with) {
        (Value::Object(onto), Value::Object(with)) => {
            for (key, value) in with {
                overlay(onto.entry(key).or_insert(Value::Null), value);
            }
        }
        (onto, with) => *onto = with,
    }
}
