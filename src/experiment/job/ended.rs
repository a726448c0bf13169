//! How a training ended: with readings, or with a failure and whose fault it is.

use crate::{
    cluster::ray::{JobInfo, JobStatus},
    experiment::{
        data::DataVersions,
        machine::Machine,
        metrics::{MetricsError, ParsedMetrics},
        trace::Seen,
    },
};

/// A training that ended well.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// What its log reports.
    pub logged: Result<ParsedMetrics, MetricsError>,
    /// What data it says that it read; a line that cannot be read in words.
    pub data: Result<DataVersions, String>,
    /// Which of the watched files it read.
    pub seen: Seen,
    /// Start and end in milliseconds since 1970, by the head's clock.
    pub span: (u64, u64),
    /// Ray's id of the node that it ran on.
    pub node: Option<String>,
    /// What that node is.
    pub machine: Machine,
    /// The end of its log, for messages.
    pub quoted: String,
}

/// A training that did not.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct Failed {
    /// What happened, with the end of the log.
    pub what: String,
    /// Ray's id of the node that it ran on.
    pub node: Option<String>,
    /// Start and end in milliseconds since 1970, by the head's clock; none if it never ran.
    pub span: Option<(u64, u64)>,
    /// Whose fault it is.
    pub fault: Fault,
}

/// Whose fault a failure is, as far as the end tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The machine's, mostly: killed for want of memory, or gone.
    Machine,
    /// The training's, or chance.
    Unclear,
    /// It would be the same again: no such command, too slow, stopped by somebody.
    Certain,
    /// The training's, and it would be the same again: it ended well, and told no metric.
    Untold,
}

/// What a job that is over says, if it did not succeed: words, and whose fault it is.
pub(super) fn failure(info: &JobInfo) -> Option<(String, Fault)> {
    match (info.status, info.driver_exit_code) {
        (JobStatus::Succeeded, _) => None,
        (JobStatus::Stopped, _) => Some(("was stopped by somebody else".into(), Fault::Certain)),
        (JobStatus::Pending | JobStatus::Running, _) => {
            Some(("has not ended".into(), Fault::Certain))
        }
        (JobStatus::Failed, Some(code)) => {
            let (hint, fault) = exit(code);
            Some((format!("failed with exit code {code}{hint}"), fault))
        }
        (JobStatus::Failed, None) => {
            let message = info.message.as_deref().unwrap_or("without a reason from Ray");
            let message = crate::output::excerpt(message, 600);
            Some((format!("failed before it ran: {message}"), Fault::Machine))
        }
    }
}

fn exit(code: i32) -> (&'static str, Fault) {
    match code {
        126 => (" (not executable: check the mode of the file in entrypoint)", Fault::Certain),
        127 => (" (command not found: check entrypoint and requirements)", Fault::Certain),
        // By the shell, or the shell itself.
        137 | -9 => (" (killed, usually because it ran out of memory)", Fault::Machine),
        139 | -11 => (" (segmentation fault)", Fault::Unclear),
        _ => ("", Fault::Unclear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(status: JobStatus, driver_exit_code: Option<i32>) -> JobInfo {
        JobInfo {
            submission_id: None,
            status,
            message: Some("the node died".into()),
            driver_exit_code,
            driver_node_id: None,
            start_time: None,
            end_time: None,
            metadata: None,
        }
    }

    #[test]
    fn the_end_tells_whose_fault_it_is() {
        let cases = [
            (JobStatus::Failed, Some(1), "failed with exit code 1", Fault::Unclear),
            (JobStatus::Failed, Some(127), "command not found", Fault::Certain),
            (JobStatus::Failed, Some(137), "ran out of memory", Fault::Machine),
            (JobStatus::Failed, Some(-9), "ran out of memory", Fault::Machine),
            (JobStatus::Failed, None, "before it ran: the node died", Fault::Machine),
            (JobStatus::Stopped, Some(0), "by somebody else", Fault::Certain),
        ];
        for (status, code, words, fault) in cases {
            let (told, whose) = failure(&info(status, code)).unwrap();
            assert!(told.contains(words) && whose == fault, "{told} {whose:?}");
        }
        assert_eq!(failure(&info(JobStatus::Succeeded, Some(0))), None);
    }
}
