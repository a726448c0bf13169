//! Commands and their options, from the command line itself.

use std::fmt::Write as _;

use clap::{Arg, Args, Command, CommandFactory};
use regex::Regex;
use regression_action::cli::{Cli, Place, Shared};

use super::{
    super::flowed,
    reference::{code, shown, table},
};

const COMMAND_LINE: &str = "docs/command-line.md";

/// Names of the options that a group of them adds to a command.
fn group<T: Args>() -> Vec<String> {
    let command = T::augment_args(Command::new("group"));
    command.get_arguments().map(|arg| arg.get_id().to_string()).collect()
}

/// As it is typed.
fn typed(arg: &Arg) -> String {
    let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    let value = value.map(|names| names[0].to_string()).unwrap_or_default();
    let short = arg.get_short().map(|short| format!("-{short}"));
    let names: Vec<_> =
        short.into_iter().chain(arg.get_long().map(|long| format!("--{long}"))).collect();
    let text = match (names.is_empty(), arg.is_last_set()) {
        (true, true) => format!("-- {value}"),
        (true, false) => format!("[{value}]"),
        (false, _) => names.join("`, `"),
    };
    let value = if names.is_empty() { String::new() } else { format!(" {value}") };
    code(format!("{text}{value}").trim_end())
}

fn option(arg: &Arg) -> [String; 3] {
    let said = flowed(&arg.get_help().map(ToString::to_string).unwrap_or_default());
    let default = Regex::new(r" \[default: (.*)\]").unwrap();
    let told = default.captures(&said).map(|found| found[1].to_owned());
    let given = arg.get_default_values().first().map(|value| code(&value.to_string_lossy()));
    let given = given.filter(|_| arg.get_action().takes_values());
    let mut means = default.replace(&said, "").trim_end_matches('.').to_owned();
    let values: Vec<_> = arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| code(value.get_name()))
        .collect();
    if !values.is_empty() {
        write!(means, ": {}", values.join(", ")).unwrap();
    }
    if let Some(variable) = arg.get_env() {
        write!(means, "; also by {}", code(&variable.to_string_lossy())).unwrap();
    }
    [typed(arg), means, told.or(given).unwrap_or_default()]
}

/// The options of a command that are wanted by name; none where there are none.
fn options(command: &Command, is_wanted: impl Fn(&String) -> bool) -> Option<String> {
    let wanted = command.get_arguments().filter(|arg| is_wanted(&arg.get_id().to_string()));
    let rows: Vec<_> = wanted.map(option).collect();
    (!rows.is_empty()).then(|| table(["option", "meaning", "default"], rows))
}

fn row(command: &Command) -> [String; 2] {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    [code(command.get_name()), flowed(&about)]
}

#[test]
fn the_command_line_page_lists_commands_and_options() {
    let program = Cli::command();
    let (shared, place) = (group::<Shared>(), group::<Place>());
    let mut text = table(["command", "does"], program.get_subcommands().map(row));
    let mut tell = |title: &str, options: Option<String>| {
        if let Some(options) = options {
            write!(text, "\n## {title}\n\n{options}").unwrap();
        }
    };
    tell("Options of every command", options(&program, |id| shared.contains(id)));
    for command in program.get_subcommands() {
        tell(&code(command.get_name()), options(command, |id| !place.contains(id)));
    }
    let compare = program.find_subcommand("compare").unwrap();
    tell("Where trainings run", options(compare, |id| place.contains(id)));
    shown(COMMAND_LINE, "commands", &text);
}
