//! Images built beforehand, for real: prebuild.yml by act, the Job of `image --build-job` in the cluster, and
//! each shape of project that the generated Dockerfile has to build.  Run by `tests/run prebuild`, since
//! `BuildKit` takes minutes to compile; the times come into target/prebuild.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]

mod build_job;
mod by_act;
mod shapes;
use crate::{
    image,
    kubernetes::{CLUSTER, cluster},
    world,
};

use std::{env, fs, fs::OpenOptions, io::Write, path::Path, sync::Arc, time::Duration};

use world::{
    docker::Docker,
    room::{ALL_CORES, ONE_CORE},
    scenario::{Scenario, missing},
};

/// None unless they were asked for.
pub fn scenarios() -> Vec<Scenario> {
    if env::var("REGRESSION_TEST_TABLE").as_deref() != Ok("prebuild") {
        return Vec::new();
    }
    let Some(docker) = Docker::from_environment() else {
        return missing("prebuild", image::DOCKER);
    };
    let docker = Arc::new(docker);
    let (for_act, for_shapes) = (docker.clone(), docker.clone());
    let act = move || by_act::an_image_is_built_once(&for_act);
    let shapes = move || shapes::each_is_built_or_refused(&for_shapes);
    let mut scenarios = vec![
        Scenario::new("prebuild", "by_act", ONE_CORE, act),
        Scenario::new("prebuild", "shapes", ONE_CORE, shapes),
    ];
    let Some(cluster) = cluster::RealCluster::from_environment() else {
        scenarios.extend(missing("prebuild::build_job", CLUSTER));
        return scenarios;
    };
    let job = move || build_job::the_job_builds_and_pushes(&cluster, &docker);
    let needs = ALL_CORES.with_the_whole_cluster();
    scenarios.push(Scenario::new("prebuild", "build_job", needs, job));
    scenarios
}

/// A base image that has Ray already, so that each image costs what is its own.  Built once: Docker keeps
/// its layers.
fn base(docker: &Docker, name: &str) {
    const DOCKERFILE: &str = "FROM python:3.11-slim-bookworm\n\
        RUN python -m pip install --no-cache-dir --break-system-packages 'ray[default]==2.60.0'\n";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("Dockerfile");
    fs::write(&file, DOCKERFILE).unwrap();
    let (file, context) = (file.to_str().unwrap(), directory.path().to_str().unwrap());
    docker.build(&["--network", "host", "--tag", name, "--file", file, context]).expect(0, &[]);
}

/// A row of the table of times.
fn row(what: &str, came: &str, took: Duration) {
    println!("{what}: {came}, {took:.0?}");
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prebuild.md");
    let mut table = OpenOptions::new().create(true).append(true).open(table).unwrap();
    writeln!(table, "| {what} | {came} | {} |", took.as_secs()).unwrap();
}
