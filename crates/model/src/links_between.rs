//! References between VPCs followed: attachments to transit gateways, the tables they are associated with, peering
//! connections, endpoints. Large networks have thousands of these, and a walk asks at every turn.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    AttachmentKind, Id, InterfaceType, Ix, NetworkInterface, Resolved, RouteTable, Snapshot,
    TransitGatewayAttachment, TransitGatewayRouteTable, VpcEndpoint,
};

#[derive(Debug, Default, Clone)]
pub(crate) struct BetweenLinks {
    /// By gateway and VPC, the first that is listed.
    attachments: FxHashMap<(Id, Id), Ix<TransitGatewayAttachment>>,
    attached: FxHashSet<Id>,
    /// By gateway and attachment; `None` where an export says several.
    tables: FxHashMap<(Id, Id), Option<Ix<TransitGatewayRouteTable>>>,
    peered: FxHashSet<(Id, Id)>,
    endpoints: FxHashMap<Id, Ix<VpcEndpoint>>,
    route_tables: FxHashMap<Id, Vec<Ix<RouteTable>>>,
}

impl Resolved {
    /// The attachment of a VPC to a transit gateway (S3.31).
    pub fn attachment_of(&self, gateway: &Id, vpc: &Id) -> Option<Ix<TransitGatewayAttachment>> {
        self.between().attachments.get(&(gateway.clone(), vpc.clone())).copied()
    }

    /// Whether the export has any attachment to a transit gateway.
    pub fn has_attachments(&self, gateway: &Id) -> bool {
        self.between().attached.contains(gateway)
    }

    /// The route table of a gateway that is associated with an attachment (S3.31). An attachment is associated with one
    /// table: where an export says two, nobody knows which.
    pub fn associated_table(
        &self,
        gateway: &Id,
        attachment: Ix<TransitGatewayAttachment>,
    ) -> Option<Ix<TransitGatewayRouteTable>> {
        let id = &self.snapshot.transit_gateway_attachments.at(attachment).id;
        self.between().tables.get(&(gateway.clone(), id.clone())).copied().flatten()
    }

    /// Whether an active peering connection within one Region joins two VPCs, so that references to groups work between
    /// them (S1.18, S1.20).
    pub fn are_peered(&self, one: &Id, other: &Id) -> bool {
        self.between().peered.contains(&ordered(one, other))
    }

    /// The endpoint that an interface is of.
    pub fn endpoint_of(&self, interface: Ix<NetworkInterface>) -> Option<Ix<VpcEndpoint>> {
        let noun = self.snapshot.network_interfaces.at(interface);
        let of_endpoint = noun.interface_type == InterfaceType::VpcEndpoint;
        self.between().endpoints.get(&noun.id).copied().filter(|_| of_endpoint)
    }

    /// The route tables of a VPC, its subnets' and others.
    pub fn route_tables_of(&self, vpc: &Id) -> &[Ix<RouteTable>] {
        self.between().route_tables.get(vpc).map_or(&[], Vec::as_slice)
    }
}

pub(crate) fn link(snapshot: &Snapshot) -> BetweenLinks {
    let mut links = BetweenLinks::default();
    for (ix, attachment) in snapshot.transit_gateway_attachments.iter() {
        for gateway in &attachment.transit_gateways {
            links.attached.insert(gateway.clone());
            if let (AttachmentKind::Vpc, Some(vpc)) = (&attachment.kind, &attachment.resource) {
                links.attachments.entry((gateway.clone(), vpc.clone())).or_insert(ix);
            }
        }
    }
    for (ix, table) in snapshot.transit_gateway_route_tables.iter() {
        for attachment in &table.associations {
            let key = (table.transit_gateway.clone(), attachment.clone());
            links
                .tables
                .entry(key)
                .and_modify(|known| *known = known.filter(|known| *known == ix))
                .or_insert(Some(ix));
        }
    }
    for peering in snapshot.vpc_peering_connections.values() {
        if peering.active && !peering.crosses_regions() {
            links.peered.insert(ordered(&peering.requester.vpc, &peering.accepter.vpc));
        }
    }
    for (ix, endpoint) in snapshot.vpc_endpoints.iter() {
        for interface in &endpoint.network_interfaces {
            links.endpoints.entry(interface.clone()).or_insert(ix);
        }
    }
    for (ix, table) in snapshot.route_tables.iter() {
        links.route_tables.entry(table.vpc.clone()).or_default().push(ix);
    }
    links
}

fn ordered(one: &Id, other: &Id) -> (Id, Id) {
    if one <= other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}
