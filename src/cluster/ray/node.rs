//! The nodes of a Ray cluster.  Source: Ray's state API, `GET /api/v0/nodes`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::Ray;

/// Names that Ray itself gives to what a node has.
pub(crate) const CPU: &str = "CPU";
pub(crate) const GPU: &str = "GPU";
pub(crate) const MEMORY: &str = "memory";

/// A node that is alive.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Node {
    /// Ray's id, by which jobs can be kept to it or away from it.
    #[serde(rename = "node_id")]
    pub id: String,
    state: String,
    /// Ray resources, such as `CPU`.
    #[serde(rename = "resources_total", default)]
    pub resources: BTreeMap<String, f64>,
}

impl Node {
    /// Whether it has all of these resources, used or not.
    pub fn has(&self, wanted: &BTreeMap<String, f64>) -> bool {
        wanted
            .iter()
            .all(|(name, amount)| self.resources.get(name).is_some_and(|has| has >= amount))
    }

    /// Its CPUs.
    pub fn cpus(&self) -> f64 {
        self.resources.get(CPU).copied().unwrap_or(0.0)
    }
}

impl Ray {
    /// The nodes that are alive.
    pub async fn nodes(&self) -> Result<Vec<Node>> {
        let answer: Option<Value> = self.get("api/v0/nodes?detail=1", "list the nodes").await?;
        let nodes = answer.as_ref().and_then(|answer| answer.pointer("/data/result/result"));
        let nodes = Vec::<Node>::deserialize(nodes.context("Ray does not list its nodes")?)
            .context("Ray's list of nodes cannot be read")?;
        Ok(nodes.into_iter().filter(|node| node.state == "ALIVE").collect())
    }
}
