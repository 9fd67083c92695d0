//! Interfaces that an export lacks and that are there all the same: the nodes of load balancers, which emulators do
//! not list (S4.1), and the instances that an Auto Scaling group may start (S4.19).
//!
//! Where such an interface is within its subnet is not known. Its address is the first of the subnet's block, which
//! no interface can have (S1.52), and which stands for all of them.

use std::net::{IpAddr, Ipv4Addr};

use compact_str::CompactString;
use ipnet::IpNet;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::links_balancers::existing_nodes;
use crate::{
    AutoScalingGroup, Destination, Id, InterfaceType, Ix, Launch, LaunchTemplate, LoadBalancer,
    LoadBalancerNode, LoadBalancerType, NetworkInterface, Noun, Origin, Peer, PrivateAddress, Snapshot,
    StandIn, Subnet, Tags, Timeouts,
};

/// Which interfaces were added, and for what.
#[derive(Debug, Default)]
pub(crate) struct Added {
    pub(crate) nodes: Vec<(Ix<LoadBalancer>, Ix<NetworkInterface>)>,
    pub(crate) members: Vec<(Ix<AutoScalingGroup>, Ix<NetworkInterface>)>,
}

/// Adds the interfaces.
pub(crate) fn add(snapshot: &mut Snapshot) -> Added {
    let mut added = Added::default();
    let existing = existing_nodes(snapshot);
    let balancers = snapshot.load_balancers.clone();
    for (ix, balancer) in balancers.iter().filter(|(_, balancer)| balancer.active) {
        let there: FxHashSet<Id> = existing
            .get(&ix)
            .into_iter()
            .flatten()
            .map(|node| snapshot.network_interfaces.at(*node).subnet.clone())
            .collect();
        for node in &balancer.nodes {
            let subnet = node.subnet.as_ref().and_then(|id| snapshot.subnets.get(id.as_str()));
            let Some(subnet) = subnet.filter(|subnet| !there.contains(&subnet.id)) else { continue };
            let count = u32::try_from(added.nodes.len()).unwrap_or(u32::MAX).saturating_add(1);
            let interface = node_interface(balancer, node, subnet, Ipv4Addr::from(count));
            added.nodes.extend(insert(snapshot, interface).map(|interface| (ix, interface)));
        }
    }
    let groups = snapshot.auto_scaling_groups.clone();
    if groups.is_empty() {
        return added;
    }
    let (primaries, blocks) = (primaries(snapshot), Blocks::of(snapshot));
    for (ix, group) in groups.iter() {
        for interface in members(snapshot, &primaries, &blocks, group) {
            added.members.extend(insert(snapshot, interface).map(|interface| (ix, interface)));
        }
    }
    added
}

/// The primary interface of each instance.
pub(crate) fn primaries(snapshot: &Snapshot) -> FxHashMap<Id, Ix<NetworkInterface>> {
    let mut primaries: FxHashMap<Id, Ix<NetworkInterface>> = FxHashMap::default();
    for (ix, interface) in snapshot.network_interfaces.iter() {
        let Some(instance) = &interface.instance else { continue };
        let known = primaries.entry(instance.clone()).or_insert(ix);
        if interface.device_index < snapshot.network_interfaces.at(*known).device_index {
            *known = ix;
        }
    }
    primaries
}

fn insert(snapshot: &mut Snapshot, mut interface: NetworkInterface) -> Option<Ix<NetworkInterface>> {
    // Two load balancers of different kinds may have one name.
    while snapshot.network_interfaces.get(interface.id.as_str()).is_some() {
        interface.id = Id::from(format!("{}'", interface.id).as_str());
    }
    snapshot.network_interfaces.insert(interface.id.clone(), interface).ok()
}

/// What is alike in all of them.
fn interface(id: &str, subnet: &Subnet, name: String, origin: Origin) -> NetworkInterface {
    NetworkInterface {
        id: Id::from(id),
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        owner: None,
        addresses: Vec::new(),
        ipv6: Vec::new(),
        prefixes: Vec::new(),
        groups: Vec::new(),
        source_dest_check: true,
        deny_all_igw_traffic: false,
        incomplete: false,
        stand_in: None,
        interface_type: InterfaceType::Interface,
        description: CompactString::default(),
        instance: None,
        device_index: 0,
        timeouts: Timeouts::default(),
        tags: Tags(vec![("Name".into(), name.into())]),
        origin,
    }
}

