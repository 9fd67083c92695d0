//! What was declared: every noun as it was read, before any reference is followed.

use crate::{
    AutoScalingGroup, BlockPublicAccessExclusion, BlockPublicAccessOptions, EgressOnlyInternetGateway,
    ElasticIp, Id, Instance, InternetGateway, LaunchTemplate, Listener, ListenerRule, LoadBalancer,
    NatGateway, NetworkAcl, NetworkInterface, Origin, Other, PrefixList, PrefixListEntry, Problem,
    RouteTable, SecurityGroup, SecurityGroupRule, Sources, Subnet, Table, Tags, TargetGroup, TargetHealth,
    TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable, TransitGatewayRoutes,
    TransitGatewayTableAttachments, Vpc, VpcEndpoint, VpcEndpointService, VpcPeeringConnection,
    VpnConnection, VpnGateway,
};

/// All that an input declared.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The files it came from.
    pub sources: Sources,
    /// What was wrong with them.
    pub problems: Vec<Problem>,
    /// VPCs.
    pub vpcs: Table<Vpc>,
    /// What accounts declare about Block Public Access, apart from VPCs.
    pub block_public_access_options: Vec<BlockPublicAccessOptions>,
    /// What is excluded from it, likewise.
    pub block_public_access_exclusions: Vec<BlockPublicAccessExclusion>,
    /// Subnets.
    pub subnets: Table<Subnet>,
    /// Route tables.
    pub route_tables: Table<RouteTable>,
    /// Network ACLs.
    pub network_acls: Table<NetworkAcl>,
    /// Security groups.
    pub security_groups: Table<SecurityGroup>,
    /// Rules as `describe-security-group-rules` lists them, with the group of each: preferred to those inside the
    /// groups, since they have ids (S9.6).
    pub security_group_rules: Vec<(Id, SecurityGroupRule)>,
    /// Managed prefix lists.
    pub prefix_lists: Table<PrefixList>,
    /// Entries of prefix lists, whose answers come apart from the lists (S9.10).
    pub prefix_list_entries: Vec<(Id, Vec<PrefixListEntry>)>,
    /// Network interfaces.
    pub network_interfaces: Table<NetworkInterface>,
    /// Interfaces as instances repeat them; used where an export lacks `describe-network-interfaces` (S9.4).
    pub instance_interfaces: Vec<NetworkInterface>,
    /// Instances.
    pub instances: Table<Instance>,
    /// Internet gateways.
    pub internet_gateways: Table<InternetGateway>,
    /// NAT gateways.
    pub nat_gateways: Table<NatGateway>,
    /// Egress-only internet gateways.
    pub egress_only_internet_gateways: Table<EgressOnlyInternetGateway>,
    /// Transit gateways.
    pub transit_gateways: Table<TransitGateway>,
    /// Attachments of transit gateways.
    pub transit_gateway_attachments: Table<TransitGatewayAttachment>,
    /// Route tables of transit gateways.
    pub transit_gateway_route_tables: Table<TransitGatewayRouteTable>,
    /// Routes of transit gateways, whose answers come apart from the tables.
    pub transit_gateway_routes: Vec<TransitGatewayRoutes>,
    /// The attachments associated with tables of transit gateways, whose answers come apart from the tables.
    pub transit_gateway_associations: Vec<TransitGatewayTableAttachments>,
    /// The attachments that propagate into tables of transit gateways, likewise.
    pub transit_gateway_propagations: Vec<TransitGatewayTableAttachments>,
    /// Virtual private gateways.
    pub vpn_gateways: Table<VpnGateway>,
    /// VPN connections.
    pub vpn_connections: Table<VpnConnection>,
    /// Load balancers of all kinds.
    pub load_balancers: Table<LoadBalancer>,
    /// Attributes of load balancers, whose answers come apart: the load balancer, key and value.
    pub load_balancer_attributes: Vec<(Id, String, String)>,
    /// Listeners.
    pub listeners: Table<Listener>,
    /// Listeners and their rules, whose answers come apart: of a listener that is here, all rules are known.
    pub listener_rules: Vec<(Id, Vec<ListenerRule>)>,
    /// Target groups.
    pub target_groups: Table<TargetGroup>,
    /// Attributes of target groups, whose answers come apart: the group, key and value.
    pub target_group_attributes: Vec<(Id, String, String)>,
    /// Health of targets, whose answers come apart from the groups.
    pub target_health: Vec<TargetHealth>,
    /// Auto Scaling groups.
    pub auto_scaling_groups: Table<AutoScalingGroup>,
    /// Versions of launch templates, and launch configurations.
    pub launch_templates: Table<LaunchTemplate>,
    /// VPC peering connections.
    pub vpc_peering_connections: Table<VpcPeeringConnection>,
    /// VPC endpoints.
    pub vpc_endpoints: Table<VpcEndpoint>,
    /// Endpoint services of the account.
    pub vpc_endpoint_services: Table<VpcEndpointService>,
    /// Elastic IP addresses, and public addresses of what is gone: those that nothing holds do not answer (S12.9).
    pub elastic_ips: Table<ElasticIp>,
    /// Resources known by name only.
    pub others: Table<Other>,
    /// Some network ACL, or what it is associated with, was left out: a subnet without one may have that one.
    pub network_acls_incomplete: bool,
    /// Some route table, or what it is associated with, was left out: a subnet without one may have that one.
    pub route_tables_incomplete: bool,
    /// Some attachment of a transit gateway was left out: a VPC without one may have that one.
    pub transit_gateway_attachments_incomplete: bool,
}

/// What all nouns have.
pub trait Noun {
    /// The id.
    fn id(&self) -> &Id;
    /// The tags.
    fn tags(&self) -> &Tags;
    /// Where it was written.
    fn origin(&self) -> Origin;
    /// The name that people use: the tag `Name`, else a name that the noun itself has.
    fn name(&self) -> Option<&str> {
        self.tags().name()
    }
}

macro_rules! nouns {
    ($($kind:ident $(, $own_name:ident)?);* $(;)?) => {$(
        impl Noun for $kind {
            fn id(&self) -> &Id {
                &self.id
            }
            fn tags(&self) -> &Tags {
                &self.tags
            }
            fn origin(&self) -> Origin {
                self.origin
            }
            $(fn name(&self) -> Option<&str> {
                self.tags.name().or(self.$own_name.as_deref())
            })?
        }
    )*};
}

nouns! {
    Vpc; Subnet; RouteTable; NetworkAcl; NetworkInterface; Instance; InternetGateway; VpcEndpoint; VpcEndpointService; VpcPeeringConnection; ElasticIp;
    NatGateway; EgressOnlyInternetGateway; TransitGateway; TransitGatewayAttachment; TransitGatewayRouteTable;
    VpnGateway; VpnConnection; Listener;
    SecurityGroup, name; PrefixList, name; Other, name; LoadBalancer, name; TargetGroup, name;
    AutoScalingGroup, name; LaunchTemplate, name;
}
