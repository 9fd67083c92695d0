//! What people call interfaces and sets of them. Everything is looked up once, in time linear in the network.

use std::sync::OnceLock;

use engine::Network;
use engine::reach::is_end;
use indexmap::IndexMap;
use model::{Ix, NetworkInterface, Noun, SecurityGroup, Subnet, Vpc};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::ends::{DeviceNames, name_with};

/// How many names are told one by one.
const ONE_BY_ONE: usize = 3;

/// The names of a network's interfaces, and how many of them each group, subnet, VPC and tag has. What takes a look at
/// all of the network is found when it is first needed.
pub struct Labels<'n> {
    network: &'n Network,
    devices: DeviceNames<'n>,
    counts: OnceLock<Counts<'n>>,
    tags: OnceLock<FxHashMap<(&'n str, &'n str), usize>>,
    /// How many groups, subnets and VPCs are called so: names need not be unique.
    called: OnceLock<FxHashMap<(char, &'n str), usize>>,
    names: OnceLock<InterfaceNames>,
}

/// How many ends there are.
#[derive(Default)]
struct Counts<'n> {
    subnets: FxHashMap<Ix<Subnet>, usize>,
    vpcs: FxHashMap<&'n str, usize>,
    all: usize,
}

/// What all interfaces are called.
struct InterfaceNames {
    all: Vec<String>,
    /// The names that several have.
    same: FxHashSet<String>,
}

impl<'n> Labels<'n> {
    /// The names of a network.
    pub fn of(network: &'n Network) -> Labels<'n> {
        Labels {
            network,
            devices: DeviceNames::of(network),
            counts: OnceLock::new(),
            tags: OnceLock::new(),
            called: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    fn ends(&self) -> impl Iterator<Item = (Ix<NetworkInterface>, &'n NetworkInterface)> {
        self.network.model().network_interfaces.iter().filter(|(_, noun)| is_end(noun))
    }

    fn counts(&self) -> &Counts<'n> {
        self.counts.get_or_init(|| {
            let mut counts = Counts::default();
            for (ix, noun) in self.ends() {
                counts.all += 1;
                if let Some(subnet) = self.network.resolved().subnet_of(ix) {
                    *counts.subnets.entry(subnet).or_default() += 1;
                }
                *counts.vpcs.entry(noun.vpc.as_str()).or_default() += 1;
            }
            counts
        })
    }

    /// How many ends have a group, in a subnet if it says one.
    fn count_of_group(&self, group: Ix<SecurityGroup>, subnet: Option<Ix<Subnet>>) -> usize {
        let (model, resolved) = (self.network.model(), self.network.resolved());
        let members = resolved.members_of(group).iter();
        let members = members.filter(|ix| is_end(model.network_interfaces.at(**ix)));
        members.filter(|ix| subnet.is_none() || resolved.subnet_of(**ix) == subnet).count()
    }

    /// How many ends have a tag.
    fn count_of_tag(&self, tag: (&str, &str)) -> usize {
        let counts = self.tags.get_or_init(|| {
            let mut counts = FxHashMap::default();
            for tag in self.ends().flat_map(|(ix, _)| tags(self.network, ix)) {
                *counts.entry(tag).or_default() += 1;
            }
            counts
        });
        counts.get(&tag).copied().unwrap_or_default()
    }

    fn names(&self) -> &InterfaceNames {
        self.names.get_or_init(|| {
            let interfaces = self.network.model().network_interfaces.iter();
            let all: Vec<String> =
                interfaces.map(|(ix, _)| name_with(self.network, ix, &self.devices)).collect();
            let mut seen: FxHashSet<&str> = FxHashSet::default();
            let same = all.iter().filter(|name| !seen.insert(name.as_str())).cloned().collect();
            InterfaceNames { all, same }
        })
    }

    /// The name of an interface.
    pub fn interface(&self, ix: Ix<NetworkInterface>) -> &str {
        self.names().all.get(ix.position()).map_or("", String::as_str)
    }

    /// The name of an interface, with its id where others are called so too.
    pub fn interface_and_id(&self, ix: Ix<NetworkInterface>) -> String {
        let name = self.interface(ix);
        match self.names().same.contains(name) {
            true => format!("{name} ({})", self.network.model().network_interfaces.at(ix).id),
            false => name.to_owned(),
        }
    }

    /// A security group, as questions name it.
    pub fn group(&self, ix: Ix<SecurityGroup>) -> String {
        format!("sg:{}", self.unique('g', self.network.model().security_groups.at(ix)))
    }

    /// A subnet, as questions name it.
    pub fn subnet(&self, ix: Ix<Subnet>) -> String {
        format!("subnet:{}", self.unique('s', self.network.model().subnets.at(ix)))
    }

    /// A VPC, as questions name it.
    pub fn vpc(&self, ix: Ix<Vpc>) -> String {
        format!("vpc:{}", self.unique('v', self.network.model().vpcs.at(ix)))
    }

    /// The name, unless several are called so.
    fn unique<'a, T: Noun>(&self, kind: char, noun: &'a T) -> &'a str {
        let called = self.called.get_or_init(|| {
            let model = self.network.model();
            let groups = model.security_groups.values().filter_map(|noun| Some(('g', noun.name()?)));
            let subnets = model.subnets.values().filter_map(|noun| Some(('s', noun.name()?)));
            let vpcs = model.vpcs.values().filter_map(|noun| Some(('v', noun.name()?)));
            let mut called = FxHashMap::default();
            for name in groups.chain(subnets).chain(vpcs) {
                *called.entry(name).or_default() += 1;
            }
            called
        });
        let name = noun.name().filter(|name| called.get(&(kind, *name)).is_none_or(|count| *count == 1));
        name.unwrap_or(noun.id().as_str())
    }

