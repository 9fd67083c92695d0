//! Who gets which group: interfaces that take part in the same lines, on the same side, are one role.

use std::collections::BTreeSet;
use std::net::IpAddr;

use engine::{Checkpoint, Device, Network, Way};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{
    Id, Ix, LoadBalancer, NetworkInterface, Noun, Origin, Peer, SecurityGroup, SecurityGroupRule, Subnet,
    Tags, Traffic,
};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

use super::alike::{Alike, alike};
use super::flows::Flows;
use crate::ends::{EndSet, Names};
use crate::question::Ends;

/// What an interface is to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Client,
    Server,
    /// Of this device, which sends on what it is asked.
    Relay(By),
    /// What this device sends on comes here, or past here.
    Behind(By),
    /// An appliance.
    OnTheWay,
}

/// A device that sends on what it is asked: a load balancer, all of its nodes alike, or one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum By {
    LoadBalancer(Ix<LoadBalancer>),
    Interface(Option<Ix<NetworkInterface>>),
}

impl By {
    fn of(device: Device) -> By {
        match device {
            Device::LoadBalancer(balancer, _) => By::LoadBalancer(balancer),
            _ => By::Interface(device.holder().map(|holder| holder.interface)),
        }
    }
}

/// Interfaces that take part in the same lines.
#[derive(Debug)]
pub(super) struct Role {
    /// What people call it.
    pub(super) name: String,
    /// What AWS calls its group.
    called: String,
    /// The id that stands for the group's.
    pub(super) group: Id,
    pub(super) vpc: Id,
    pub(super) members: Vec<Ix<NetworkInterface>>,
}

/// All roles, and the subnets whose lists the ways pass.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) all: Vec<Role>,
    of: FxHashMap<Ix<NetworkInterface>, usize>,
    pub(super) subnets: Vec<Ix<Subnet>>,
    pub(super) stretched: Vec<Stretched>,
}

/// Interfaces that have the groups of lines that some of them have no part in: they can only have the same ones.
#[derive(Debug)]
pub(super) struct Stretched {
    pub(super) alike: Alike,
    /// The lines that not all of them take part in alike.
    pub(super) lines: Vec<usize>,
}

/// What interfaces are to lines.
type Parts = FxHashMap<Ix<NetworkInterface>, BTreeSet<(usize, Part)>>;

impl Roles {
    pub(super) fn of(names: &Names<'_>, flows: &Flows, keep_existing: bool, sets: &mut Diagrams) -> Roles {
        let network = names.network;
        let mut parts = Parts::default();
        let mut subnets: FxHashSet<Ix<Subnet>> = FxHashSet::default();
        for (position, line) in flows.lines.iter().enumerate() {
            let sides = [(&line.clients, Part::Client), (&line.servers, Part::Server)];
            for (set, part) in sides {
                for held in &set.held {
                    parts.entry(held.holder.interface).or_default().insert((position, part));
                    subnets.extend(network.resolved().subnet_of(held.holder.interface));
                }
            }
            for pair in &line.pairs {
                let judgement = engine::judge(network, &pair.flow, pair.asked, sets);
                let ways = judgement.trips.iter().flat_map(|trip| trip.replies.iter().chain([&trip.request]));
                let ends = [pair.client, pair.server].map(|held| held.map(|held| held.holder.interface));
                for way in ways {
                    on_the_way(way, position, ends, &mut parts, &mut subnets);
                }
            }
        }
        let mut roles = Roles { stretched: made_alike(network, &mut parts), ..Roles::default() };
        let mut by_parts: FxHashMap<(Id, BTreeSet<(usize, Part)>), usize> = FxHashMap::default();
        let mut found: Vec<_> =
            parts.into_iter().filter(|(interface, _)| network.has_security_groups(*interface)).collect();
        found.sort_unstable_by_key(|(interface, _)| *interface);
        for (interface, parts) in found {
            let vpc = network.model().network_interfaces.at(interface).vpc.clone();
            let role = *by_parts.entry((vpc.clone(), parts)).or_insert_with(|| {
                let (name, called, group) = (String::new(), String::new(), Id::from(""));
                roles.all.push(Role { name, called, group, vpc, members: Vec::new() });
                roles.all.len() - 1
            });
            roles.of.insert(interface, role);
            roles.all.get_mut(role).into_iter().for_each(|role| role.members.push(interface));
        }
        roles.name(network, flows, keep_existing);
        roles.subnets = subnets.into_iter().collect();
        roles.subnets.sort_unstable();
        roles
    }

