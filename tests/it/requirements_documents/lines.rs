//! What lines of pip's format yield, and what they may not ask for.

use regression_action::python::requirements::{Document, FactKind, Recipe, read};

use super::trees::{Tree, document, recipe};

fn of(document: &Document, kind: FactKind) -> Vec<(&str, &str)> {
    let entries = document.entries.iter().filter(|entry| entry.kind == kind);
    entries.map(|entry| (&*entry.name, &*entry.value)).collect()
}

fn fails(recipe: &Recipe, tree: &Tree) -> String {
    format!("{:#}", read(recipe, tree).unwrap_err())
}

#[test]
fn lines_of_pip_count_as_text_in_one_spelling() {
    let files = [
        (
            "requirements.txt",
            "\u{feff}Foo.bar [B,a] >= 1 , < 2 ; os_name=='nt' # why\r\n-r deps/more.txt\n\
             --extra-index-url   https://u:p@h/x\n-c pins.txt\nhttps://u:p@h/a.zip\n\
             a==1 \\\n  --hash=sha256:b0  \\\n --hash=sha256:a0\n-i https://i\n\
             -e git+https://t@h/r@main#egg=R\nb @ ./libs/b\n-f wheels\n./a-1.whl\n",
        ),
        ("deps/more.txt", "-c pins.txt\nA==1\n"),
        ("deps/pins.txt", "c <3\n"),
        ("pins.txt", "--requirement=libs/r.txt\n"),
        ("libs/r.txt", "d\n"),
        ("libs/b/setup.py", "setup()"),
        ("wheels/x.whl", "x"),
        ("a-1.whl", "a"),
    ];
    let document = read(&recipe(&["requirements.txt"]), &Tree::of(files)).unwrap();
    let wanted = [
        ("-e git+https://h/r@main#egg=R", ""),
        ("./a-1.whl", "./a-1.whl"),
        ("./libs/b", "b @ ./libs/b"),
        ("a", "==1"),
        ("a", "==1 --hash=sha256:b0 --hash=sha256:a0"),
        ("d", ""),
        ("foo-bar", "[B,a]>=1,<2;os_name=='nt'"),
        ("https://h/a.zip", ""),
    ];
    assert_eq!(of(&document, FactKind::Requirement), wanted);
    assert_eq!(of(&document, FactKind::Constraint), [("c", "<3")]);
    let options =
        [("001", "--extra-index-url https://h/x"), ("002", "-i https://i"), ("003", "-f wheels")];
    assert_eq!(of(&document, FactKind::Option), options);
    let whole: Vec<&str> = document.whole.iter().map(String::as_str).collect();
    assert_eq!(whole, ["a-1.whl", "libs/b", "wheels"]);
    let warning = &document.warnings[0];
    assert!(warning.ends_with(": -e git+https://h/r@main#egg=R, d, foo-bar"), "{warning}");
    assert_eq!(document.warnings.len(), 1);
}

#[test]
fn what_no_commit_decides_is_told_or_refused() {
    let told = |text: &str| document("r.txt", text).warnings.join("\n");
    assert!(
        told("-r https://u:p@h/x").starts_with("r.txt: https://h/x can change without a commit")
    );
    assert!(told("a==${A}").contains("from an environment variable"));
    assert!(told("-e ./gone").contains("./gone, which r.txt installs, is not in the commit"));
    let fails = |text: &str| fails(&recipe(&["r.txt"]), &Tree::of([("r.txt", text)]));
    for (text, reason) in [
        ("-r file:///etc/x", "a file of the machine"),
        ("-r ${X}.txt", "from an environment variable"),
        ("-r r.txt", "recursively references itself"),
        ("-r more.txt", "more.txt, named in r.txt, is not in the commit"),
        ("-e ../x", "../x, which is outside of the repository"),
        ("x @ file:///opt/x", "///opt/x, which is outside of the repository"),
        ("-r /etc/x", "absolute path"),
    ] {
        assert!(fails(text).contains(reason), "{text}: {}", fails(text));
    }
    let mut tree = Tree::default();
    tree.0.insert("r.txt".to_owned(), b"# \xe9".to_vec());
    let error = self::fails(&recipe(&["r.txt"]), &tree);
    assert_eq!(error, "requirements file r.txt is not UTF-8 at byte 2; save it as UTF-8");
}

#[test]
fn another_ray_than_that_of_the_config_is_named_with_its_line() {
    let fails = |path: &str, text: &str| fails(&recipe(&[path]), &Tree::of([(path, text)]));
    let error = fails("r.txt", "# ours\nnumpy\nRay[train] == 2.9.0 # old\n");
    assert_eq!(
        error,
        "r.txt, line 3, pins ray==2.9.0, but the config has `ray-version: 2.60.0`: write one version in both"
    );
    let lock = "version = 1\n[[package]]\nname = 'ray'\nversion = '2.9.0'\n";
    assert!(fails("uv.lock", lock).starts_with("uv.lock pins ray==2.9.0"));
    let project = "[project]\nname = 'x'\ndependencies = ['ray==2.9.0']\n";
    assert!(fails("pyproject.toml", project).starts_with("pyproject.toml pins ray==2.9.0"));
    for text in ["ray==2.60", "ray>=2.9", "ray==2.9.0; python_version<'3.8'", "ray==2.*", "rays==1"]
    {
        document("r.txt", text);
    }
}
