//! Whether an environment holds a library that computes on GPUs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Environment, EnvironmentSpec};

impl Environment {
    /// The library of it that computes on GPUs, if there is one.  None where Ray is among the requirements: whose
    /// tasks take GPUs themselves would wait for those that the entrypoint holds.
    pub(crate) fn library_for_gpus(&self, spec: &EnvironmentSpec) -> Option<&'static str> {
        let takes_by_itself = spec.document.entries.iter().any(|fact| fact.name == "ray");
        if takes_by_itself { None } else { library(&self.directory) }
    }
}

fn library(environment: &Path) -> Option<&'static str> {
    let packages = packages(environment)?;
    let torch = fs::read_to_string(packages.join("torch/version.py")).unwrap_or_default();
    if is_built_for_gpus(&torch) {
        return Some("PyTorch");
    }
    let mut entries = fs::read_dir(packages).ok()?.flatten();
    let is_plugin =
        |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("jax_cuda");
    entries.any(is_plugin).then_some("JAX")
}

fn packages(environment: &Path) -> Option<PathBuf> {
    let mut versions = fs::read_dir(environment.join("lib")).ok()?.flatten();
    versions
        .find_map(|version| Some(version.path().join("site-packages")).filter(|path| path.is_dir()))
}

/// By the lines `cuda: Optional[str] = '12.4'` and `hip: Optional[str] = None` of its `version.py`.
fn is_built_for_gpus(version: &str) -> bool {
    let value = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let name = name.split(':').next()?.trim();
        ["cuda", "hip"].contains(&name).then(|| value.trim() != "None")
    };
    version.lines().filter_map(value).any(|is_named| is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Option<&'static str> {
        let place = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = place.path().join("lib/python3.11/site-packages").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        library(place.path())
    }

    #[test]
    fn the_library_says_what_it_was_built_for() {
        let torch = |cuda: &str, hip: &str| {
            let text = format!(
                "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n\
                 __version__ = '2.5.1'\ndebug = False\ncuda: Optional[str] = {cuda}\ngit_version = 'a8d6afb'\n\
                 hip: Optional[str] = {hip}\n"
            );
            of(&[("torch/version.py", &text)])
        };
        assert_eq!(torch("'12.4'", "None"), Some("PyTorch"));
        assert_eq!(torch("None", "'6.2'"), Some("PyTorch"));
        assert_eq!(torch("None", "None"), None);
        assert_eq!(of(&[("jax_cuda12_plugin/__init__.py", "")]), Some("JAX"));
        assert_eq!(of(&[("jax/__init__.py", "")]), None);
        assert_eq!(of(&[]), None);
    }
}
