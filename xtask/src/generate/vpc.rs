//! VPCs, subnets, internet gateways and route tables.

use serde_json::{Value, json};

use super::{ACCOUNT, Export, REGION, name, set};

/// A VPC.
pub(super) fn vpc(export: &mut Export, id: &str, block: &str, ipv6: Option<&str>) {
    export.push("describe-vpcs", "Vpcs", &vpc_element(id, block, ipv6));
}

/// A VPC as `describe-vpcs` prints it.
pub(super) fn vpc_element(id: &str, block: &str, ipv6: Option<&str>) -> Value {
    let mut element = json!({
        "OwnerId": ACCOUNT, "InstanceTenancy": "default",
        "CidrBlockAssociationSet": [{
            "AssociationId": format!("vpc-cidr-assoc-{id}"), "CidrBlock": block,
            "CidrBlockState": {"State": "associated"},
        }],
        "IsDefault": false, "Tags": name(id), "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "VpcId": id, "State": "available", "CidrBlock": block, "DhcpOptionsId": "dopt-1",
    });
    if let Some(ipv6) = ipv6 {
        set(
            &mut element,
            "Ipv6CidrBlockAssociationSet",
            json!([{
                "AssociationId": format!("vpc-cidr-assoc-{id}-6"), "Ipv6CidrBlock": ipv6,
                "Ipv6CidrBlockState": {"State": "associated"},
            }]),
        );
    }
    element
}

/// A subnet, in a zone by its letter.
pub(super) fn subnet(export: &mut Export, vpc: &str, id: &str, zone: char, block: &str, ipv6: Option<&str>) {
    export.push("describe-subnets", "Subnets", &subnet_element(vpc, id, zone, block, ipv6));
}

/// A subnet as `describe-subnets` prints it.
pub(super) fn subnet_element(vpc: &str, id: &str, zone: char, block: &str, ipv6: Option<&str>) -> Value {
    let associations = ipv6.map(|block| {
        let id = format!("subnet-cidr-assoc-{id}");
        json!({"AssociationId": id, "Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}})
    });
    json!({
        "MapPublicIpOnLaunch": false, "OwnerId": ACCOUNT, "AssignIpv6AddressOnCreation": ipv6.is_some(),
        "Ipv6CidrBlockAssociationSet": associations.into_iter().collect::<Vec<_>>(), "Tags": name(id),
        "Ipv6Native": false, "SubnetId": id, "State": "available", "VpcId": vpc, "CidrBlock": block,
        "AvailabilityZone": format!("{REGION}{zone}"), "DefaultForAz": false,
    })
}

/// An internet gateway of a VPC; its id.
pub(super) fn internet_gateway(export: &mut Export, vpc: &str) -> String {
    let id = format!("igw-{}", vpc.trim_start_matches("vpc-"));
    let element = json!({
        "Attachments": [{"State": "available", "VpcId": vpc}], "InternetGatewayId": id, "OwnerId": ACCOUNT,
        "Tags": [],
    });
    export.push("describe-internet-gateways", "InternetGateways", &element);
    id
}

/// A route table, route by route.
pub(super) struct Routes {
    id: String,
    vpc: String,
    routes: Vec<Value>,
}

impl Routes {
    /// A table with the local routes of its VPC.
    pub(super) fn new(vpc: &str, id: &str, block: &str, ipv6: Option<&str>) -> Routes {
        let mut routes = Routes { id: id.into(), vpc: vpc.into(), routes: Vec::new() };
        for block in [Some(block), ipv6].into_iter().flatten() {
            routes.to(block, "GatewayId", "local");
        }
        routes
    }

    /// A route: to a block or a prefix list, by what a key names.
    pub(super) fn to(&mut self, destination: &str, key: &str, target: &str) {
        self.add(destination, key, target, "active");
    }

    /// A route that is as AWS says: `active` or `blackhole`.
    pub(super) fn add(&mut self, destination: &str, key: &str, target: &str, state: &str) {
        let of = match destination {
            list if list.starts_with("pl-") => "DestinationPrefixListId",
            block if block.contains(':') => "DestinationIpv6CidrBlock",
            _ => "DestinationCidrBlock",
        };
        let origin = if target == "local" { "CreateRouteTable" } else { "CreateRoute" };
        self.routes.push(json!({of: destination, key: target, "Origin": origin, "State": state}));
    }

    /// Whether there is room: AWS takes 50 routes by default.
    pub(super) fn has_room(&self) -> bool {
        self.routes.len() < 50
    }

    pub(super) fn write(self, export: &mut Export, is_main: bool, subnets: &[String]) {
        let Routes { id, vpc, routes } = self;
        let association = |main: bool, subnet: Option<&String>| {
            let mut association = json!({
                "Main": main, "RouteTableAssociationId": format!("rtbassoc-{}", subnet.unwrap_or(&id)),
                "RouteTableId": id, "AssociationState": {"State": "associated"},
            });
            if let Some(subnet) = subnet {
                set(&mut association, "SubnetId", subnet.as_str());
            }
            association
        };
        let main = is_main.then(|| association(true, None));
        let explicit = subnets.iter().map(|subnet| association(false, Some(subnet)));
        let associations: Vec<Value> = main.into_iter().chain(explicit).collect();
        let element = json!({
            "Associations": associations, "PropagatingVgws": [], "RouteTableId": id, "Routes": routes,
            "Tags": name(&id), "VpcId": vpc, "OwnerId": ACCOUNT,
        });
        export.push("describe-route-tables", "RouteTables", &element);
    }
}
