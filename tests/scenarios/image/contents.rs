//! What the image holds, and what it weighs.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::world::docker::Docker;

/// All but our binary, compressed as a registry sends it.  What is not optimised, as here, is half as large again as
/// a release, which is held to 25 MB where it is made (.github/workflows/release.yml).
const LIMIT_BESIDE_US: u64 = 13_000_000;
/// Our own start without the container's, in processor time.
const START_LIMIT: Duration = Duration::from_millis(100);

pub fn the_image_is_small(docker: &Docker) {
    let container = docker.output(&["create", docker.image()]);
    let beside_us = without_binary(docker.command(&["export", &container]));
    docker.output(&["rm", &container]);
    let listed = docker.shell("ls -l /usr/local/bin /usr/bin /bin/busybox", &[]).stdout;
    println!("image: {beside_us} bytes compressed, without the binary\n{listed}");
    assert!(beside_us < LIMIT_BESIDE_US, "{beside_us} bytes");
}

/// What an image weighs, compressed, but for our binary, which has to be there.
fn without_binary(mut image: Command) -> u64 {
    let mut image = image.stdout(Stdio::piped()).spawn().unwrap();
    let mut rest = Command::new("tar");
    rest.args(["--delete", "--file=-", "usr/local/bin/regression-action"]);
    let mut rest = rest.stdin(image.stdout.take().unwrap()).stdout(Stdio::piped()).spawn().unwrap();
    let mut gzip = Command::new("gzip");
    let gzip = gzip.stdin(rest.stdout.take().unwrap()).arg("-6").output().unwrap();
    for mut part in [image, rest] {
        assert!(part.wait().unwrap().success());
    }
    assert!(gzip.status.success());
    u64::try_from(gzip.stdout.len()).unwrap()
}

pub fn the_runner_decides(docker: &Docker) {
    let config =
        docker.output(&["image", "inspect", "--format", "{{json .Config}}", docker.image()]);
    let config: Value = serde_json::from_str(&config).unwrap();
    // Clients differ in how they show what is not set.
    assert_eq!(config["User"].as_str().unwrap_or(""), "", "{config}");
    assert_eq!(config["WorkingDir"].as_str().unwrap_or(""), "", "{config}");
    assert_eq!(config["Entrypoint"], json!(["/usr/local/bin/regression-action-run"]));
    assert_eq!(config["Labels"]["org.opencontainers.image.licenses"], "MIT");
}

/// Runners on Kubernetes start `tail -f`, then `sh -e` with a script that ends in `exec env`.
pub fn what_runners_start_containers_by(docker: &Docker) {
    let script = "
        test -x /usr/local/bin/regression-action-run -a -x /usr/local/bin/regression-action-post
        grep -q 'BEGIN CERTIFICATE' /etc/ssl/certs/ca-certificates.crt
        echo told > /tmp/file
        tail -n 1 /tmp/file
        exec env 'INPUT_STATUS-CONTEXT=a name with a hyphen' env
    ";
    let outcome = docker.shell(script, &[]).expect(0, &[]);
    assert!(outcome.stdout.starts_with("told\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("INPUT_STATUS-CONTEXT=a name"), "{outcome:?}");
}

pub fn it_starts_fast(docker: &Docker) {
    let version = concat!("regression-action ", env!("CARGO_PKG_VERSION"));
    let run = ["run", "--rm", "--network", "host"];
    let entry = ["--entrypoint", "/usr/local/bin/regression-action", docker.image(), "--version"];
    let begun = Instant::now();
    assert_eq!(docker.output(&[&run[..], &entry].concat()), version);
    println!("docker run --version: {:?}", begun.elapsed());
    // Ten starts in one container: the processor's time, which is the same on a busy machine.
    let script = "
        for start in 0 1 2 3 4 5 6 7 8 9; do regression-action --version >&2; done
        times
    ";
    let outcome = docker.shell(script, &[]).expect(0, &[version]);
    let of_children = outcome.stdout.lines().last().unwrap();
    let seconds: f64 = of_children.split_whitespace().map(seconds).sum();
    let start = Duration::from_secs_f64(seconds / 10.0);
    println!("regression-action --version: {start:?}");
    assert!(start < START_LIMIT, "{start:?}");
}

/// `0m1.25s`, as shells print times.
fn seconds(text: &str) -> f64 {
    let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap();
    60.0 * minutes.parse::<f64>().unwrap() + seconds.parse::<f64>().unwrap()
}
