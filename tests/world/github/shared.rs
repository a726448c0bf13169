//! The books of the server, and its answers: who asks, what for, does it fit, and does a fault meet it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    body::{Body, Bytes},
    http::HeaderMap,
    response::Response,
};
use serde_json::Value;

use super::{
    answer::Answer,
    call::{self, Call},
    description::Description,
    fault::{self, Armed, Fault},
    graphql,
    objects::Objects,
    requests::Request,
    site::Site,
    state::State,
    token,
};

/// What the threads of the server and of the test share.
pub struct Shared {
    pub site: Site,
    pub description: Arc<Description>,
    pub state: Mutex<State>,
    pub faults: Mutex<Vec<Armed>>,
    pub requests: Mutex<Vec<Request>>,
    pub violations: Mutex<Vec<String>>,
    /// From when to when a request was answered.
    pub answering: Mutex<Vec<(Instant, Instant)>>,
}

/// A request, whole.
pub struct Asked {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Shared {
    pub fn new(site: Site, description: Arc<Description>) -> Self {
        let branch = Objects(&site.directory).git(&["symbolic-ref", "--short", "HEAD"]);
        let state = Mutex::new(State::new(branch.unwrap_or_else(|| "main".to_owned())));
        let (faults, requests, violations, answering) = Default::default();
        Self { site, description, state, faults, requests, violations, answering }
    }

    pub fn violation(&self, text: String) {
        self.violations.lock().unwrap().push(text);
    }

    /// Keeps the request, and finds the fault that meets it.
    pub fn note(&self, asked: &Asked) -> Option<Fault> {
        let path = asked.path.strip_prefix(self.site.base).unwrap_or(&asked.path);
        let separator = if asked.query.is_empty() { "" } else { "?" };
        let path = format!("{path}{separator}{}", asked.query);
        let body = serde_json::from_slice(&asked.body).unwrap_or_default();
        let method = asked.method.clone();
        let mut faults = self.faults.lock().unwrap();
        let met =
            faults.iter_mut().find_map(|armed| armed.meets(&method, &path).then_some(armed.fault));
        self.requests.lock().unwrap().push(Request { method, path, body, at: Instant::now() });
        met
    }

    /// The answer to a request of an API, and the permissions that it needs.
    pub fn answer(&self, asked: &Asked) -> (Answer, Option<&'static [&'static str]>) {
        let line = format!("{} {}", asked.method, asked.path);
        let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
        if header("user-agent").is_none_or(str::is_empty) {
            self.violation(format!("{line}: no User-Agent"));
            return (Answer::error(403, "Request forbidden by administrative rules."), None);
        }
        match header("authorization").map(token::presented) {
            Some(Some(token)) if token == self.site.token => {}
            Some(_) => return (Answer::error(401, "Bad credentials"), None),
            None => return (Answer::error(401, "Requires authentication"), None),
        }
        let body: Value = match serde_json::from_slice(&asked.body) {
            Ok(body) => body,
            Err(_) if asked.body.is_empty() => Value::Null,
            Err(_) => {
                self.violation(format!("{line}: a body that is no JSON"));
                return (Answer::error(400, "Problems parsing JSON"), None);
            }
        };
        if asked.method == "POST" && asked.path == self.site.graphql() {
            let answer = graphql::answer(&self.site, &mut self.state.lock().unwrap(), &body);
            return (answer.unwrap_or_else(|wrong| self.refuse(400, &line, &[wrong])), None);
        }
        self.rest(asked, &line, body)
    }

    fn rest(
        &self,
        asked: &Asked,
        line: &str,
        body: Value,
    ) -> (Answer, Option<&'static [&'static str]>) {
        let below = asked.path.strip_prefix(self.site.base);
        let found = below.and_then(|path| {
            let fitting = self.description.operations.iter().filter_map(|operation| {
                let parameters = call::fit(&operation.template, path)?;
                (operation.method == asked.method).then_some((operation, path, parameters))
            });
            // A reference may hold slashes, so `commits/{ref}` fits `commits/x/statuses` too.
            fitting.max_by_key(|(operation, ..)| operation.template.matches('/').count())
        });
        let Some((operation, path, parameters)) = found else {
            return (self.refuse(404, line, &["nothing is served here".to_owned()]), None);
        };
        let query: BTreeMap<_, _> = call::fields(&asked.query);
        let wrong = self.description.wrong_with_request(operation, &parameters, &query, &body);
        if !wrong.is_empty() {
            return (self.refuse(422, line, &wrong), None);
        }
        let (site, description) = (&self.site, &*self.description);
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        let mut call = Call { site, state, description, parameters, query, path, body };
        let answer = call.answer(operation);
        for wrong in description.wrong_with_answer(operation, answer.status, &answer.body) {
            self.violation(format!("{line}: our own answer: {wrong}"));
        }
        (answer, Some(token::needed(&operation.id)))
    }

    /// An error whose cause is a violation.
    fn refuse(&self, status: u16, line: &str, wrong: &[String]) -> Answer {
        for wrong in wrong {
            self.violation(format!("{line}: {wrong}"));
        }
        match status {
            404 => Answer::not_found(),
            _ => Answer::error(status, "Invalid request."),
        }
    }

    /// The answer on the wire, with what GitHub says in every head.
    pub fn bytes(&self, answer: &Answer, needed: Option<&[&str]>) -> Response {
        let number = self.requests.lock().unwrap().len();
        let mut response = Response::builder()
            .status(answer.status)
            .header("server", "github.com")
            .header("x-github-request-id", format!("TEST:{number}"))
            .header("x-github-media-type", "github.v3; format=json");
        let named = |name: &str| answer.headers.iter().any(|(known, _)| *known == name);
        // GitHub Enterprise Server counts nothing, unless told to.
        if !named("x-ratelimit-remaining") && self.site.base.is_empty() {
            response = response
                .header("x-ratelimit-limit", 1000)
                .header("x-ratelimit-remaining", 1000_usize.saturating_sub(number))
                .header("x-ratelimit-reset", fault::in_seconds(3600));
        }
        if let Some(needed) = needed.filter(|needed| !needed.is_empty()) {
            let text = needed.join("; ").replace('-', "_").replace(": ", "=");
            response = response.header("x-accepted-github-permissions", text);
        }
        for (name, value) in &answer.headers {
            response = response.header(*name, value);
        }
        if answer.body.is_null() {
            return response.body(Body::empty()).unwrap();
        }
        let response = response.header("content-type", "application/json; charset=utf-8");
        response.body(answer.body.to_string().into()).unwrap()
    }
}
