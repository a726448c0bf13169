//! A server in front of a registry: passes on what it is asked, but for what a test wants otherwise.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use futures_util::{StreamExt, stream};
use regression_action::http;
use tokio::net::TcpListener;

/// What becomes of one request.
pub enum Reply {
    /// What the registry answers.
    Pass,
    /// What the registry answers, changed.
    Changed(fn(&mut HeaderMap, &mut Vec<u8>)),
    /// This, without asking it.
    Own(u16, Vec<(&'static str, String)>, String),
    /// A byte now and then.
    Trickle,
    /// The first bytes of a longer answer.
    Cut,
    /// Bytes until nobody wants more.
    Endless,
}

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// With the query.
    pub path: String,
    pub authorization: Option<String>,
    /// How many were asked before it.
    pub before: usize,
}

impl Asked {
    pub fn manifest(&self) -> bool {
        self.path.contains("/manifests/")
    }

    pub fn blob(&self) -> bool {
        self.path.contains("/blobs/")
    }
}

pub struct Front {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Front {
    /// In front of the registry at `behind`; `script` decides on each request.
    pub async fn of(
        behind: &str,
        script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, script, behind) = (Arc::clone(&asked), Arc::new(script), behind.to_owned());
        let routes = Router::new().fallback(move |request: Request| {
            let asked = record(&seen, request.uri(), request.headers());
            let reply = script(&asked);
            let url = format!("http://{behind}{}", asked.path);
            async move { answer(reply, url, request.headers()).await }
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, asked }
    }

    /// `org/train` with this tag.
    pub fn image(&self, tag: &str) -> String {
        format!("{}/org/train:{tag}", self.address)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn record(seen: &Mutex<Vec<Asked>>, uri: &Uri, headers: &HeaderMap) -> Asked {
    let mut seen = seen.lock().unwrap();
    let authorization = headers.get("authorization").map(|v| v.to_str().unwrap().to_owned());
    let path = uri.path_and_query().unwrap().to_string();
    let asked = Asked { path, authorization, before: seen.len() };
    seen.push(asked.clone());
    asked
}

async fn answer(reply: Reply, url: String, asked: &HeaderMap) -> Response {
    match reply {
        Reply::Pass => pass(&url, asked, |_, _| ()).await,
        Reply::Changed(change) => pass(&url, asked, change).await,
        Reply::Own(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(body.into()).unwrap()
        }
        Reply::Trickle => {
            let bytes = stream::repeat(()).then(|()| async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok::<_, Infallible>(Bytes::from_static(b" "))
            });
            Response::new(Body::from_stream(bytes))
        }
        Reply::Cut => {
            let bytes = stream::iter([Ok(Bytes::from_static(b"{\"sch")), Err("cut")]);
            let response = Response::builder().header("content-length", "500");
            response.body(Body::from_stream(bytes)).unwrap()
        }
        Reply::Endless => {
            let bytes = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b' '; 8192])));
            Response::new(Body::from_stream(bytes))
        }
    }
}

async fn pass(
    url: &str,
    asked: &HeaderMap,
    change: impl Fn(&mut HeaderMap, &mut Vec<u8>),
) -> Response {
    let mut request = http::client().unwrap().get(url);
    for name in ["accept", "authorization"] {
        if let Some(value) = asked.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let mut body = answer.bytes().await.unwrap().to_vec();
    headers.remove("content-length");
    change(&mut headers, &mut body);
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status.as_u16()).unwrap();
    *response.headers_mut() = headers;
    response
}
