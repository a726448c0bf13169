//! What planning costs: a line of 10,000 commits, in a process of its own.

use std::{
    env, fs,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use regression_action::bisect::policy::{Evidence, Step, Terms, next};

use crate::noise::World;

/// The argument that starts that process.
pub(crate) const PLAN: &str = "--plan";

const LAST: usize = 9_999;

pub(crate) fn print() -> Result<()> {
    println!("## Planning, 10,000 commits\n");
    let output = Command::new(env::current_exe()?).arg(PLAN).output()?;
    ensure!(output.status.success(), "planning: {}", String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// Bisects and prints times and the process's memory.
pub(crate) fn plan() -> Result<ExitCode> {
    let terms = Terms { batch: 16, ..Terms::new(LAST + 1) };
    let mut times = Vec::new();
    for seed in 0..20 {
        let (world, mut evidence) = (World::new(seed, LAST, 2.0), Evidence::default());
        loop {
            let started = Instant::now();
            let step = next(&evidence, &terms);
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
            let wanted = match step {
                Step::ConfirmEnds { wanted }
                | Step::Search { wanted, .. }
                | Step::ConfirmSeveral { wanted, .. }
                | Step::ConfirmCulprit { wanted, .. } => wanted,
                Step::Done(_) => break,
            };
            let round = evidence.round();
            for measure in wanted {
                evidence.read(measure, round, world.reading(measure.commit, measure.repeat));
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    print!("- A round: {:.2} ms median, {:.2} ms in 95 %, {:.2} ms", at(50), at(95), at(100));
    println!(" at most, of {}; goal 10.", times.len());
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")).context("no VmHWM")?;
    let megabytes = peak.parse::<f64>()? / 1_000.0;
    println!("- The whole process: {megabytes:.1} MB at most; goal 50.");
    Ok(ExitCode::SUCCESS)
}
