//! The closed list of the action's outputs.

use std::fmt;

use clap::ValueEnum;

/// An output of the step.  Its documentation is also what `action.yml` and `docs/action.md` say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// What came of it: `pass`, `regressed`, `inconclusive`, `held` (not measured) or `error`; with
    /// `command: announce` also `approved`, where a run would measure.
    Verdict,
    /// Why, in one sentence.
    Reason,
    /// Commit that was judged.
    HeadSha,
    /// Commit that it was compared with.
    BaseSha,
    /// Commit whose config counts, with `command: image`: the tip of the default branch at the start.
    ConfigSha,
    /// Image of the head commit.
    Image,
    /// Digest of that image, as the registry tells it.
    ImageDigest,
    /// Hash of the head commit's requirements, from which the image's tag comes.
    RequirementsHash,
    /// Whether the image is there: `true` or `false`; blank where nobody looked.
    ImageFound,
    /// Where the trainings ran, in words.
    Cluster,
    /// Page of the comparison or bisect in the experiment tracker, if there is one.
    ExperimentUrl,
    /// Minutes that the trainings took, times their GPUs.
    GpuMinutes,
    /// Address of the comment with the report; with `command: bisect`, of the comment or the issue that tells
    /// the culprit.
    CommentUrl,
    /// Commit that `command: bisect` named, if it named one.
    Culprit,
    /// Path of the report in JSON.
    Report,
}

impl fmt::Display for Output {
    /// Its name as in `steps.ID.outputs.NAME`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
