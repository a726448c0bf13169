//! Ports for everything of Ray that has a fixed default, so that any number of local Rays live side by
//! side with each other and with the user's own.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    ops::RangeInclusive,
};

use anyhow::{Context, Result};

/// Blocks begin here, above the workers of a Ray that was started by hand, and end below 30,000, where
/// Kubernetes has its node ports.  From 32,768 on Linux gives out ports by itself: of those any program may
/// take one, in the seconds until Ray binds it, without having asked for it.
const FIRST: u16 = 20_000;
const BLOCKS: u16 = 800;
/// Of one block: what holds it, and then Ray's.
const SIZE: u16 = 12;

/// Ports of 127.0.0.1 that were free a moment ago, and that no other run of ours chooses meanwhile.
#[derive(Debug)]
pub(super) struct Ports {
    /// Bound for as long as the block is ours; nothing is ever accepted.
    _holder: TcpListener,
    pub(super) gcs: u16,
    pub(super) dashboard: u16,
    pub(super) agent: u16,
    pub(super) agent_grpc: u16,
    pub(super) runtime_env_agent: u16,
    pub(super) metrics: u16,
    pub(super) client_server: u16,
    pub(super) object_manager: u16,
    pub(super) node_manager: u16,
    pub(super) autoscaler_metrics: u16,
    pub(super) dashboard_metrics: u16,
}

impl Ports {
    /// Takes a block of which all ports are free.
    pub(super) fn choose() -> Result<Self> {
        // Another each time: ports of a Ray that has just ended may linger.
        let offset = u16::try_from(getrandom::u32()? % u32::from(BLOCKS))?;
        let mut blocks = (0..BLOCKS).map(|at| FIRST + (at + offset) % BLOCKS * SIZE);
        blocks
            .find_map(|first| Self::take(first).ok().filter(Self::are_free))
            .context("cannot find free ports on 127.0.0.1")
    }

    fn take(first: u16) -> io::Result<Self> {
        Ok(Self {
            _holder: listen(first)?,
            gcs: first + 1,
            dashboard: first + 2,
            agent: first + 3,
            agent_grpc: first + 4,
            runtime_env_agent: first + 5,
            metrics: first + 6,
            client_server: first + 7,
            object_manager: first + 8,
            node_manager: first + 9,
            autoscaler_metrics: first + 10,
            dashboard_metrics: first + 11,
        })
    }

    /// Whether nobody listens on any of Ray's.
    fn are_free(&self) -> bool {
        self.rays().all(|port| listen(port).is_ok())
    }

    fn rays(&self) -> RangeInclusive<u16> {
        self.gcs..=self.dashboard_metrics
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_seen() {
        let ports = Ports::choose().unwrap();
        assert!(ports.are_free());
        let _taken = listen(ports.metrics).unwrap();
        assert!(!ports.are_free());
    }

    #[test]
    fn no_port_is_chosen_twice() {
        let all: Vec<Ports> = (0..50).map(|_| Ports::choose().unwrap()).collect();
        let mut chosen: Vec<u16> = all.iter().flat_map(Ports::rays).collect();
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen.len(), 50 * 11);
        // Not of those that Linux gives out.
        assert!(chosen.last().is_some_and(|port| *port < 32_768));
    }
}
