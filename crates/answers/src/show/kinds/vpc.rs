//! VPCs.

use model::{
    AttachmentKind, BlockMode, EndpointType, Id, Ix, NetworkInterface, Noun, Snapshot, Subnet, Table,
    TransitGatewayAttachment, Vpc, VpcPeeringConnection,
};

use crate::show::look::joined;
use crate::show::overview::counts_in;
use crate::show::rows::{nouns, zone};
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for Vpc {
    const ONE: &'static str = "VPC";
    const MANY: &'static str = "VPCs";

    fn table(model: &Snapshot) -> &Table<Vpc> {
        &model.vpcs
    }

    fn owner(&self) -> Option<&Id> {
        self.owner.as_ref()
    }

    fn describe(&self, _ix: Ix<Vpc>, look: &Look<'_>, out: &mut Resource) {
        out.values("blocks", self.cidrs.iter().map(|block| block.to_string().into()));
        out.field_if("account", self.owner.as_ref().map(Id::as_str));
        out.field_if("Block Public Access", self.block_public_access.and_then(blocked));
        lists(look, &self.id, out);
    }

    fn uses(&self, _ix: Ix<Vpc>, look: &Look<'_>, out: &mut Uses) {
        let linked = |kind: &str| kind.starts_with("peering") || kind.starts_with("transit");
        let counts = counts_in(look, &self.id).into_iter().filter(|count| !linked(count.kind));
        out.by(
            "in it",
            counts
                .map(|count| Row::at(None).cell("count", count.count.to_string()).cell("kind", count.kind))
                .collect(),
        );
        out.by(
            "peering connections",
            nouns(look, peers_with(&self.id), |peering| other_end(look, peering, &self.id)),
        );
        let attachments = nouns(look, attached(&self.id), |attachment: &TransitGatewayAttachment| {
            format!("to {}", look.names::<model::TransitGateway>(&attachment.transit_gateways))
        });
        out.by("transit gateways", attachments);
        let model = look.model();
        let inside = |vpc: &Id| *vpc == self.id;
        // A VPC goes with its defaults and with nothing else in it.
        let attached = |gateway: &&model::InternetGateway| gateway.serves(&self.id);
        out.refuse(model.subnets.values().filter(|noun| inside(&noun.vpc)).count(), "subnet", "subnets");
        let there = model.network_interfaces.values().filter(|noun| noun.stand_in.is_none());
        let interfaces = there.filter(|noun| inside(&noun.vpc)).count();
        out.refuse(interfaces, "network interface", "network interfaces");
        let gateways = model.internet_gateways.values().filter(attached).count();
        out.refuse(gateways, "internet gateway", "internet gateways");
        let own = |noun: &&model::SecurityGroup| {
            noun.vpc.as_ref().is_some_and(inside) && noun.name.as_deref() != Some("default")
        };
        let groups = model.security_groups.values().filter(own).count();
        out.refuse(groups, "security group of its own", "security groups of its own");
        let lists = model.network_acls.values().filter(|noun| inside(&noun.vpc) && !noun.is_default).count();
        out.refuse(lists, "network ACL of its own", "network ACLs of its own");
        let is_main =
            |noun: &&model::RouteTable| noun.associations.contains(&model::RouteTableAssociation::Main);
        let tables = model.route_tables.values().filter(|noun| inside(&noun.vpc) && !is_main(noun)).count();
        out.refuse(tables, "route table of its own", "route tables of its own");
        let endpoints = model.vpc_endpoints.values().filter(|noun| inside(&noun.vpc)).count();
        out.refuse(endpoints, "VPC endpoint", "VPC endpoints");
        out.refuse(
            look.model().vpc_peering_connections.values().filter(|noun| peers_with(&self.id)(noun)).count(),
            "peering connection",
            "peering connections",
        );
    }
}

