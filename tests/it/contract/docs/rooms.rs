//! Whoever reads the code finds every room on the map, and every file that the map names.

use regex::Regex;

use super::{pages, read, root};

const CONTRIBUTING: &str = ".github/CONTRIBUTING.md";

#[test]
fn every_module_has_a_row_for_contributors() {
    let modules = Regex::new(r"(?m)^(?:pub )?mod (\w+);").unwrap();
    let rows = read(CONTRIBUTING);
    let library = read("src/lib.rs");
    let modules = modules.captures_iter(&library).map(|found| format!("`{}.rs`", &found[1]));
    let missing: Vec<_> = modules.filter(|file| !rows.contains(file)).collect();
    assert!(missing.is_empty(), "{CONTRIBUTING} has no row for {missing:?}");
}

#[test]
fn files_of_code_that_pages_name_exist() {
    let named = Regex::new(r"`([\w/]+\.rs)`").unwrap();
    let mut count = 0;
    for page in pages() {
        for found in named.captures_iter(&page.text) {
            let there = |folder| root().join(folder).join(&found[1]).exists();
            assert!(there("src") || there(""), "{} names {}", page.path, &found[1]);
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}
