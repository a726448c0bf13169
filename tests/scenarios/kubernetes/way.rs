//! The way to the API server breaks in mid-run, for longer than anything but the lease waits.

use std::{net::ToSocketAddrs, thread, time::Duration};

use serde_json::json;
use tokio::runtime::Runtime;

use super::{
    cluster::{Namespace, RealCluster, UNTIL_RELEASED},
    faults::{measured, training},
    world::proxy::{Proxy, Way},
};

/// How long nothing gets through: half a minute was too long once; the lease is two.
const BREAK: Duration = Duration::from_secs(45);

/// What was open is dead for ever, and then nothing gets through; the training never notices.
pub fn the_way_breaks_within_the_lease(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-way");
    let runtime = Runtime::new().unwrap();
    let proxy = stand_between(&runtime, &namespace);
    let (world, running) = training(&namespace, UNTIL_RELEASED, "");
    proxy.turn(Way::BlackHole);
    thread::sleep(Duration::from_secs(10));
    proxy.turn(Way::Stalled);
    thread::sleep(BREAK);
    proxy.turn(Way::Open);
    namespace.release();
    let outcome = world.outcome(running);
    println!("{}", outcome.stderr);
    measured(outcome);
    namespace.assert_empty();
}

/// Leads the namespace's kubeconfig through a proxy of ours.
pub fn stand_between(runtime: &Runtime, namespace: &Namespace<'_>) -> Proxy {
    namespace.change_server(|cluster| {
        let server: reqwest::Url = cluster["server"].as_str().unwrap().parse().unwrap();
        let host = server.host_str().unwrap().to_owned();
        let address = (host.as_str(), server.port_or_known_default().unwrap());
        let address = address.to_socket_addrs().unwrap().next().unwrap();
        let proxy = runtime.block_on(async { Proxy::start(address) });
        cluster["server"] = json!(format!("{}://{}", server.scheme(), proxy.address));
        if server.scheme() == "https" {
            cluster["tls-server-name"] = json!(host);
        }
        proxy
    })
}
