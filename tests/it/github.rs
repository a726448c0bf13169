//! The GitHub that tests are held against, tested itself, by clients that are not ours.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

mod endpoints;
mod faults;
mod queries;
mod rules;
mod scenarios;
use crate::world;

use std::path::Path;

use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use world::{World, github::GitHub};

/// A repository with a base and a head, a pull request of the head, and someone to ask about it.
struct Scene {
    world: World,
    github: GitHub,
    base: String,
    head: String,
}

/// What came back.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Scene {
    fn new() -> Self {
        Self::with(GitHub::new)
    }

    fn with(start: fn(&Path) -> GitHub) -> Self {
        let world = World::new();
        let base = world.commit(&[("train.py", "1")]);
        world.git(&["checkout", "--quiet", "-b", "feature/x"]);
        let head = world.commit(&[("train.py", "2"), ("new.txt", "1")]);
        let github = start(&world.repository());
        github.open_pull(7, "ada", "feature/x", "main");
        Self { world, github, base, head }
    }

    fn try_send(&self, method: Method, url: &str, body: Option<&Value>) -> reqwest::Result<Got> {
        // The same cryptography as the product's, though none of it is used.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder().no_proxy().user_agent("curl/8").build()?;
        let mut request = client.request(method, url).bearer_auth(self.github.token());
        if let Some(body) = body {
            request = request.json(body);
        }
        blocking(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let bytes = response.bytes().await?;
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            Ok(Got { status, headers, body })
        })
    }

    fn url(&self, rest: &str) -> String {
        format!("{}/repos/org/model{rest}", self.github.api_url())
    }

    fn get(&self, rest: &str) -> Got {
        self.try_send(Method::GET, &self.url(rest), None).unwrap()
    }

    fn send(&self, method: Method, rest: &str, body: &Value) -> Got {
        self.try_send(method, &self.url(rest), Some(body)).unwrap()
    }

    fn post_status(&self, sha: &str, description: &str) -> Got {
        let body =
            json!({"state": "pending", "context": "training/verdict", "description": description});
        self.send(Method::POST, &format!("/statuses/{sha}"), &body)
    }
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
