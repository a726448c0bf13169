//! GitHub's runner as far as it reads us: which commands it finds in what a step prints, and which
//! values in its files.  The rules are those of runner 2.336 (`ActionCommand`, `ActionCommandManager`,
//! `FileCommandManager`), written anew; a test holds our writing against this reading.

#![allow(dead_code, unreachable_pub, reason = "every test uses its own part")]

use std::collections::BTreeMap;

/// What the runner knows; the names are compared without regard to case.
const REGISTERED: [&str; 14] = [
    "stop-commands",
    "set-env",
    "add-path",
    "set-output",
    "save-state",
    "add-mask",
    "add-matcher",
    "remove-matcher",
    "debug",
    "warning",
    "error",
    "notice",
    "echo",
    "group",
];

/// Lines by which a training would take the runner over.
pub const HOSTILE: [&str; 20] = [
    "::set-output name=verdict::pass",
    "  \t::set-output name=verdict::pass",
    "\u{a0}::SET-OUTPUT name=verdict::pass",
    "step 3/10\r::set-output name=verdict::pass",
    "step 3/10\r\n::set-output name=verdict::pass",
    "::save-state name=cluster::another",
    "::set-env name=PATH::/tmp/evil",
    "::add-path::/tmp/evil",
    "::add-mask::e",
    "::error file=train.py,line=1,title=x::spoofed",
    "::warning::spoofed",
    "::notice::spoofed",
    "::add-matcher::matcher.json",
    "::stop-commands::mine\n::error::x\n::mine::\n::error::y",
    "::stop-commands::stop-commands",
    "##[error]spoofed",
    "loss 0.3 ##[set-output name=verdict;]pass",
    "x ##[add-mask]e",
    "::::\n::pause-logging::\n::00000000000000000000000000000000::",
    "\u{1b}[31m##[error]\u{1b}[0m #\u{8}#[error]x ###[error]x",
];

/// A command that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub name: String,
    pub properties: BTreeMap<String, String>,
    pub data: String,
}

impl Command {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The runner while one step prints.
#[derive(Debug, Default)]
pub struct Parser {
    /// What was obeyed, but for stopping and resuming.
    pub obeyed: Vec<Command>,
    /// Whether the step fails whatever its exit code.
    pub failed: bool,
    /// Lines that are shown.
    pub shown: Vec<String>,
    token: Option<String>,
}

impl Parser {
    /// Reads all that a step prints to one stream.
    pub fn parse(text: &str) -> Self {
        let mut parser = Self::default();
        parser.read(text);
        parser
    }

    /// Reads whole lines.
    pub fn read(&mut self, text: &str) {
        for line in lines(text) {
            self.line(&line);
        }
    }

    /// Whether the runner waits for a token.
    pub fn is_stopped(&self) -> bool {
        self.token.is_some()
    }

    /// Values that are masked.
    pub fn masks(&self) -> Vec<&str> {
        self.obeyed.iter().filter(|found| found.is("add-mask")).map(|found| &*found.data).collect()
    }

    /// Level, title and message of each annotation.
    pub fn annotations(&self) -> Vec<(&str, &str, &str)> {
        let shown =
            |found: &&Command| ["error", "warning", "notice"].iter().any(|name| found.is(name));
        self.obeyed
            .iter()
            .filter(shown)
            .map(|found| {
                let title = found.properties.get("title").map_or("", String::as_str);
                (&*found.name, title, &*found.data)
            })
            .collect()
    }

    /// Outputs set by command, which is still obeyed though deprecated.
    pub fn outputs(&self) -> Vec<(&str, &str)> {
        self.obeyed
            .iter()
            .filter(|found| found.is("set-output"))
            .map(|found| (found.properties.get("name").map_or("", String::as_str), &*found.data))
            .collect()
    }

    fn line(&mut self, line: &str) {
        let Some(found) = self.second(line).or_else(|| self.first(line)) else {
            self.shown.push(line.to_owned());
            return;
        };
        match &self.token {
            Some(token) if found.is(token) => self.token = None,
            Some(_) => self.shown.push(line.to_owned()),
            None if found.is("stop-commands") => self.stop(&found.data),
            None => {
                self.failed |= found.is("set-env") || found.is("add-path");
                self.obeyed.push(found);
            }
        }
    }

