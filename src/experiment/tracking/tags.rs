//! The tags that our runs carry, and how long a value MLflow takes.

/// Which comparison a run belongs to.
pub const RUN: &str = "regression.run";
/// The commit that was trained, or for a comparison its head.
pub const COMMIT: &str = "regression.commit";
/// The number of the pull request.
pub const PULL_REQUEST: &str = "regression.pull-request";
/// `base`, `head` or `bisect`.
pub const ROLE: &str = "regression.role";
/// The key of the evidence.
pub const KEY: &str = "regression.key";
/// The digest of the image.
pub const IMAGE: &str = "regression.image";
/// The seed of the training.
pub const SEED: &str = "regression.seed";

/// That head's code could change what was trained, so that it is no part of the history.
pub const EXPOSED: &str = "regression.exposed";

/// MLflow's own: the run that this one is shown below.
pub(super) const PARENT: &str = "mlflow.parentRunId";
/// MLflow's own: the commit that its interface shows.
pub(super) const SOURCE_COMMIT: &str = "mlflow.source.git.commit";

/// Characters of a tag's value.  Newer servers take 8,000, and older ones refuse more than this.
pub(super) const LONGEST_TAG: usize = 5000;
/// Characters of a parameter's value.  Newer servers take 6,000, and older ones refuse more than this.
pub(super) const LONGEST_PARAMETER: usize = 500;

/// The value as far as MLflow stores it.  Its databases do not all take NUL.
pub(super) fn stored(value: &str, longest: usize) -> String {
    value.chars().filter(|c| *c != '\0').take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_at_characters() {
        assert_eq!(stored("a\0äöü", 3), "aäö");
        assert_eq!(stored(&"ü".repeat(6000), LONGEST_TAG).chars().count(), 5000);
    }
}
