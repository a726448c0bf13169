//! `command: image`: whether the images of an approved commit and its base are there.  Writes no status.

use super::{
    Action,
    answer::Publication,
    prepared::{PreparedAction, prepare},
    publish::outputs,
};
use crate::{
    action::{
        gate::{Approval, Refusal},
        runner::Output,
    },
    cancel::unless_cancelled,
    compare::Images,
};

/// The answer for an approved commit.
pub(super) async fn answer<'a>(action: &'a Action<'_>, approval: &Approval) -> Publication<'a> {
    match unless_cancelled(action.cancel, Box::pin(prepare(action, approval))).await {
        Ok(Ok(PreparedAction { question, .. })) => Publication::Looked(Box::new(question)),
        Ok(Err(refusal)) => held(refusal),
        Err(error) => Publication::Failed { error, asked: None },
    }
}

/// What is held writes no status either: that is for the comparison to do.
pub(super) fn held(refusal: Refusal) -> Publication<'static> {
    Publication::Held(Refusal { status: None, ..refusal })
}

/// Writes the outputs about the head's image, as soon as they are known.
pub(super) fn tell(action: &Action<'_>, images: &Images) {
    let Some(image) = images.of_head() else { return };
    let Some(answer) = image.answer() else {
        return outputs(action, &[(Output::Image, image.name())]);
    };
    let digest = answer.pinned.as_deref().and_then(|pinned| pinned.split_once('@'));
    outputs(
        action,
        &[
            (Output::Image, &answer.image),
            (Output::ImageDigest, digest.map_or("", |(_, digest)| digest)),
            (Output::RequirementsHash, answer.requirements_hash.as_deref().unwrap_or_default()),
            (Output::ImageFound, if answer.found { "true" } else { "false" }),
        ],
    );
}