    /// What people call one side of a line: the internet, some interfaces, or both.
    pub fn side(&self, interfaces: &[Ix<NetworkInterface>], internet: bool) -> String {
        let held = (!interfaces.is_empty()).then(|| self.set(interfaces));
        let internet = internet.then(|| "internet".to_owned());
        internet.into_iter().chain(held).collect::<Vec<_>>().join(", ")
    }

    /// What people call a set of interfaces: no two alike.
    pub fn set(&self, set: &[Ix<NetworkInterface>]) -> String {
        let [first, others @ ..] = set else { return "nobody".into() };
        if others.is_empty() {
            return self.interface_and_id(*first);
        }
        if self.is_everybody(set) {
            return format!("all {} interfaces", set.len());
        }
        if let Some(name) = self.exactly(set, *first) {
            return name;
        }
        let mut names: IndexMap<String, usize, FxBuildHasher> = IndexMap::default();
        for ix in set {
            *names.entry(name_with(self.network, *ix, &self.devices)).or_default() += 1;
            if names.len() > ONE_BY_ONE {
                break;
            }
        }
        if names.len() <= ONE_BY_ONE {
            let named = names.iter().map(|(name, count)| match count {
                1 => name.clone(),
                count => format!("{name} \u{d7}{count}"),
            });
            return named.collect::<Vec<_>>().join(", ");
        }
        format!("{} interfaces{}", set.len(), self.of_whom(set))
    }

    /// Whether these are all ends.
    fn is_everybody(&self, set: &[Ix<NetworkInterface>]) -> bool {
        // Few sets have the first one, and of the others nobody has to count.
        self.ends().next().is_some_and(|(first, _)| set.contains(&first)) && set.len() == self.counts().all
    }

