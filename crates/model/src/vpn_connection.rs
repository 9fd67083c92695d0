//! `VpnConnection`.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Id, Origin, Tags};

/// A Site-to-Site VPN connection (S3.38).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnConnection.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpnConnection {
    /// `vpn-…`.
    pub id: Id,
    /// AWS's end: a virtual private gateway or a transit gateway.
    pub gateway: Option<Id>,
    /// AWS's addresses of the tunnels, which answer echo and drop TCP (S12.6).
    pub outside: Vec<IpAddr>,
    /// Static routes to the other end.
    pub routes: Vec<IpNet>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
