//! Messages that the documentation explains exist, and pages that messages and comments name exist too.

use std::{path::Path, sync::LazyLock};

use regex::Regex;

use super::{BTreeMap, BTreeSet, Page, fs, pages, read, root};

const TROUBLESHOOTING: &str = "docs/troubleshooting.md";

/// All files below a folder that are text of ours.
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !matches!(name, "node_modules" | "target" | "golden") {
            files(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap();
            found.push((path.to_owned(), text));
        }
    }
}

fn texts(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        files(&root().join(folder), &mut found);
    }
    found
}

static CONTINUED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\\\n\s*").unwrap());
static VALUE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"\{[^{}\s"]*\}"#).unwrap());

/// Code with strings on one line, without backticks, and each value that is put in as `<>`.
fn plain(code: &str) -> String {
    let continued = CONTINUED.replace_all(code, "");
    let plain = continued.replace("\\\"", "\"").replace('`', "");
    VALUE.replace_all(&plain, "<>").into_owned()
}

/// The messages of the table: the first cell of each row, without its marks.
fn messages(page: &str) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let value = Regex::new("<[^>]*>").unwrap();
    let first = rows.map(|row| row.trim_start_matches("| `").split('`').next().unwrap());
    first.map(|message| value.replace_all(message, "<>").into_owned()).collect()
}

#[test]
fn every_message_of_the_troubleshooting_table_exists() {
    let code = texts(&["src"]);
    let code: Vec<String> = code.iter().map(|(_, text)| plain(text)).collect();
    let messages = messages(&read(TROUBLESHOOTING));
    assert!(messages.len() >= 30, "{} messages", messages.len());
    let unknown = |message: &str| !code.iter().any(|text| text.contains(message));
    let told: Vec<_> = messages.iter().filter(|message| unknown(message)).collect();
    assert!(told.is_empty(), "no source says: {told:#?}");
    let misspelt = messages.iter().filter(|message| unknown(&format!("{message}x"))).count();
    assert!(misspelt > messages.len() / 2, "{misspelt}");
}

/// Pages, manifests and examples that code, comments and examples name.
#[test]
fn files_that_code_and_examples_name_exist() {
    let pages = pages();
    let anchors: BTreeMap<_, BTreeSet<_>> =
        pages.iter().map(|page: &Page| (page.path.as_str(), page.anchors())).collect();
    let named = Regex::new(
        r"(?:^|[^/\w]|regression-action/blob/main/)(docs/[\w-]+\.md|manifests/[\w-]+\.yml|examples/[\w-]+\.yml)(?:#([\w-]+))?",
    )
    .unwrap();
    let mut count = 0;
    let folders = ["src", "benches", "examples", "manifests", "tests/kind", "tests/lint"];
    let mut texts = texts(&folders);
    texts.push(("action.yml".into(), read("action.yml")));
    for (path, text) in texts {
        let told = text.split("#[cfg(test)]").next().unwrap(); // what follows makes paths up
        if path.contains("/tests") || path.contains("/snapshots/") {
            continue;
        }
        for found in named.captures_iter(&plain(told)) {
            let file = &found[1];
            assert!(root().join(file).exists(), "{path} names {file}");
            let at = found.get(2).map(|at| at.as_str());
            let known = at.is_none_or(|at| anchors.get(file).is_some_and(|all| all.contains(at)));
            assert!(known, "{path} names {file}#{}", at.unwrap_or_default());
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

/// The README tells what this is; whoever has a question is sent to the page that answers it.
#[test]
fn messages_name_a_page_and_not_the_readme() {
    for (path, text) in texts(&["src"]) {
        let strings = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let of_ours = strings.filter(|line| line.contains("the README"));
        assert_eq!(of_ours.collect::<Vec<_>>(), Vec::<&str>::new(), "{path}");
    }
}