    /// The role of an interface.
    pub(super) fn role_of(&self, interface: Ix<NetworkInterface>) -> Option<usize> {
        self.of.get(&interface).copied()
    }

    /// The groups that interfaces have from now on.
    pub(super) fn given(&self) -> impl Iterator<Item = (Ix<NetworkInterface>, Vec<Id>)> {
        self.all.iter().flat_map(|role| role.members.iter().map(|member| (*member, vec![role.group.clone()])))
    }

    /// The groups without rules, or with those that let everything through.
    pub(super) fn blank_groups(&self, open: bool) -> Vec<SecurityGroup> {
        let all = if open { everything() } else { Vec::new() };
        let of_role = |role: &Role| {
            let rule = |(egress, block): &(bool, IpNet)| SecurityGroupRule {
                id: None,
                egress: *egress,
                traffic: Traffic::All,
                peer: Peer::Cidr(*block),
                description: None,
                origin: Origin::PROPOSED,
            };
            SecurityGroup { rules: all.iter().map(rule).collect(), ..role.empty_group() }
        };
        self.all.iter().map(of_role).collect()
    }

    /// Gives every role the words of the line in which it is all of a side, else the name of its load balancer or of
    /// the group that its members share now, else that of the first line it is in.
    fn name(&mut self, network: &Network, flows: &Flows, keep_existing: bool) {
        let mut taken: FxHashSet<String> = FxHashSet::default();
        for role in &mut self.all {
            if let Some(known) = same_members(network, &role.members).filter(|_| keep_existing) {
                role.group = known.id.clone();
                role.name = known.name.clone().unwrap_or_else(|| known.id.to_string());
                role.called.clone_from(&role.name);
                continue;
            }
            let members: FxHashSet<Ix<NetworkInterface>> = role.members.iter().copied().collect();
            let written = flows.lines.iter().filter_map(|line| Some((line, line.words.as_ref()?)));
            let sides = written.flat_map(|(line, [source, destination])| {
                [(source, &line.clients), (destination, &line.servers)]
            });
            let whole = |set: &EndSet| {
                let held: FxHashSet<_> = set.held.iter().map(|held| held.holder.interface).collect();
                held == members && set.outside.is_empty()
            };
            let mut of_sides = sides.filter(|(_, set)| whole(set)).map(|(ends, _)| words(ends));
            let first = role.members.first().copied();
            let wanted = of_sides
                .next()
                .or_else(|| shared_name(network, &role.members))
                .or_else(|| first.map(|member| network.model().network_interfaces.at(member).id.to_string()))
                .unwrap_or_else(|| "role".into());
            let groups = &network.model().security_groups;
            let is_free = |name: &str| {
                let id = format!("sg-{name}");
                let its_name = group_name(name);
                let same_name = |group: &SecurityGroup| {
                    let is_taken = [Some(name), Some(&its_name)].contains(&group.name.as_deref());
                    is_taken && group.vpc.as_ref() == Some(&role.vpc)
                };
                groups.get(&id).is_none() && !groups.values().any(same_name)
            };
            let name = unused(&clean(&wanted), &mut taken, is_free);
            role.group = Id::from(format!("sg-{name}").as_str());
            role.called = group_name(&name);
            role.name = name;
        }
    }
}

