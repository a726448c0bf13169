//! An account on Kubernetes for the action: a namespace with bounds, the least rights in it, a token, and the kubeconfig
//! that holds it.
//!
//! What is made, and what it means that something is there already, is pure; `plan` asks the API server by a dry run
//! what would change, and `AccountPlan::carry_out` changes it.

mod apply;
mod file;
mod gh;
mod kubeconfig;
mod objects;
mod plan;
mod reach;
mod refusal;
mod standing;
mod token;

pub(crate) use apply::settled;
pub(crate) use file::KubeconfigFile;
pub(crate) use gh::{SecretPlace, SecretStore};
pub(crate) use kubeconfig::text;
pub(crate) use objects::{Planned, ROLE, WantedAccount, list, objects, yaml};
pub(crate) use plan::{AccountPlan, plan};
pub(crate) use reach::warnings;
pub(crate) use token::mint;

/// What the account, its Role and the rest are called.
pub(crate) const NAME: &str = env!("CARGO_PKG_NAME");
