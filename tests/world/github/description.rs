//! GitHub's published description of its API: which operations there are, and what is right.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The description of api.github.com.
pub const GITHUB: &str = "api.github.com.json";
/// That of the oldest GitHub Enterprise Server that is described.
pub const ENTERPRISE: &str = "ghes.json";

/// The operations that we serve, as tests/github/extract.mjs wrote them.
#[derive(Deserialize)]
pub struct Description {
    pub operations: Vec<Operation>,
    error: Value,
    /// The payloads of events, by name and action: `push`, `issue-comment-created`.
    events: BTreeMap<String, Value>,
    definitions: Value,
    /// Compiled when first needed, since most tests need few.
    #[serde(skip)]
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

#[derive(Deserialize)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub template: String,
    parameters: Vec<Parameter>,
    body: Option<Value>,
    responses: BTreeMap<String, Response>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    #[serde(rename = "in")]
    place: String,
    required: bool,
    schema: Value,
}

#[derive(Deserialize)]
struct Response {
    schema: Option<Value>,
    example: Option<Value>,
}

/// A file of what tests/github/install installs.
pub fn installed(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/github").join(name);
    assert!(path.exists(), "{} is not there; run: tests/github/install", path.display());
    path
}

/// The description in this file, read once per process.
pub fn of(file: &'static str) -> Arc<Description> {
    static READ: Mutex<BTreeMap<&str, Arc<Description>>> = Mutex::new(BTreeMap::new());
    let path = installed(file);
    let read = || Arc::new(serde_json::from_slice(&fs::read(path).unwrap()).unwrap());
    READ.lock().unwrap().entry(file).or_insert_with(read).clone()
}

impl Description {
    /// What is wrong with a request.
    pub fn wrong_with_request(
        &self,
        operation: &Operation,
        path: &BTreeMap<String, String>,
        query: &BTreeMap<String, String>,
        body: &Value,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for parameter in &operation.parameters {
            let given = if parameter.place == "path" { path } else { query };
            match given.get(&parameter.name) {
                Some(value) => wrong.extend(self.wrong_with_parameter(operation, parameter, value)),
                None if parameter.required => wrong.push(format!("no {}", parameter.name)),
                None => {}
            }
        }
        let declared = |name: &String| operation.parameters.iter().any(|known| known.name == *name);
        let unknown = query.keys().filter(|name| !declared(name));
        wrong.extend(unknown.map(|name| format!("no such parameter: {name}")));
        match &operation.body {
            Some(schema) => {
                wrong.extend(self.wrong(&format!("{} body", operation.id), schema, body));
            }
            None if !body.is_null() => wrong.push("a body, where none belongs".to_owned()),
            None => {}
        }
        wrong
    }

    /// What is wrong with an answer of ours.  A failure may always be an error as all are.
    pub fn wrong_with_answer(
        &self,
        operation: &Operation,
        status: u16,
        body: &Value,
    ) -> Vec<String> {
        let key = format!("{} {status}", operation.id);
        match operation.responses.get(&status.to_string()) {
            Some(Response { schema: Some(schema), .. }) => self.wrong(&key, schema, body),
            Some(_) if body.is_null() => Vec::new(),
            _ if status >= 400 => self.wrong("error", &self.error, body),
            _ => vec![format!("{key} is not described")],
        }
    }

    /// What is wrong with the payload of an event.
    pub fn wrong_with_event(&self, name: &str, payload: &Value) -> Vec<String> {
        let action = payload["action"].as_str().map(|action| format!("-{action}"));
        let key = format!("{name}{}", action.unwrap_or_default()).replace('_', "-");
        match self.events.get(&key) {
            Some(schema) => self.wrong(&key, schema, payload),
            None => vec![format!("the event {key} is not described")],
        }
    }

    /// A whole body of an operation's success, as GitHub shows it; of a list, its first element.
    pub fn example(&self, operation: &str) -> Value {
        let found = self.operations.iter().find(|known| known.id == operation).unwrap();
        let success = found.responses.iter().find(|(status, _)| status.starts_with('2'));
        let whole = success.and_then(|(_, response)| response.example.as_ref()).unwrap();
        whole.as_array().map_or(whole, |list| &list[0]).clone()
    }

    fn wrong_with_parameter(
        &self,
        operation: &Operation,
        parameter: &Parameter,
        text: &str,
    ) -> Vec<String> {
        let integer = parameter.schema["type"] == "integer";
        let value = match text.parse::<u64>() {
            Ok(number) if integer => json!(number),
            _ => json!(text),
        };
        let key = format!("{} {}", operation.id, parameter.name);
        self.wrong(&key, &parameter.schema, &value)
    }

    fn wrong(&self, key: &str, schema: &Value, value: &Value) -> Vec<String> {
        let validator = self.validator(key, schema);
        let errors = validator.iter_errors(value);
        errors.map(|error| format!("{key}: {} at {}", error, error.instance_path())).collect()
    }

    fn validator(&self, key: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let compile = || {
            let mut definitions = Map::new();
            self.collect(schema, &mut definitions);
            let mut whole = schema.clone();
            whole["$defs"] = definitions.into();
            let options = jsonschema::options().should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap())
        };
        validators.entry(key.to_owned()).or_insert_with(compile).clone()
    }

    /// The definitions that a schema refers to; all of them take long to compile.
    fn collect(&self, schema: &Value, into: &mut Map<String, Value>) {
        match schema {
            Value::Object(fields) => {
                let name = fields.get("$ref").and_then(Value::as_str);
                if let Some(name) = name.and_then(|name| name.strip_prefix("#/$defs/"))
                    && !into.contains_key(name)
                {
                    let definition = &self.definitions[name];
                    into.insert(name.to_owned(), definition.clone());
                    self.collect(definition, into);
                }
                fields.values().for_each(|value| self.collect(value, into));
            }
            Value::Array(values) => values.iter().for_each(|value| self.collect(value, into)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
