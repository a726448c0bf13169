//! Packages from two indexes: pip and uv, as we call it, take the same version of each.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{Bench, bench};
use crate::world::served::Served;

const OLD: &str = "numpy-1.26.4-py3-none-any.whl";
const NEW: &str = "numpy-2.2.0-py3-none-any.whl";

/// Name, what the index and the extra one have, requirement files without the options, the version.
type Case = (
    &'static str,
    (&'static str, &'static str),
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CASES: [Case; 7] = [
    (
        "an old one in the extra index",
        (NEW, OLD),
        &[("requirements.txt", "OPTIONS\nnumpy\n")],
        "2.2.0",
    ),
    (
        "a new one in the extra index",
        (OLD, NEW),
        &[("requirements.txt", "OPTIONS\nnumpy\n")],
        "2.2.0",
    ),
    ("a pin of the index", (NEW, OLD), &[("requirements.txt", "OPTIONS\nnumpy==2.2.0\n")], "2.2.0"),
    (
        "a pin of the extra index",
        (NEW, OLD),
        &[("requirements.txt", "OPTIONS\nnumpy==1.26.4\n")],
        "1.26.4",
    ),
    (
        "options in a file within the file",
        (NEW, OLD),
        &[("requirements.txt", "-r deps/all.txt\nnumpy\n"), ("deps/all.txt", "OPTIONS\n")],
        "2.2.0",
    ),
    (
        "a constraint",
        (OLD, NEW),
        &[("requirements.txt", "OPTIONS\n-c pins.txt\nnumpy\n"), ("pins.txt", "numpy<2\n")],
        "1.26.4",
    ),
    (
        "a hash",
        (OLD, NEW),
        &[("requirements.txt", "OPTIONS\nnumpy==1.26.4 --hash=sha256:HASH\n")],
        "1.26.4",
    ),
];

/// Serves the directories of a place as pages of links, which is what an index is.
fn serve(place: &Path) -> Served {
    Served::start(Duration::from_mins(1), |port| {
        let mut command = Command::new("python3");
        command.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).current_dir(place);
        command
    })
}

#[test]
fn every_installer_takes_the_best_of_all_indexes() {
    let Some(bench) = bench() else { return };
    for case in CASES {
        for install in [
            "pip install --no-deps --quiet --target $OUT -r requirements.txt",
            "uv pip install --index-strategy unsafe-best-match --quiet --python $PYTHON --target $OUT \
             -r requirements.txt",
        ] {
            assert_eq!(installed(bench, &case, install), case.3, "{}: {install}", case.0);
        }
    }
}

/// The version that a command installs.
fn installed(bench: &Bench, (_, (index, extra), files, _): &Case, install: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    for (name, wheel) in [("index", index), ("extra", extra)] {
        let directory = place.path().join(name).join("numpy");
        fs::create_dir_all(&directory).unwrap();
        fs::copy(bench.wheels.join(wheel), directory.join(wheel)).unwrap();
    }
    let server = serve(place.path());
    let url = format!("http://127.0.0.1:{}", server.port);
    let options = format!("--index-url {url}/index\n--extra-index-url {url}/extra");
    let old = Command::new("sha256sum").arg(bench.wheels.join(OLD)).output().unwrap().stdout;
    let hash = String::from_utf8_lossy(&old)[..64].to_owned();
    for (path, text) in *files {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("OPTIONS", &options).replace("HASH", &hash)).unwrap();
    }
    let out = place.path().join("out");
    let mut command = bench.shell(install, place.path());
    let output = command.env("OUT", &out).env("UV_NO_CACHE", "1").output().unwrap();
    assert!(output.status.success(), "{install}: {}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(out.join("numpy.py")).unwrap();
    text.split('\'').nth(1).unwrap().to_owned()
}
