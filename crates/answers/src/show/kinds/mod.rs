//! The kinds of resources that can be shown, a few that belong together in a file.

mod auto_scaling;
mod elastic_ip;
mod gateways;
mod instance;
mod load_balancer;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod other;
mod peering;
mod prefix_list;
mod route_table;
mod security_group;
mod subnet;
mod target_group;
mod transit_gateway;
mod vpc;
mod vpc_endpoint;
mod vpc_endpoint_service;
mod vpn;

use model::{
    AutoScalingGroup, EgressOnlyInternetGateway, ElasticIp, Instance, InternetGateway, LaunchTemplate,
    Listener, LoadBalancer, NatGateway, NetworkAcl, NetworkInterface, Other, PrefixList, RouteTable,
    SecurityGroup, Subnet, TargetGroup, TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable,
    Vpc, VpcEndpoint, VpcEndpointService, VpcPeeringConnection, VpnConnection, VpnGateway,
};

use super::KindEntry;
use crate::question::Kind as Selector;

pub(crate) use vpc::lists as vpc_lists;

/// All kinds, in the order in which they are shown and counted.
pub(crate) const KINDS: &[KindEntry] = &[
    KindEntry::of::<Vpc>(Some(Selector::Vpc)),
    KindEntry::of::<Subnet>(Some(Selector::Subnet)),
    KindEntry::of::<Instance>(Some(Selector::Instance)),
    KindEntry::of::<NetworkInterface>(Some(Selector::NetworkInterface)),
    KindEntry::of::<SecurityGroup>(Some(Selector::SecurityGroup)),
    KindEntry::of::<NetworkAcl>(Some(Selector::NetworkAcl)),
    KindEntry::of::<RouteTable>(Some(Selector::RouteTable)),
    KindEntry::of::<PrefixList>(Some(Selector::PrefixList)),
    KindEntry::of::<InternetGateway>(Some(Selector::InternetGateway)),
    KindEntry::of::<EgressOnlyInternetGateway>(Some(Selector::EgressOnlyInternetGateway)),
    KindEntry::of::<NatGateway>(Some(Selector::NatGateway)),
    KindEntry::of::<ElasticIp>(Some(Selector::ElasticIp)),
    KindEntry::of::<VpcEndpoint>(Some(Selector::VpcEndpoint)),
    KindEntry::of::<VpcEndpointService>(Some(Selector::VpcEndpointService)),
    KindEntry::of::<VpcPeeringConnection>(Some(Selector::VpcPeeringConnection)),
    KindEntry::of::<TransitGateway>(Some(Selector::TransitGateway)),
    KindEntry::of::<TransitGatewayAttachment>(Some(Selector::TransitGatewayAttachment)),
    KindEntry::of::<TransitGatewayRouteTable>(Some(Selector::TransitGatewayRouteTable)),
    KindEntry::of::<VpnGateway>(Some(Selector::VpnGateway)),
    KindEntry::of::<VpnConnection>(Some(Selector::VpnConnection)),
    KindEntry::of::<LoadBalancer>(Some(Selector::LoadBalancer)),
    KindEntry::of::<Listener>(Some(Selector::Listener)),
    KindEntry::of::<TargetGroup>(Some(Selector::TargetGroup)),
    KindEntry::of::<AutoScalingGroup>(Some(Selector::AutoScalingGroup)),
    KindEntry::of::<LaunchTemplate>(Some(Selector::LaunchTemplate)),
    KindEntry::of::<Other>(None),
];
