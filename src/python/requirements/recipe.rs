//! What is asked for, besides the commit: the part of the config that decides an environment.

use std::env::consts;

use super::path;
use crate::config::{Build, Config};

/// The Python of images whose config names none.
pub const DEFAULT_PYTHON: &str = "3.11";

/// What installs, at a version that does not move.
pub const UV: &str = "uv==0.13.9";

/// What decides an environment, besides the commit's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Requirement files, as paths from the root of the tree.
    pub requirements: Vec<String>,
    /// `3.11` for an image; exactly, such as `3.11.7`, for a machine.
    pub python: String,
    /// The version of Ray, such as `2.60.0`.
    pub ray_version: String,
    /// Operating system and architecture: `linux/amd64` for an image, Rust's words for a machine.
    pub platform: String,
    /// What the environment is laid upon.
    pub base: EnvironmentBase,
    /// What the config says of builds, with a directory without `.` and `..`.
    pub build: Build,
}

/// What an environment is laid upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentBase {
    /// The machine that we run on.
    Machine,
    /// An image.
    Image {
        /// Its reference, as written.
        base_image: String,
        /// The repository's own Dockerfile, as a path from the root of the tree; none: ours.
        dockerfile: Option<String>,
    },
}

impl Recipe {
    /// The image that the config asks for.
    pub fn image(config: &Config) -> Self {
        let python = config.python.clone().unwrap_or_else(|| DEFAULT_PYTHON.to_owned());
        let default = || format!("python:{python}-slim-bookworm");
        let base_image = config.build.base_image.clone().unwrap_or_else(default);
        let base = EnvironmentBase::Image { base_image, dockerfile: config.dockerfile.clone() };
        let platform = config.build.platform.as_str().to_owned();
        Self::new(config, python, platform, base)
    }

    /// The virtual environment that the config asks for on this machine; `python` is the exact
    /// version of the interpreter found, such as `3.11.7`.
    pub fn machine(config: &Config, python: &str) -> Self {
        let platform = format!("{}/{}", consts::OS, consts::ARCH);
        Self::new(config, python.to_owned(), platform, EnvironmentBase::Machine)
    }

    fn new(config: &Config, python: String, platform: String, base: EnvironmentBase) -> Self {
        let mut build = config.build.clone();
        build.directory = path::join("", &build.directory).unwrap_or(build.directory);
        let (requirements, ray_version) =
            (config.requirements.clone(), config.cluster.ray_version.clone());
        Self { requirements, python, ray_version, platform, base, build }
    }
}
