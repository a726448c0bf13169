//! What pip does with whole files, fact by fact: what is gathered, warned of, refused.

use super::tree::Tree;
use crate::requirements::{Gathered, Kind, pip::gather_lines};

/// Facts in short: `name value`, with `c:` before constraints and `--` before options.
fn facts(gathered: &Gathered) -> Vec<String> {
    let facts = gathered.entries.iter().map(|entry| {
        let marks = [(Kind::Constraint, "c:"), (Kind::Option, "--")];
        let mark = marks.iter().find(|(kind, _)| *kind == entry.kind).map_or("", |(_, mark)| mark);
        format!("{mark}{} {}", entry.name, entry.value).trim().to_owned()
    });
    facts.collect()
}

fn one(text: &str) -> Gathered {
    Tree::of(&[("requirements.txt", text), ("lib/setup.py", ""), ("setup.py", "")])
        .gather()
        .unwrap()
}

fn refused(files: &[(&str, &str)]) -> String {
    Tree::of(files).gather().unwrap_err().to_string()
}

#[test]
fn lines_become_facts() {
    let cases: [(&str, &[&str]); 20] = [
        (
            "Foo.bar [B,a] >= 1 , < 2 ; os_name=='nt' # why",
            &[r#"foo-bar [a,b]<2,>=1 ; os_name == "nt""#],
        ),
        ("a==1 --hash=sha256:B0 --hash sha256:A0", &["a ==1 --hash=sha256:a0 --hash=sha256:b0"]),
        (
            "a -C y=2 -C x=1 -C y=1",
            &["a --config-settings=x=1 --config-settings=y=2 --config-settings=y=1"],
        ),
        ("a\nA\na==1\na==2", &["a", "a ==1", "a ==2"]),
        ("a @ https://u:p@h/a.zip", &["a @ https://h/a.zip"]),
        (
            "https://h/a_b-1-py3-none-any.whl ; os_name=='nt'",
            &[r#"a-b @ https://h/a_b-1-py3-none-any.whl ; os_name == "nt""#],
        ),
        ("https://h/a.zip", &["https://h/a.zip"]),
        ("a @ https://h/x;os_name=='nt'", &[r#"a @ https://h/x ; os_name == "nt""#]),
        ("-e git+https://t@h/r@main#egg=R", &["r -e @ git+https://h/r@main#egg=R"]),
        ("-e .[dev]", &[". -e [dev]"]),
        ("-e lib\n./lib[x] ; os_name == 'nt'", &["./lib -e", r#"./lib [x] ; os_name == "nt""#]),
        ("lib", &["lib"]),
        ("./gone-1-py3-none-any.whl", &["./gone-1-py3-none-any.whl"]),
        (
            "--extra-index-url https://u:p@a\n-i b\n--extra-index-url=c --extra-index-url c",
            &["--indexes --extra-index-url https://a --index-url b --extra-index-url c"],
        ),
        ("--no-binary A_b,c\n--only-binary c\n--no-binary :none:", &["--only-binary c"]),
        ("--no-binary=:all:\n--only-binary=a,B", &["--no-binary :all:", "--only-binary a,b"]),
        ("--pre\n--only-final a", &["--all-releases :all:", "--only-final a"]),
        ("-f lib\n-f https://h/x", &["--find-links https://h/x", "--find-links lib"]),
        (
            "--no-index --prefer-binary --require-hashes --trusted-host h",
            &["--no-index", "--prefer-binary", "--require-hashes", "--trusted-host h"],
        ),
        ("-r https://u:p@h/r.txt", &["https://h/r.txt -r"]),
    ];
    for (text, wanted) in cases {
        assert_eq!(facts(&one(text)), wanted, "{text}");
    }
}

#[test]
fn what_is_not_understood_stays_with_a_warning() {
    let lines = [
        "a=1",
        "a b",
        "a --no-deps",
        "a --hash=md5:00",
        "-e git+https://u:p@h/r",
        "-e gone",
        "./gone",
        "a -e .",
        "a==${V}",
        "a ; nonsense",
        "--unknown x",
        "-i 'open",
        "git+https://h/r#egg=a[b]",
        "./lib[x y]",
    ];
    for line in lines {
        let gathered = one(line);
        let name = line.replace("u:p@", "");
        assert_eq!(facts(&gathered), [format!("{name} not understood")], "{line}");
        let warning = gathered.warnings.iter().find(|warning| warning.contains(&name));
        assert!(warning.is_some_and(|warning| warning.starts_with("requirements.txt: ")), "{line}");
    }
}

#[test]
fn what_pip_ignores_or_a_commit_does_not_decide_is_warned_of() {
    let cases = [
        ("a --index-url https://u:p@h", "pip ignores --index-url https://h here"),
        ("-r setup.py -r gone.txt", "pip ignores --requirement gone.txt"),
        ("-c gone.txt -r setup.py", "pip ignores --constraint gone.txt"),
        ("-r setup.py --pre", "pip ignores --pre here"),
        ("-e . -e lib", "pip ignores --editable lib"),
        ("-e lib --hash=sha256:00", "pip ignores --hash sha256:00"),
        ("--hash=sha256:00", "pip ignores --hash sha256:00"),
        ("-f lib -f gone", "pip ignores --find-links gone"),
        ("-r setup.py more words", "pip ignores more here"),
        ("a @ git+https://t@h/r@v1", "git+https://h/r@v1 can change without a commit"),
        ("-r https://h/r.txt", "https://h/r.txt can change without a commit"),
        ("-i https://h/${PATH}", "environment variable"),
        ("--extra-index-url a\n-i b", "which pip then forgets"),
        ("-f gone", "--find-links gone is not in the commit"),
        ("./gone.zip", "gone.zip is not in the commit"),
    ];
    for (text, wanted) in cases {
        let warnings = one(text).warnings;
        assert!(warnings.iter().any(|warning| warning.contains(wanted)), "{text}: {warnings:?}");
    }
    let commit = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(
        one(&format!("a\nb @ git+https://t:p@h/r@{commit}\n-i https://${{T}}@h\n-e .")).warnings,
        [""; 0]
    );
}

#[test]
fn files_name_others_from_where_they_stand() {
    let files = [
        ("requirements.txt", "-r deps/base.txt\n-c deps/pins.txt\n-r deps/base.txt"),
        ("deps/base.txt", "a\n-r more/x.txt\n--requirement=\"with space.txt\""),
        ("deps/more/x.txt", "b\n-c ../pins.txt"),
        ("deps/with space.txt", "c"),
        ("deps/pins.txt", "a<2\n-r from-pins.txt"),
        ("deps/from-pins.txt", "d"),
    ];
    let gathered = Tree::of(&files).gather().unwrap();
    assert_eq!(facts(&gathered), ["a", "b", "c", "d", "c:a <2"]);
    let paths: Vec<_> = gathered.files.iter().map(|file| &*file.path).collect();
    let order = [
        "requirements.txt",
        "deps/base.txt",
        "deps/more/x.txt",
        "deps/pins.txt",
        "deps/from-pins.txt",
    ];
    assert_eq!(paths, [&order[..], &["deps/with space.txt"]].concat());
}

#[test]
fn what_no_commit_decides_is_refused() {
    let lines = [
        ("-r ../x.txt", "requirements file ../x.txt is outside of the repository"),
        ("-r /etc/x", "requirements file /etc/x is an absolute path"),
        ("-r ${ENV}.txt", "from an environment variable"),
        ("-r file:///x", "is a file of the machine"),
        (
            "-c gone.txt",
            "requirements file gone.txt, named in requirements.txt, is not in the commit",
        ),
        ("-e ../lib", "outside of the repository"),
        ("/opt/x.whl", "outside of the repository"),
        ("/opt/x", "outside of the repository"),
        ("file:///opt/x", "outside of the repository"),
        ("x @ file:///opt/x", "outside of the repository"),
        ("-e git+file:///opt/x#egg=x", "outside of the repository"),
        ("-f /opt/wheels", "outside of the repository"),
        ("-f ${WHEELS}", "from an environment variable"),
        ("-e ./${LIB}", "from an environment variable"),
        (
            "a\n-r requirements.txt",
            "requirements file requirements.txt recursively references itself in requirements.txt",
        ),
    ];
    for (line, wanted) in lines {
        let error = refused(&[("requirements.txt", line)]);
        assert!(
            error.contains(wanted) && error.contains("requirements.txt")
                || line.starts_with("-r ") && error.contains(wanted),
            "{line}: {error}"
        );
    }
    let error = refused(&[("requirements.txt", "-r a"), ("a", "-r b"), ("b", "-r a")]);
    assert_eq!(
        error,
        "requirements file a recursively references itself in b and again in requirements.txt"
    );
    assert!(refused(&[]).ends_with("is not in the commit; check `requirements` in the config"));
}

#[test]
fn local_packages_stand_where_pip_runs() {
    let files = [
        ("deps/r.txt", "-e ./lib\n./lib[x]\n-f wheels"),
        ("deps/lib/setup.py", ""),
        ("deps/wheels/x", ""),
    ];
    let error = Tree::of(&files).gather_from("deps/r.txt", ".").unwrap_err().to_string();
    assert!(
        error.contains("deps/r.txt names the local package ./lib")
            && error.contains("build: directory"),
        "{error}"
    );

    let gathered = Tree::of(&files).gather_from("deps/r.txt", "deps").unwrap();
    let locals: Vec<_> =
        gathered.locals.iter().map(|l| (&*l.path, l.editable, &*l.named_in)).collect();
    let by = "deps/r.txt";
    assert_eq!(locals, [("../deps/wheels", false, by), ("./lib", false, by), ("./lib", true, by)]);
}

#[test]
fn files_that_would_never_end_are_refused() {
    let mut files: Vec<(String, String)> = vec![("requirements.txt".into(), "-r 0".into())];
    files.extend((0..100).map(|n| (n.to_string(), format!("-r {}", n + 1))));
    let named: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    assert!(refused(&named).contains("nested more than 64 deep"));
    for (_, text) in &mut files {
        *text = format!("{text}\n{text}");
    }
    files.truncate(40);
    files.push(("39".into(), String::new()));
    let named: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    assert!(refused(&named).contains("more than 1000 times"));
    let large = "a\n".repeat(5 << 20);
    assert!(refused(&[("requirements.txt", &large)]).contains("larger than 8 MiB"));
}

#[test]
fn lines_of_another_format_count_as_a_file_of_their_own() {
    let tree = Tree::of(&[("env/more.txt", "b")]);
    let mut into = Gathered::default();
    let lines = ["A==1 # why".to_owned(), "-r more.txt".to_owned()];
    gather_lines(&lines, "env/environment.yml", ".", &tree, &mut into).unwrap();
    assert_eq!(facts(&into), ["a ==1", "b"]);
}
