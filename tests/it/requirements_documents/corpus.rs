//! Files in the manner of known projects.

use std::fs;

use regression_action::python::requirements::read;

use super::trees::{Tree, recipe};

/// What real projects write: `=== path` starts a file; `bom` and `crlf` after it say how it is kept.
#[test]
fn files_in_the_manner_of_known_projects_are_read_whatever_their_layout() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/requirements/corpus");
    let mut projects = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (mut plain, mut styled) = (Tree::default(), Tree::default());
        for section in text.split("=== ").skip(1) {
            let (header, body) = section.split_once('\n').unwrap();
            let name = header.split_whitespace().next().unwrap().to_owned();
            plain.0.insert(name.clone(), body.as_bytes().to_vec());
            // Continued lines stay as they are.
            let comment =
                |line: &str| if line.ends_with('\\') { "\r\n" } else { "  # why\r\n\r\n" };
            let lines = body.lines().map(|line| format!("{line}{}", comment(line)));
            styled.0.insert(name, lines.collect::<String>().into_bytes());
        }
        let name = path.display();
        match (
            read(&recipe(&["requirements.txt"]), &plain),
            read(&recipe(&["requirements.txt"]), &styled),
        ) {
            (Ok(plain), Ok(styled)) => assert_eq!(plain.text(), styled.text(), "{name}"),
            (plain, _) => panic!("{name}: {:#}", plain.unwrap_err()),
        }
        projects += 1;
    }
    assert!(projects >= 40, "{projects}");
}
