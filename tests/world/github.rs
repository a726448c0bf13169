//! A GitHub to test against: one repository's pulls, issues, reviews, statuses, comments, served by the
//! REST API, by git's own protocol, and by the little of GraphQL that we use.
//!
//! Its commits are those of a real git repository.  Every request and every answer is held against
//! GitHub's published description; what does not fit is a violation, and fails the test.

mod account;
mod activities;
mod answer;
mod call;
mod comments;
mod commits;
mod description;
mod fault;
mod graphql;
mod issues;
mod objects;
mod page;
mod pulls;
mod references;
mod repository;
mod requests;
mod runs;
mod scenario;
mod server;
mod shared;
mod site;
mod smart_http;
mod state;
mod statuses;
mod token;
mod webhook;

use std::{net::TcpListener, path::Path, sync::Arc};

pub use account::Account;
pub use fault::{ALWAYS, Fault};
pub use requests::Request;
pub use state::{Comment, Issue, Pull, Review, Run, Status};
pub use webhook::Event;

use server::Running;
use shared::Shared;
use site::Site;

/// The server, and the hands of whoever writes the scenario.  Ends with the value.
pub struct GitHub {
    shared: Arc<Shared>,
    /// None once ended.
    running: Option<Running>,
}

impl GitHub {
    /// `org/model` with the commits and branches of the repository at this path, laid out as
    /// api.github.com: the API at the root.
    pub fn new(repository: &Path) -> Self {
        Self::start(repository, "", description::GITHUB)
    }

    /// The same as a GitHub Enterprise Server has it: the API below `/api/v3`.
    pub fn enterprise(repository: &Path) -> Self {
        Self::start(repository, "/api/v3", description::ENTERPRISE)
    }

    fn start(repository: &Path, base: &'static str, description: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Site {
            address: listener.local_addr().unwrap(),
            base,
            repository: "org/model".to_owned(),
            directory: repository.to_owned(),
            token: "ghs_tokenOfTheTests".to_owned(),
        };
        let shared = Arc::new(Shared::new(site, description::of(description)));
        let running = Some(Running::start(listener, shared.clone()));
        Self { shared, running }
    }

    /// The base of the REST API: `GITHUB_API_URL`.
    pub fn api_url(&self) -> String {
        self.shared.site.api()
    }

    /// `GITHUB_GRAPHQL_URL`.
    pub fn graphql_url(&self) -> String {
        self.shared.site.server() + self.shared.site.graphql()
    }

    /// The base of pages and of git's protocol: `GITHUB_SERVER_URL`.
    pub fn server_url(&self) -> String {
        self.shared.site.server()
    }

    /// `owner/name`.
    pub fn repository(&self) -> &str {
        &self.shared.site.repository
    }

    /// The one token that is right.
    pub fn token(&self) -> &str {
        &self.shared.site.token
    }

    /// What did not fit so far; what is taken fails no test.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.violations.lock().unwrap())
    }

    /// Ends the server and fails if something did not fit.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        drop(self.running.take());
        let violations = self.take_violations();
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "violations:\n{}", violations.join("\n"));
        } else if !violations.is_empty() {
            eprintln!("violations besides:\n{}", violations.join("\n"));
        }
    }
}
