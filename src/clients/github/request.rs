//! What is asked of the API, one thing or a list, and the JSON that comes back.

use http::{Method, StatusCode, header::LINK};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Error, GitHub, RepositoryName, Scope,
    pages::{self, MOST_PAGES},
};
use crate::{
    http::{Effect, HttpAnswer},
    output::excerpt,
};

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct ApiCall {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
    pub(super) effect: Effect,
    pub(super) needs: Scope,
    /// Such as "read pull request #7".
    pub(super) what: String,
}

impl ApiCall {
    /// A call that reads.
    pub(super) fn get(url: Url, needs: Scope, what: impl Into<String>) -> Self {
        let (body, effect) = (None, Effect::Nothing);
        Self { method: Method::GET, url, body, effect, needs, what: what.into() }
    }

    /// An answer that we do not know what to do about.
    pub(super) fn unexpected(&self, status: StatusCode, message: &str) -> Error {
        let (what, message) = (self.what.clone(), message.to_owned());
        Error::Unexpected { what, status: status.as_u16(), message }
    }
}

impl GitHub {
    /// The address of `segments` under the repository; each is escaped.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        self.url_of(&self.repository, segments)
    }

    /// The same under another repository.
    pub(super) fn url_of(&self, repository: &RepositoryName, segments: &[&str]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("repos").extend(repository.as_str().split('/'));
            path.extend(segments);
        }
        url
    }

    /// The answer to `call`.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &ApiCall) -> Result<T, Error> {
        read(call, &self.answer(call).await?)
    }

    /// All items of a list, page after page.
    pub(super) async fn list<T: DeserializeOwned>(&self, call: ApiCall) -> Result<Vec<T>, Error> {
        match self.pages(call.clone(), MOST_PAGES).await? {
            (items, true) => Ok(items),
            (_, false) => Err(call.unexpected(StatusCode::OK, "its pages do not end")),
        }
    }

    /// The items of the first `most` pages of a list, and whether they are all.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        mut call: ApiCall,
        most: usize,
    ) -> Result<(Vec<T>, bool), Error> {
        call.url.query_pairs_mut().append_pair("per_page", "100");
        let mut items = Vec::new();
        for _ in 0..most {
            let answer = self.answer(&call).await?;
            items.extend(read::<Vec<T>>(&call, &answer)?);
            let link = answer.headers.get(LINK).and_then(|link| link.to_str().ok());
            let Some(next) = link.and_then(pages::next) else { return Ok((items, true)) };
            call.url = Url::parse(next)
                .ok()
                .filter(|next| pages::same_server(next, &self.api))
                .ok_or_else(|| call.unexpected(answer.status, "its next page is elsewhere"))?;
        }
        Ok((items, false))
    }
}

fn read<T: DeserializeOwned>(call: &ApiCall, answer: &HttpAnswer) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(&answer.body);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // Only where: the error itself quotes what it met.
        let at = excerpt(&error.path().to_string(), 80);
        call.unexpected(answer.status, &format!("its answer is not the JSON we know (at `{at}`)"))
    })
}