/// Gives an interface the address that stands for all of its subnet's.
fn anywhere(interface: &mut NetworkInterface, subnet: &Subnet) {
    let first = |cidr: &IpNet| cidr.network();
    match subnet.cidrs.iter().map(first).find(IpAddr::is_ipv4) {
        Some(IpAddr::V4(private)) => interface.addresses.push(PrivateAddress { private, public: None }),
        _ => interface.ipv6.extend(subnet.cidrs.iter().map(first).find_map(|address| match address {
            IpAddr::V6(address) => Some(address),
            IpAddr::V4(_) => None,
        })),
    }
}

fn node_interface(
    balancer: &LoadBalancer,
    node: &LoadBalancerNode,
    subnet: &Subnet,
    unknown_public: Ipv4Addr,
) -> NetworkInterface {
    let name = balancer.name().unwrap_or(balancer.id.as_str());
    let id = format!("lb:{name}@{}", subnet.id);
    let mut made = interface(&id, subnet, name.to_owned(), balancer.origin);
    for address in &node.private {
        match *address {
            IpAddr::V4(private) => made.addresses.push(PrivateAddress { private, public: None }),
            IpAddr::V6(address) => made.ipv6.push(address),
        }
    }
    // With its private address, nothing about the interface is a guess.
    if made.addresses.is_empty() {
        made.ipv6.clear();
        anywhere(&mut made, subnet);
        made.stand_in = Some(StandIn::LoadBalancerNode { public: balancer.internet_facing });
    }
    if let Some(first) = made.addresses.first_mut() {
        first.public = node.public.or_else(|| balancer.internet_facing.then_some(unknown_public));
    }
    made.groups.clone_from(&balancer.groups);
    made.incomplete = balancer.incomplete;
    made.interface_type = match balancer.kind {
        LoadBalancerType::Network => InterfaceType::NetworkLoadBalancer,
        LoadBalancerType::Gateway => InterfaceType::GatewayLoadBalancer,
        LoadBalancerType::Application | LoadBalancerType::Classic => InterfaceType::Interface,
    };
    // They pass on packets from clients' addresses, and have the check off.
    made.source_dest_check = !matches!(balancer.kind, LoadBalancerType::Network | LoadBalancerType::Gateway);
    made.description = format!("ELB {}", description(balancer)).into();
    made
}

/// What the description of a node says after `ELB `: `app/NAME/DIGITS`, a Classic Load Balancer's name (S4.1).
fn description(balancer: &LoadBalancer) -> String {
    if let Some((_, rest)) = balancer.id.as_str().split_once("loadbalancer/") {
        return rest.to_owned();
    }
    let kind = match balancer.kind {
        LoadBalancerType::Application => "app",
        LoadBalancerType::Network => "net",
        LoadBalancerType::Gateway => "gwy",
        LoadBalancerType::Classic => return balancer.id.to_string(),
    };
    format!("{kind}/{}/0", balancer.id)
}

/// What a new instance of a group would have, in each subnet where no instance shows it.
fn members(
    snapshot: &Snapshot,
    primaries: &FxHashMap<Id, Ix<NetworkInterface>>,
    blocks: &Blocks,
    group: &AutoScalingGroup,
) -> Vec<NetworkInterface> {
    let live: Vec<_> = group
        .instances
        .iter()
        .filter_map(|instance| Some(snapshot.network_interfaces.at(*primaries.get(instance)?)))
        .collect();
    let name = group.name().unwrap_or(group.id.as_str());
    let mut members = Vec::new();
    for subnet in group.subnets.iter().filter_map(|id| snapshot.subnets.get(id.as_str())) {
        let launched = groups_of_launch(snapshot, group.launch.as_ref(), subnet);
        let here: Vec<_> = live.iter().filter(|interface| interface.subnet == subnet.id).collect();
        let differs = |groups: &Vec<Id>| here.iter().any(|interface| !same(&interface.groups, groups));
        // Where an instance has what a new one would have, and no rule tells addresses of the subnet apart, it stands for
        // that (S4.19).
        if !here.is_empty() && !launched.as_ref().is_some_and(differs) && !blocks.cut(subnet) {
            continue;
        }
        let place = subnet.tags.name().unwrap_or(subnet.id.as_str());
        let mut member = interface(
            &format!("asg:{name}@{}", subnet.id),
            subnet,
            format!("{name} (new in {place})"),
            group.origin,
        );
        anywhere(&mut member, subnet);
        member.stand_in = Some(StandIn::AutoScalingMember);
        match launched.or_else(|| common_groups(&live)) {
            Some(groups) => member.groups = groups,
            None => member.incomplete = true,
        }
        members.push(member);
    }
    members
}

