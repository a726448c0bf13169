//! Why a training failed, or could not begin, with what is known of the remedy.  Pure.

use std::path::Path;

use super::{
    super::super::requirements::{Gap, package},
    Sources,
};
use crate::{
    output::{Check, State},
    python::requirements::below,
    shell::word,
};

/// How Python says that a library is not installed.
const NO_MODULE: &str = "No module named '";

impl Sources<'_> {
    /// A training that failed; `what` ends with its log.
    pub(super) fn failed(&self, what: &str) -> Check {
        let check = Check::new("training", State::Problem, what);
        match self.library(what) {
            Some(remedy) => check.remedy(remedy),
            None => check,
        }
    }

    /// How to install the library that a training lacks, if it lacks one.
    fn library(&self, log: &str) -> Option<String> {
        let (_, rest) = log.rsplit_once(NO_MODULE)?;
        let module = rest.split(['\'', '.']).next()?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_own = self.tree.has_directory(module) || self.tree.has(&format!("{module}.py"));
        let is_library = !module.is_empty() && module.chars().all(is_name) && !is_own;
        let package = is_library.then(|| package(module))?;
        Some(match self.config.requirements.first() {
            Some(file) if Path::new(file).extension().is_some_and(|ending| ending == "txt") => {
                format!("add {package} to {file}:\nprintf '\\n%s\\n' {package} >> {}", word(file))
            }
            Some(file) => format!("add {package} to what {file} lists"),
            None => {
                let file = below(&self.needs.unit, "requirements.txt");
                format!("name {file} as `requirements` in the config, and list {package} in it")
            }
        })
    }

    /// None could begin.
    pub(super) fn refused(&self, why: &str) -> Check {
        let check = Check::new("training", State::Problem, why);
        let is_there = |path: &String| self.tree.has(path.trim_start_matches("./"));
        match &self.needs.gap {
            Some(Gap { remedy, .. }) if !self.config.requirements.iter().all(is_there) => {
                check.remedy(format!("write and commit the requirements:\n{remedy}"))
            }
            _ => check,
        }
    }
}
