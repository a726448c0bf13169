//! Fills an environment: creates it, then installs Ray and the requirement files in one call of the
//! resolver, by uv, which is brought if it is not there, or by pip.  Shows the installer's lines as they come.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, anyhow};

use super::EnvironmentSpec;
use crate::{
    cache, erase,
    progress::{Progress, Task},
    python::requirements::UV,
};

mod group;
mod plan;
mod settings;
mod words;

use group::run_in_group;
use plan::InstallPlan;
use words::Words;

/// After so long without a word, the bytes are told that are there.
const SILENCE: Duration = Duration::from_secs(5);
/// With less than this (Ray needs six times as much) a disk counts as full: not every installer says
/// why it failed, and some free what they used.
const FULL_BELOW_BYTES: u64 = 64 << 20;

/// Why uv is brought.
const NEEDED: &str = "pip cannot read these requirements";
const FASTER: &str = "takes a fraction of pip's time (with --no-uv, pip installs)";

/// Where to install, and by what.
pub(super) struct Installation<'a> {
    /// The directory of this environment, which holds `venv` and, for now, `build`.
    pub(super) home: &'a Path,
    pub(super) venv: &'a Path,
    /// Where tools are kept for all environments.
    pub(super) tools: &'a Path,
    /// Whether uv may come from the package index although pip would do.
    pub(super) brings_uv: bool,
}

impl Installation<'_> {
    /// Makes the environment; the caller removes it if this fails or is dropped.
    pub(super) async fn run(&self, spec: &EnvironmentSpec, progress: &Progress) -> Result<()> {
        let ray_version = &spec.document.recipe.ray_version;
        let task = progress.task(format!("installing Ray {ray_version}"));
        let files = self.write_files(spec).map_err(|error| cache::explain(error, self.home))?;
        let install = async |uv: Option<&Path>| self.install(spec, uv, (&files, &task)).await;
        if let Some(uv) = find_uv() {
            install(Some(&uv)).await?;
        } else if plan::needs_uv(&spec.document) {
            let uv = self.bring_uv(&spec.python.path, NEEDED, (progress, &task)).await?;
            install(Some(&uv)).await?;
        } else {
            let brought = async || {
                let uv = self.bring_uv(&spec.python.path, FASTER, (progress, &task)).await?;
                install(Some(&uv)).await
            };
            if !self.is_uv_wanted(&spec.python.path, progress) {
                install(None).await?;
            } else if let Err(error) = brought().await {
                progress.say(format!("{error:#}\nuv failed, and pip tries the same"));
                erase::erase(self.venv).map_err(|error| cache::explain(error, self.home))?;
                install(None).await?;
            }
        }
        fs::remove_dir_all(self.build()).map_err(|error| cache::explain(error, self.home))?;
        task.done("done");
        Ok(())
    }

    /// Whether uv is to install what pip could as well.
    fn is_uv_wanted(&self, python: &Path, progress: &Progress) -> bool {
        let setting = if self.brings_uv { settings::found(python) } else { None };
        if let Some(setting) = &setting {
            let told = format!("pip installs, because uv does not read its settings ({setting})");
            progress.say(told);
        }
        self.brings_uv && setting.is_none()
    }

    /// Makes the virtual environment, and installs into it, by uv or else by pip.
    async fn install(
        &self,
        spec: &EnvironmentSpec,
        uv: Option<&Path>,
        (files, task): (&Path, &Task),
    ) -> Result<()> {
        let python = &spec.python.path;
        let plan = InstallPlan { uv, python, venv: self.venv, build: &self.build(), files };
        for command in plan.commands(&spec.document) {
            self.step(command, task).await?;
        }
        Ok(())
    }

    /// Scratch space of the installer too, so that a full disk is always the cache's disk.
    fn build(&self) -> PathBuf {
        self.home.join("build")
    }

    /// Lays the files out as in the commit, so that `-r ../other.txt` still holds; yields the place.
    fn write_files(&self, spec: &EnvironmentSpec) -> io::Result<PathBuf> {
        let root = self.build().join("files");
        fs::create_dir_all(self.build().join("tmp"))?;
        for file in &spec.document.files {
            let path = root.join(&file.path);
            fs::create_dir_all(path.parent().unwrap_or(&root))?;
            fs::write(path, &file.bytes)?;
        }
        if let Some(pins) = plan::hashed(&spec.document) {
            fs::write(self.build().join(plan::PINS), pins)?;
        }
        Ok(root)
    }

    /// uv from the package index, once for all environments.
    async fn bring_uv(
        &self,
        python: &Path,
        why: &str,
        (progress, task): (&Progress, &Task),
    ) -> Result<PathBuf> {
        let home = self.tools.join(UV.replace("==", "-"));
        let uv = home.join("bin").join("uv");
        if uv.is_file() {
            return Ok(uv);
        }
        progress.say(format!(
            "uv is not on PATH, and {why}: {UV} comes from the package index into {}",
            home.display()
        ));
        let unfinished = self.build().join("uv");
        for command in plan::bring_uv(python, &self.build().join("uv-venv"), &unfinished) {
            self.step(command, task).await?;
        }
        match fs::rename(&unfinished, &home) {
            // Another run was first.
            Err(_) if uv.is_file() => Ok(uv),
            renamed => renamed.map(|()| uv).map_err(|error| cache::explain(error, self.tools)),
        }
    }

    async fn step(&self, command: Vec<OsString>, task: &Task) -> Result<()> {
        let words = Words::new(task);
        let scratch = self.build().join("tmp");
        let running = run_in_group(&command, &scratch, |line| words.take(line));
        let status = tokio::select! {
            biased;
            status = running => status?,
            never = words.measure(self.home, SILENCE) => match never {},
        };
        if status.success() {
            return Ok(());
        }
        let failure = anyhow!("cannot install the environment ({status}):\n{}", words.reason());
        if words.tell_of_a_full_disk() || self.disk_is_full() {
            let full = cache::explain(io::ErrorKind::StorageFull.into(), self.home);
            return Err(failure.context(format!("{full:#}")));
        }
        Err(failure)
    }

    fn disk_is_full(&self) -> bool {
        let disk = rustix::fs::statvfs(self.home);
        disk.is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < FULL_BELOW_BYTES)
    }
}

fn find_uv() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join("uv")).find(|file| file.is_file())
}
