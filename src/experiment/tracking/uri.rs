//! The address of an MLflow server: read, joined with what is asked, and shown.  Pure.

use anyhow::{Context, Result, bail, ensure};
use reqwest::Url;

use crate::output::excerpt;

/// An address that a request can be sent to and that may be shown.
#[derive(Debug, Clone)]
pub(super) struct Uri {
    typed: String,
    /// Ends with a slash.
    base: Url,
}

impl Uri {
    pub(super) fn parse(typed: &str) -> Result<Self> {
        let typed = typed.trim();
        let example = "give the server's address, such as https://mlflow.acme.dev";
        // Until it is known to hold no password, none of it is shown.
        let mut base = Url::parse(typed)
            .with_context(|| format!("it is not an http or https address; {example}"))?;
        ensure!(
            base.username().is_empty() && base.password().is_none(),
            "it holds a user or password, which would be shown in logs and links; leave them out, \
             and set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        );
        let shown = excerpt(typed, 200);
        if !matches!(base.scheme(), "http" | "https") {
            bail!("`{shown}` is reached by neither http nor https; {example}");
        }
        ensure!(
            base.query().is_none() && base.fragment().is_none(),
            "`{shown}` is the address of a page; leave out what follows `?` or `#`"
        );
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        Ok(Self { typed: typed.to_owned(), base })
    }

    pub(super) fn typed(&self) -> &str {
        &self.typed
    }

    /// Where the REST API has `path`.
    pub(super) fn api(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}api/2.0/mlflow/{path}", self.base.path()));
        url
    }

    /// Where the interface has `path`.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}#/{path}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(typed: &str) -> String {
        format!("{:#}", Uri::parse(typed).unwrap_err())
    }

    #[test]
    fn paths_go_below_the_address() {
        for typed in ["https://acme.dev/mlflow", " https://acme.dev/mlflow// "] {
            let uri = Uri::parse(typed).unwrap();
            let api = uri.api("runs/get");
            assert_eq!(api.as_str(), "https://acme.dev/mlflow/api/2.0/mlflow/runs/get");
            assert_eq!(uri.page("experiments/1"), "https://acme.dev/mlflow/#/experiments/1");
        }
        let uri = Uri::parse("http://[::1]:5000").unwrap();
        assert_eq!(uri.api("x").as_str(), "http://[::1]:5000/api/2.0/mlflow/x");
    }

    #[test]
    fn what_is_no_server_is_refused_with_a_remedy() {
        assert!(refusal("databricks").contains("https://mlflow.acme.dev"));
        assert!(refusal("file:///mlruns").contains("`file:///mlruns` is reached by neither"));
        assert!(refusal("https://acme.dev/#/experiments/1").contains("leave out"));
        let secret = refusal("https://ci:s3cret@acme.dev");
        assert!(secret.contains("MLFLOW_TRACKING_PASSWORD") && !secret.contains("s3cret"));
        let damaged = refusal("https://ci:s3cret@:x");
        assert!(!damaged.contains("s3cret"), "{damaged}");
    }
}
