//! Free ports for everything of Ray that has a fixed default, so that any number of local Rays
//! live side by side with each other and with the user's own.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

use anyhow::{Context, Result};

/// Ports of 127.0.0.1 that were free a moment ago.
#[derive(Debug)]
pub(super) struct Ports {
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
    /// Lets the system choose; all are held until all are chosen, so no two are the same.
    pub(super) fn choose() -> Result<Self> {
        let mut held = Vec::new();
        let mut free = || -> io::Result<u16> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        };
        let mut choose = || -> io::Result<Self> {
            Ok(Self {
                gcs: free()?,
                dashboard: free()?,
                agent: free()?,
                agent_grpc: free()?,
                runtime_env_agent: free()?,
                metrics: free()?,
                client_server: free()?,
                object_manager: free()?,
                node_manager: free()?,
                autoscaler_metrics: free()?,
                dashboard_metrics: free()?,
            })
        };
        choose().context("cannot find free ports on 127.0.0.1")
    }

    /// Whether nobody listens on any of them.
    pub(super) fn are_free(&self) -> bool {
        let ports = [
            self.gcs,
            self.dashboard,
            self.agent,
            self.agent_grpc,
            self.runtime_env_agent,
            self.metrics,
            self.client_server,
            self.object_manager,
            self.node_manager,
            self.autoscaler_metrics,
            self.dashboard_metrics,
        ];
        ports.iter().all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_seen() {
        let ports = Ports::choose().unwrap();
        assert!(ports.are_free());
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.metrics)).unwrap();
        assert!(!ports.are_free());
    }
}
