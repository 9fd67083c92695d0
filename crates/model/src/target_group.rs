//! `TargetGroup`, with its attributes and the health of its targets, which come from calls of their own.

use compact_str::CompactString;

use crate::{Application, Id, ListenerProtocol, Origin, Tags};

/// Where a load balancer sends what it takes.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    /// Its ARN; for a Classic Load Balancer the name and the instances' port.
    pub id: Id,
    /// Its name.
    pub name: Option<String>,
    /// The protocol towards targets; `None` for Lambda functions, and where nobody can say.
    pub protocol: Option<ListenerProtocol>,
    /// What is spoken with targets over it.
    pub application: Application,
    /// The port towards targets that have none of their own.
    pub port: Option<u16>,
    /// The VPC of its targets; a group of Lambda functions has none.
    pub vpc: Option<Id>,
    /// What its targets are named by.
    pub target_type: TargetType,
    /// The load balancers that use it.
    pub load_balancers: Vec<Id>,
    /// How it tells whether a target is healthy.
    pub health_check: HealthCheck,
    /// `preserve_client_ip.enabled`; `None` where the export does not say, and the defaults of S4.6 hold.
    pub preserve_client_ip: Option<bool>,
    /// `load_balancing.cross_zone.enabled` of the group; `None` where it goes by the load balancer.
    pub cross_zone: Option<bool>,
    /// Its targets (`describe-target-health`); `None` where the export does not have them.
    pub targets: Option<Vec<RegisteredTarget>>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// `TargetType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetType {
    /// Instances, at their primary interface.
    Instance,
    /// Addresses.
    Ip,
    /// Lambda functions: no packet reaches them over the network.
    Lambda,
    /// An Application Load Balancer behind a Network Load Balancer.
    Alb,
}

/// How a target's health is told (S4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// Whether there is any.
    pub enabled: bool,
    /// The transport; checks are over TCP, HTTP or HTTPS.
    pub protocol: ListenerProtocol,
    /// The port; `None` is `traffic-port`.
    pub port: Option<u16>,
    /// What is asked and how often.
    pub settings: CheckSettings,
}

/// What a health check asks, and when its answers change a target's state; `None` where the export does not say.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckSettings {
    /// What is spoken: a request of HTTP or HTTPS, or no more than a connection.
    pub application: Application,
    /// The path that is asked for, with its query.
    pub path: Option<CompactString>,
    /// The codes of answers that count as success: `200`, `200,202`, `200-299`.
    pub codes: Option<CompactString>,
    /// Seconds from one check to the next.
    pub interval: Option<u32>,
    /// Seconds after which a check without an answer has failed.
    pub timeout: Option<u32>,
    /// Successes in a row that make an unhealthy target healthy.
    pub healthy: Option<u32>,
    /// Failures in a row that make a target unhealthy.
    pub unhealthy: Option<u32>,
}

/// A target as it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredTarget {
    /// An instance id, an address, an ARN, by the group's [`TargetType`].
    pub id: CompactString,
    /// Its port, where it differs from the group's or is given.
    pub port: Option<u16>,
    /// The zone that it was registered for: `all`, or a zone's name.
    pub zone: Option<Id>,
    /// Its state as AWS saw it.
    pub state: TargetState,
    /// `Reason` and `Description`, for people.
    pub reason: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

impl RegisteredTarget {
    /// Whether new connections may go to it: not where its zone is not enabled, where it is leaving, or where nobody can
    /// tell its health, even if the load balancer fails open (S12.5).
    pub fn takes_connections(&self) -> bool {
        !matches!(self.state, TargetState::Unused | TargetState::Draining | TargetState::Unavailable)
    }
}

/// `TargetHealth.State` (S4.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetState {
    /// `initial`: not known yet.
    Initial,
    /// `healthy`.
    Healthy,
    /// `unhealthy`, `unhealthy.draining`.
    Unhealthy,
    /// `unused`: its zone is not enabled, or no listener uses the group. Never counts (S12.5).
    Unused,
    /// `draining`: takes no new connections (S4.13).
    Draining,
    /// `unavailable`: health checks are off, or the state cannot be told. Never counts (S12.5).
    Unavailable,
    /// The export does not say.
    Unknown,
}

/// `describe-target-health` for one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetHealth {
    /// The group.
    pub group: Id,
    /// The targets.
    pub targets: Vec<RegisteredTarget>,
}
