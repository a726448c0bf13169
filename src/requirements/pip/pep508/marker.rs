//! Environment markers (PEP 508): checked by the grammar, rewritten with one space between tokens
//! and double quotes; order and structure stay.

use super::Rest;

const VARIABLES: [&str; 15] = [
    "python_version",
    "python_full_version",
    "os_name",
    "sys_platform",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform_machine",
    "platform_python_implementation",
    "python_implementation",
    "implementation_name",
    "implementation_version",
    "extra",
    "extras",
    "dependency_groups",
];
/// Older spellings, which `packaging` still reads.
const DOTTED: [&str; 5] = [
    "os.name",
    "sys.platform",
    "platform.version",
    "platform.machine",
    "platform.python_implementation",
];
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
/// Deeper than any sane marker, and far from the end of the stack.
const DEEPEST: usize = 64;

/// Reads a whole marker; the error says what was expected.
pub(in crate::requirements::pip) fn canonical(text: &str) -> Result<String, String> {
    let mut rest = Rest(text);
    let marker = alternatives(&mut rest, 0)?;
    rest.end().map(|()| marker)
}

fn alternatives(rest: &mut Rest<'_>, depth: usize) -> Result<String, String> {
    let mut marker = atom(rest, depth)?;
    while let Some(operator) = ["or", "and"].into_iter().find(|word| keyword(rest, word)) {
        marker = format!("{marker} {operator} {}", atom(rest, depth)?);
    }
    Ok(marker)
}

fn atom(rest: &mut Rest<'_>, depth: usize) -> Result<String, String> {
    rest.skip_blanks();
    let atom = if rest.take("(") {
        if depth == DEEPEST {
            return Err("the marker is nested too deeply".to_owned());
        }
        let inner = alternatives(rest, depth + 1)?;
        if !rest.take(")") {
            return Err(") is expected in the marker".to_owned());
        }
        format!("({inner})")
    } else {
        let left = operand(rest)?;
        let operator = operator(rest)?;
        format!("{left} {operator} {}", operand(rest)?)
    };
    rest.skip_blanks();
    Ok(atom)
}

/// A variable, or a string in quotes.
fn operand(rest: &mut Rest<'_>) -> Result<String, String> {
    rest.skip_blanks();
    for quote in ['"', '\''] {
        if let Some(after) = rest.0.strip_prefix(quote) {
            let (string, after) =
                after.split_once(quote).ok_or("a quote is not closed in the marker")?;
            rest.0 = after;
            // Double quotes, unless that would change what the string says.
            let quote = if string.contains(['"', '\\']) { quote } else { '"' };
            return Ok(format!("{quote}{string}{quote}"));
        }
    }
    let word = word(rest.0);
    if !VARIABLES.contains(&word) && !DOTTED.contains(&word) {
        return Err("a marker variable or a string in quotes is expected".to_owned());
    }
    rest.0 = &rest.0[word.len()..];
    Ok(word.to_owned())
}

fn word(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    &text[..text.find(|c| !is_part(c)).unwrap_or(text.len())]
}

fn operator(rest: &mut Rest<'_>) -> Result<&'static str, String> {
    rest.skip_blanks();
    if keyword(rest, "in") {
        return Ok("in");
    }
    if keyword(rest, "not") {
        let before = rest.0.len();
        rest.skip_blanks();
        if rest.0.len() < before && keyword(rest, "in") {
            return Ok("not in");
        }
        return Err("`in` is expected after `not`".to_owned());
    }
    let found = OPERATORS.into_iter().find(|operator| rest.take(operator));
    found.ok_or_else(|| "an operator is expected in the marker".to_owned())
}

/// Takes a word that ends there.
fn keyword(rest: &mut Rest<'_>, keyword: &str) -> bool {
    let ends = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    rest.0.strip_prefix(keyword).is_some_and(ends) && rest.take(keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_quotes_do_not_count_and_the_rest_stays() {
        let cases = [
            ("python_version<'3.9'", r#"python_version < "3.9""#),
            (
                "  ( os.name=='nt'and 'a'  not  in sys_platform )or(extra=='x')",
                r#"(os.name == "nt" and "a" not in sys_platform) or (extra == "x")"#,
            ),
            (r#"platform_version == 'a"b'"#, r#"platform_version == 'a"b'"#),
            ("'3.8 3.9' in python_version", r#""3.8 3.9" in python_version"#),
        ];
        for (text, marker) in cases {
            assert_eq!(canonical(text).unwrap(), marker, "{text}");
            assert_eq!(canonical(marker).unwrap(), marker, "canonical once more");
        }
    }

    #[test]
    fn what_is_no_marker_is_an_error() {
        let deep = "(".repeat(100_000);
        let refused = [
            "",
            "os_name",
            "os_name == nt",
            "os_name = 'a'",
            "os_name == 'a",
            "os_name notin 'a'",
            "os_name not'a'",
            "os_name == 'a' or",
            "os_name == 'a' xor os_name == 'b'",
            "(os_name == 'a'",
            "os_name == 'a')",
            "pyhton_version > '3'",
            "os_name == 'a' os_name == 'b'",
            &deep,
        ];
        for text in refused {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
