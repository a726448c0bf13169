//! The step of prebuild.yml that says whose commit is built with: what GitHub tells, else what the caller says.

use std::{fs, process::Command};

use serde_json::Value;

const TOLD: &str = "0123456789abcdef0123456789abcdef01234567";
const GIVEN: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// The script of each of the two jobs.
fn scripts() -> Vec<String> {
    let workflow: Value =
        serde_yaml::from_str(include_str!("../../.github/workflows/prebuild.yml")).unwrap();
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let step = |job: &Value| {
        let mut steps = job["steps"].as_array().unwrap().iter();
        let step = steps.find(|step| step["id"] == "ours").unwrap();
        step["run"].as_str().unwrap().to_owned()
    };
    jobs.map(step).collect()
}

/// What it sets, or what it says if it refuses.
fn ours(script: &str, [sha, repository, given]: [&str; 3]) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("output");
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", script]).env("GITHUB_OUTPUT", &output);
    bash.env("REF", sha).env("REPOSITORY", repository).env("GIVEN", given);
    let ended = bash.output().unwrap();
    if ended.status.success() {
        return Ok(fs::read_to_string(output).unwrap());
    }
    assert!(!output.exists());
    Err(String::from_utf8(ended.stdout).unwrap())
}

#[test]
fn the_commit_is_told_by_github_or_by_the_caller() {
    let scripts = scripts();
    assert_eq!(scripts.len(), 2);
    let given = format!("acme/regression-action@{GIVEN}");
    for script in scripts {
        let ours = |told| ours(&script, told);
        let set = |sha, repository| Ok(format!("ref={sha}\nrepository={repository}\n"));
        let theirs = "org/regression-action";
        assert_eq!(ours([TOLD, theirs, ""]), set(TOLD, theirs));
        assert_eq!(ours([TOLD, theirs, &given]), set(TOLD, theirs), "GitHub knows better");
        assert_eq!(ours(["", "", &given]), set(GIVEN, "acme/regression-action"));
        let short = format!("acme/regression-action@{}", &GIVEN[..12]);
        let [lines, nobody] = [format!("acme/x\nref=main@{GIVEN}"), format!("@{GIVEN}")];
        for wrong in ["", GIVEN, &short, "acme/regression-action@v1", &nobody, &lines] {
            let said = ours(["", "", wrong]).unwrap_err();
            assert!(said.contains("give the input action: OWNER/NAME@"), "{wrong}: {said}");
        }
    }
}
