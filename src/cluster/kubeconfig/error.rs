//! kube's errors about a kubeconfig in words that hold nothing of what it holds.

use std::io;

use anyhow::{Error, anyhow};
use kube::config::KubeconfigError;
use serde_yaml::Error as YamlError;

/// Words for an error of reading, without the text that was read.
pub(super) fn worded(error: KubeconfigError) -> Error {
    if let KubeconfigError::Parse(error) = &error {
        return anyhow!("{}", yaml(error));
    }
    if let KubeconfigError::ReadConfig(error, _) = error {
        return anyhow!(error).context("cannot read the file");
    }
    // What is left is about the fields `kind` and `apiVersion` of files that are to be merged.
    anyhow!("{error}")
}

/// Whether the file is not there, which a list of paths allows.
pub(super) fn is_absent(error: &KubeconfigError) -> bool {
    matches!(error, KubeconfigError::ReadConfig(error, _) if error.kind() == io::ErrorKind::NotFound)
}

fn yaml(error: &YamlError) -> String {
    let error = error.without_snippet();
    let place = error.location().map_or_else(String::new, |place| {
        format!("line {}, column {}: ", place.line(), place.column())
    });
    let problem = if let YamlError::SerdeMissingField { field, .. } = error {
        format!("the key `{field}` is missing")
    } else if matches!(error, YamlError::SerdeInvalidType { .. }) {
        "a value of another type than a kubeconfig has there".into()
    } else {
        "not YAML; look at indentation, quotes and whether the text is whole".into()
    };
    format!("{place}{problem} (the text itself is not shown, it holds secrets)")
}
