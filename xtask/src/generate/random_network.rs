//! Small networks in which, over the seeds, everything occurs that is modelled: to hold answers against answers that
//! somebody else computed. Values lie on and beside each other's edges, for that is where answers differ.

mod acls;
mod balancers;
mod block;
mod connections;
mod endpoints;
mod gateways;
mod hosts;
mod lists;
mod routes;
mod rules;
mod site;
mod transit;

use self::block::Block;
use self::connections::Peering;
use self::gateways::Gateways;
use self::hosts::Host;
use self::site::Site;
use self::transit::Transit;
use super::Export;
use super::random::Random;

/// What was decided so far, for what is decided next.
struct World {
    sites: Vec<Site>,
    /// What each site has to lead elsewhere, in their order.
    gateways: Vec<Gateways>,
    peerings: Vec<Peering>,
    transit: Option<Transit>,
    hosts: Vec<Host>,
    /// The ids of the account's own prefix lists.
    lists: Vec<String>,
    absent: Absent,
}

/// What the export lacks although the network has it: what makes answers undecided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Nothing,
    /// The entries of a prefix list.
    Entries,
    /// The route tables of the first VPC.
    Routes,
    /// The network ACLs of the last VPC.
    Acls,
    /// The first group of the first VPC.
    Group,
    /// Whether instances run.
    Instances,
    /// The routes of transit gateways.
    TransitRoutes,
    /// Who is healthy.
    Health,
}

impl Absent {
    fn new(random: &mut Random) -> Absent {
        match random.below(100) {
            0 | 1 => Absent::Entries,
            2 => Absent::Routes,
            3 | 9 => Absent::Acls,
            4 => Absent::Group,
            5 | 8 => Absent::Instances,
            6 => Absent::TransitRoutes,
            7 => Absent::Health,
            _ => Absent::Nothing,
        }
    }
}

/// Calls that were made, though they may have nothing to show, and the keys of their answers.
const CALLS: [(&str, &str); 22] = [
    ("describe-vpcs", "Vpcs"),
    ("describe-subnets", "Subnets"),
    ("describe-route-tables", "RouteTables"),
    ("describe-network-acls", "NetworkAcls"),
    ("describe-security-groups", "SecurityGroups"),
    ("describe-network-interfaces", "NetworkInterfaces"),
    ("describe-instances", "Reservations"),
    ("describe-internet-gateways", "InternetGateways"),
    ("describe-egress-only-internet-gateways", "EgressOnlyInternetGateways"),
    ("describe-nat-gateways", "NatGateways"),
    ("describe-managed-prefix-lists", "PrefixLists"),
    ("describe-vpc-peering-connections", "VpcPeeringConnections"),
    ("describe-vpc-endpoints", "VpcEndpoints"),
    ("describe-transit-gateways", "TransitGateways"),
    ("describe-transit-gateway-attachments", "TransitGatewayAttachments"),
    ("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments"),
    ("describe-transit-gateway-route-tables", "TransitGatewayRouteTables"),
    ("describe-vpn-gateways", "VpnGateways"),
    ("describe-vpn-connections", "VpnConnections"),
    ("describe-addresses", "Addresses"),
    ("elbv2-describe-load-balancers", "LoadBalancers"),
    ("elbv2-describe-target-groups", "TargetGroups"),
];

/// A few interfaces in one to three VPCs. What they have is chance: over the seeds it is everything that is modelled.
pub fn random(seed: u64) -> Export {
    let mut random = Random::new(seed);
    let mut export = Export::default();
    CALLS.iter().for_each(|(call, key)| export.answer(call, key));
    let random = &mut random;
    let mut sites = site::sites(random);
    let gateways = gateways::write(&mut export, random, &mut sites);
    let peerings = connections::write(&mut export, random, &sites);
    let absent = Absent::new(random);
    let transit = transit::write(&mut export, random, &mut sites, absent);
    let hosts = hosts::write(&mut export, random, &mut sites, &gateways);
    let lists = lists::write(&mut export, random, &sites, absent);
    let mut world = World { sites, gateways, peerings, transit, hosts, lists, absent };
    endpoints::write(&mut export, random, &mut world);
    balancers::write(&mut export, random, &mut world);
    site::write(&mut export, random, &world.sites);
    rules::write(&mut export, random, &world);
    acls::write(&mut export, random, &world);
    routes::write(&mut export, random, &world);
    if absent == Absent::Instances {
        export.leave_out("describe-instances");
    }
    export
}
