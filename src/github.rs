//! GitHub's REST API, as far as we need it: what a pull request says, who may approve, and the status
//! and comment that answer it.  Takes a base URL and a token; decides nothing.

mod permission;
mod pull;
mod repository;
mod review;
mod status;

pub use permission::Permission;
pub use pull::{Account, Branch, Pull, PullNumber, PullState, RepositoryOf};
pub use repository::RepositoryName;
pub use review::{Review, ReviewState};
pub use status::{LONGEST_DESCRIPTION, NewStatus, Status, StatusState};
