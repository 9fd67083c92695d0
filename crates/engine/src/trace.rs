//! What a walk leaves behind: the gates a packet met, in order, and what each did.

use model::{
    Association, EgressOnlyInternetGateway, Holder, Id, InternetGateway, Ix, Listener, LoadBalancer,
    NatGateway, NetworkAcl, NetworkInterface, RouteTable, Subnet, TransitGatewayAttachment,
    TransitGatewayRouteTable, VpcEndpoint, VpcPeeringConnection, VpnGateway,
};

use crate::{Crossing, Header, Network, Seen, Taken};

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
    /// An interface endpoint (S3.36).
    InterfaceEndpoint {
        /// The endpoint.
        endpoint: Ix<VpcEndpoint>,
    },
    /// A VPC peering connection (S3.30).
    VpcPeeringConnection {
        /// The connection.
        peering: Ix<VpcPeeringConnection>,
    },
    /// A NAT gateway (S3.20).
    NatGateway {
        /// The gateway.
        gateway: Ix<NatGateway>,
    },
    /// An egress-only internet gateway (S3.29).
    EgressOnlyInternetGateway {
        /// The gateway.
        gateway: Ix<EgressOnlyInternetGateway>,
    },
    /// A virtual private gateway (S3.38).
    VpnGateway {
        /// The gateway.
        gateway: Ix<VpnGateway>,
    },
    /// An attachment of a transit gateway, in or out (S3.31).
    TransitGatewayAttachment {
        /// The attachment.
        attachment: Ix<TransitGatewayAttachment>,
    },
    /// A route table of a transit gateway (S3.31).
    TransitGatewayRoute {
        /// The table.
        table: Ix<TransitGatewayRouteTable>,
        /// The route taken, in words, if one was.
        route: Option<String>,
    },
    /// An instance that packets for others are routed to (S3.41).
    Appliance {
        /// The interface that routes name.
        interface: Ix<NetworkInterface>,
    },
    /// A load balancer: which listener takes it, and which target gets it (S12.3, S12.5).
    LoadBalancer {
        /// The load balancer.
        load_balancer: Ix<LoadBalancer>,
        /// The node's interface.
        node: Ix<NetworkInterface>,
        /// The listener, if one takes it.
        listener: Option<Ix<Listener>>,
        /// The target, in words, if one is picked.
        target: Option<String>,
        /// Whether the target sees the client's address (S4.6).
        keeps_client: bool,
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

impl Checkpoint {
    /// What kind of device it is, for those that make security groups track a flow (S1.34).
    pub(crate) fn device(&self, network: &Network) -> Option<&'static str> {
        match self {
            Checkpoint::NatGateway { .. } => Some("NAT gateway"),
            Checkpoint::EgressOnlyInternetGateway { .. } => Some("egress-only internet gateway"),
            Checkpoint::TransitGatewayAttachment { .. } => Some("transit gateway"),
            Checkpoint::LoadBalancer { load_balancer, .. } => {
                Some(network.model().load_balancers.at(*load_balancer).kind.words())
            }
            Checkpoint::InterfaceEndpoint { .. } => Some("VPC endpoint"),
            Checkpoint::Unmodelled { kind, .. } => Some(kind),
            _ => None,
        }
    }
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
    /// The device has no state or no way for such packets (S3.20: a NAT gateway takes TCP, UDP and ICMP).
    ProtocolNotTranslated,
    /// The NAT gateway, gateway or attachment is not available.
    NotAvailable,
    /// It is for the other family: a virtual private gateway for IPv4 (S3.38), an egress-only gateway for IPv6 (S3.29).
    OtherFamily,
    /// The interface drops what is neither from nor to one of its addresses (S3.13).
    SourceDestCheck,
    /// The answer does not pass the appliance that the request passed, or only the answer passes one (S3.40).
    Asymmetric,
    /// The VPC is not attached to the transit gateway (S3.31).
    NotAttached,
    /// The transit gateway's attachment has no subnet in this Availability Zone (S3.31).
    NoAttachmentInZone,
    /// Routes lead in a circle.
    RoutingLoop,
    /// No listener takes this protocol and port (S12.3).
    NoListener,
    /// The load balancer has no target to send it to (S12.5).
    NoTarget,
    /// The appliance's groups, or a list, do not let GENEVE through between it and the load balancer (S4.17).
    GeneveNotAdmitted,
    /// With its own address kept, a client cannot be its own target (S12.4).
    Hairpin,
    /// What is there does not answer this (S12.6, S12.8).
    NotAnswered,
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
    /// What gates see of the packet there.
    pub header: Header,
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
    /// The packet as it arrives: a reply goes to its source.
    pub header: Header,
    /// The devices that put their own address or port in its place, in the order passed; for a reply those that put the
    /// client's back.
    pub relays: Vec<Relay>,
    /// The appliances that it passed, in order.
    pub appliances: Vec<Ix<NetworkInterface>>,
    /// For requests: where it came in or left since the last relay. The answer uses the same door.
    pub door: Door,
    /// How many axes of the space devices have drawn by.
    pub(crate) draws: usize,
    /// The subnets by which it left attachments in appliance mode (S3.34).
    pub(crate) pinned: Vec<(Ix<TransitGatewayAttachment>, Ix<Subnet>)>,
}

/// A device that sent a packet on with another address or port, and will put back what it replaced in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// What it is.
    pub device: Device,
    /// The packet as it came.
    pub before: Header,
    /// The source that it went on with.
    pub source: Seen,
    /// How many checkpoints the way had when it was sent on: where the next segment begins.
    pub hops: usize,
    /// Where the packet had come in to this device: its answer has to leave there.
    pub door: Door,
}

/// What a relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A NAT gateway, with its interface; a regional one has none (S3.27).
    NatGateway(Ix<NatGateway>, Option<Holder>),
    /// An instance that translates (S3.28).
    NatInstance(Holder),
    /// A load balancer's node.
    LoadBalancer(Ix<LoadBalancer>, Holder),
    /// An interface endpoint of a service behind a Network Load Balancer (S4.10).
    Endpoint(Holder),
}

impl Device {
    /// The interface and the address that answers come back to.
    pub fn holder(self) -> Option<Holder> {
        match self {
            Device::NatGateway(_, holder) => holder,
            Device::NatInstance(holder) | Device::LoadBalancer(_, holder) | Device::Endpoint(holder) => {
                Some(holder)
            }
        }
    }
}

/// Where a packet left or entered the part of the network that the export describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Nowhere: it stayed inside.
    Inside,
    /// An internet gateway.
    InternetGateway {
        /// The egress-only gateway of another VPC that it had left by, where its answer comes back.
        left_by: Option<Ix<EgressOnlyInternetGateway>>,
    },
    /// An egress-only internet gateway.
    EgressOnlyInternetGateway(Ix<EgressOnlyInternetGateway>),
    /// A gateway endpoint.
    GatewayEndpoint,
    /// A virtual private gateway.
    VpnGateway(Ix<VpnGateway>),
    /// An attachment of a transit gateway that leads to networks beyond the export.
    TransitGateway(Ix<TransitGatewayAttachment>),
    /// Something else, or nobody knows.
    Other,
}
