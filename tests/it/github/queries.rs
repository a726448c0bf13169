//! Our questions in GraphQL, held against the schema that GitHub publishes.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// What of each document does not fit.
fn wrong_with(documents: &[String]) -> Vec<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/github/queries.mjs");
    let mut node = Command::new("node");
    node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().expect("run tests/github/install");
    let input = serde_json::to_vec(documents).unwrap();
    node.stdin.take().unwrap().write_all(&input).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "run tests/github/install");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The documents in the sources, which are constants in quotes.
fn documents() -> Vec<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clients/github");
    let files = fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap());
    let starts = [": &str = \"query", ": &str = \"mutation"];
    let of = |text: String| {
        let found = starts.iter().flat_map(|start| text.match_indices(start));
        let documents = found.map(|(at, _)| {
            let quoted = text[at..].split_once('"').unwrap().1.split_once("\";").unwrap().0;
            quoted.replace("\\\n", " ")
        });
        documents.collect::<Vec<_>>()
    };
    texts.flat_map(of).collect()
}

#[test]
fn our_queries_fit_the_published_schema() {
    let mut documents = documents();
    assert_eq!(documents.len(), 4, "{documents:#?}");
    for (document, wrong) in documents.iter().zip(wrong_with(&documents)) {
        assert!(wrong.is_empty(), "{wrong:#?}\n{document}");
    }
    for document in &mut documents {
        *document = document.replacen("login", "nickname", 1).replacen("oid", "sha", 1);
        *document = document.replacen("OUTDATED", "OLD", 1).replacen("createdAt", "madeAt", 1);
    }
    assert!(wrong_with(&documents).iter().all(|wrong| !wrong.is_empty()), "a wrong one fits");
}
