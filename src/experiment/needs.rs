//! What each training on this machine needs, where the config leaves it open.

use crate::{cluster::Gpus, config::TrainingNeeds, progress::Progress};

/// What the config says; and if it says nothing of GPUs, and a library is installed for those that are seen, one of
/// them, which is told.
pub(crate) fn on_this_machine(
    declared: &TrainingNeeds,
    gpus: &Gpus,
    library: Option<&str>,
    progress: &Progress,
) -> TrainingNeeds {
    let guessed = library.filter(|_| declared.gpu.is_none() && gpus.count() > 0);
    let Some(library) = guessed else { return declared.clone() };
    progress.say(format!(
        "GPUs: {gpus}; each training gets one, because {library} is installed for GPUs and the config has no \
         training.gpu (training: {{gpu: 0}} lets all trainings share them)"
    ));
    TrainingNeeds { gpu: Some(1), ..declared.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_is_guessed_where_there_are_gpus_and_a_library_for_them() {
        let gpus = |count: usize| Gpus::of((0..count).map(|id| id.to_string()).collect());
        let guess = |declared: Option<u32>, count, library| {
            let declared = TrainingNeeds { gpu: declared, ..TrainingNeeds::default() };
            on_this_machine(&declared, &gpus(count), library, &Progress::silent()).gpu
        };
        assert_eq!(guess(None, 2, Some("PyTorch")), Some(1));
        assert_eq!(guess(None, 0, Some("PyTorch")), None);
        assert_eq!(guess(None, 2, None), None);
        assert_eq!(guess(Some(0), 2, Some("PyTorch")), Some(0));
        assert_eq!(guess(Some(2), 2, Some("PyTorch")), Some(2));
    }
}