    /// The group, subnet, VPC or tag that has these and no others.
    fn exactly(&self, set: &[Ix<NetworkInterface>], first: Ix<NetworkInterface>) -> Option<String> {
        let resolved = self.network.resolved();
        let in_group = |group| set.iter().all(|ix| resolved.groups_of(*ix).contains(&group));
        let count = set.len();
        let groups = resolved.groups_of(first);
        let of_group = |ix: &&Ix<SecurityGroup>| self.count_of_group(**ix, None) == count;
        if let Some(group) = groups.iter().find(|ix| of_group(ix) && in_group(**ix)) {
            return Some(self.group(*group));
        }
        let subnet = resolved.subnet_of(first);
        let together = subnet.is_some() && set.iter().all(|ix| resolved.subnet_of(*ix) == subnet);
        if let Some(subnet) = subnet.filter(|_| together) {
            if self.counts().subnets.get(&subnet) == Some(&count) {
                return Some(self.subnet(subnet));
            }
            let of_group = |ix: &&Ix<SecurityGroup>| self.count_of_group(**ix, Some(subnet)) == count;
            if let Some(group) = groups.iter().find(|ix| of_group(ix) && in_group(**ix)) {
                let name = self.subnet(subnet);
                return Some(format!(
                    "{} in {}",
                    self.group(*group),
                    name.strip_prefix("subnet:").unwrap_or(&name)
                ));
            }
        }
        let nouns = &self.network.model().network_interfaces;
        let vpc = nouns.at(first).vpc.as_str();
        if self.counts().vpcs.get(vpc) == Some(&count)
            && set.iter().all(|ix| nouns.at(*ix).vpc.as_str() == vpc)
        {
            let ix = self.network.model().vpcs.ix(vpc);
            return Some(ix.map_or_else(|| format!("vpc:{vpc}"), |ix| self.vpc(ix)));
        }
        let (key, value) = tags(self.network, first).into_iter().find(|tag| {
            self.count_of_tag(*tag) == count && set.iter().all(|ix| tags(self.network, *ix).contains(tag))
        })?;
        Some(format!("tag:{key}={value}"))
    }

    /// Which groups interfaces have, or where they are.
    fn of_whom(&self, set: &[Ix<NetworkInterface>]) -> String {
        const MOST: usize = 3;
        let resolved = self.network.resolved();
        let mut groups: Vec<Ix<SecurityGroup>> = Vec::new();
        for group in set.iter().flat_map(|ix| resolved.groups_of(*ix)) {
            if groups.len() <= MOST && !groups.contains(group) {
                groups.push(*group);
            }
        }
        // The group that all of them have says most.
        let common =
            |group: &&Ix<SecurityGroup>| set.iter().all(|ix| resolved.groups_of(*ix).contains(group));
        if let Some(group) = groups.iter().find(common) {
            return format!(" of {}", self.group(*group));
        }
        if groups.len() > MOST {
            return self.where_are(set);
        }
        let named: Vec<String> = groups.iter().map(|group| self.group(*group)).collect();
        if named.is_empty() { " without groups".into() } else { format!(" of {}", named.join(", ")) }
    }

    /// In which subnet or VPCs interfaces are.
    fn where_are(&self, set: &[Ix<NetworkInterface>]) -> String {
        let (model, resolved) = (self.network.model(), self.network.resolved());
        let subnets: FxHashSet<_> = set.iter().map(|ix| resolved.subnet_of(*ix)).collect();
        if let (1, Some(Some(subnet))) = (subnets.len(), subnets.iter().next()) {
            return format!(" in {}", self.subnet(*subnet));
        }
        let vpcs: FxHashSet<&str> =
            set.iter().map(|ix| model.network_interfaces.at(*ix).vpc.as_str()).collect();
        match vpcs.iter().next() {
            Some(vpc) if vpcs.len() == 1 => {
                let name = model.vpcs.ix(vpc).map_or_else(|| format!("vpc:{vpc}"), |ix| self.vpc(ix));
                format!(" in {} subnets of {name}", subnets.len())
            }
            _ => format!(" in {} VPCs", vpcs.len()),
        }
    }
}

/// The tags of an interface and of its instance that say what it is, and not which one.
pub(super) fn tags(network: &Network, ix: Ix<NetworkInterface>) -> Vec<(&str, &str)> {
    let model = network.model();
    let instance = network.resolved().instance_of(ix).map(|ix| &model.instances.at(ix).tags);
    let own = Some(&model.network_interfaces.at(ix).tags);
    let mut all: Vec<(&str, &str)> = Vec::new();
    for (key, value) in own.into_iter().chain(instance).flat_map(|tags| &tags.0) {
        let tag = (key.as_str(), value.as_str());
        if key != "Name" && !key.starts_with("aws:") && !all.contains(&tag) {
            all.push(tag);
        }
    }
    all
}
