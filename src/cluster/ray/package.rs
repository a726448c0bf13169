//! Code on its way to the cluster: `PUT /api/packages/gcs/<name>`.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Body, Method, StatusCode, Url, header::CONTENT_LENGTH};
use tokio::{sync::Mutex, time::Instant};

use super::{Ray, RayError, accept};
use crate::{git::Package, http::RetryPolicy};

/// Bytes in a second of the slowest way that is waited for.
const SLOWEST: u64 = 256 << 10;
/// A Ray that is not ours drops a package that no job refers to ten minutes after it was asked for.  Half of
/// that, so that a job is in time whatever holds it up.
const LASTS: Duration = Duration::from_mins(5);

/// A package that is on a cluster.
#[derive(Debug)]
pub struct Uploaded {
    package: Package,
    /// When the cluster was last asked for it, which keeps it there for a while.
    pub(super) asked: Mutex<Instant>,
}

impl Uploaded {
    /// What a `working_dir` calls it.
    pub fn uri(&self) -> String {
        format!("gcs://{}", name(&self.package))
    }

    /// To be called right before a job that needs it: a Ray that is not ours may have dropped it by now, and
    /// gets it again.  The package's file must still be there then.
    pub async fn keep(&self, ray: &Ray) -> Result<()> {
        // One that waits for another's upload finds it fresh.
        let mut asked = self.asked.lock().await;
        if ray.borrowed && asked.elapsed() > LASTS {
            *asked = ray.bring(&self.package).await?;
        }
        Ok(())
    }

    /// One that is nowhere.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        let sha256 = String::new();
        let package = Package { path: "".into(), sha256, size: 0, files: 0, warnings: Vec::new() };
        Self { package, asked: Mutex::new(Instant::now()) }
    }
}

impl Ray {
    /// Uploads a package unless the cluster has it.
    pub async fn upload(&self, package: &Package) -> Result<Uploaded> {
        let asked = Mutex::new(self.bring(package).await?);
        Ok(Uploaded { package: package.clone(), asked })
    }

    /// Yields when the cluster was asked for it.
    async fn bring(&self, package: &Package) -> Result<Instant> {
        let url = self.url(&format!("api/packages/gcs/{}", name(package)))?;
        let asked = Instant::now();
        if !self.has(&url).await? {
            self.put(package, &url).await?;
        }
        Ok(asked)
    }

    async fn has(&self, url: &Url) -> Result<bool> {
        self.ask("ask for the package", self.policy, async |limit| {
            match accept(self.request(Method::GET, url), limit).await {
                Ok(_) => Ok(true),
                Err(RayError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn put(&self, package: &Package, url: &Url) -> Result<()> {
        let RetryPolicy { answer, total, .. } = self.policy;
        let answer = answer + Duration::from_secs(package.size / SLOWEST);
        let policy = RetryPolicy::within(total.max(2 * answer), answer);
        self.ask("upload the package", policy, async |limit| {
            let file = tokio::fs::File::open(&package.path)
                .await
                .with_context(|| format!("cannot read the package {}", package.path.display()))?;
            let request = self.request(Method::PUT, url).header(CONTENT_LENGTH, package.size);
            accept(request.body(Body::from(file)), limit).await?;
            Ok(())
        })
        .await
    }
}

fn name(package: &Package) -> String {
    format!("_ray_pkg_{}.zip", package.sha256)
}
