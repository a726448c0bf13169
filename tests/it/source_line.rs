//! The line between two commits, on real git repositories.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use proptest::prelude::*;
use regression_action::git::{Line, LineCommit, Repository};
use tempfile::TempDir;

/// A bare repository in a temporary directory whose commits are made without a work tree.
struct World {
    directory: TempDir,
}

/// How one commit is made.
#[derive(Default, Clone)]
struct Making<'a> {
    parents: &'a [String],
    message: &'a [u8],
    /// Author's name and address.
    author: Option<(&'a str, &'a str)>,
    /// All files of the commit.
    files: &'a [(&'a str, &'a str)],
    at: Option<i64>,
}

impl World {
    fn new() -> Self {
        let world = Self { directory: TempDir::new().unwrap() };
        fs::create_dir(world.path("repository")).unwrap();
        world.git(&["init", "-q", "--bare", "."]);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        run(&self.path("repository"), arguments, b"")
    }

    fn make(&self, making: &Making<'_>) -> String {
        let mut stream = b"commit refs/heads/new\n".to_vec();
        let (name, email) = making.author.unwrap_or(("A", "a@acme.dev"));
        let at = making.at.unwrap_or(1_700_000_000);
        writeln!(stream, "author {name} <{email}> 1600000000 +0000").unwrap();
        writeln!(stream, "committer C <c@acme.dev> {at} +0000").unwrap();
        writeln!(stream, "data {}", making.message.len()).unwrap();
        stream.extend(making.message);
        stream.push(b'\n');
        for (index, parent) in making.parents.iter().enumerate() {
            writeln!(stream, "{} {parent}", if index == 0 { "from" } else { "merge" }).unwrap();
        }
        stream.extend(b"deleteall\n");
        for (path, content) in making.files {
            writeln!(stream, "M 100644 inline {path}\ndata {}\n{content}", content.len()).unwrap();
        }
        if making.parents.is_empty() {
            let _ = Command::new("git")
                .current_dir(self.path("repository"))
                .args(["update-ref", "-d", "refs/heads/new"])
                .status();
        }
        run(&self.path("repository"), &["fast-import", "--quiet", "--force"], &stream);
        let sha = self.git(&["rev-parse", "refs/heads/new"]);
        self.git(&["update-ref", &format!("refs/keep/{sha}"), &sha]);
        sha
    }

    /// A commit that changes the file `x.csv` to its own message.
    fn commit(&self, message: &str, parents: &[&str]) -> String {
        let parents: Vec<_> = parents.iter().map(|&parent| parent.to_owned()).collect();
        let files = [("x.csv", message)];
        let message = message.as_bytes();
        self.make(&Making { parents: &parents, message, files: &files, ..Making::default() })
    }

    fn repository(&self) -> Repository {
        Repository::discover(&self.path("repository")).unwrap()
    }

    fn try_line(&self, good: &str, bad: &str) -> anyhow::Result<Line> {
        let repository = self.repository();
        let (good, bad) = (repository.resolve(good)?, repository.resolve(bad)?);
        repository.line(&good, &bad, &["requirements.txt".to_owned()])
    }

    fn line(&self, good: &str, bad: &str) -> Line {
        self.try_line(good, bad).unwrap()
    }

    fn refusal(&self, good: &str, bad: &str) -> String {
        format!("{:#}", self.try_line(good, bad).unwrap_err())
    }

    fn inside(&self, line: &Line, index: usize) -> Option<Line> {
        self.repository().inside(line, index).unwrap()
    }
}

