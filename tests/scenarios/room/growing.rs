//! Gangs on a Ray that runs already and has no room for all that are asked for, until another node joins it.

use regression_action::cluster::{Cluster, ray::Ray};
use secrecy::ExposeSecret;

use super::gangs::{
    EACH, GANG, GPUS, LEARNT, assert_learnt_alike, on_a_ray_with_gpus, submission, workers,
};
use crate::world::{
    REQUIREMENTS, Running, World,
    local_ray::{eventually, get},
};

/// What Ray has is what counts, whatever `parallel` asks for: four gangs train one after the other where one has
/// room; four more in twos, once another node has joined.
pub fn gangs_that_a_running_ray_has_no_room_for_yet_wait_for_it_to_grow() {
    let world = gangs();
    on_a_ray_with_gpus(GPUS / 2, async |cluster| {
        let one_by_one = compare(&world, cluster, "", 1);
        assert_learnt_alike(&world.outcome(one_by_one).expect(0, &[]).json());

        let in_twos = compare(&world, cluster, "", 2);
        eventually("a gang has one worker and waits for another gang's", async || {
            workers(cluster).await.last().is_some_and(|states| states == &["ALIVE"])
        })
        .await;
        another_node(cluster).await;
        assert_learnt_alike(&world.outcome(in_twos).expect(0, &[]).json());
        Ok(())
    });
}

/// There are places for two at once, and none for two workers of one that are to have a node each.
pub fn gangs_that_spread_begin_once_each_of_their_workers_has_a_node() {
    let world = gangs();
    on_a_ray_with_gpus(GPUS, async |cluster| {
        let spread = compare(&world, cluster, "placement: spread, ", 2);
        eventually("all four wait for places", async || waiting(cluster).await == 4).await;
        assert!(workers(cluster).await.is_empty());
        another_node(cluster).await;
        assert_learnt_alike(&world.outcome(spread).expect(0, &[]).json());
        Ok(())
    });
}

fn gangs() -> World {
    let world = World::new();
    world.commit(&[("gang.py", GANG), ("requirements.txt", REQUIREMENTS)]);
    world
}

/// Four gangs of two, which fail if more than so many train at a time, and wait for each other if fewer do.
fn compare(world: &World, cluster: &Cluster, placement: &str, at_a_time: usize) -> Running {
    world.config(&format!(
        "entrypoint: python gang.py\n{LEARNT}\n\
         training: {{gpu: 1, cpu: 100m, workers: 2, {placement}parallel: 4}}\n\
         env: {{EACH: '{EACH}', AT_A_TIME: '{at_a_time}'}}"
    ));
    let address = cluster.dashboard.to_string();
    let rest = ["--format", "json", "--backend", "ray", "--ray-address", &address];
    let mut command = world.compare(&rest);
    command.env("RAY_AUTH_TOKEN", cluster.token.as_ref().unwrap().expose_secret());
    world.start(command)
}

/// Two more GPUs.
async fn another_node(cluster: &Cluster) {
    let ray = Ray::new(&cluster.dashboard, cluster.token.clone(), None).unwrap();
    ray.submit(&submission("another-node", include_str!("node.py"), &[])).await.unwrap();
}

/// Gangs whose places Ray does not have.
async fn waiting(cluster: &Cluster) -> usize {
    let told = get(cluster, "api/v0/placement_groups?limit=100").await;
    let groups = told["data"]["result"]["result"].as_array().cloned().unwrap_or_default();
    groups.iter().filter(|group| group["state"] == "PENDING").count()
}
