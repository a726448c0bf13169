//! Trainings that several workers share, on workers that come when they are asked for.

use super::{cluster::RealCluster, world::finish};
use crate::room::{GANG, LEARNT, assert_learnt_alike};

/// Four gangs, and room for two: none has one worker and waits for another.
pub fn gangs_of_two_on_room_for_two(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-gangs");
    let size = "cluster:\n  head: {cpu: 300m, memory: 2Gi}\n  \
                  workers: {cpu: 300m, memory: 1Gi, min: 0, max: 4}\nisolation: shared\n\
                training: {workers: 2, placement: spread}\nenv: {EACH: '{\"num_cpus\": 1}'}";
    let world = namespace.training("python3 gang.py", &format!("{LEARNT}\n{size}"));
    world.commit(&[("gang.py", GANG)]);
    let report =
        finish(namespace.compare(&world, "main", &world.twin(), &[])).expect(0, &[]).json();
    assert_learnt_alike(&report);
    namespace.assert_empty();
}
