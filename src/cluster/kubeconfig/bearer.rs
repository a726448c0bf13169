//! Puts a token that changes into each request, as a filter before kube's client.
//!
//! kube itself would re-read a token's file once a minute, too seldom to trust with five minutes of
//! life, and cannot read one that ends in a line break.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail};
use futures_util::future::BoxFuture;
use http::Request;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tower::{BoxError, filter::AsyncPredicate};

use super::{
    credentials::ChangingToken, environment::KubeVariables, oidc::Issuer, renewal::Renewed,
};
use crate::http::CaBundle;

/// Where the token of the next request comes from.
#[derive(Debug, Clone)]
pub(super) enum Bearer {
    File(PathBuf),
    Renewed(Arc<Renewed>),
}

impl Bearer {
    /// Fetches a first token, so that what is wrong shows before anything is sent.
    pub(super) async fn start(
        token: ChangingToken,
        environment: &KubeVariables,
        trust: Option<&CaBundle>,
    ) -> Result<Self> {
        let bearer = match token {
            ChangingToken::File(path) => Self::File(path),
            ChangingToken::Github { audience } => {
                let issuer = Issuer::new(environment.github.as_ref(), &audience, trust)?;
                Self::Renewed(Arc::new(Renewed::start(issuer).await?))
            }
        };
        bearer.header().await?;
        Ok(bearer)
    }

    async fn header(&self) -> Result<HeaderValue> {
        let token = match self {
            Self::Renewed(renewed) => renewed.token().await?,
            Self::File(path) => read(path).await?,
        };
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .ok()
            .context("the token has a character that tokens cannot have")?;
        header.set_sensitive(true);
        Ok(header)
    }
}

async fn read(path: &PathBuf) -> Result<SecretString> {
    let name = || format!("the tokenFile `{}`", path.display());
    let text = tokio::fs::read_to_string(path).await.with_context(name)?;
    match text.trim() {
        "" => bail!("{} is empty", name()),
        token => Ok(token.into()),
    }
}

impl<B: Send + 'static> AsyncPredicate<Request<B>> for Bearer {
    type Future = BoxFuture<'static, Result<Request<B>, BoxError>>;
    type Request = Request<B>;

    fn check(&mut self, mut request: Request<B>) -> Self::Future {
        let bearer = self.clone();
        Box::pin(async move {
            request.headers_mut().insert(AUTHORIZATION, bearer.header().await?);
            Ok(request)
        })
    }
}
