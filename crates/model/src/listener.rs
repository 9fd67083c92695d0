//! `Listener`, with the rules of an Application Load Balancer's.

use crate::{Id, Origin, Tags};

/// A port that a load balancer takes connections on.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Listener.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its ARN; for a Classic Load Balancer the name and the port.
    pub id: Id,
    /// The load balancer.
    pub load_balancer: Id,
    /// The port; a Gateway Load Balancer's listener has none and takes all.
    pub port: Option<u16>,
    /// What it takes.
    pub protocol: ListenerProtocol,
    /// What it understands of it.
    pub application: Application,
    /// What the default action does.
    pub default: ListenerAction,
    /// The rules before it, by ascending priority (S4.14); `None` where the export does not have them.
    pub rules: Option<Vec<ListenerRule>>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// `Protocol` of listeners and target groups, as far as packets show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListenerProtocol {
    /// TCP, TLS, HTTP, HTTPS, SSL.
    Tcp,
    /// UDP, QUIC.
    Udp,
    /// Both: TCP_UDP, TCP_QUIC.
    TcpUdp,
    /// GENEVE: a Gateway Load Balancer's, every packet.
    Geneve,
}

/// What a load balancer understands of what it takes or sends: the part of `Protocol` that no packet filter sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Application {
    /// Nothing: TCP, UDP and others pass as they are, and so does what the export does not name.
    #[default]
    Any,
    /// TLS, SSL.
    Tls,
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
    /// HTTP/2 or gRPC, which `ProtocolVersion` of a target group may ask for.
    Http2,
}

/// What a listener does with a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListenerAction {
    /// The target groups that it forwards to with a weight above zero; none: the load balancer answers by itself, with
    /// a redirect, a fixed response or after authentication.
    pub forward: Vec<Id>,
}

/// A rule of an Application Load Balancer's listener.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Rule.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerRule {
    /// Its ARN.
    pub id: Id,
    /// The priority: the lowest that matches decides.
    pub priority: u32,
    /// The blocks of a `source-ip` condition; none: any address.
    pub source_ips: Vec<ipnet::IpNet>,
    /// Whether it has conditions on the request that a connection does not show: host, path, header, method, query.
    pub looks_at_request: bool,
    /// What it does.
    pub action: ListenerAction,
    /// Where it was written.
    pub origin: Origin,
}
