//! Whether a document can be installed into an environment that commits share.  Pure.

use anyhow::{Result, bail};

use crate::python::requirements::{Document, FactKind, RequirementsFormat};

/// Refuses what the environment could not hold, with the way around.
pub(super) fn check(document: &Document) -> Result<()> {
    for root in &document.roots {
        let installs = match root.format {
            RequirementsFormat::Requirements
            | RequirementsFormat::Pyproject
            | RequirementsFormat::UvLock
            | RequirementsFormat::Pylock => true,
            RequirementsFormat::PoetryLock
            | RequirementsFormat::PipfileLock
            | RequirementsFormat::CondaEnvironment
            | RequirementsFormat::CondaLock
            | RequirementsFormat::Bytes => false,
        };
        if !installs {
            bail!(
                "requirements file {} is in a format that is not installed on this machine, only \
                 into images; export it to a requirements.txt and name that",
                root.path
            );
        }
    }
    if let Some(local) = document.locals.first() {
        bail!(
            "{} installs from the repository itself ({}), which an environment shared between \
             commits cannot do; import the code from the working directory, or publish the package",
            local.named_in,
            local.path
        );
    }
    let mut packages = document.entries.iter().filter(|entry| entry.kind != FactKind::Option);
    if let Some(address) = packages.find(|entry| matches!(&*entry.value, "-r" | "-c")) {
        bail!(
            "requirements come from an address on the network ({}), which can change from one run \
             to the next; copy the file into the repository",
            address.name
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        git::{Files, Listed, ListedKind},
        python::requirements::{Recipe, read},
    };

    /// A tree in which every file has this text.
    struct All(&'static str);

    impl Files for All {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
            Ok((path != "core").then(|| self.0.into()))
        }

        fn list(&self, directory: &str) -> Result<Vec<Listed>> {
            let path = format!("{directory}/setup.py");
            Ok(if directory == "core" {
                vec![Listed { path, kind: ListedKind::File, object: String::new() }]
            } else {
                vec![]
            })
        }
    }

    fn checked(path: &str, text: &'static str) -> Result<()> {
        let text_of_config = format!(
            "entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 0.1}}}}\nrequirements: {path}"
        );
        let recipe = Recipe::machine(&Config::parse(&text_of_config, "test").unwrap(), "3.11.7");
        check(&read(&recipe, &All(text)).unwrap())
    }

    #[test]
    fn what_commits_cannot_share_is_refused() {
        for path in ["poetry.lock", "env/environment.yml", "setup.py", "Pipfile.lock"] {
            let error = checked(path, "").unwrap_err().to_string();
            assert!(error.contains(path) && error.contains("requirements.txt"), "{error}");
        }
        let local = checked("a.txt", "./core").unwrap_err().to_string();
        assert!(local.starts_with("a.txt installs from the repository itself (./core)"), "{local}");
        let address = checked("a.txt", "-r https://x.example/y").unwrap_err().to_string();
        assert!(address.contains("https://x.example/y") && address.contains("copy"), "{address}");
        for path in ["a.txt", "uv.lock", "pyproject.toml"] {
            checked(path, "").unwrap();
        }
    }
}
