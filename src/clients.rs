//! Servers that we ask, each by one client: GitHub, a registry of images, MLflow.

pub mod github;
pub mod registry;
