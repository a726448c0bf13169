use super::*;

fn names(source: &str) -> Vec<(&str, &str, usize)> {
    calls(source).into_iter().map(|call| (call.name, call.inside, call.line)).collect()
}

#[test]
fn calls_are_told_from_definitions_comments_and_strings() {
    let source = "def train(x):\n    # log(a)\n    return (fit (x, \"a)b\"), f\"{log(1)}\")\nclass A(B): pass\n\
                  self.log('''a\n(''', b[c(1)])\n";
    let expected =
        [("fit", "x, \"a)b\"", 3), ("self.log", "'''a\n(''', b[c(1)]", 5), ("c", "1", 6)];
    assert_eq!(names(source), expected);
    assert_eq!(names("m(\n)(x).fit(1)\n"), [("m", "\n", 1), (".fit", "1", 2)]);
}

#[test]
fn arguments_and_entries_are_as_typed() {
    let call = &calls("log({'a': x[1:2], \"b/c\": f(y, z), **more}, step=1)")[0];
    assert_eq!(call.arguments(), ["{'a': x[1:2], \"b/c\": f(y, z), **more}", "step=1"]);
    assert_eq!(call.entries(), [("a".to_owned(), "x[1:2]"), ("b/c".to_owned(), "f(y, z)")]);
    let print = &calls("print('a' f\"b\\n{c}\" % (d,), e)")[0];
    assert_eq!(print.text(), Some(Literal { text: "ab\n{c}".to_owned(), is_format: true }));
}

/// Whatever is in a repository: half a string, half a character's escape, brackets that never close.
#[test]
fn what_is_no_python_does_no_harm() {
    for source in [
        "print('",
        "print(\"\\",
        "f('''a\u{e4}",
        ")]}",
        "a(b(c",
        "\u{1f40d}(x)",
        "rb'\\\u{e4}'(",
        "'\\\n'(",
    ] {
        let _ = (calls(source), imports(source), literal(source), split(source, b','));
    }
    for end in 0..40 {
        let text = "log(f'\u{e4}{x:.3f}\\'', {\"k\": '''v''', # c\n 'l': 2})";
        if let Some(part) = text.get(..end) {
            for call in calls(part) {
                let _ = (call.entries(), call.text());
            }
        }
    }
}

#[test]
fn imports_are_told_by_their_first_names() {
    let source = "import os, json as j\nfrom torch.nn import Linear\n  import numpy.random\nfrom . import a\n\
                  from ..b.c import d\nimportant = 1\nfrom_here = 2\n";
    assert_eq!(imports(source), ["os", "json", "torch", "numpy", ".", "..b"]);
}
