//! Whatever the history: the config that judges is that of the default branch's tip, and a password goes to
//! the host that this config names, and to no other.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use proptest::prelude::*;

use crate::world::{
    World,
    github::GitHub,
    mini_runner::{Ended, MiniRunner},
};

const PATIENCE: Duration = Duration::from_mins(2);
const CONFIG: &str = ".github/regression.yml";
const NUMBER: u64 = 7;
const BRANCHES: [&str; 3] = ["one", "two", "main-2"];

/// What somebody who may push does, on one of the branches.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Commits a config of their own.
    Hostile(usize),
    /// Commits a file.
    File(usize),
    /// Takes main's config back.
    Revert(usize),
    /// Merges it into main.
    Merge(usize),
    /// Begins it anew at main.
    Branch(usize),
    /// Gives its commit a tag of another branch's name.
    Tag(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let branch = 0..BRANCHES.len();
    let step = prop_oneof![
        branch.clone().prop_map(Step::Hostile),
        branch.clone().prop_map(Step::File),
        branch.clone().prop_map(Step::Revert),
        branch.clone().prop_map(Step::Merge),
        branch.clone().prop_map(Step::Branch),
        (branch, 0..=BRANCHES.len()).prop_map(|(of, name)| Step::Tag(of, name)),
    ];
    prop::collection::vec(step, 1..8)
}

/// A registry that has nothing, asks for a password, and remembers who came.
pub struct Listener {
    pub address: SocketAddr,
    /// Whether each request brought a password.
    seen: Arc<Mutex<Vec<bool>>>,
}

impl Listener {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::default());
        let told: Arc<Mutex<Vec<bool>>> = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let brought = answer(stream);
                told.lock().unwrap().push(brought);
            }
        });
        Self { address, seen }
    }

    pub fn config(&self, name: &str) -> String {
        let metrics = "metrics: {accuracy: {direction: higher, absolute: 0.01}}";
        format!("entrypoint: 'true'\nimage: {}/{name}\n{metrics}\n", self.address)
    }

    fn take(&self) -> Vec<bool> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn answer(stream: TcpStream) -> bool {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let brought = head.iter().any(|line| line.to_lowercase().starts_with("authorization: basic"));
    let (answer, code) = if brought {
        ("404 Not Found", "MANIFEST_UNKNOWN")
    } else {
        ("401 Unauthorized", "UNAUTHORIZED")
    };
    let body = format!("{{\"errors\": [{{\"code\": \"{code}\", \"message\": \"\"}}]}}");
    let mut stream = stream;
    drop(write!(
        stream,
        "HTTP/1.1 {answer}\r\nWWW-Authenticate: Basic realm=\"registry\"\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    ));
    brought
}

/// Does the steps; main's tip has an honest config in the end, and the pull request is of this branch.
fn history(steps: &[Step], of: usize, (honest, hostile): (&str, &str)) -> (World, String) {
    let world = World::new();
    let on = |branch: &str| world.git(&["checkout", "--quiet", branch]);
    world.commit(&[(CONFIG, honest), ("requirements.txt", "numpy==2.0.0\n")]);
    for branch in BRANCHES {
        world.git(&["branch", branch]);
    }
    for (at, step) in steps.iter().enumerate() {
        let at = at.to_string();
        let hostile = format!("{hostile}# {at}\n");
        match *step {
            Step::Hostile(branch) => {
                on(BRANCHES[branch]);
                world.commit(&[(CONFIG, &hostile)]);
            }
            Step::File(branch) => {
                on(BRANCHES[branch]);
                world.commit(&[("file", &at)]);
            }
            Step::Revert(branch) => {
                on(BRANCHES[branch]);
                world.commit(&[(CONFIG, honest), ("reverted", &at)]);
            }
            Step::Merge(branch) => {
                on("main");
                let theirs = format!("refs/heads/{}", BRANCHES[branch]);
                world.git(&["merge", "--quiet", "--no-ff", "-X", "theirs", "-m", "merge", &theirs]);
            }
            Step::Branch(branch) => {
                on("main");
                world.git(&["branch", "--force", BRANCHES[branch], "refs/heads/main"]);
            }
            Step::Tag(branch, name) => {
                let name = BRANCHES.get(name).unwrap_or(&"main");
                let commit = world.git(&["rev-parse", &format!("refs/heads/{}", BRANCHES[branch])]);
                world.git(&["tag", "--force", name, commit.trim()]);
            }
        }
    }
    on("main");
    world.commit(&[(CONFIG, honest), ("last", "1")]);
    // What could be taken for main where a name is not whole.
    world.git(&["checkout", "--quiet", "--detach"]);
    world.commit(&[(CONFIG, hostile)]);
    for name in ["refs/heads/heads/main", "refs/heads/refs/heads/main", "refs/tags/heads/main"] {
        world.git(&["update-ref", name, "HEAD"]);
    }
    world.git(&["checkout", "--quiet", "--detach", &format!("refs/heads/{}", BRANCHES[of])]);
    let head = world.commit(&[("change", "1")]);
    world.git(&["branch", "change"]);
    (world, head)
}

/// Bob approves alice's pull request, and the image is looked for.
fn looked(world: &World, head: &str) -> Ended {
    let github = GitHub::new(&world.repository());
    github.permission("alice", "write");
    github.permission("bob", "write");
    github.open_pull(NUMBER, "alice", "change", "main");
    let review = github.review(NUMBER, "bob", "APPROVED", head);
    let event = github.review_submitted(review);
    let job = MiniRunner::bare(&event.name, &event.payload)
        .on(&github, head)
        .input("command", "image")
        .input("registry-username", "alice")
        .input("registry-password", "the-password")
        .variable("TMPDIR", world.path("").to_str().unwrap());
    job.main().finish(PATIENCE)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_tip_of_the_default_branch_judges(steps in steps(), of in 0..BRANCHES.len()) {
        let (ours, theirs) = (Listener::start(), Listener::start());
        let configs = (ours.config("honest"), theirs.config("hostile"));
        let (world, head) = history(&steps, of, (&configs.0, &configs.1));
        let ended = looked(&world, &head);
        if ended.outputs.get("verdict").is_some_and(|verdict| verdict == "held") {
            // Nothing is made of what cannot be merged.
            let reason = &ended.outputs["reason"];
            prop_assert!(reason.contains("conflicts with `main` in "), "{reason}");
            prop_assert_eq!((ours.take(), theirs.take()), (Vec::new(), Vec::new()));
            return Ok(());
        }
        let expected = format!("{}/honest:", ours.address);
        let image = ended.outputs.get("image").map_or("", String::as_str);
        prop_assert!(image.starts_with(&expected), "{image} {ended:#?}");
        prop_assert!(ours.take().contains(&true), "the password was not asked for: {ended:#?}");
        prop_assert_eq!(theirs.take(), Vec::<bool>::new());
    }
}

/// Of several commits at which they part, one alone would hide what the head takes back.
#[test]
fn a_head_that_parts_at_several_commits_is_held() {
    let listener = Listener::start();
    let world = World::new();
    world.commit(&[
        (CONFIG, &listener.config("honest")),
        ("requirements.txt", "numpy==2.0.0\n"),
        ("file", "1"),
    ]);
    let head = world.crossed();
    let ended = looked(&world, &head);
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    let reason = &ended.outputs["reason"];
    assert!(reason.contains("and `main` part at several commits"), "{reason}");
    assert_eq!(listener.take(), Vec::<bool>::new());
}
