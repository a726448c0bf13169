//! What the commands `measure`, `list` and `show` take, and what those that train take in common.

use clap::{Args, ValueEnum};

use super::Place;
use crate::{config::Config, shell::word};

/// Options of `measure`.
#[derive(Debug, Args)]
pub struct MeasureOptions {
    /// Commit that is trained, or `.` for the work tree as it is now.
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub rev: String,
    /// Do not go on from the trainings of an interrupted measurement.
    #[arg(long)]
    pub fresh: bool,
    /// How it is trained.
    #[command(flatten)]
    pub trainings: Trainings,
    /// Where the trainings run.
    #[command(flatten)]
    pub place: Place,
}

/// Whose config says how commits are trained and judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigFrom {
    /// What is compared with; its template and files that measure count too.
    Base,
    /// What is judged; its template and files that measure count too.
    Head,
    /// The files that lie there now; template and files that measure are base's.
    Worktree,
}

/// What the command line says of trainings besides the config.
#[derive(Debug, Clone, Default, Args)]
pub struct Trainings {
    /// Trainings of each commit, all before the result is looked at [default: seeds of the config].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub seeds: Option<u16>,
    /// Words behind the entrypoint; readings with other words are others.
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

impl Trainings {
    /// The config with what is said here.
    pub(crate) fn of(&self, config: Config) -> Config {
        let Self { seeds, arguments } = self;
        let seeds = match seeds {
            Some(count) => config.seeds.exactly((*count).into()),
            None => config.seeds,
        };
        let words = arguments.iter().map(|argument| word(argument));
        let words = std::iter::once(config.entrypoint.trim_end().to_owned()).chain(words);
        let entrypoint = words.collect::<Vec<_>>().join(" ");
        Config { entrypoint, seeds, ..config }
    }
}

/// Options of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Name of the run, its beginning, or its number in the list [default: the newest that has a report].
    pub run: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_behind_the_entrypoint() {
        let config = |arguments: &[&str], seeds| {
            let text =
                "entrypoint: |\n  a\n  b --c\nmetrics: {a: {direction: higher, absolute: 1}}";
            let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
            Trainings { seeds, arguments }.of(Config::parse(text, "x").unwrap())
        };
        assert_eq!(
            config(&["--lr", "0.1 * 2", "it's"], None).entrypoint,
            "a\nb --c --lr '0.1 * 2' 'it'\\''s'"
        );
        let plain = config(&[], Some(2));
        assert_eq!((&*plain.entrypoint, plain.seeds.looks()), ("a\nb --c", vec![2]));
        assert_eq!(config(&[], Some(12)).seeds.values().len(), 12);
    }
}
