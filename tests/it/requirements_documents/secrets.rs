//! Secrets in URLs: never in a document nor in what is said of it, and a new one asks for no new image.

use regression_action::python::requirements::{Document, EnvironmentBase, Recipe, read};

use super::trees::{Tree, recipe};

/// Each with `SECRET` where one is.
const CASES: [(&str, &str); 12] = [
    ("r.txt", "--index-url https://SECRET:SECRET@h/simple\na==1\n"),
    ("r.txt", "--extra-index-url https://h/t/SECRET/simple\na==1\n"),
    ("r.txt", "-f https://h/wheels?token=SECRET\na==1\n"),
    ("r.txt", "a @ https://h/a-1.whl?a=1&X-Amz-Signature=SECRET#sha256=00\n"),
    ("r.txt", "https://h/a.zip?api_key=SECRET\n-r https://h/more.txt?sig=SECRET\n"),
    ("r.txt", "-e git+https://SECRET@h/r@main?access_token=SECRET#egg=r\n"),
    ("environment.yml", "channels: [https://h/t/SECRET/main]\ndependencies: [a=1]\n"),
    (
        "environment.yml",
        "channels: [c]\ndependencies: ['https://h/t/SECRET/c::a=1', {pip: ['b @ https://h/b?token=SECRET']}]\n",
    ),
    ("pyproject.toml", "[project]\nname='x'\n[[tool.uv.index]]\nurl='https://h/t/SECRET/simple'\n"),
    ("pyproject.toml", "[project]\nname='x'\ndependencies=['a @ https://h/a.whl?auth=SECRET']\n"),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname='a'\nversion='1'\nsource={registry='https://h/t/SECRET/simple'}\n\
         wheels=[{url='https://h/a.whl?jwt=SECRET', hash='sha256:aa'}]\n",
    ),
    (
        "Pipfile.lock",
        r#"{"_meta":{"pipfile-spec":6,"sources":[{"url":"https://h/simple?api_key=SECRET"}]},"default":{}}"#,
    ),
];

fn said(document: &Document) -> String {
    format!("{}{}", document.text(), document.warnings.join("\n"))
}

#[test]
fn a_secret_in_a_url_is_never_shown_and_a_new_one_changes_nothing() {
    for (path, text) in CASES {
        let of = |secret: &str| {
            let tree = Tree::of([(path, &*text.replace("SECRET", secret))]);
            read(&recipe(&[path]), &tree).unwrap()
        };
        let (one, other) = (of("s3cret-token"), of("an0ther-token"));
        assert!(!said(&one).contains("s3cret-token"), "{}", said(&one));
        assert_eq!(one.text(), other.text());
        assert!(other.changes_since(&one).is_empty());
        let elsewhere = text.replace("://h/", "://i/").replace("@h/", "@i/");
        let elsewhere = Tree::of([(path, &*elsewhere.replace("SECRET", "s3cret-token"))]);
        assert_ne!(read(&recipe(&[path]), &elsewhere).unwrap().tag(), one.tag(), "{text}");
    }
}

/// The bytes of a file count whole, and its changed lines are shown.
#[test]
fn nor_in_the_changed_lines_of_a_file_or_of_a_dockerfile() {
    let of = |path: &str, text: &str| {
        let base = EnvironmentBase::Image { base_image: "x".into(), dockerfile: Some("D".into()) };
        let recipe = Recipe { base, ..recipe(&[path]) };
        let dockerfile = "FROM x\nADD https://h/x?token=s3cret-token /x\n";
        read(&recipe, &Tree::of([(path, text), ("D", dockerfile)])).unwrap()
    };
    let line = |version: u8| {
        format!("[options]\ninstall = https://h/t/s3cret-token/a{version}?sig=s3cret-token\n")
    };
    let (one, other) = (of("setup.cfg", &line(1)), of("setup.cfg", &line(2)));
    let changes: Vec<String> = other.changes_since(&one).iter().map(ToString::to_string).collect();
    assert_eq!(changes.len(), 1);
    assert!(changes[0].contains("https://h/t/***/a1?sig=***"), "{changes:?}");
    assert!(said(&one).contains("adds https://h/x?token=***"), "{}", said(&one));
    assert!(!format!("{}{changes:?}", said(&one)).contains("s3cret-token"));
}
