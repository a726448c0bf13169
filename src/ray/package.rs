//! Code on its way to the cluster: `PUT /api/packages/gcs/<name>`.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Body, Method, StatusCode, Url, header::CONTENT_LENGTH};

use super::{Ray, RayError, accept};
use crate::{http::Persistence, source::Package};

/// Bytes in a second of the slowest way that is waited for.
const SLOWEST: u64 = 256 << 10;

impl Ray {
    /// Uploads a package unless the cluster has it, and yields its URI for a `working_dir`.
    /// A Ray of ours keeps it while it lives; others drop it after ten minutes without a job.
    pub async fn upload(&self, package: &Package) -> Result<String> {
        let name = format!("_ray_pkg_{}.zip", package.sha256);
        let url = self.url(&format!("api/packages/gcs/{name}"))?;
        if !self.has(&url).await? {
            self.put(package, &url).await?;
        }
        Ok(format!("gcs://{name}"))
    }

    async fn has(&self, url: &Url) -> Result<bool> {
        self.ask("ask for the package", self.persistence, async |limit| {
            match accept(self.request(Method::GET, url).timeout(limit)).await {
                Ok(_) => Ok(true),
                Err(RayError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn put(&self, package: &Package, url: &Url) -> Result<()> {
        let Persistence { answer, total } = self.persistence;
        let answer = answer + Duration::from_secs(package.size / SLOWEST);
        let persistence = Persistence { answer, total: total.max(2 * answer) };
        self.ask("upload the package", persistence, async |limit| {
            let file = tokio::fs::File::open(&package.path)
                .await
                .with_context(|| format!("cannot read the package {}", package.path.display()))?;
            let request = self.request(Method::PUT, url).header(CONTENT_LENGTH, package.size);
            accept(request.timeout(limit).body(Body::from(file))).await?;
            Ok(())
        })
        .await
    }
}
