//! Each shape of project as the generated Dockerfile builds it for real, or the remedy with which it is
//! refused.

mod builds;
mod locks;

use std::{fs, time::Instant};

use super::{
    base, row,
    world::{World, docker::Docker, finish},
};

const BASE: &str = "regression-shapes-base:1";
const IMAGE: &str = "regression-shape:1";
/// Tells the one dependency that every shape has, and whether the project's own module is there.
const TELL: &str = "import importlib.metadata as all, importlib.util as of; \
    print(all.version('toolz'), of.find_spec('model'))";

/// A shape: what it is called, `requirements` of its config, and its files besides `model.py`.
type Shape = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What the generated Dockerfile does not install.
const REFUSED: [Shape; 4] = [
    ("conda", "environment.yml", &[("environment.yml", "dependencies: [numpy]\n")]),
    ("setup.py", "setup.py", &[("setup.py", builds::SETUP)]),
    ("pdm", "pdm.lock", &[("pdm.lock", "package = []\n[metadata]\nlock_version = \"4.5\"\n")]),
    ("a name that is a pattern", "'*.txt'", &[("*.txt", "toolz\n")]),
];

pub fn each_is_built_or_refused(docker: &Docker) {
    base(docker, BASE);
    for shape in builds::SHAPES.into_iter().chain(locks::SHAPES) {
        let begun = Instant::now();
        build(docker, &repository(shape));
        let name = format!("generated Dockerfile: {}", shape.0);
        row(&name, "built, without the project itself", begun.elapsed());
    }
    for shape in REFUSED {
        let begun = Instant::now();
        let dockerfile = repository(shape).run(&["image", "--dockerfile"]);
        dockerfile.expect(2, &["`dockerfile` in the config"]);
        row(&format!("generated Dockerfile: {}", shape.0), "refused", begun.elapsed());
    }
}

fn repository((_, requirements, files): Shape) -> World {
    let world = World::new();
    world.config(&format!(
        "entrypoint: 'true'\nrequirements: {requirements}\nbuild: {{base-image: {BASE}}}\n\
         metrics: {{accuracy: {{direction: higher, absolute: 0.01}}}}\n"
    ));
    world.commit(&[&[("model.py", "__version__ = \"1\"\n")], files].concat());
    world
}

fn build(docker: &Docker, world: &World) {
    let text = finish(world.binary(&["image", "--dockerfile"])).expect(0, &[]).stdout;
    let (file, tree) = (world.path("Dockerfile"), world.repository());
    fs::write(&file, text).unwrap();
    let (file, tree) = (file.to_str().unwrap(), tree.to_str().unwrap());
    let options = ["--no-cache", "--network", "host", "--tag", IMAGE, "--file", file, tree];
    docker.build(&options).expect(0, &[]);
    let run = ["run", "--rm", "--network", "none", IMAGE, "python", "-c", TELL];
    assert_eq!(docker.output(&run), "0.12.1 None");
}