/// The blocks that rules, entries and routes speak of, by their first addresses.
struct Blocks(Vec<IpNet>);

impl Blocks {
    fn of(snapshot: &Snapshot) -> Blocks {
        let rules = snapshot.security_groups.values().flat_map(|group| &group.rules);
        let rules = rules.filter_map(|rule| match &rule.peer {
            Peer::Cidr(block) => Some(*block),
            _ => None,
        });
        let entries = snapshot.network_acls.values().flat_map(|acl| &acl.entries).map(|entry| entry.cidr);
        let routes = snapshot.route_tables.values().flat_map(|table| &table.routes);
        let routes = routes.filter_map(|route| match &route.destination {
            Destination::Cidr(block) => Some(*block),
            Destination::PrefixList(_) => None,
        });
        let lists = snapshot.prefix_lists.values().filter_map(|list| list.entries.as_ref()).flatten();
        let mut blocks: Vec<IpNet> =
            rules.chain(entries).chain(routes).chain(lists.map(|entry| entry.cidr)).collect();
        blocks.sort_unstable_by_key(IpNet::network);
        blocks.dedup();
        Blocks(blocks)
    }

    /// Whether one of them is a part of a subnet.
    fn cut(&self, subnet: &Subnet) -> bool {
        subnet.cidrs.iter().any(|own| {
            let start = self.0.partition_point(|block| block.network() < own.network());
            let inside = self.0.iter().skip(start).take_while(|block| block.network() <= own.broadcast());
            inside.into_iter().any(|block| own.contains(block) && block != own)
        })
    }
}

fn same(left: &[Id], right: &[Id]) -> bool {
    left.len() == right.len() && left.iter().all(|group| right.contains(group))
}

/// The groups that all instances have.
fn common_groups(live: &[&NetworkInterface]) -> Option<Vec<Id>> {
    let (first, rest) = live.split_first()?;
    let known = live.iter().all(|interface| !interface.incomplete);
    let alike = rest.iter().all(|interface| same(&interface.groups, &first.groups));
    (known && alike).then(|| first.groups.clone())
}

/// The groups that a new instance in a subnet gets. `None` where the export does not have what it is started from.
fn groups_of_launch(snapshot: &Snapshot, launch: Option<&Launch>, subnet: &Subnet) -> Option<Vec<Id>> {
    let template = match launch? {
        Launch::Configuration(name) => {
            snapshot.launch_templates.get(name.as_str()).filter(|launch| launch.version.is_none())
        }
        Launch::Template { id, name, version } => {
            version_of(snapshot, id.as_ref(), name.as_ref(), version.as_ref())
        }
    }?;
    let in_vpc = |name: &str| {
        let mut groups = snapshot.security_groups.values();
        groups.find(|group| group.vpc.as_ref() == Some(&subnet.vpc) && group.name.as_deref() == Some(name))
    };
    if template.groups.is_empty() {
        // S1.28: what is started without a group gets the VPC's default one.
        return in_vpc("default").map(|group| vec![group.id.clone()]);
    }
    let of_name = |group: &Id| match snapshot.security_groups.get(group.as_str()) {
        Some(_) => group.clone(),
        None => in_vpc(group.as_str()).map_or_else(|| group.clone(), |group| group.id.clone()),
    };
    Some(template.groups.iter().map(of_name).collect())
}

/// A version of a launch template: by number, the latest, or the default one.
fn version_of<'s>(
    snapshot: &'s Snapshot,
    id: Option<&Id>,
    name: Option<&Id>,
    version: Option<&Id>,
) -> Option<&'s LaunchTemplate> {
    let of_template = |launch: &&LaunchTemplate| match (id, name) {
        (Some(id), _) => launch.template.as_ref() == Some(id),
        (None, Some(name)) => launch.template.is_some() && launch.name.as_deref() == Some(name.as_str()),
        (None, None) => false,
    };
    let mut versions = snapshot.launch_templates.values().filter(of_template);
    match version.map(Id::as_str) {
        // The export may have some versions only; the highest of these is the best that can be known.
        Some("$Latest") => versions.max_by_key(|launch| launch.version),
        None | Some("$Default") => versions.max_by_key(|launch| (launch.is_default, launch.version)),
        Some(number) => {
            let number: u32 = number.parse().ok()?;
            versions.find(|launch| launch.version == Some(number))
        }
    }
}

#[cfg(test)]
mod tests;
