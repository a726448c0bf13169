//! By itself: examples/bisect.yml as it is, on a schedule, by act, on the real cluster.

use std::time::Instant;

use serde_json::json;

use super::{
    cluster::RealCluster,
    world::{
        NOISY_LEVEL,
        act::{by_act, provide, provide_ours},
        docker::Docker,
        github::{Event, GitHub},
    },
};

const EXAMPLE: &str = include_str!("../../../examples/bisect.yml");
const METRICS: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.006}}\nseeds: {values: [1]}";
/// Stands for actions/cache, which needs a server of GitHub's: it keeps nothing.
const NO_CACHE: &str =
    "name: none\ndescription: none\nruns: {using: composite, steps: [{run: 'true', shell: sh}]}\n";

/// The nightly comparison with the release finds that main became worse, and the search begins; the
/// culprit came without a pull request, so that an issue tells it.
pub fn a_regression_is_searched_for_and_told(cluster: &RealCluster) {
    let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
    // The example's.
    let namespace = cluster.namespace("ml");
    let world = namespace.training(NOISY_LEVEL, METRICS);
    // Of an input that is left out, act's post step does not see the default.
    let secret = "kubeconfig: ${{ secrets.KUBECONFIG }}\n";
    let token = format!("{secret}          github-token: ${{{{ secrets.GITHUB_TOKEN }}}}\n");
    let workflow = EXAMPLE.replace(secret, &token);
    world.commit(&[("level", "0.9"), (".github/workflows/regression-bisect.yml", &workflow)]);
    world.git(&["tag", "v2.3.0"]);
    let commits = [("1", "0.9"), ("2", "0.6"), ("3", "0.6")]
        .map(|(at, level)| world.commit(&[("level", level), ("at", at)]));
    let github = GitHub::new(&world.repository());
    github.release("v2.3.0");
    // What the example's two jobs ask for; act has one token for both.
    let rights = ["statuses: write", "pull-requests: write", "issues: write"];
    github.token_may(&[&["contents: read", "packages: read"], &rights[..]].concat());

    let actions = world.path("actions");
    let provided = [
        provide_ours(&actions, EXAMPLE, &docker),
        provide(&actions, EXAMPLE, ("actions/cache", "restore"), NO_CACHE),
        provide(&actions, EXAMPLE, ("actions/cache", "save"), NO_CACHE),
    ];
    let provided = provided.iter().flat_map(|option| ["--local-repository", option]);
    let options: Vec<&str> = provided.collect();
    let event = Event { name: "schedule".to_owned(), payload: json!({"schedule": "17 3 * * *"}) };
    let kubeconfig = namespace.encoded_kubeconfig();
    let begun = Instant::now();
    let ran = by_act(&docker, &world.repository(), &event, (&github, &kubeconfig), &options);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.log(), ran.rest);
    assert_eq!(ran.output("verdict"), Some("regressed"), "{}", ran.log());
    assert_eq!(ran.output("culprit"), Some(&*commits[1]), "{}", ran.log());
    namespace.assert_empty();
    let issues = github.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    assert!(issues[0].body.as_ref().unwrap().contains(&commits[1][..7]), "{issues:#?}");
    assert!(ran.output("comment-url").unwrap().ends_with(&format!("/{}", issues[0].number)));
    println!("a night: compared, bisected and told in {:.1?}", begun.elapsed());
}
