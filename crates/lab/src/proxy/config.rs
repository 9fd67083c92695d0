//! What a node of a load balancer is told: its listeners, its targets, how it checks them. Plain data, sent as JSON.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A node of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeConfig {
    /// The lab that it is of; it ends with the process that keeps it, where one does.
    pub lab: String,
    /// The namespace that it runs in; it ends with it.
    pub namespace: String,
    /// Whether it sends to unhealthy targets where none is healthy (S4.5); a Classic Load Balancer does not.
    pub fails_open: bool,
    /// The ports that it takes connections on.
    pub listeners: Vec<ListenerConfig>,
    /// Where they may go, without the targets that this node may not use (S4.13).
    pub groups: Vec<GroupConfig>,
}

/// A port that connections are taken on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListenerConfig {
    /// The port.
    pub port: u16,
    /// What clients speak on it.
    pub spoken: Spoken,
    /// The rules before its default action, in order (S4.14).
    pub rules: Vec<RuleConfig>,
    /// The groups of its default action, by position.
    pub default: Vec<usize>,
}

/// What clients speak on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spoken {
    /// Whether requests of HTTP are read; else bytes are passed on.
    pub http: bool,
    /// Whether it is encrypted.
    pub tls: bool,
}

impl ListenerConfig {
    /// The groups that a client's connections go to: those of the first rule that names its address, else the default.
    pub fn groups_for(&self, client: IpAddr) -> &[usize] {
        let named = |rule: &&RuleConfig| rule.source_ips.iter().any(|block| block.contains(&client));
        self.rules.iter().find(named).map_or(&self.default, |rule| &rule.groups)
    }
}

/// A rule that looks at the client's address (`source-ip`), and at nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleConfig {
    /// The blocks that it matches.
    pub source_ips: Vec<IpNet>,
    /// The groups that it forwards to, by position.
    pub groups: Vec<usize>,
}

/// A target group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupConfig {
    /// What people call it.
    pub name: String,
    /// How its targets are checked; without checks they count as healthy.
    pub check: Option<CheckConfig>,
    /// Its targets.
    pub targets: Vec<TargetConfig>,
}

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckConfig {
    /// The request; without one, a connection is enough.
    pub request: Option<RequestConfig>,
    /// From one check to the next.
    pub interval: Duration,
    /// After which a check has failed.
    pub timeout: Duration,
    /// Successes in a row that make an unhealthy target healthy.
    pub healthy: u32,
    /// Failures in a row that make a target unhealthy.
    pub unhealthy: u32,
}

/// The request of a health check over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestConfig {
    /// The path, with its query.
    pub path: String,
    /// The first and the last code of each range that means success.
    pub codes: Vec<(u16, u16)>,
    /// What the load balancer calls itself.
    pub agent: String,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TargetConfig {
    /// What people call it, without its port.
    pub name: String,
    /// Where its traffic goes.
    pub address: SocketAddr,
    /// Where its checks go.
    pub checked: SocketAddr,
}

/// What a node is asked over its socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Order {
    /// To do what this says from now on.
    Configure(NodeConfig),
    /// How its targets are.
    Report,
}

/// What it answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Reply {
    /// It is done.
    Done,
    /// How its targets are.
    Health(Vec<TargetHealth>),
    /// It cannot be done, for this reason; nothing has changed.
    Refused(String),
}

/// How a target is, as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// The target group.
    pub group: String,
    /// The target.
    pub target: String,
    /// Where its traffic goes.
    pub address: SocketAddr,
    /// Its state, as AWS calls it: `initial`, `healthy`, `unhealthy`, or `unavailable` without checks.
    pub state: String,
    /// What its last check found, where that was no success.
    pub reason: Option<String>,
}
