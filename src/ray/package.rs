//! Code on its way to the cluster: `PUT /api/packages/gcs/<name>`.

use anyhow::{Context, Result};
use reqwest::{Body, Method, StatusCode, header::CONTENT_LENGTH};

use super::{Ray, RayError, accept};
use crate::source::Package;

impl Ray {
    /// Uploads a package unless the cluster has it, and yields its URI for a `working_dir`.
    /// Submit soon after: Ray drops packages that no job refers to after ten minutes.
    pub async fn upload(&self, package: &Package) -> Result<String> {
        let name = format!("_ray_pkg_{}.zip", package.sha256);
        let path = format!("api/packages/gcs/{name}");
        let uri = format!("gcs://{name}");
        match accept(self.request(Method::GET, &path)?).await {
            Ok(_) => return Ok(uri),
            Err(RayError::Refused { status: StatusCode::NOT_FOUND, .. }) => {}
            Err(error) => return Err(error).context("cannot ask for the package"),
        }
        let file = tokio::fs::File::open(&package.path)
            .await
            .with_context(|| format!("cannot read the package {}", package.path.display()))?;
        let request = self.request(Method::PUT, &path)?.header(CONTENT_LENGTH, package.size);
        accept(request.body(Body::from(file))).await.context("cannot upload the package")?;
        Ok(uri)
    }
}
