//! The commands by which somebody asks the same again: the only place that words them.
//!
//! They hold every option that was given and has a part in the answer, as one word of a shell each.  No
//! token, password or kubeconfig is told, and not `--fresh`: what was read counts.

use std::{fmt::Display, path::Path};

use clap::ValueEnum;

use crate::{
    cli::{BUDGET, BackendName, Bisect, ConfigFrom, Kubernetes, Place, Trainings},
    cluster::{kubeconfig, parse_address},
    git::CommitSha,
    shell::word,
};

/// Options that such commands hold.
#[derive(Debug, Clone)]
pub struct Again {
    /// Of every command: the config and where trainings run.
    shared: Vec<String>,
    /// Of a bisect alone.
    search: Vec<String>,
    /// Of a comparison or a measurement: how often it trains, and at the end with what.
    trainings: [Vec<String>; 2],
    /// Of a comparison: whose config counts.
    config_from: Vec<String>,
}

impl Again {
    /// With the config, if another than the default was named, and the place.
    pub fn new(config: Option<&Path>, place: &Place) -> Self {
        let Place { backend, ray_address, ray_token: _, kubernetes, login: _ } = place;
        let Kubernetes { kubeconfig, kube_context, namespace, lease: _ } = kubernetes;
        let mut shared = option("config", config.map(Path::display));
        if *backend != BackendName::Local {
            shared.extend(option("backend", name(backend)));
        }
        shared.extend(match backend {
            BackendName::Local => Vec::new(),
            BackendName::Ray => {
                let address = ray_address.as_deref().map(parse_address);
                option("ray-address", address.and_then(Result::ok))
            }
            BackendName::Kubernetes => {
                let file = kubeconfig.as_ref().and_then(kubeconfig::file);
                let file = option("kubeconfig", file.as_deref().map(Path::display));
                let rest = [("kube-context", kube_context), ("namespace", namespace)];
                let rest = rest.into_iter().flat_map(|(name, value)| option(name, value.as_ref()));
                file.into_iter().chain(rest).collect()
            }
        });
        Self { shared, search: Vec::new(), trainings: Default::default(), config_from: Vec::new() }
    }

    /// With what else a bisect was told.
    #[must_use]
    pub fn searching(self, options: &Bisect) -> Self {
        let Bisect { direction, command, timeout, parallel, budget, recorded, .. } = options;
        let Bisect { good: _, bad: _, metric: _, fresh: _, place: _, .. } = options;
        let search = [
            option("direction", direction.as_ref().and_then(name)),
            option("command", command.as_ref()),
            option("timeout", timeout.as_ref()),
            option("parallel", parallel.as_ref()),
            option("budget", Some(budget).filter(|budget| **budget != BUDGET)),
            option("recorded", recorded.as_ref()),
        ];
        Self { search: search.concat(), ..self }
    }

    /// With what was said of whose config counts.
    #[must_use]
    pub fn judged_by(self, config_from: Option<ConfigFrom>) -> Self {
        Self { config_from: option("config-from", config_from.as_ref().and_then(name)), ..self }
    }

    /// With what else was said of trainings.
    #[must_use]
    pub fn training(self, Trainings { seeds, arguments }: &Trainings) -> Self {
        let dashes = (!arguments.is_empty()).then(|| "--".to_owned());
        let words = arguments.iter().map(|argument| word(argument));
        let words = dashes.into_iter().chain(words).collect();
        Self { trainings: [option("seeds", seeds.as_ref()), words], ..self }
    }

    /// The comparison of two commits; a head that is the work tree is asked for as that.
    pub fn compare(&self, base: &CommitSha, head: &str) -> String {
        let ends = [option("base", Some(base)), option("head", Some(head))].concat();
        let [seeds, words] = &self.trainings;
        command("compare", [&ends, &self.config_from, seeds, &self.shared, words])
    }

    /// The measurement of a commit, or of the work tree.
    pub fn measure(&self, commit: &str) -> String {
        let [seeds, words] = &self.trainings;
        command("measure", [&vec![commit.to_owned()], seeds, &self.shared, words])
    }

    /// The search between two commits for what made the metric worse.
    pub fn bisect(&self, (good, bad): (&CommitSha, &CommitSha), metric: &str) -> String {
        let ends = [option("good", Some(good)), option("bad", Some(bad))].concat();
        let what = [option("metric", Some(metric)), self.search.clone()].concat();
        command("bisect", [&ends, &what, &self.shared])
    }
}

