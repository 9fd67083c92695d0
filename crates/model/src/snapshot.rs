//! What was declared: every noun as it was read, before any reference is followed.

use crate::{
    ElasticIp, Id, Instance, InternetGateway, NetworkAcl, NetworkInterface, Origin, Other, PrefixList,
    PrefixListEntry, Problem, RouteTable, SecurityGroup, SecurityGroupRule, Sources, Subnet, Table, Tags,
    Vpc, VpcEndpoint, VpcPeeringConnection,
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
    /// VPC peering connections.
    pub vpc_peering_connections: Table<VpcPeeringConnection>,
    /// VPC endpoints.
    pub vpc_endpoints: Table<VpcEndpoint>,
    /// Elastic IP addresses, and public addresses of what is gone: those that nothing holds do not answer (S12.9).
    pub elastic_ips: Table<ElasticIp>,
    /// Resources known by name only.
    pub others: Table<Other>,
    /// Some network ACL, or what it is associated with, was left out: a subnet without one may have that one.
    pub network_acls_incomplete: bool,
    /// Some route table, or what it is associated with, was left out: a subnet without one may have that one.
    pub route_tables_incomplete: bool,
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
    Vpc; Subnet; RouteTable; NetworkAcl; NetworkInterface; Instance; InternetGateway; VpcEndpoint; VpcPeeringConnection; ElasticIp;
    SecurityGroup, name; PrefixList, name; Other, name;
}
