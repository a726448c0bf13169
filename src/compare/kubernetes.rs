//! The clusters on Kubernetes that a comparison asks for.

use anyhow::{Context, Result};

use super::{Question, images::CommitImage};
use crate::{
    cluster::{Backend, Room},
    config::Isolation,
    experiment::{KubernetesChoice, Tools, backend},
};

/// The clusters of base and head; none for a head that may share the base's, and has its image.  Checks all
/// that can be checked before anything is created.
pub(super) async fn backends(
    choice: &KubernetesChoice,
    question: &Question,
    tools: &Tools<'_>,
    run: &str,
) -> Result<(Backend, Option<Backend>)> {
    let config = &question.config;
    Room::declared(&config.training, &config.cluster)?;
    // An author must not choose the cluster that judges them.
    let read = |path: &str| question.repository.read(&question.judge, path);
    let template = backend::template(config, read, question.judge.sha.short())?;
    let base = question.images.base().context("--backend kubernetes needs an image")?.pulled()?;
    let own = question.images.own_of_head().map(CommitImage::pulled).transpose()?;
    let head = own.or_else(|| (config.isolation == Isolation::Sides).then_some(base));
    let access = backend::connect(choice, config, tools.progress).await?;
    let [first, second] = backend::ray_jobs(run);
    let cluster = |name, image: &str| {
        let request = backend::request(choice, config, name, image.to_owned(), template.clone());
        Backend::Kubernetes { access: access.clone(), request: Box::new(request) }
    };
    Ok((cluster(first, base), head.map(|image| cluster(second, image))))
}
