//! On what a training ran, as the machine itself tells it in the first lines of the training's log.
//!
//! The training could print such lines too, but only the first ones count; and what they say decides
//! nothing, it is shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::output::excerpt;

/// A machine, as a training saw it.  What is not known is null: a container without `nvidia-smi` has
/// no driver to tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Machine {
    /// Name of the node or pod that it ran on.
    pub node: Option<String>,
    /// Model of its GPUs.
    pub gpu: Option<String>,
    /// Number of GPUs that the training saw.
    pub gpus: u32,
    /// Version of the GPU driver.
    pub driver: Option<String>,
    /// Model of its CPU.
    pub cpu: Option<String>,
    /// Version of Python.
    pub python: Option<String>,
    /// Version of Ray.
    pub ray: Option<String>,
}

/// What the names of its tags start with.
const TAG: &str = "regression.machine.";

/// What the lines start with.
const PREFIX: &str = "REGRESSION_MACHINE ";

/// Prints the lines, in a shell, within some tens of milliseconds, and never fails: all by one write,
/// since Ray writes to the same log when a job begins.  A broken driver can hang for good, so it has a
/// time limit.
pub(crate) const PROBE: &str = r#"(
told="$(
say() { [ -z "$2" ] || printf 'REGRESSION_MACHINE %s %s\n' "$1" "$2"; }
say node "$(hostname)"
say cpu "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)"
case "$CUDA_VISIBLE_DEVICES" in (''|*[!0-9,]*) set -- ;; (*) set -- "--id=$CUDA_VISIBLE_DEVICES" ;; esac
timeout 10 nvidia-smi "$@" --query-gpu=name,driver_version --format=csv,noheader |
  while IFS= read -r gpu; do say gpu "$gpu"; done
say python "$(python -c 'import sys; print(sys.version.split()[0])')"
say ray "$(python -c 'import importlib.metadata as m; print(m.version("ray"))')"
)"
printf '%s\n' "$told"
) 2> /dev/null < /dev/null || true"#;

impl Machine {
    /// What the first lines of a log tell.
    pub(crate) fn told(log: &str) -> Self {
        let mut machine = Self::default();
        // Ray tells first what it starts.
        let ours = log.lines().skip_while(|line| !line.starts_with(PREFIX));
        let ours = ours.map_while(|line| line.strip_prefix(PREFIX));
        for (name, value) in ours.filter_map(|line| line.split_once(' ')) {
            machine.learn(name, &excerpt(value, 80));
        }
        machine
    }

    /// What is known, by name.
    pub(crate) fn facts(&self) -> BTreeMap<&'static str, String> {
        let Self { node, gpu, gpus, driver, cpu, python, ray } = self.clone();
        let gpus = (gpus > 0).then(|| gpus.to_string());
        let named = [
            ("node", node),
            ("gpu", gpu),
            ("gpus", gpus),
            ("driver", driver),
            ("cpu", cpu),
            ("python", python),
            ("ray", ray),
        ];
        named.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
    }

    /// The same, by names of one's own.
    pub(crate) fn named(&self) -> BTreeMap<String, String> {
        self.facts().into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
    }

    /// The machine of which this is known.
    pub(crate) fn of_facts(facts: &BTreeMap<String, String>) -> Self {
        let fact = |name: &str| facts.get(name).cloned();
        Self {
            node: fact("node"),
            gpu: fact("gpu"),
            gpus: fact("gpus").and_then(|gpus| gpus.parse().ok()).unwrap_or(0),
            driver: fact("driver"),
            cpu: fact("cpu"),
            python: fact("python"),
            ray: fact("ray"),
        }
    }

    /// The same as tags of a run in the experiment tracker.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let tag = |(name, fact)| (format!("{TAG}{name}"), fact);
        self.facts().into_iter().map(tag).collect()
    }

    /// The machine of a run with these tags.
    pub(crate) fn of_tags(tags: &BTreeMap<String, String>) -> Self {
        let fact = |(name, fact): (&String, &String)| {
            Some((name.strip_prefix(TAG)?.to_owned(), fact.clone()))
        };
        Self::of_facts(&tags.iter().filter_map(fact).collect())
    }

    fn learn(&mut self, name: &str, value: &str) {
        let value = Some(value.to_owned());
        match name {
            "node" => self.node = value,
            "cpu" => self.cpu = value,
            "python" => self.python = value,
            "ray" => self.ray = value,
            "gpu" => {
                self.gpus += 1;
                let told = value.as_deref().and_then(|value| value.rsplit_once(", "));
                self.driver = told.map(|(_, driver)| driver.to_owned());
                self.gpu = told.map(|(model, _)| model.to_owned()).or(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_lines_are_the_machines_own() {
        let log = "INFO Running entrypoint: eval $REGRESSION_LAUNCH\nREGRESSION_MACHINE node worker-1\nREGRESSION_MACHINE cpu Xeon  \u{1b}[31mred\n\
                   REGRESSION_MACHINE gpu NVIDIA A10G, 535.1\nREGRESSION_MACHINE gpu NVIDIA A10G, 535.1\n\
                   REGRESSION_MACHINE python 3.11.9\nepoch 1\nREGRESSION_MACHINE node elsewhere\n";
        let machine = Machine::told(log);
        assert_eq!(machine.node.as_deref(), Some("worker-1"));
        assert_eq!(machine.cpu.as_deref(), Some("Xeon  red"));
        assert_eq!((machine.gpu.as_deref(), machine.gpus), (Some("NVIDIA A10G"), 2));
        assert_eq!(machine.driver.as_deref(), Some("535.1"));
        assert_eq!(machine.python.as_deref(), Some("3.11.9"));
        assert_eq!(machine.ray, None);
        assert_eq!(Machine::told("epoch 1\n"), Machine::default());
    }

    #[test]
    fn a_shell_tells_of_this_machine_and_goes_on() {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &format!("{PROBE}\necho trained; exit 3")]);
        let output = shell.output().unwrap();
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(log.ends_with("trained\n") && output.status.code() == Some(3), "{log}");
        assert!(Machine::told(&log).node.is_some(), "{log}");
    }
}
