//! Packaging a commit: ours against what `ray job submit --working-dir` does before its upload (hash,
//! then zip, by Ray's own code).  Medians of five runs in alternating order.  Then Ray unpacks both
//! packages, and the files must be the same.
//!
//! `REGRESSION_BENCH_PYTHON=/path/to/venv/bin/python cargo bench --bench packaging`

#![expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]
#![expect(clippy::cast_precision_loss, reason = "sizes and random bits are below 2^53")]

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use regression_action::git::{Code, Package, Repository, package};
use tempfile::TempDir;

const ROUNDS: usize = 5;

/// Times Ray's hashing and zipping of a directory, without imports; prints seconds.
const RAY: &str = "
import logging, pathlib, sys, time
from ray._private.runtime_env.packaging import create_package, get_uri_for_directory
logging.disable(logging.CRITICAL)
directory, target = sys.argv[1], pathlib.Path(sys.argv[2])
start = time.perf_counter()
get_uri_for_directory(directory, include_gitignore=True, excludes=[])
create_package(directory, target, include_gitignore=True, excludes=[])
print(time.perf_counter() - start)
";

/// Unpacks two packages by Ray's own function; fails unless paths, contents and executable bits agree.
const UNPACK: &str = "
import hashlib, os, pathlib, sys
from ray._private.runtime_env.packaging import unzip_package
def unpacked(package, target):
    unzip_package(package, target, remove_top_level_directory=False, unlink_zip=False)
    files = [path for path in pathlib.Path(target).rglob('*') if path.is_file()]
    return {str(path.relative_to(target)): (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mode & 0o111)
            for path in files}
ours, rays = (unpacked(package, package + '.unpacked') for package in sys.argv[1:])
assert ours and ours == rays, set(ours.items()) ^ set(rays.items())
print(len(ours))
";

fn main() -> Result<()> {
    let python = env::var_os("REGRESSION_BENCH_PYTHON").context(
        "set REGRESSION_BENCH_PYTHON to a Python that has Ray: \
         `python3 -m venv v && v/bin/pip install 'ray[default]==2.60.0'`, then v/bin/python",
    )?;
    let python = Path::new(&python);
    println!("median of {ROUNDS}               MB   ours, s  Ray's, s   ratio   same files");
    row("10,000 source files", &Case::new(python, small_files)?)?;
    row("30 binary files", &Case::new(python, large_files)?)
}

/// Measures one case and prints its line.
fn row(name: &str, case: &Case<'_>) -> Result<()> {
    let (mut ours, mut rays) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Whoever comes second finds warmer caches.
        if round % 2 == 0 {
            ours.push(case.ours()?.0);
            rays.push(case.rays()?);
        } else {
            rays.push(case.rays()?);
            ours.push(case.ours()?.0);
        }
    }
    let (_, package) = case.ours()?;
    let same = case.compare(&package)?;
    let (ours, rays, size) = (median(ours), median(rays), package.size / 1_000_000);
    println!("{name:<20} {size:>9} {ours:>9.3} {rays:>9.3} {:>6.1}x   {same}", rays / ours);
    Ok(())
}

/// One repository, with its tree checked out for Ray.
struct Case<'a> {
    python: &'a Path,
    place: TempDir,
}

impl<'a> Case<'a> {
    fn new(python: &'a Path, fill: fn(&Path) -> Result<()>) -> Result<Self> {
        let case = Self { python, place: TempDir::new()? };
        for name in ["repository", "tree", "packages"] {
            fs::create_dir(case.path(name))?;
        }
        fill(&case.path("tree"))?;
        let tree = case.path("tree");
        let tree = tree.to_str().context("the temporary directory is not UTF-8")?;
        case.git(&["init", "-q"])?;
        case.git(&["--work-tree", tree, "add", "-A", "-f"])?;
        case.git(&["commit", "-q", "-m", "benchmark"])?;
        // A clone from a server is packed.
        case.git(&["gc", "-q"])?;
        Ok(case)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut git = Command::new("git");
        git.current_dir(self.path("repository")).args([
            "-c",
            "user.name=bench",
            "-c",
            "user.email=b@b",
        ]);
        // No automatic packing in the background while the clock runs.
        git.args(["-c", "gc.auto=0", "-c", "core.autocrlf=false"]).args(arguments);
        ensure!(git.status()?.success(), "git {arguments:?} failed");
        Ok(())
    }

    /// Seconds from a directory and a revision to a package.
    fn ours(&self) -> Result<(f64, Package)> {
        let directory = self.path("packages");
        let start = Instant::now();
        let repository = Repository::discover(&self.path("repository"))?;
        let package = package(&repository, &Code::whole(&repository.resolve("HEAD")?), &directory)?;
        Ok((start.elapsed().as_secs_f64(), package))
    }

    /// Seconds from a directory to Ray's package.
    fn rays(&self) -> Result<f64> {
        let package = self.path("rays.zip");
        if package.exists() {
            fs::remove_file(&package)?;
        }
        let seconds = self.python(RAY, &[&self.path("tree"), &package])?;
        seconds.trim().parse().with_context(|| format!("Python printed `{seconds}`"))
    }

    /// Lets Ray unpack both packages; the number of files, all equal.
    fn compare(&self, ours: &Package) -> Result<String> {
        let count = self.python(UNPACK, &[&ours.path, &self.path("rays.zip")])?;
        Ok(count.trim().to_owned())
    }

    fn python(&self, script: &str, arguments: &[&Path]) -> Result<String> {
        let mut python = Command::new(self.python);
        python.arg("-c").arg(script).args(arguments).current_dir(self.place.path());
        let output =
            python.output().with_context(|| format!("cannot run {}", self.python.display()))?;
        ensure!(output.status.success(), "Ray: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// 10,000 files in 200 directories; sizes are log-normal, median 2 kB, mean 4 kB, as of source code.
fn small_files(directory: &Path) -> Result<()> {
    let mut random = Random(7);
    for index in 0..10_000 {
        let directory = directory.join(format!("package_{}/module_{}", index % 10, index % 200));
        fs::create_dir_all(&directory)?;
        let normal = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
        let size = (7.6 + 1.2 * normal).exp();
        let mut text = String::new();
        while (text.len() as f64) < size {
            let (word, other, number) = (random.word(), random.word(), random.next() % 1000);
            writeln!(text, "    {word}_{other} = self.{other}(x, {number})  # {word}")?;
        }
        fs::write(directory.join(format!("file_{index}.py")), text)?;
    }
    Ok(())
}

/// 30 files of 0.5 to 8 MB, together 90 MB, which do not compress.
fn large_files(directory: &Path) -> Result<()> {
    let mut random = Random(11);
    for index in 0..30 {
        let kilobytes = [8000, 4000, 2000, 500, 500][index % 5];
        let words = (0..kilobytes * 125).map(|_| random.next());
        let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        fs::write(directory.join(format!("data_{index}.bin")), bytes)?;
    }
    Ok(())
}

/// `SplitMix64`, by Steele, Lea and Flood (2014): the same content in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of 4,096 words.
    fn word(&mut self) -> String {
        format!("name{:x}", (self.next() % 4096).wrapping_mul(2_654_435_761) % 0xff_ffff)
    }
}