impl Role {
    /// Where its members' addresses of a family are: in these blocks, of one address each where that is known.
    pub(super) fn blocks(&self, network: &Network, family: Family) -> Vec<IpNet> {
        let of_member = |member: &Ix<NetworkInterface>| {
            let addresses = network.model().network_interfaces.at(*member).own_addresses();
            let addresses: Vec<IpAddr> = addresses.filter(|at| Family::of(*at) == family).collect();
            addresses.into_iter().flat_map(|at| network.blocks_of(Some(*member), at)).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(of_member).collect()
    }

    pub(super) fn empty_group(&self) -> SecurityGroup {
        SecurityGroup {
            id: self.group.clone(),
            name: Some(self.called.clone()),
            vpc: Some(self.vpc.clone()),
            owner: None,
            incomplete: false,
            rules: Vec::new(),
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        }
    }
}

/// Gives interfaces that can only have the same groups the parts of all of them.
fn made_alike(network: &Network, parts: &mut Parts) -> Vec<Stretched> {
    let mut stretched = Vec::new();
    for alike in alike(network) {
        let of = |member: &Ix<NetworkInterface>| parts.get(member).cloned().unwrap_or_default();
        let own: Vec<BTreeSet<(usize, Part)>> = alike.members.iter().map(of).collect();
        let all: BTreeSet<(usize, Part)> = own.iter().flatten().copied().collect();
        let missing = |own: &BTreeSet<(usize, Part)>| all.difference(own).map(|(line, _)| *line).collect();
        let lines: BTreeSet<usize> = own.iter().flat_map::<Vec<usize>, _>(missing).collect();
        if lines.is_empty() {
            continue;
        }
        parts.extend(alike.members.iter().map(|member| (*member, all.clone())));
        stretched.push(Stretched { alike, lines: lines.into_iter().collect() });
    }
    stretched
}

/// Both directions and families.
pub(super) fn everything() -> Vec<(bool, IpNet)> {
    let every = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
    [false, true].into_iter().flat_map(|egress| every.map(|block| (egress, block))).collect()
}

fn on_the_way(
    way: &Way<Set>,
    line: usize,
    ends: [Option<Ix<NetworkInterface>>; 2],
    parts: &mut Parts,
    subnets: &mut FxHashSet<Ix<Subnet>>,
) {
    // A load balancer that is asked is a client to its targets too.
    for relay in &way.relays {
        if let Some(holder) = relay.device.holder() {
            parts.entry(holder.interface).or_default().insert((line, Part::Relay(By::of(relay.device))));
        }
    }
    for (position, hop) in way.hops.iter().enumerate() {
        match hop.checkpoint {
            Checkpoint::NetworkAcl { subnet, .. } => drop(subnets.insert(subnet)),
            Checkpoint::SecurityGroups { interface, .. } if !ends.contains(&Some(interface)) => {
                let passed = way.relays.iter().rev().find(|relay| relay.hops <= position);
                let part = passed.map_or(Part::OnTheWay, |relay| Part::Behind(By::of(relay.device)));
                parts.entry(interface).or_default().insert((line, part));
            }
            _ => {}
        }
    }
}

/// The name, or one like it that nothing has.
pub(super) fn unused(name: &str, taken: &mut FxHashSet<String>, is_free: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|count: u32| format!("{name}-{count}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let found = names.find(|name| !taken.contains(name) && is_free(name));
    let found = found.unwrap_or_else(|| name.to_owned());
    taken.insert(found.clone());
    found
}

/// What AWS calls the group of a role: not as the role itself, so that `web-1` goes on to mean the instance alone.
fn group_name(role: &str) -> String {
    format!("{role}-sg")
}

/// The words of a side as a name: `asg:web` is `web`.
fn words(ends: &Ends) -> String {
    let text = ends.to_string();
    match ends {
        Ends::Term(_) => text.rsplit(':').next().unwrap_or(&text).to_owned(),
        Ends::Set { .. } => text,
    }
}

/// A group that these interfaces have and no others.
fn same_members<'n>(network: &'n Network, members: &[Ix<NetworkInterface>]) -> Option<&'n SecurityGroup> {
    let resolved = network.resolved();
    let own = resolved.groups_of(*members.first()?).iter();
    let same = |group: &&Ix<SecurityGroup>| {
        let mut of_group = resolved.members_of(**group).to_vec();
        of_group.sort_unstable();
        of_group == members
    };
    own.clone().find(same).map(|group| network.model().security_groups.at(*group))
}

/// The name of the one group that all of some interfaces have now.
fn shared_name(network: &Network, members: &[Ix<NetworkInterface>]) -> Option<String> {
    let mut groups = members.iter().map(|member| network.resolved().groups_of(*member));
    let first = groups.next()?;
    let rest: Vec<_> = groups.collect();
    let mut shared = first.iter().filter(|group| rest.iter().all(|groups| groups.contains(group)));
    let only = shared.next().filter(|_| shared.next().is_none())?;
    let noun = network.model().security_groups.at(*only);
    Some(noun.tags.name().or(noun.name()).unwrap_or(noun.id.as_str()).to_owned())
}

/// What AWS takes as a group's name and Terraform as part of one: it must not begin with `sg-`.
fn clean(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let text: String = text.chars().map(kept).collect();
    let parts: Vec<&str> = text.split('-').filter(|part| !part.is_empty()).collect();
    let text = parts.join("-");
    let text = text.strip_prefix("sg-").unwrap_or(&text);
    if text.is_empty() { "role".into() } else { text.to_owned() }
}
