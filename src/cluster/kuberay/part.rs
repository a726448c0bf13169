//! The objects of a run, as far as their removal needs to know them: this very one, and no other that
//! has its name.

use std::fmt;

use kube::{
    Resource, ResourceExt,
    api::{DeleteParams, Preconditions},
};

use super::manifest::RUN;

/// One object of a run, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) name: String,
    uid: String,
    /// The run that its label names.
    pub(super) run: Option<String>,
    /// It was deleted, and goes once its own are gone.
    leaving: bool,
    /// Finalizers that hold what was deleted, but not that of Kubernetes, which waits for what it owns.
    holders: Vec<String>,
}

/// What a run has in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    RayJob,
    RayCluster,
    Pod,
    Service,
    Secret,
    NetworkPolicy,
}

impl Part {
    pub(super) fn of(kind: PartKind, object: &impl Resource) -> Self {
        let leaving = object.meta().deletion_timestamp.is_some();
        let holds = |finalizer: &&String| leaving && finalizer.as_str() != "foregroundDeletion";
        Self {
            kind,
            name: object.name_any(),
            uid: object.uid().unwrap_or_default(),
            run: object.labels().get(RUN).cloned(),
            leaving,
            holders: object.finalizers().iter().filter(holds).cloned().collect(),
        }
    }

    /// Whether both are the same object, and not only of the same name.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.uid == other.uid
    }

    /// Whether nobody has deleted it yet, although its owner was: somebody took the owner away.  The
    /// `RayJob` has none, and is deleted by its name.
    pub(super) fn is_detached(&self) -> bool {
        !self.leaving && self.kind != PartKind::RayJob
    }

    /// Deletes this very object with all that it owns, and nothing that came after it under its name.
    pub(super) fn deletion(&self) -> DeleteParams {
        let params = match self.kind {
            PartKind::RayJob | PartKind::RayCluster => DeleteParams::foreground(),
            PartKind::Pod | PartKind::Service | PartKind::Secret | PartKind::NetworkPolicy => {
                DeleteParams::default()
            }
        };
        let this = Preconditions { uid: Some(self.uid.clone()), resource_version: None };
        DeleteParams { preconditions: Some(this), ..params }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PartKind::RayJob => "rayjob",
            PartKind::RayCluster => "raycluster",
            PartKind::Pod => "pod",
            PartKind::Service => "service",
            PartKind::Secret => "secret",
            PartKind::NetworkPolicy => "networkpolicy",
        };
        write!(f, "{kind}/{}", self.name)?;
        if self.holders.is_empty() {
            return Ok(());
        }
        write!(f, " (held by the finalizer {})", self.holders.join(", "))
    }
}
