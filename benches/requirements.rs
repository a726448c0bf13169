//! From requirement files to a tag: medians of 51 rounds, without reading the files.
//!
//! `cargo bench --bench requirements`

#![expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]

use std::{fmt::Write as _, time::Instant};

use anyhow::Result;
use regression_action::{
    config::Build,
    git::{Files, Listed},
    python::requirements::{EnvironmentBase, Recipe, read},
};

const ROUNDS: usize = 51;

/// A tree of one file.
struct One<'a>(&'a str, &'a str);

impl Files for One<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok((path == self.0).then(|| self.1.as_bytes().to_vec()))
    }

    fn list(&self, _directory: &str) -> Result<Vec<Listed>> {
        Ok(Vec::new())
    }
}

fn main() -> Result<()> {
    println!("median of {ROUNDS}                        KB       ms");
    row("requirements.txt, 1,000 lines", "requirements.txt", &requirements(500))?;
    row("uv.lock, 1,000 lines", "uv.lock", &uv_lock(100)?)?;
    row("uv.lock, 1,000 packages", "uv.lock", &uv_lock(1_000)?)
}

fn row(name: &str, path: &str, text: &str) -> Result<()> {
    let recipe = recipe(path);
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        std::hint::black_box(read(&recipe, &One(path, text))?.tag());
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    println!("{name:<30} {:>8} {:>8.2}", text.len() / 1_000, times[ROUNDS / 2]);
    Ok(())
}

fn recipe(path: &str) -> Recipe {
    Recipe {
        requirements: vec![path.to_owned()],
        python: "3.11".to_owned(),
        ray_version: "2.60.0".to_owned(),
        platform: "linux/amd64".to_owned(),
        base: EnvironmentBase::Machine,
        build: Build { directory: String::new(), ..Build::default() },
    }
}

/// As `pip-compile` writes them: a pin and a hash each, two lines.
fn requirements(packages: usize) -> String {
    let line = |number| {
        let pin = format!("package-{number}==1.{number}.0 ; python_version >= \"3.11\"");
        format!("{pin} \\\n    --hash=sha256:{number:064x}\n")
    };
    (0..packages).map(line).collect()
}

/// As uv writes it: a source archive and a wheel for each package, ten lines.
fn uv_lock(packages: usize) -> Result<String> {
    let mut lock = "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n".to_owned();
    for number in 0..packages {
        let file = |kind: &str| {
            let url = format!("https://files.example/packages/aa/bb/{number:060x}/package{kind}");
            let rest = "size = 12345, upload-time = \"2025-01-01T00:00:00.000Z\"";
            format!("{{ url = \"{url}\", hash = \"sha256:{number:064x}\", {rest} }}")
        };
        write!(
            lock,
            "\n[[package]]\nname = \"package-{number}\"\nversion = \"1.{number}.0\"\n\
             source = {{ registry = \"https://pypi.example/simple\" }}\n\
             dependencies = [\n    {{ name = \"package-{}\" }},\n]\nsdist = {}\nwheels = [\n    {},\n]\n",
            number + 1,
            file(".tar.gz"),
            file("-py3-none-any.whl"),
        )?;
    }
    Ok(lock)
}
