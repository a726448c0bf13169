//! The git in the image fetches a commit over each transport that it is there for: all libraries that
//! it loads are in the image.

use super::{
    https,
    world::{World, docker::Docker, served::Served},
};

const FETCH: &str = "
    git init --quiet /tmp/repository
    cd /tmp/repository
    git fetch --quiet --depth=1 --no-tags \"$URL\" \"$COMMIT\"
    git show --no-patch --format=%H FETCH_HEAD
    git show FETCH_HEAD:file
";

pub fn it_fetches_one_commit(docker: &Docker) {
    let world = World::new();
    world.commit(&[("file", "before")]);
    let commit = world.commit(&[("file", "after")]);
    let daemon = Served::git(&world.path(""));
    let url = format!("URL=git://127.0.0.1:{}/repository", daemon.port);
    let commit_is = format!("COMMIT={commit}");
    let outcome = docker.shell(FETCH, &["-e", &url, "-e", &commit_is]).expect(0, &[]);
    assert_eq!(outcome.stdout, format!("{commit}\nafter"));
    // Nothing to warn of: templates, name of the branch, owner.
    assert!(!outcome.stderr.contains("warning"), "{outcome:?}");
}

pub fn it_speaks_https(docker: &Docker) {
    let world = World::new();
    let commit = world.commit(&[("file", "after")]);
    let certificate = world.path("certificate.pem");
    let port = https::serve(world.path(""), &certificate);
    let url = format!("URL=https://localhost:{port}/repository");
    let commit_is = format!("COMMIT={commit}");
    let mount = format!("{}:/certificate.pem:ro", certificate.display());
    let given = ["-e", &url, "-e", &commit_is, "-v", &mount];
    // What the roots in the image do not vouch for is refused.
    let refused = docker.shell(FETCH, &given);
    assert!(refused.stderr.contains("certificate"), "{refused:?}");
    let trusted = [&given[..], &["-e", "GIT_SSL_CAINFO=/certificate.pem"]].concat();
    let outcome = docker.shell(FETCH, &trusted).expect(0, &[]);
    assert_eq!(outcome.stdout, format!("{commit}\nafter"));
}
