//! The file that a kubeconfig is written to: its owner's alone, and never in place of another kubeconfig.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

use super::kubeconfig::is_ours;

/// A place for a kubeconfig.
#[derive(Debug)]
pub(crate) struct KubeconfigFile(PathBuf);

impl KubeconfigFile {
    /// Nothing is there, or an earlier kubeconfig of ours.
    pub(crate) fn at(path: &Path) -> Result<Self> {
        let is_free = match fs::read_to_string(path) {
            Ok(text) => is_ours(&text),
            Err(error) if error.kind() == ErrorKind::InvalidData => false,
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot look at {}", path.display()));
            }
        };
        if !is_free {
            bail!(
                "{} is there already, and is no kubeconfig that this command wrote; choose another file, or remove it",
                path.display()
            );
        }
        Ok(Self(path.to_owned()))
    }

    /// Writes it as a whole, so that a full disk leaves what was there.
    pub(crate) fn write(&self, text: &SecretString) -> Result<()> {
        let cannot = || format!("cannot write {}", self.0.display());
        let directory = self.0.parent().filter(|parent| !parent.as_os_str().is_empty());
        // A file of its kind is readable by its owner alone.
        let file =
            NamedTempFile::new_in(directory.unwrap_or(Path::new("."))).with_context(cannot)?;
        file.as_file().write_all(text.expose_secret().as_bytes()).with_context(cannot)?;
        file.persist(&self.0).with_context(cannot)?;
        Ok(())
    }

    /// For people.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use kube::config::Cluster;

    use super::*;
    use crate::{cluster::kubeconfig::ClusterTarget, connect::kubeconfig::text};

    fn kubeconfig(token: &str) -> SecretString {
        let target = ClusterTarget { context: "prod".to_owned(), cluster: Cluster::default() };
        text(&target, "ml", &token.to_owned().into()).unwrap()
    }

    #[test]
    fn only_its_owner_reads_it_and_ours_is_renewed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kubeconfig");
        for token in ["one", "two"] {
            KubeconfigFile::at(&path).unwrap().write(&kubeconfig(token)).unwrap();
            assert!(fs::read_to_string(&path).unwrap().contains(&format!("token: {token}")));
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_somebody_elses_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        let admin = kubeconfig("x").expose_secret().replace("regression-action", "admin");
        for content in [admin.as_bytes(), b"notes", b"\xff\xfe"] {
            fs::write(&path, content).unwrap();
            let error = KubeconfigFile::at(&path).unwrap_err().to_string();
            assert!(error.contains("is there already"), "{error}");
        }
        assert!(KubeconfigFile::at(directory.path()).is_err());
    }
}