/// What stands in a VPC: its subnets, its ways out, and how many of the rest.
pub(crate) fn lists(look: &Look<'_>, vpc: &Id, out: &mut Resource) {
    let model = look.model();
    let mut rows = Vec::new();
    for (ix, noun) in model.subnets.iter().filter(|(_, noun)| noun.vpc == *vpc) {
        let inside = |eni: &&NetworkInterface| eni.stand_in.is_none() && eni.subnet == noun.id;
        let interfaces = model.network_interfaces.values().filter(inside).count();
        let row = Row::at(None)
            .cell("name", look.noun(noun))
            .cell("blocks", joined(&noun.cidrs))
            .cell("zone", zone(noun))
            .cell("network ACL", look.acl_of(ix).0)
            .cell("route table", look.table_of(ix).0)
            .cell("interfaces", plural(interfaces, "interface", "interfaces"));
        rows.push(row.cell("id", noun.id.as_str()));
    }
    out.list("subnets", "none in the export", rows);
    let gateways = gateways(look, vpc);
    if !gateways.is_empty() {
        out.list("gateways", "", gateways);
    }
    // Subnets and gateways have their lists.
    let listed = [
        "subnet",
        "internet gateway",
        "NAT gateway",
        "VPC endpoint",
        "egress-only internet gateway",
        "virtual private gateway",
        "peering connection",
        "transit gateway attachment",
    ];
    let rest = counts_in(look, vpc)
        .into_iter()
        .filter(|count| !listed.iter().any(|word| count.kind.starts_with(word)));
    out.values("also", rest.map(|count| format!("{} {}", count.count, count.kind).into()));
}

/// The ways out of a VPC.
fn gateways(look: &Look<'_>, vpc: &Id) -> Vec<Row> {
    let model = look.model();
    let mut rows = Vec::new();
    let mut add = |kind: &str, name: Value, note: String, id: &Id| {
        rows.push(
            Row::at(None).cell("kind", kind).cell("name", name).cell("note", note).cell("id", id.as_str()),
        );
    };
    for noun in model.internet_gateways.values().filter(|noun| noun.serves(vpc)) {
        add("internet gateway", look.noun(noun), String::new(), &noun.id);
    }
    for noun in model.egress_only_internet_gateways.values().filter(|noun| noun.vpc.as_ref() == Some(vpc)) {
        add("egress-only internet gateway", look.noun(noun), String::new(), &noun.id);
    }
    for noun in model.nat_gateways.values().filter(|noun| noun.vpc == *vpc) {
        let place = noun.subnet.as_ref().map(|subnet| format!("in {}", look.to::<Subnet>(subnet).text));
        add("NAT gateway", look.noun(noun), place.unwrap_or_else(|| "regional".into()), &noun.id);
    }
    for noun in model.vpn_gateways.values().filter(|noun| noun.vpc.as_ref() == Some(vpc)) {
        add("virtual private gateway", look.noun(noun), String::new(), &noun.id);
    }
    for noun in model.vpc_endpoints.values().filter(|noun| noun.vpc == *vpc) {
        let kind = match noun.endpoint_type {
            EndpointType::Gateway => "gateway endpoint",
            EndpointType::Interface => "interface endpoint",
            EndpointType::GatewayLoadBalancer => "Gateway Load Balancer endpoint",
            EndpointType::Other(_) => "endpoint",
        };
        add(kind, look.noun(noun), noun.service_name.to_string(), &noun.id);
    }
    for noun in model.vpc_peering_connections.values().filter(|noun| peers_with(vpc)(noun)) {
        add("peering connection", look.noun(noun), other_end(look, noun, vpc), &noun.id);
    }
    for noun in model.transit_gateway_attachments.values().filter(|noun| attached(vpc)(noun)) {
        let to = look.names::<model::TransitGateway>(&noun.transit_gateways);
        add("transit gateway attachment", look.noun(noun), format!("to {to}"), &noun.id);
    }
    rows
}

fn peers_with(vpc: &Id) -> impl Fn(&VpcPeeringConnection) -> bool {
    move |noun| noun.other_side(vpc).is_some()
}

fn attached(vpc: &Id) -> impl Fn(&TransitGatewayAttachment) -> bool {
    move |noun| noun.kind == AttachmentKind::Vpc && noun.resource.as_ref() == Some(vpc)
}

fn other_end(look: &Look<'_>, peering: &VpcPeeringConnection, vpc: &Id) -> String {
    let side = peering.other_side(vpc);
    let to = side.map_or(String::new(), |side| match look.model().vpcs.get(side.vpc.as_str()) {
        Some(noun) => format!("to {}", noun.name().unwrap_or(noun.id.as_str())),
        None => format!("to {}, not in the export", side.vpc),
    });
    if peering.active { to } else { format!("{to}, not active") }
}

/// A count in words; nothing for none.
fn plural(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

/// What Block Public Access stops, where it stops anything.
pub(super) fn blocked(mode: BlockMode) -> Option<&'static str> {
    match mode {
        BlockMode::Off => None,
        BlockMode::Bidirectional => Some("everything to and from internet gateways"),
        BlockMode::Ingress => Some("what the internet starts"),
        BlockMode::Unknown(_) => Some("not known"),
    }
}
