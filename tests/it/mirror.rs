//! The script that mirrors a release, with two real registries and a real git.

use std::{env, fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::world::{clean, image_registry::Registry};

const SCRIPTS: [&str; 2] = ["mirror", "pin-action"];

/// A repository with a release whose image is in a registry, a repository and a registry to mirror to.
struct Scene {
    directory: TempDir,
    from: Registry,
    to: Registry,
    digest: String,
}

impl Scene {
    /// None where a program is not installed, which is told, and fails in CI.
    fn new() -> Option<Self> {
        if Command::new("skopeo").arg("--version").output().is_err() {
            assert!(env::var_os("CI").is_none(), "skopeo is not installed");
            eprintln!("SKIPPED: skopeo is not installed");
            return None;
        }
        let (from, to) = (Registry::start()?, Registry::start()?);
        let digest = from.push("org/regression-action", "1.2.3", ("linux", "amd64"), ("a", "b"));
        let scene = Self { directory: tempfile::tempdir().unwrap(), from, to, digest };
        scene.release();
        Some(scene)
    }

    /// As the workflow `release` makes it.
    fn release(&self) {
        let release = self.path("release");
        let scripts = release.join(".github/release");
        fs::create_dir_all(&scripts).unwrap();
        for script in SCRIPTS {
            fs::copy(own().join(script), scripts.join(script)).unwrap();
        }
        let image = format!("{}/org/regression-action:1.2.3", self.from.address);
        let action = format!("runs:\n  using: docker\n  image: docker://{image}@{}\n", self.digest);
        fs::write(release.join("action.yml"), action).unwrap();
        git(&release, &["init", "--quiet", "--initial-branch=main"]);
        git(&release, &["add", "--all"]);
        let author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        git(&release, &[&author[..], &["commit", "--quiet", "--message", "1"]].concat());
        git(&release, &["tag", "v1.2.3"]);
        git(self.directory.path(), &["init", "--quiet", "--bare", "acme/regression-action.git"]);
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn mirror(&self, tag: &str) -> (bool, String) {
        // A registry without a certificate has to be named in the user's settings.
        let settings = self.path("home/.config/containers/registries.conf");
        fs::create_dir_all(settings.parent().unwrap()).unwrap();
        let insecure = [&self.from, &self.to].map(|registry| {
            format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", registry.address)
        });
        fs::write(settings, insecure.concat()).unwrap();
        let mut mirror = clean(own().join("mirror").to_str().unwrap());
        mirror.arg(tag).arg(self.path("acme/regression-action.git"));
        mirror.arg(format!("{}/acme/regression-action", self.to.address)).arg(self.path("release"));
        let output = mirror.env("HOME", self.path("home")).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), said)
    }
}

/// The scripts of this checkout.
fn own() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/release")
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = clean("git").current_dir(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_release_is_mirrored_with_its_image_and_twice_is_once() {
    let Some(scene) = Scene::new() else { return };
    let mirrored = scene.path("acme/regression-action.git");
    for _ in 0..2 {
        let (succeeded, said) = scene.mirror("v1.2.3");
        assert!(succeeded, "{said}");
        let commit = git(&mirrored, &["rev-parse", "v1.2.3"]);
        let line = format!("uses: acme/regression-action@{commit} # v1.2.3\n");
        assert!(said.ends_with(&line), "{said}");
        let image = format!("{}/acme/regression-action:1.2.3", scene.to.address);
        assert_eq!(scene.to.digest(&image), scene.digest);
        let action = git(&mirrored, &["show", "v1.2.3:action.yml"]);
        assert!(action.contains(&format!("docker://{image}@{}", scene.digest)), "{action}");
        assert_eq!(git(&mirrored, &["show", "-s", "--format=%P", "v1.2.3"]).len(), 40);
    }
    let release = scene.path("release");
    fs::write(release.join("action.yml"), "runs:\n  image: Dockerfile\n").unwrap();
    git(&release, &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "2"]);
    git(&release, &["tag", "v1.2.4"]);
    let (succeeded, said) = scene.mirror("v1.2.4");
    assert!(!succeeded && said.contains("is no release"), "{said}");
}
