//! The files by which a step tells the runner outputs and state, read as the runner reads them
//! (actions/runner, `FileCommandManager.cs`).

use std::str::SplitInclusive;

/// Names and values in their order, or why the runner would fail the step.
pub fn pairs(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(&text).split_inclusive('\n');
    let mut pairs = Vec::new();
    while let Some(line) = lines.next() {
        match without_end(line) {
            "" => {}
            line => pairs.push(pair(line, &mut lines)?),
        }
    }
    Ok(pairs)
}

/// Of `=` and `<<`, the first on the line tells what the line is.
fn pair(line: &str, rest: &mut SplitInclusive<'_, char>) -> Result<(String, String), String> {
    match (line.split_once('='), line.split_once("<<")) {
        (Some((name, value)), heredoc)
            if heredoc.is_none_or(|(before, _)| name.len() < before.len()) =>
        {
            Ok((name.to_owned(), value.to_owned()))
        }
        (_, Some((name, delimiter))) if !name.is_empty() && !delimiter.is_empty() => {
            Ok((name.to_owned(), heredoc(delimiter, rest)?))
        }
        _ => Err(format!("invalid format {line:?}")),
    }
}

fn heredoc(delimiter: &str, rest: &mut SplitInclusive<'_, char>) -> Result<String, String> {
    let mut value = String::new();
    loop {
        let line = rest.next().ok_or_else(|| format!("no delimiter {delimiter:?}"))?;
        if without_end(line) == delimiter {
            value.pop();
            return Ok(value);
        }
        if !line.ends_with('\n') {
            return Err(format!("no newline before the delimiter {delimiter:?}"));
        }
        value.push_str(line);
    }
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}
