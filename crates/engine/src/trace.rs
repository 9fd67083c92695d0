//! What a walk leaves behind: the gates a packet met, in order, and what each did.

use model::{
    Association, Id, InternetGateway, Ix, NetworkAcl, NetworkInterface, RouteTable, Subnet, VpcEndpoint,
    VpcPeeringConnection,
};

use crate::{Crossing, Seen, Taken};

/// A place where something decides about a packet (S0.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkpoint {
    /// The end itself: whether it runs, whether anybody holds the address.
    Host {
        /// The interface, if there is one.
        interface: Option<Ix<NetworkInterface>>,
    },
    /// An interface's security groups.
    SecurityGroups {
        /// The interface.
        interface: Ix<NetworkInterface>,
        /// Out of the interface or into it.
        egress: bool,
    },
    /// A subnet's network ACL.
    NetworkAcl {
        /// The subnet.
        subnet: Ix<Subnet>,
        /// Its list; unknown where the export does not say.
        acl: Association<NetworkAcl>,
        /// Out of the subnet or into it.
        egress: bool,
    },
    /// A route table.
    Route {
        /// The subnet that the packet leaves.
        subnet: Ix<Subnet>,
        /// Its table; unknown where the export does not say.
        table: Association<RouteTable>,
        /// The route taken, by its position in the table.
        route: Option<usize>,
    },
    /// An internet gateway and its 1:1 translation (S3.14).
    InternetGateway {
        /// The gateway, if the export has it.
        gateway: Option<Ix<InternetGateway>>,
        /// Out of the VPC or into it.
        egress: bool,
    },
    /// A gateway endpoint (S3.35).
    GatewayEndpoint {
        /// The endpoint, if the export has it.
        endpoint: Option<Ix<VpcEndpoint>>,
    },
    /// A VPC peering connection (S3.30).
    VpcPeeringConnection {
        /// The connection.
        peering: Ix<VpcPeeringConnection>,
    },
    /// VPC Block Public Access (S3.43).
    BlockPublicAccess {
        /// The subnet whose mode it is.
        subnet: Ix<Subnet>,
    },
    /// Something on the way that is not modelled.
    Unmodelled {
        /// Its id.
        id: Id,
        /// What it is.
        kind: &'static str,
    },
}

/// Why a checkpoint that has no rules did what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Rules decided: see what each took.
    Rules,
    /// The reply of what the groups let through passes: the flow is tracked (S1.30), or it is not because the rules of
    /// this direction let everything pass (S1.32).
    Reply,
    /// Inbound rules do not apply: what comes to an EC2 Instance Connect Endpoint comes from its service (S1.48).
    FromService,
    /// The route was taken.
    Routed,
    /// No route matches (S3.10).
    NoRoute,
    /// The longest match is a route whose target is gone (S3.9).
    Blackhole,
    /// An address that no route forwards (S3.8).
    NotRoutable,
    /// Translated, or passed as it is (IPv6).
    Passed,
    /// The VPC has no internet gateway attached (S3.14).
    NoGateway,
    /// The interface's address has no public address (S3.14).
    NoPublicAddress,
    /// An internet gateway drops packets to destinations that the internet does not route (S12.10).
    PrivateDestination,
    /// The interface drops what the internet starts over IPv6 (S3.16).
    DenyAllIgwTraffic,
    /// The reply leaves by another way than the request came in by: no translation, no connection (S3.15).
    LeavesElsewhere,
    /// The peering connection is not active (S3.30).
    PeeringNotActive,
    /// The destination is not in the other VPC of the peering connection, which leads no further (S3.30).
    NotTransitive,
    /// A NAT gateway takes only the answers of flows that it opened (S3.22, S12.7).
    Unsolicited,
    /// No interface holds the address (S12.9).
    NotHeld,
    /// The instance does not run (S9.4).
    NotRunning(String),
    /// Blocked by VPC Block Public Access (S3.43).
    BlockedPublicAccess,
    /// Nobody can say, for this reason.
    Unknown(String),
}

/// One checkpoint on the way and what it did.
#[derive(Debug, Clone)]
pub struct Hop<S> {
    /// Where.
    pub checkpoint: Checkpoint,
    /// The packet's source as seen there.
    pub source: Seen,
    /// The packet's destination as seen there.
    pub destination: Seen,
    /// What passes and what may, of all that takes this way: not only of what the gates before let through, so that
    /// every blocker shows and not only the first.
    pub crossing: Crossing<S>,
    /// Which rule took which part.
    pub taken: Vec<Taken<S>>,
    /// Why, where no rule decided.
    pub cause: Cause,
    /// For security groups that a flow passes first: the part that they do not keep track of (S1.32).
    pub untracked: S,
}

/// Where a way ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// At an interface.
    Interface(Ix<NetworkInterface>),
    /// Beyond the export: assumed to answer (S12.6).
    Beyond,
    /// At a service that is never filtered; its reply is not filtered either (S1.49).
    Service(&'static str),
    /// Inside the sending instance: nothing left it (S12.11).
    SameHost,
    /// Nowhere.
    Lost,
}

/// One way that a part of the flow takes. Parts of one walk are disjoint: routes, not gates, part them.
#[derive(Debug, Clone)]
pub struct Way<S> {
    /// The part of the flow that is routed this way.
    pub flow: S,
    /// The checkpoints in order.
    pub hops: Vec<Hop<S>>,
    /// Where it ends.
    pub arrival: Arrival,
    /// The packet's source as the arrival sees it: where a reply goes.
    pub source: Seen,
}