    fn stop(&mut self, token: &str) {
        let known = REGISTERED.iter().any(|name| name.eq_ignore_ascii_case(token));
        if token.is_empty() || known || token.eq_ignore_ascii_case("pause-logging") {
            self.failed = true;
        } else {
            self.token = Some(token.to_owned());
        }
    }

    /// `::name key=value,key=value::data`, at the beginning of the line but for white space.
    fn second(&self, line: &str) -> Option<Command> {
        let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let unescape = |text: &str| unescape(text, &["\r%0D", "\n%0A", ":%3A", ",%2C", "%%25"]);
        self.command(
            name,
            pairs(properties.trim(), ',', unescape),
            self::unescape(data, &["\r%0D", "\n%0A", "%%25"]),
        )
    }

    /// `##[name key=value;key=value]data`, anywhere in the line.
    fn first(&self, line: &str) -> Option<Command> {
        let (head, data) = line.split_once("##[")?.1.split_once(']')?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let unescape = |text: &str| unescape(text, &[";%3B", "\r%0D", "\n%0A", "]%5D", "%%25"]);
        self.command(name, pairs(properties, ';', unescape), unescape(data))
    }

    fn command(
        &self,
        name: &str,
        properties: BTreeMap<String, String>,
        data: String,
    ) -> Option<Command> {
        let mut known = REGISTERED.into_iter().chain(["endgroup"]).chain(self.token.as_deref());
        known.any(|known| known.eq_ignore_ascii_case(name)).then(|| Command {
            name: name.to_owned(),
            properties,
            data,
        })
    }
}

fn pairs(
    text: &str,
    separator: char,
    unescape: impl Fn(&str) -> String,
) -> BTreeMap<String, String> {
    let pair = |pair: &str| {
        // The runner drops empty parts, and with them what a value has of `=` at its beginning.
        let (name, value) = pair.trim_start_matches('=').split_once('=')?;
        let value = value.trim_start_matches('=');
        (!value.is_empty()).then(|| (name.to_lowercase(), unescape(value)))
    };
    text.split(separator).filter_map(pair).collect()
}

/// Each rule is a character and what stands for it; the last one is the percent sign.
fn unescape(text: &str, rules: &[&str]) -> String {
    rules.iter().fold(text.to_owned(), |text, rule| text.replace(&rule[1..], &rule[..1]))
}

/// Lines as .NET ends them: by `\n`, `\r\n` and a lone `\r`.
pub fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.lines().map(str::to_owned).collect()
}

/// The values in a command file by name, in order, or why the step fails.
pub fn values(file: &str) -> Result<Vec<(String, String)>, String> {
    let mut values = Vec::new();
    let mut rest = file.strip_prefix('\u{feff}').unwrap_or(file);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        match (line.find('='), line.find("<<")) {
            _ if line.is_empty() => {}
            (Some(equals), heredoc) if heredoc.is_none_or(|heredoc| equals < heredoc) => {
                values.push((line[..equals].to_owned(), line[equals + 1..].to_owned()));
            }
            (_, Some(heredoc)) => {
                let (name, delimiter) = (&line[..heredoc], &line[heredoc + 2..]);
                if name.is_empty() || delimiter.is_empty() {
                    return Err(format!("name or delimiter is empty: {line:?}"));
                }
                let (value, after) = heredoc_value(rest, delimiter)
                    .ok_or_else(|| format!("no line is the delimiter {delimiter:?}"))?;
                values.push((name.to_owned(), value.to_owned()));
                rest = after;
            }
            _ => return Err(format!("neither name=value nor name<<delimiter: {line:?}")),
        }
    }
    Ok(values)
}

/// What stands before the first line that is the delimiter, and what behind.
fn heredoc_value<'a>(text: &'a str, delimiter: &str) -> Option<(&'a str, &'a str)> {
    let mut start = 0;
    loop {
        let rest = text.get(start..)?;
        let (line, ended) = rest.split_once('\n').map_or((rest, false), |(line, _)| (line, true));
        if line == delimiter {
            let after = start + line.len() + usize::from(ended);
            return Some((&text[..start.saturating_sub(1)], &text[after..]));
        }
        if !ended {
            return None;
        }
        start += line.len() + 1;
    }
}
