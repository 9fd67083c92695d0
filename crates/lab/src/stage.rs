//! The places at which the lab says what became of a probe, each with the prefix of its log.

use std::fmt;

/// What the DSCP field of probes holds; everything else is not logged. Nothing in a VPC looks at it.
pub const PROBE_DSCP: u8 = 42;
/// The group of nflog that the lab's namespaces log to.
pub const LOG_GROUP: u16 = 1;
/// The group for flow logs, of all packets.
pub const FLOW_LOG_GROUP: u16 = 2;

macro_rules! stages {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $word:literal;)*) => {
        /// A place where something is said of a probe.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Stage { $($(#[$doc])* $name,)* }

        impl Stage {
            /// All of them.
            pub const ALL: &'static [Stage] = &[$(Stage::$name,)*];

            /// What its log lines begin with.
            pub fn prefix(self) -> &'static str {
                match self { $(Stage::$name => $prefix,)* }
            }
        }

        impl fmt::Display for Stage {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Stage::$name => $word,)* })
            }
        }
    };
}

stages! {
    /// An interface sent what is not from one of its addresses (S3.13).
    SourceCheck, "sc", "source/destination check";
    /// The instance does not run (S9.4).
    Down, "dn", "the instance does not run";
    /// Security groups, out of an interface.
    GroupsOut, "so", "security groups, out";
    /// The flow is known to the sender's interface (S1.30).
    KnownOut, "ko", "known to security groups, out";
    /// Security groups, into an interface.
    GroupsIn, "si", "security groups, in";
    /// The flow is known to the receiver's interface (S1.30).
    KnownIn, "ki", "known to security groups, in";
    /// A network ACL, out of a subnet.
    ListOut, "ao", "network ACL, out";
    /// A network ACL, into a subnet.
    ListIn, "ai", "network ACL, in";
    /// No route matches (S3.10).
    NoRoute, "rn", "no route";
    /// The longest match is a blackhole (S3.9).
    Blackhole, "rb", "blackhole";
    /// An address that no route forwards (S3.8).
    NotRoutable, "rr", "not routable";
    /// A route to an internet gateway, and the VPC has none (S3.14).
    NoGateway, "rg", "no internet gateway";
    /// A route to a peering connection that is not active (S3.30).
    PeeringNotActive, "pn", "the peering connection is not active";
    /// Over a peering connection.
    Peering, "pp", "peering connection";
    /// A peering connection and an internet gateway lead to their own VPC and no further (S3.17, S3.30).
    NotTransitive, "pt", "not transitive";
    /// A route to a transit gateway to which the VPC is not attached (S3.31).
    NotAttached, "ta", "not attached to the transit gateway";
    /// The attachment has no subnet in the sender's zone (S3.31).
    NoAttachmentInZone, "tz", "no attachment in this zone";
    /// The attachment or NAT gateway is not available.
    NotAvailable, "tn", "not available";
    /// Through a transit gateway, by its route table (S3.31).
    TransitGateway, "tg", "transit gateway";
    /// Translated by a NAT gateway, or translated back (S3.20).
    Translated, "nt", "NAT gateway";
    /// NAT gateways and egress-only internet gateways take only the answers of flows that they opened (S3.22, S3.29, S12.7).
    Unsolicited, "nu", "not opened by the gateway";
    /// A NAT gateway takes TCP, UDP and ICMP (S3.20).
    ProtocolNotTranslated, "np", "protocol not translated";
    /// A device for one family got a packet of the other.
    OtherFamily, "of", "not for this family";
    /// The route leads to something that the lab does not carry.
    NotCarried, "rx", "not carried by the lab";
    /// Nobody holds the address (S12.9).
    Nobody, "nb", "nobody holds the address";
    /// The internet gateway knows no public address of the sender (S3.14).
    NoPublicAddress, "gp", "no public address";
    /// The internet does not route the destination (S12.10).
    PrivateDestination, "gd", "private destination";
    /// Block Public Access (S3.43).
    Blocked, "gb", "Block Public Access";
    /// The interface takes nothing that the internet begins over IPv6 (S3.16).
    DenyAllIgwTraffic, "gy", "DenyAllIgwTraffic";
    /// Out over the egress-only internet gateway (S3.29).
    EgressOnly, "eo", "egress-only internet gateway";
    /// Out over the internet gateway.
    GatewayOut, "go", "internet gateway, out";
    /// In over the internet gateway.
    GatewayIn, "gi", "internet gateway, in";
    /// It has arrived at an interface.
    Delivered, "dl", "delivered";
    /// It has arrived somewhere in the world.
    World, "wo", "arrived in the world";
}

impl Stage {
    /// The stage that a log's prefix names.
    pub fn from_prefix(prefix: &str) -> Option<Stage> {
        Stage::ALL.iter().copied().find(|stage| stage.prefix() == prefix)
    }

    /// Whether a packet ends there, with a mark that a gate left.
    pub fn ends(self, mark: u32) -> bool {
        match self {
            Stage::GroupsOut | Stage::GroupsIn | Stage::ListOut | Stage::ListIn => {
                mark & crate::marks::DROPS != 0
            }
            Stage::KnownOut
            | Stage::KnownIn
            | Stage::EgressOnly
            | Stage::GatewayOut
            | Stage::GatewayIn
            | Stage::Peering
            | Stage::TransitGateway
            | Stage::Translated => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_name_one_stage_each() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_prefix(stage.prefix()), Some(*stage));
        }
        assert_eq!(Stage::from_prefix("zz"), None);
    }
}
