//! What would change: each object is looked for, and applied as a dry run, so that whatever forbids it is known before
//! anything is changed.

use anyhow::{Result, anyhow};
use kube::{Api, api::PatchParams, core::DynamicObject};

use super::{
    Planned,
    apply::{api, apply},
    refusal::{Forbidden, forbidden, unexpected},
    standing::{Standing, holds},
};
use crate::{cluster::kubeconfig::Access, output::columns};

/// The objects, each with what becomes of it.
#[derive(Debug)]
pub(crate) struct AccountPlan {
    pub(super) rows: Vec<(Planned, Standing)>,
    /// What the API server does not let us do.
    pub(super) refusals: Vec<Forbidden>,
}

/// Asks the API server; changes nothing.
///
/// # Errors
///
/// The server does not answer, or knows us not; what it forbids is a part of the plan.
pub(crate) async fn plan(access: &Access, objects: Vec<Planned>) -> Result<AccountPlan> {
    let mut plan = AccountPlan { rows: Vec::new(), refusals: Vec::new() };
    // In a namespace that is not there, nothing is.
    let mut is_there = true;
    for planned in objects {
        let standing = if is_there { look(access, &planned).await } else { Ok(Standing::Absent) };
        match standing {
            Ok(standing) => {
                is_there &=
                    planned.object.metadata.namespace.is_some() || standing != Standing::Absent;
                plan.rows.push((planned, standing));
            }
            Err(kube::Error::Api(status)) if status.code == 403 => {
                plan.refusals.push(Forbidden::new(&planned, &status));
            }
            // It follows from what was refused, such as a namespace that may not be seen and is not there.
            Err(kube::Error::Api(_)) if !plan.refusals.is_empty() => {}
            Err(error) => return Err(unexpected(error, "look for", &planned.title(), access)),
        }
    }
    Ok(plan)
}

async fn look(access: &Access, planned: &Planned) -> kube::Result<Standing> {
    let api: Api<DynamicObject> = api(access, planned);
    let found = api.get_opt(planned.name()).await?;
    let after = apply(&api, planned, PatchParams::apply(super::NAME).dry_run()).await;
    match (found, after) {
        (None, after) => after.map(|_| Standing::Absent),
        (Some(found), Ok(after)) => Ok(Standing::of(&found, &after)),
        // A conflict with another writer, or a part that cannot be changed any more.
        (Some(_), Err(kube::Error::Api(status))) if matches!(status.code, 409 | 422) => {
            Ok(Standing::held(&status.message))
        }
        // Who may not write need not, where an administrator has made all of it.
        (Some(found), Err(kube::Error::Api(status)))
            if status.code == 403 && holds(&found, &planned.object) =>
        {
            Ok(Standing::Same)
        }
        (Some(_), Err(error)) => Err(error),
    }
}

impl AccountPlan {
    /// What becomes of each object, a line each.
    pub(crate) fn told(&self) -> String {
        let row = |(planned, standing): &(Planned, Standing)| {
            [planned.title(), standing.told(&planned.resource.kind)]
        };
        columns(&self.rows.iter().map(row).collect::<Vec<_>>())
    }

    /// Whether anything is written.
    pub(crate) fn changes(&self) -> bool {
        self.rows.iter().any(|(_, standing)| standing.changes())
    }

    /// An error if the API server would not let us do all of it.
    pub(crate) fn allowed(&self, access: &Access) -> Result<()> {
        if self.refusals.is_empty() {
            Ok(())
        } else {
            Err(anyhow!(forbidden(&self.refusals, access)))
        }
    }
}
