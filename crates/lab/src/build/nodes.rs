//! Nodes of load balancers: their rules, and the proxies that run in them.

use std::path::Path;
use std::time::Duration;

use super::Lab;
use crate::error::LabError;
use crate::namespace::Namespace;
use crate::proxy::config::NodeConfig;
use crate::proxy::{self, configure, report, start};
use crate::ruleset::{Table, node_rules};

/// A node's own connections come from these ports (S4.2).
pub(super) const CLIENT_PORTS: (&str, &str) = ("ipv4/ip_local_port_range", "1024 65535");

impl Lab<'_> {
    /// The same lab with health checks at an interval that is not the export's.
    pub fn with_check_interval(self, check_interval: Option<Duration>) -> Self {
        Lab { check_interval, ..self }
    }

    /// The nodes of its load balancers.
    pub(super) fn nodes(&self, check_interval: Option<Duration>) -> Vec<NodeConfig> {
        let nodes = self.plan.hosts.iter().filter(|host| host.balancer.is_some());
        let nodes = nodes.filter_map(|host| {
            let namespace = self.names.host(host.number);
            let (_, interface) = host.interfaces.first()?;
            let place = (self.names.lab.as_str(), namespace.name());
            proxy::node(self.network, *interface, place, check_interval)
        });
        nodes.collect()
    }

    /// The rules of each node's namespace.
    pub(super) fn node_rules(&self) -> Vec<(Namespace, Table)> {
        let rules = |node: &NodeConfig| node_rules(node.listeners.iter().map(|listener| listener.port));
        self.nodes(None).iter().map(|node| (Namespace::new(&node.namespace), rules(node))).collect()
    }

    /// Has every node's proxy do what this lab says: those that run are told, others are started.
    ///
    /// # Errors
    /// If one cannot be started, or refuses.
    pub fn balance(&self, program: &Path) -> Result<(), LabError> {
        self.nodes(self.check_interval).iter().try_for_each(|node| {
            match report(&Namespace::new(&node.namespace)) {
                Ok(_) => configure(node),
                Err(_) => start(program, node),
            }
        })
    }
}