fn command<const N: usize>(name: &str, words: [&Vec<String>; N]) -> String {
    let words = words.into_iter().flatten().map(String::as_str);
    ["regression-action", name].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

/// The words of an option, if it was given.  A value that begins as an option does would be taken for one.
fn option(name: &str, value: Option<impl Display>) -> Vec<String> {
    let Some(value) = value.map(|value| value.to_string()) else { return Vec::new() };
    if value.starts_with('-') {
        return vec![word(&format!("--{name}={value}"))];
    }
    vec![format!("--{name}"), word(&value)]
}

fn name(value: &impl ValueEnum) -> Option<String> {
    Some(value.to_possible_value()?.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn sha(digit: &str) -> CommitSha {
        CommitSha::parse(&digit.repeat(40)).unwrap()
    }

    fn parsed(words: &[&str]) -> Cli {
        Cli::try_parse_from(words).unwrap()
    }

    /// The command that is told for a command line.
    fn told(words: &[&str]) -> String {
        let Cli { command, shared } = parsed(words);
        let config = shared.config.as_deref();
        if let Command::Compare(options) = &command {
            let again = Again::new(config, &options.place).training(&options.trainings);
            let again = again.judged_by(options.config_from);
            return again.compare(&sha("a"), sha("b").as_str());
        }
        if let Command::Measure(options) = &command {
            let again = Again::new(config, &options.place).training(&options.trainings);
            return again.measure(sha("a").as_str());
        }
        let Command::Bisect(options) = command else { panic!("{command:?}") };
        let again = Again::new(config, &options.place).searching(&options);
        again.bisect((&sha("a"), &sha("b")), "the loss")
    }

    /// What a shell makes of a command.
    fn words(command: &str) -> Vec<String> {
        let script = format!("printf '%s\\0' {command}");
        let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        words.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
    }

    #[test]
    fn a_bare_comparison_is_told_barely() {
        let bare = ["regression-action", "compare", "--base", "main", "--head", "x"];
        let (a, b) = (sha("a"), sha("b"));
        assert_eq!(told(&bare), format!("regression-action compare --base {a} --head {b}"));
    }

    #[test]
    fn every_option_comes_back_through_a_shell() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let command = "./eval.sh \"$REGRESSION_SEED\" '*'\necho done; #";
        let compare =
            |more: &[&'static str]| [&["compare", "--base", &a, "--head", &b], more].concat();
        let cases = [
            compare(&["--config", "ci/it's mine.yml"]),
            compare(&["--backend", "ray", "--ray-address", "http://head:8265/"]),
            compare(&["--config-from", "head"]),
            compare(&["--seeds", "5", "--config", "x.yml", "--", "--lr", "0.1 * 2", "it's"]),
            vec!["measure", &a, "--seeds", "5", "--", "-x", "", "y"],
            compare(&[
                "--backend",
                "kubernetes",
                "--kubeconfig",
                "/dev/null",
                "--kube-context",
                "eu $(id)",
                "--namespace",
                "ml",
            ]),
            vec![
                "bisect",
                "--good",
                &a,
                "--bad",
                &b,
                "--metric",
                "the loss",
                "--direction",
                "lower",
                "--command",
                command,
                "--timeout",
                "90m",
                "--parallel",
                "8",
                "--budget",
                "50",
                "--recorded=-0.25",
                "--config",
                "x.yml",
            ],
        ];
        for case in cases {
            let typed = [&["regression-action"], case.as_slice()].concat();
            let again = words(&told(&typed));
            let again: Vec<&str> = again.iter().map(String::as_str).collect();
            assert_eq!(format!("{:?}", parsed(&again)), format!("{:?}", parsed(&typed)));
        }
    }

    #[test]
    fn secrets_and_what_changes_no_answer_are_left_out() {
        let yaml = "apiVersion: v1\nusers: [{user: {token: secret}}]";
        let kubernetes = [
            "regression-action",
            "compare",
            "--base",
            "a",
            "--head",
            "b",
            "--backend",
            "kubernetes",
            "--kubeconfig",
            yaml,
            "--lease",
            "30s",
            "--registry-username",
            "me",
            "--registry-password",
            "secret",
            "--format",
            "json",
            "-v",
        ];
        let ray = [
            "regression-action",
            "bisect",
            "--good",
            "a",
            "--fresh",
            "--budget",
            "200",
            "--backend",
            "ray",
            "--ray-address",
            "http://head:8265/?token=secret",
            "--ray-token",
            "secret",
            "--cache-dir",
            "/tmp",
        ];
        let (a, b) = (sha("a"), sha("b"));
        assert_eq!(
            told(&kubernetes),
            format!("regression-action compare --base {a} --head {b} --backend kubernetes")
        );
        assert_eq!(
            told(&ray),
            format!(
                "regression-action bisect --good {a} --bad {b} --metric 'the loss' --backend ray \
                 --ray-address http://head:8265/"
            )
        );
    }
}
