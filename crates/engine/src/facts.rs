//! Facts that the specification could not re-read (`mem`) and questions on which its sources disagree (D1 to D6).
//!
//! They are gathered here, and the code uses them from here, so that a correction is one edit. An answer that leans on
//! a disagreement says under its assumptions what was taken.

use std::net::IpAddr;

/// Routes with the same prefix, best first (S3.4; that `local` is first is `mem`).
pub const ROUTE_PREFERENCE: [RouteKind; 4] =
    [RouteKind::Local, RouteKind::StaticCidr, RouteKind::StaticPrefixList, RouteKind::Propagated];

/// What kind of route competes for a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    /// The VPC's own blocks.
    Local,
    /// Written by hand, to a block.
    StaticCidr,
    /// Written by hand, to a prefix list.
    StaticPrefixList,
    /// Learned from a virtual private gateway.
    Propagated,
}

/// Addresses of services inside every VPC whose traffic neither security groups nor network ACLs filter (S1.49,
/// S1.50, S2.15). That security groups do not filter all of them is `mem`.
pub const UNFILTERED: [(&str, &str); 12] = [
    ("169.254.169.253", "Route 53 Resolver"),
    ("fd00:ec2::253", "Route 53 Resolver"),
    ("169.254.169.254", "instance metadata"),
    ("fd00:ec2::254", "instance metadata"),
    ("169.254.170.2", "ECS task metadata"),
    ("169.254.170.23", "EKS Pod Identity agent"),
    ("fd00:ec2::23", "EKS Pod Identity agent"),
    ("169.254.169.123", "Amazon Time Sync"),
    ("fd00:ec2::123", "Amazon Time Sync"),
    ("169.254.169.250", "Windows licence activation"),
    ("169.254.169.251", "Windows licence activation"),
    ("255.255.255.255", "DHCP"),
];

/// Whether the resolver answers at base + 2 of the VPC's primary block only (S1.52: that it is the primary is `mem`).
pub const RESOLVER_ON_PRIMARY_BLOCK_ONLY: bool = true;

/// Blocks of addresses that the internet does not route (RFC 6890, RFC 4193). An internet gateway drops packets to
/// them (S12.10), and `internet` in a question leaves them out.
pub const NOT_ON_THE_INTERNET: [&str; 22] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001:2::/48",
    "2001:10::/28",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Blocks that a route cannot forward, whatever its prefix (S3.8).
pub const NOT_ROUTABLE: [&str; 2] = ["169.254.168.0/22", "fd00:ec2::/32"];

/// What a flow may pass that makes security groups keep track of it whatever their rules (S1.34; Lambda's interfaces
/// are `mem`).
pub const AUTOMATICALLY_TRACKED: [&str; 9] = [
    "egress-only internet gateway",
    "Gateway Load Balancer",
    "Global Accelerator",
    "Lambda function",
    "NAT gateway",
    "network firewall",
    "Network Load Balancer",
    "VPC endpoint",
    "transit gateway",
];

/// Ports that AWS's services answer on behind interface endpoints, where it is not 443 alone (`mem`).
const PORTS_OF_SERVICES: [(&str, &[u16]); 5] = [
    ("cassandra", &[9142]),
    ("email-smtp", &[25, 465, 587, 2465, 2587]),
    ("iot.data", &[443, 8443, 8883]),
    ("s3", &[80, 443]),
    ("transfer.server", &[22, 443, 990]),
];

/// The TCP ports that a service answers on behind an interface endpoint (S12.8); `None` for services of others than
/// AWS.
pub(crate) fn ports_of_service(name: &str) -> Option<&'static [u16]> {
    let own = ["com.amazonaws.vpce.", "cn.com.amazonaws.vpce."].iter().any(|prefix| name.starts_with(prefix));
    if own || name.is_empty() {
        return None;
    }
    let exception = PORTS_OF_SERVICES.iter().find(|(service, _)| name.ends_with(&format!(".{service}")));
    Some(exception.map_or(&[443], |(_, ports)| ports))
}

/// Idle timeouts of tracked flows in seconds where none are configured (S1.43): TCP established, UDP stream, UDP.
pub const IDLE_TIMEOUTS: (u32, u32, u32) = (432_000, 180, 30);

/// Idle time after which a flow of a protocol without ports is forgotten (S1.31).
pub const IDLE_OTHER: u32 = 600;

/// One question on which sources disagree, and what we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement {
    /// Its number in the specification.
    pub id: &'static str,
    /// What it is about.
    pub topic: &'static str,
    /// What we take.
    pub taken: &'static str,
}

/// The disagreements that touch security groups, network ACLs and routes.
pub const DISAGREEMENTS: [Disagreement; 4] = [
    Disagreement {
        id: "D1",
        topic: "ICMP errors about a tracked flow",
        taken: "security groups let ICMP errors about a tracked connection in as related; network ACLs still decide",
    },
    Disagreement {
        id: "D2",
        topic: "ephemeral ports of Linux",
        taken: "a Linux client takes its ports from 32768-60999, the kernel's default; AWS documents 32768-61000, which rules should open",
    },
    Disagreement {
        id: "D3",
        topic: "propagated and static routes that overlap",
        taken: "the longest prefix wins, and a static route wins exact ties only",
    },
    Disagreement {
        id: "D4",
        topic: "the number of the final deny for IPv6",
        taken: "any number from 32767 on is the final deny of a network ACL",
    },
];

/// What we take on a question on which sources disagree: a clause that follows 'assuming that'. Empty for a number
/// that is none.
pub fn taken(id: &str) -> &'static str {
    DISAGREEMENTS
        .iter()
        .find(|disagreement| disagreement.id == id)
        .map_or("", |disagreement| disagreement.taken)
}

/// Parses an address of a table above; the tests see to it that all of them parse.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_found_by_number() {
        assert!(DISAGREEMENTS.iter().all(|one| taken(one.id) == one.taken && !one.taken.is_empty()));
        assert_eq!(taken("D9"), "");
    }

    #[test]
    fn every_address_and_block_parses() {
        assert!(UNFILTERED.iter().all(|(text, _)| address(text).is_some()));
        assert!(
            NOT_ON_THE_INTERNET.iter().chain(&NOT_ROUTABLE).all(|text| text.parse::<ipnet::IpNet>().is_ok())
        );
    }
}