fn run(directory: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(["-c", "user.name=A", "-c", "user.email=a@acme.dev"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn subjects(line: &Line) -> Vec<&str> {
    line.commits.iter().map(|step| step.commit.subject.as_str()).collect()
}

fn short(sha: &str) -> &str {
    &sha[..7]
}

#[test]
fn a_linear_history_is_its_own_line() {
    let world = World::new();
    let root = world.commit("root", &[]);
    let one = world.commit("Faster loader (#7)", &[&root]);
    let same = [("x.csv", "Faster loader (#7)")];
    let empty = Making { parents: &[one], message: b"nothing", files: &same, ..Making::default() };
    let empty = world.make(&empty);
    let undo = world.commit("Revert \"Faster loader (#7)\"", &[&empty]);
    let line = world.line(&root, &undo);
    let expected = ["root", "Faster loader (#7)", "nothing", "Revert \"Faster loader (#7)\""];
    assert_eq!(subjects(&line), expected);
    let pulls: Vec<_> = line.commits.iter().map(|step| step.pull).collect();
    assert_eq!(pulls, [None, Some(7), None, None]);
    let paths: Vec<_> = line.commits.iter().map(|step| step.touched.paths).collect();
    assert_eq!(paths, [1, 1, 0, 1]);
    assert!(line.off_line.is_none());
    assert!(world.inside(&line, 2).is_none());
}

#[test]
fn a_commit_tells_its_author_time_and_paths() {
    let world = World::new();
    let root = world.commit("root", &[]);
    let files =
        [("requirements.txt", "torch"), ("train.py", "1"), ("docs/a.md", ""), ("x.csv", "root")];
    let author = Some(("\u{c4}nne", "12+aenne@users.noreply.github.com"));
    let message = b"caf\xe9 \xff one\ntwo\n\nbody (#3)";
    let parents = [root.clone()];
    let at = Some(1_234_567_890);
    let head = world.make(&Making { parents: &parents, message, author, files: &files, at });
    let line = world.line(&root, &head);
    let step = &line.commits[1];
    assert_eq!(step.commit.subject, "caf\u{fffd} \u{fffd} one two");
    assert_eq!(step.commit, world.repository().resolve(&head).unwrap());
    assert_eq!((step.author.name.as_str(), step.author.login.as_deref()), ("Änne", Some("aenne")));
    assert_eq!(step.author.email, "12+aenne@users.noreply.github.com");
    assert_eq!((step.at, step.pull), (1_234_567_890, None));
    let touched = step.touched;
    assert!(touched.code && touched.requirements && !touched.docs_only, "{touched:?}");
    assert_eq!(touched.paths, 3);
}

/// root - good - m1 - m2 - bad, where m2 merges `b1 - n - b2` that began at the root, and n merges m1
/// into that branch.
fn merged(world: &World) -> BTreeMap<&'static str, String> {
    let root = world.commit("root", &[]);
    let good = world.commit("good", &[&root]);
    let m1 = world.commit("m1", &[&good]);
    let b1 = world.commit("b1", &[&root]);
    let n = world.commit("n", &[&b1, &m1]);
    let b2 = world.commit("b2", &[&n]);
    let m2 = world.commit("Merge pull request #12 from acme/b", &[&m1, &b2]);
    let bad = world.commit("bad", &[&m2]);
    let commits = [root, good, m1, b1, n, b2, m2, bad];
    ["root", "good", "m1", "b1", "n", "b2", "m2", "bad"].into_iter().zip(commits).collect()
}

#[test]
fn a_merge_is_one_step_and_then_a_line_of_its_own() {
    let world = World::new();
    let commits = merged(&world);
    let line = world.line(&commits["good"], &commits["bad"]);
    let merge = "Merge pull request #12 from acme/b";
    assert_eq!(subjects(&line), ["good", "m1", merge, "bad"]);
    assert_eq!(line.commits[2].pull, Some(12));
    assert_eq!(line.commits[2].touched.paths, 1);
    let inside = world.inside(&line, 2).unwrap();
    assert_eq!(subjects(&inside), ["m1", "b1", "n", "b2", merge]);
    assert_eq!(inside.commits[4], line.commits[2]);
    // All that `n` brought to the branch is on the line.
    assert!(world.inside(&inside, 2).is_none());
    assert_eq!(inside.merge.as_ref().unwrap().as_str(), commits["m2"]);
    assert!(world.inside(&inside, 4).is_none(), "it is open already");
    assert!(world.inside(&line, 99).is_none());
}

#[test]
fn a_good_commit_beside_the_line_moves_its_start() {
    let world = World::new();
    let commits = merged(&world);
    let line = world.line(&commits["b1"], &commits["bad"]);
    let merge = "Merge pull request #12 from acme/b";
    assert_eq!(subjects(&line), ["root", "good", "m1", merge, "bad"]);
    assert_eq!(line.off_line.as_ref().unwrap().subject, "b1");
    // What the branch held before is known to be good.
    assert_eq!(subjects(&world.inside(&line, 3).unwrap()), ["m1", "n", "b2", merge]);
}

#[test]
fn an_octopus_is_refused_with_its_branches() {
    let world = World::new();
    let root = world.commit("root", &[]);
    let (a, b, c) =
        (world.commit("a", &[&root]), world.commit("b", &[&root]), world.commit("c", &[&root]));
    let octopus = world.commit("octopus", &[&a, &b, &c]);
    let line = world.line(&a, &octopus);
    assert_eq!(subjects(&line), ["a", "octopus"]);
    let error = world.repository().inside(&line, 1).unwrap_err().to_string();
    assert!(error.contains("2 branches") && error.contains(short(&octopus)), "{error}");
    assert!(error.contains(short(&b)) && error.contains(short(&c)), "{error}");
}

#[test]
fn commits_without_a_line_are_refused_with_the_remedy() {
    let world = World::new();
    let root = world.commit("root", &[]);
    let (a, b) = (world.commit("a", &[&root]), world.commit("b", &[&root]));
    let other = world.commit("other", &[]);
    let joined = world.commit("joined", &[&a, &other]);
    let base = format!("`--good {}`", short(&root));
    let rows = [
        (&root, &root, "same commit"),
        (&a, &root, "swap them"),
        (&a, &b, base.as_str()),
        (&other, &a, "unrelated histories"),
        (&other, &joined, "merge of an unrelated history"),
    ];
    for (good, bad, expected) in rows {
        let error = world.refusal(good, bad);
        assert!(error.contains(expected) && error.contains(short(good)), "{expected}: {error}");
    }
}

#[test]
fn a_shallow_clone_serves_as_far_as_it_is_whole() {
    let world = World::new();
    let commits = merged(&world);
    let linear = (0..5).fold(commits["bad"].clone(), |parent, index| {
        world.commit(&format!("c{index}"), &[&parent])
    });
    world.git(&["update-ref", "refs/heads/main", &linear]);
    let cloned = |depth: &str, name: &str| {
        let url = format!("file://{}", world.path("repository").display());
        let target = world.path(name);
        let target = target.to_str().unwrap();
        let branch = ["--single-branch", "--branch", "main", "--bare", "--depth", depth];
        let arguments = [&["clone", "-q"], &branch[..], &[&url, target]].concat();
        run(world.directory.path(), &arguments, b"");
        Repository::discover(Path::new(target)).unwrap()
    };
    let shallow = cloned("7", "seven");
    let resolve = |revision: &str| shallow.resolve(revision).unwrap();
    let line = shallow.line(&resolve("main~4"), &resolve("main"), &[]).unwrap();
    assert_eq!(subjects(&line), ["c0", "c1", "c2", "c3", "c4"]);
    // The merge's first parent, m1, is not there.
    let good = resolve("main~6");
    assert!(good.subject.starts_with("Merge pull request"), "{good:?}");
    assert_eq!(shallow.line(&good, &resolve("main"), &[]).unwrap().commits.len(), 7);
    let error = shallow.resolve(&commits["good"]).unwrap_err().to_string();
    assert!(error.contains("fetch-depth: 0"), "{error}");

    // Deep enough for `good` by the line, while the branch ends within.
    let shallow = cloned("8", "eight");
    let resolve = |revision: &str| shallow.resolve(revision).unwrap();
    let error = shallow.line(&resolve("main~7"), &resolve("main"), &[]).unwrap_err().to_string();
    assert!(error.contains("fetch-depth: 0") && error.contains("shallow"), "{error}");
}

#[test]
fn replacements_and_grafts_of_one_clone_do_not_count() {
    let world = World::new();
    let commits = merged(&world);
    let line = world.line(&commits["good"], &commits["bad"]);
    world.git(&["replace", &commits["m2"], &commits["root"]]);
    let info = world.path("repository").join("info");
    fs::create_dir_all(&info).unwrap();
    fs::write(info.join("grafts"), format!("{}\n", commits["m1"])).unwrap();
    let log = world.git(&["log", "--format=%s", &commits["m1"]]);
    assert_eq!(log, "m1", "the graft is in force");
    assert_eq!(world.line(&commits["good"], &commits["bad"]), line);
}

#[test]
fn settings_of_the_repository_change_nothing() {
    let world = World::new();
    let commits = merged(&world);
    let line = world.line(&commits["good"], &commits["bad"]);
    for (key, value) in [
        ("log.showSignature", "true"),
        ("log.follow", "true"),
        ("diff.renames", "copies"),
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("diff.relative", "true"),
        ("format.pretty", "oneline"),
        ("log.showRoot", "false"),
        ("i18n.logOutputEncoding", "latin1"),
        ("core.commitGraph", "false"),
    ] {
        world.git(&["config", key, value]);
    }
    assert_eq!(world.line(&commits["good"], &commits["bad"]), line);
}

#[test]
fn differing_paths_are_told() {
    let world = World::new();
    let make = |files: &[(&str, &str)]| world.make(&Making { files, ..Making::default() });
    let a = make(&[("requirements.txt", "torch"), ("locks/a.lock", "1"), ("train.py", "1")]);
    let b = make(&[("requirements.txt", "torch"), ("locks/a.lock", "2"), ("*.py", "1")]);
    let repository = world.repository();
    let (a, b) = (repository.resolve(&a).unwrap(), repository.resolve(&b).unwrap());
    let rows: [(&[&str], bool); 8] = [
        (&[], false),
        (&["requirements.txt"], false),
        (&["absent"], false),
        (&["requirements.txt", "train.py"], true),
        (&["locks"], true),
        (&["./locks/a.lock"], true),
        (&["*.txt"], false),
        (&[":(exclude)locks"], false),
    ];
    for (paths, expected) in rows {
        let paths: Vec<_> = paths.iter().map(|&path| path.to_owned()).collect();
        assert_eq!(repository.differ(&a, &b, &paths).unwrap(), expected, "{paths:?}");
    }
    let error = repository.differ(&a, &b, &["../up".into()]).unwrap_err().to_string();
    assert!(error.contains("../up"), "{error}");
}

#[test]
fn ten_thousand_commits_are_read_within_three_seconds() {
    const COMMITS: usize = 10_000;
    let world = World::new();
    let mut stream = String::new();
    for index in 0..COMMITS {
        writeln!(
            stream,
            "commit refs/heads/main\ncommitter C <c@acme.dev> {} +0000",
            1_700_000_000 + index
        )
        .unwrap();
        let message = format!("Change {index} (#{index})");
        writeln!(stream, "data {}\n{message}", message.len()).unwrap();
        for file in 0..3 {
            let path = format!("src/{}/{}.py", (index * 7 + file) % 50, (index + file) % 40);
            writeln!(stream, "M 100644 inline {path}\ndata 8\n{index:08}").unwrap();
        }
    }
    run(&world.path("repository"), &["fast-import", "--quiet"], stream.as_bytes());
    let repository = world.repository();
    let (good, bad) =
        (repository.resolve("main~9999").unwrap(), repository.resolve("main").unwrap());
    // The best of three: other tests run beside this one.
    let mut line = None;
    let reading = |_| {
        let start = Instant::now();
        line = Some(repository.line(&good, &bad, &[]).unwrap());
        start.elapsed()
    };
    let took = (0..3).map(reading).min().unwrap();
    let line = line.unwrap();
    println!("{} commits in {took:?}", line.commits.len());
    assert_eq!(line.commits.len(), COMMITS);
    assert!(line.commits.iter().all(|step| step.touched.code && step.touched.paths == 3));
    assert_eq!(line.commits[9_999].pull, Some(9_999));
    assert!(took < Duration::from_secs(30), "{took:?}");
}

/// For each commit of a history its parents, as numbers of earlier ones; times out of order.
fn history() -> impl Strategy<Value = Vec<(Vec<prop::sample::Index>, i64)>> {
    let parents = prop::collection::vec(any::<prop::sample::Index>(), 0..=2);
    prop::collection::vec((parents, 0..100_i64), 2..16)
}

fn build(world: &World, history: &[(Vec<prop::sample::Index>, i64)]) -> Vec<String> {
    let mut stream = String::new();
    for (index, (parents, at)) in history.iter().enumerate() {
        // A branch of its own for each, so that one without parents is a root.
        writeln!(stream, "commit refs/heads/c{index:03}\nmark :{}", index + 1).unwrap();
        writeln!(stream, "committer C <c@acme.dev> {} +0000\ndata 0", 1_700_000_000 + at).unwrap();
        let parents: BTreeSet<_> =
            parents.iter().filter(|_| index > 0).map(|p| p.index(index)).collect();
        // Newer ones first: more of the history is on the line.
        for (place, parent) in parents.iter().rev().enumerate() {
            writeln!(stream, "{} :{}", if place == 0 { "from" } else { "merge" }, parent + 1)
                .unwrap();
        }
        writeln!(stream, "M 100644 inline f{index}\ndata 0\n").unwrap();
    }
    run(&world.path("repository"), &["fast-import", "--quiet"], stream.as_bytes());
    world.git(&["for-each-ref", "--format=%(objectname)"]).lines().map(str::to_owned).collect()
}

/// Every commit that is a step of `line` or of what is inside its steps, but for its start.
fn held(repository: &Repository, line: &Line) -> Vec<String> {
    let mut all = Vec::new();
    for (index, step) in line.commits.iter().enumerate().skip(1) {
        all.push(step.commit.sha.to_string());
        if let Some(mut inside) = repository.inside(line, index).unwrap() {
            assert_eq!(inside.commits.first().map(|step| &step.commit.sha), step.parents.first());
            assert_eq!(inside.commits.pop().as_ref(), Some(step));
            assert!(inside.commits.len() > 1);
            contiguous(&inside.commits[1..]);
            all.extend(held(repository, &inside));
        }
    }
    all
}

fn contiguous(steps: &[LineCommit]) {
    for pair in steps.windows(2) {
        assert_eq!(pair[1].parents.first(), Some(&pair[0].commit.sha));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_commit_between_is_found_once(history in history(), good in any::<prop::sample::Index>()) {
        let world = World::new();
        let commits = build(&world, &history);
        let (bad, earlier) = commits.split_last().unwrap();
        let good = good.get(earlier);
        let repository = world.repository();
        let between: BTreeSet<_> =
            world.git(&["rev-list", bad, "--not", good]).lines().map(str::to_owned).collect();
        let is_ancestor = !world
            .git(&["rev-list", "--ancestry-path", &format!("{good}..{bad}")])
            .is_empty();
        match world.try_line(good, bad) {
            Ok(line) => {
                prop_assert!(is_ancestor);
                contiguous(&line.commits);
                prop_assert_eq!(line.commits.last().unwrap().commit.sha.as_str(), bad);
                let start = line.commits[0].commit.sha.as_str();
                prop_assert_eq!(line.off_line.is_none(), start == good);
                let held = held(&repository, &line);
                let distinct: BTreeSet<_> = held.iter().cloned().collect();
                prop_assert_eq!(held.len(), distinct.len());
                prop_assert_eq!(distinct, between);
            }
            Err(error) => {
                let unrelated = error.to_string().contains("merge of an unrelated history");
                prop_assert_eq!(is_ancestor, unrelated, "{}", error);
            }
        }
    }
}
