//! A VPC as AWS describes it.
//!
//! Three stages, three types: [`Snapshot`] is what was *declared*, noun by noun, each value with its [`Origin`];
//! [`Resolved`] is the same with every reference followed (which list guards this subnet, whose address is that) and
//! every reference that leads nowhere named in a [`Problem`]; what is *enforced* is compiled from it by the engine.
//!
//! One AWS noun a file, in AWS's spelling. This crate knows no packets and no file formats: nothing here says what a
//! rule does to a connection, and nothing knows a JSON key.

mod auto_scaling_group;
mod block_public_access;
mod change;
mod compare;
mod egress_only_internet_gateway;
mod elastic_ip;
mod id;
mod instance;
mod internet_gateway;
mod links_balancers;
mod links_between;
mod listener;
mod load_balancer;
mod merge;
mod merge_balancers;
mod merge_public_access;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod origin;
mod other;
mod prefix_list;
mod problem;
mod quota;
mod resolve;
mod route_table;
mod same;
mod security_group;
mod snapshot;
mod stand_in;
mod subnet;
mod table;
mod tags;
mod target_group;
mod traffic;
mod transit_gateway;
mod transit_gateway_attachment;
mod transit_gateway_route_table;
mod validate;
mod vpc;
mod vpc_endpoint;
mod vpc_endpoint_service;
mod vpc_peering_connection;
mod vpn_connection;
mod vpn_gateway;

pub use auto_scaling_group::{AutoScalingGroup, Launch, LaunchTemplate};
pub use block_public_access::{BlockPublicAccessExclusion, BlockPublicAccessOptions, ExclusionMode};
pub use change::{Change, ChangeError};
pub use compare::{Difference, Differing, compare};
pub use egress_only_internet_gateway::EgressOnlyInternetGateway;
pub use elastic_ip::ElasticIp;
pub use id::Id;
pub use instance::{Instance, InstanceState, Platform};
pub use internet_gateway::{GatewayAttachment, InternetGateway};
pub use listener::{Application, Listener, ListenerAction, ListenerProtocol, ListenerRule};
pub use load_balancer::{LoadBalancer, LoadBalancerNode, LoadBalancerType};
pub use nat_gateway::{NatGateway, NatGatewayAddress};
pub use network_acl::{Action, NetworkAcl, NetworkAclEntry, STAR};
pub use network_interface::{
    InterfaceType, NetworkInterface, PrivateAddress, StandIn, Timeouts, is_unknown_public,
};
pub use origin::{FileId, Location, Origin, SourceFile, Sources};
pub use other::{Other, OtherKind};
pub use prefix_list::{PrefixList, PrefixListEntry};
pub use problem::{Problem, Severity};
pub use quota::{
    ENTRIES_PER_ACL, Exceeded, GROUPS_PER_INTERFACE, RULES_PER_GROUP, entries_of_acl, exceeded,
    exceeded_by_acl, exceeded_by_group,
};

pub use resolve::{Association, Guards, Holder, Resolved};
pub use route_table::{Destination, Route, RouteState, RouteTable, RouteTableAssociation, Target};
pub use same::{Comparable, NOWHERE, sort};
pub use security_group::{Peer, SecurityGroup, SecurityGroupRule};
pub use snapshot::{Noun, Snapshot};
pub use subnet::Subnet;
pub use table::{Ix, Table};
pub use tags::Tags;
pub use target_group::{
    CheckSettings, HealthCheck, RegisteredTarget, TargetGroup, TargetHealth, TargetState, TargetType,
};
pub use traffic::{PortRange, Traffic};
pub use transit_gateway::TransitGateway;
pub use transit_gateway_attachment::{AttachmentKind, TransitGatewayAttachment};
pub use transit_gateway_route_table::{
    KnownRoutes, TransitGatewayRoute, TransitGatewayRouteTable, TransitGatewayRoutes,
    TransitGatewayTableAttachments,
};
pub use vpc::{BlockMode, Vpc};
pub use vpc_endpoint::{EndpointType, VpcEndpoint};
pub use vpc_endpoint_service::VpcEndpointService;
pub use vpc_peering_connection::{PeeringSide, VpcPeeringConnection};
pub use vpn_connection::VpnConnection;
pub use vpn_gateway::VpnGateway;
