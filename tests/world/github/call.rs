//! One request to the REST API, taken apart, and who answers it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Account, activities,
    answer::{Answer, overlay},
    comments, commits,
    description::{Description, Operation},
    issues,
    objects::Objects,
    pulls, references, repository, runs,
    site::Site,
    state::State,
    statuses, token,
};

/// A request and the world that it is asked of.
pub struct Call<'a> {
    pub site: &'a Site,
    pub state: &'a mut State,
    pub description: &'a Description,
    /// What stands for the names of the template.
    pub parameters: BTreeMap<String, String>,
    pub query: BTreeMap<String, String>,
    /// The whole path, for links to other pages.
    pub path: &'a str,
    pub body: Value,
}

impl Call<'_> {
    /// The answer of an operation.
    pub fn answer(&mut self, operation: &Operation) -> Answer {
        let repository = format!("{}/{}", self.parameter("owner"), self.parameter("repo"));
        let here = repository.eq_ignore_ascii_case(&self.site.repository);
        // What is public in a fork anyone may see, and of what is private the job's token sees nothing.
        if !here && (self.state.private || operation.id != "repos/list-activities") {
            return Answer::not_found();
        }
        let needed = token::needed(&operation.id);
        let readable = !self.state.private && needed.iter().all(|line| line.ends_with(": read"));
        if !readable && !token::may(&self.state.permissions, needed) {
            return Answer::forbidden();
        }
        match operation.id.as_str() {
            "repos/get" => repository::get(self),
            "repos/get-collaborator-permission-level" => repository::permission(self),
            "repos/get-latest-release" => repository::latest_release(self),
            "repos/list-activities" => activities::list(self),
            "pulls/list" => pulls::list(self),
            "pulls/get" => pulls::get(self),
            "repos/list-pull-requests-associated-with-commit" => pulls::with_commit(self),
            "pulls/list-reviews" => pulls::reviews(self),
            "actions/get-workflow-run" => runs::get(self),
            "repos/get-commit" => commits::get(self),
            "git/get-commit" => commits::git(self),
            "git/get-ref" => references::get(self),
            "git/get-tag" => references::tag(self),
            "repos/compare-commits-with-basehead" => commits::compare(self),
            "repos/list-commit-statuses-for-ref" => statuses::list(self),
            "repos/create-commit-status" => statuses::create(self),
            "issues/list-for-repo" => issues::list(self),
            "issues/create" => issues::create(self),
            "issues/update" => issues::update(self),
            "issues/list-comments" => comments::list(self),
            "issues/create-comment" => comments::create(self),
            "issues/update-comment" => comments::update(self),
            "issues/delete-comment" => comments::delete(self),
            other => panic!("nobody answers {other}"),
        }
    }

    pub fn parameter(&self, name: &str) -> &str {
        &self.parameters[name]
    }

    /// A parameter that is a number; 0, which nothing has, if it is none.
    pub fn number(&self, name: &str) -> u64 {
        self.parameter(name).parse().unwrap_or(0)
    }

    pub fn objects(&self) -> Objects<'_> {
        Objects(&self.site.directory)
    }

    /// The example of an operation's answer with these fields over it.
    pub fn example(&self, operation: &str, fields: Value) -> Value {
        let mut example = self.description.example(operation);
        self.site.localize(&mut example);
        overlay(&mut example, fields);
        example
    }

    pub fn account(&self, account: &Account) -> Value {
        account.render(&self.example("repos/get", json!({}))["owner"])
    }
}

/// The values of a template's names, if the path fits it.  A git reference may hold slashes.
pub fn fit(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let template: Vec<&str> = template.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    let mut found = BTreeMap::new();
    fit_parts(&template, &path, &mut found).then_some(found)
}

fn fit_parts(template: &[&str], path: &[&str], found: &mut BTreeMap<String, String>) -> bool {
    let Some((first, rest)) = template.split_first() else { return path.is_empty() };
    let Some(name) = first.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
        return path.first() == Some(first) && fit_parts(rest, &path[1..], found);
    };
    let most = if matches!(name, "ref" | "basehead") { path.len() } else { 1.min(path.len()) };
    (1..=most).any(|parts| {
        let value = path[..parts].iter().map(|part| decode(part)).collect::<Vec<_>>().join("/");
        let fits = !value.is_empty() && fit_parts(rest, &path[parts..], found);
        if fits {
            found.insert(name.to_owned(), value);
        }
        fits
    })
}

/// The fields of a query.
pub fn fields(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let parts = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    parts.map(|(name, value)| (decode(name), decode(&value.replace('+', " ")))).collect()
}

fn decode(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::new();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let escaped = escaped.filter(|_| *byte == b'%');
        decoded.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
