//! Picks the context, and with it the cluster and the user, of a kubeconfig.  Pure.

use anyhow::{Context, Result, anyhow, bail};
use kube::config::{AuthInfo, Cluster, Context as Entry, Kubeconfig, NamedContext};

use super::given;

/// What one context stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) context: &'a str,
    pub(super) namespace: Option<&'a str>,
    pub(super) cluster_name: &'a str,
    pub(super) cluster: &'a Cluster,
    pub(super) user_name: &'a str,
    pub(super) user: &'a AuthInfo,
}

/// The wanted context, else the current one, else the only one.
pub(super) fn choose<'a>(config: &'a Kubeconfig, wanted: Option<&str>) -> Result<Choice<'a>> {
    let (context, entry) = pick(config, wanted)?;
    // A user without a name is one, to kubectl.
    let user_name = entry.user.as_deref().unwrap_or_default();
    Ok(Choice {
        context,
        namespace: entry.namespace.as_deref(),
        cluster_name: &entry.cluster,
        cluster: cluster(config, context, &entry.cluster)?,
        user_name,
        user: user(config, context, user_name)?,
    })
}

fn pick<'a>(config: &'a Kubeconfig, wanted: Option<&str>) -> Result<(&'a str, &'a Entry)> {
    let there = names(config.contexts.iter().map(|context| &context.name));
    let current = given(config.current_context.as_deref());
    let named = match (wanted.or(current), config.contexts.as_slice()) {
        (Some(name), contexts) => {
            let found = contexts.iter().find(|context| context.name == name);
            let said = if wanted.is_some() { "the wanted" } else { "its current" };
            found.with_context(|| format!("{said} context `{name}` is not in it; {there}"))?
        }
        (None, [only]) => only,
        (None, _) => bail!("it has no current context; set context; {there}"),
    };
    let NamedContext { name, context, .. } = named;
    let entry = context.as_ref().with_context(|| format!("context `{name}` is empty"))?;
    Ok((name, entry))
}

fn cluster<'a>(config: &'a Kubeconfig, context: &str, name: &str) -> Result<&'a Cluster> {
    let found = config.clusters.iter().find(|cluster| cluster.name == name);
    found.and_then(|found| found.cluster.as_ref()).ok_or_else(|| {
        let there = names(config.clusters.iter().map(|cluster| &cluster.name));
        anyhow!("context `{context}` names the cluster `{name}`, which is not in it; {there}")
    })
}

fn user<'a>(config: &'a Kubeconfig, context: &str, name: &str) -> Result<&'a AuthInfo> {
    let found = config.auth_infos.iter().find(|user| user.name == name);
    found.and_then(|found| found.auth_info.as_ref()).ok_or_else(|| {
        if name.is_empty() {
            return anyhow!("context `{context}` names no user; set contexts[].context.user");
        }
        let there = names(config.auth_infos.iter().map(|user| &user.name));
        anyhow!("context `{context}` names the user `{name}`, which is not in it; {there}")
    })
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "there is none".into()
    } else {
        format!("there is: {}", names.join(", "))
    }
}
