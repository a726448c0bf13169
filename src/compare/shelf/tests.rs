use std::{os::unix::fs::symlink, time::Duration};

use super::*;

const REPORT: &str = r#"{"schema": 2, "verdict": "pass", "reason": "x",
    "base": {"sha": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "subject": "one"},
    "head": {"sha": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "subject": "two \u001b[31m| `x`"}}"#;

/// A cache whose runs ended in this order.
struct Runs {
    _directory: tempfile::TempDir,
    cache: Cache,
    made: u64,
}

impl Runs {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(directory.path())).unwrap();
        Self { _directory: directory, cache, made: 0 }
    }

    fn add(&mut self, name: &str, file: &str, text: impl AsRef<[u8]>) -> PathBuf {
        self.made += 1;
        let home = self.cache.directory(RUNS).unwrap().join(name);
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join(file), text).unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 + 60 * self.made);
        for path in [home.join(file), home.clone()] {
            fs::File::open(path).unwrap().set_modified(at).unwrap();
        }
        home
    }

    fn shelf(&self) -> Shelf {
        Shelf::open(&self.cache).unwrap()
    }
}

#[test]
fn a_run_is_found_by_name_number_and_beginning() {
    let mut runs = Runs::new();
    for name in ["1aaaaaa-b", "2aaaaaa-b", "2aaaaaa-c"] {
        runs.add(name, "report.json", REPORT);
    }
    runs.add("3", "log", "");
    let shelf = runs.shelf();
    let find = |wanted| shelf.find(wanted).map(|run| run.run.as_str());
    assert_eq!(find(None).unwrap(), "2aaaaaa-c", "the newest has no report");
    assert_eq!(find(Some("2aaaaaa-b")).unwrap(), "2aaaaaa-b");
    assert_eq!(find(Some("4")).unwrap(), "1aaaaaa-b");
    assert_eq!(find(Some("1a")).unwrap(), "1aaaaaa-b");
    assert_eq!(find(Some("3")).unwrap(), "3", "a name comes before a number");
    let told = |wanted| find(Some(wanted)).unwrap_err().to_string();
    assert_eq!(told("2a"), "`2a` begins the names of several runs: 2aaaaaa-c and 2aaaaaa-b");
    assert_eq!(told("9"), "no run `9`; `regression-action list` shows them");
    assert!(told("").contains("several runs"));
    let none = Runs::new().shelf().find(None).unwrap_err().to_string();
    assert!(none.ends_with("has a report yet; `compare` makes one"), "{none}");
}

#[test]
fn what_is_broken_is_told_and_the_rest_is_listed() {
    let mut runs = Runs::new();
    let good = runs.add("good", "report.json", REPORT);
    fs::write(good.join("report.txt"), "pass: x\u{1b}[2J\n").unwrap();
    let measured = r#"{"schema": 1, "commit": {"sha": "SHA", "subject": "three"}, "metrics": []}"#;
    runs.add("one", "report.json", measured.replace("SHA", &"c".repeat(40)));
    runs.add("young", "log", "");
    runs.add("cut", "report.json", &REPORT[..40]);
    runs.add("deep", "report.json", "[".repeat(100_000));
    runs.add("verdict", "report.json", REPORT.replace("pass", "fine"));
    runs.add("sha", "report.json", REPORT.replace("aaaa", "../x"));
    runs.add("bytes", "report.json", [0xff, 0xfe, 0]);
    runs.add("\u{1b}[31mred\n", "report.json", REPORT);
    let link = runs.add("link", "log", "");
    symlink("/dev/zero", link.join("report.json")).unwrap();
    fs::write(link.with_file_name("stray"), "").unwrap();
    let shelf = runs.shelf();
    let trouble = |name: &str| shelf.find(Some(name)).unwrap().trouble.clone().unwrap_or_default();
    assert_eq!(trouble("young"), "no report: it was interrupted, or it still runs");
    for broken in ["cut", "deep", "verdict", "sha", "bytes"] {
        assert!(trouble(broken).starts_with("its report.json is broken: "), "{broken}");
    }
    assert!(trouble("link").ends_with("report.json is no file"), "{}", trouble("link"));
    assert!(trouble("stray").starts_with("cannot read "), "{}", trouble("stray"));
    let good = shelf.find(Some("good")).unwrap();
    assert_eq!(good.show(Format::Text).unwrap(), "pass: x\n");
    let told = good.show(Format::Markdown).unwrap_err().to_string();
    assert_eq!(
        told,
        "the run good kept no report.md: an older version made it; choose another --format"
    );
    let told = shelf.find(Some("young")).unwrap().show(Format::Json).unwrap_err().to_string();
    assert!(told.ends_with("it still runs"), "{told}");
    for format in [Format::Text, Format::Markdown] {
        let list = shelf.list().render(format).unwrap();
        assert!(list.contains("1970-01-02 00:01") && list.contains("good"), "{list}");
        assert!(list.contains("measured") && list.contains("three"), "{list}");
        assert!(!list.contains('\u{1b}') && list.contains("31mred"), "{list}");
        assert_eq!(list.lines().count(), 12 + usize::from(format == Format::Markdown), "{list}");
    }
    let json = shelf.list().render(Format::Json).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let schema = serde_json::to_value(RunList::json_schema()).unwrap();
    jsonschema::validate(&schema, &json).unwrap();
}

#[test]
fn no_runs_are_told() {
    let runs = Runs::new();
    assert_eq!(runs.shelf().list().render(Format::Text).unwrap(), "no past runs\n");
}
