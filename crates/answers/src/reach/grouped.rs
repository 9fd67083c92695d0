//! The matrix between groups of ends: what all pairs of a cell pass, and what only some.

use std::fmt;
use std::str::FromStr;

use indexmap::{IndexMap, IndexSet};
use model::{Ix, NetworkInterface};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use space::Family;

use super::labels::tags;
use super::{Factored, Labels, Matrix, ServiceShare, SetLine, What};

/// What ends are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Security groups; who has several is in each.
    SecurityGroup,
    /// Subnets.
    Subnet,
    /// VPCs.
    Vpc,
    /// The value of a tag, of the interface or its instance.
    Tag(String),
    /// The tag `Tier`, `tier`, `Role` or `role`, whichever there is first; else the security groups.
    Tier,
    /// Each interface by itself.
    Interface,
}

/// The tags that say what something is for.
const TIER: [&str; 4] = ["Tier", "tier", "Role", "role"];

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<By, String> {
        Ok(match text {
            "sg" => By::SecurityGroup,
            "subnet" => By::Subnet,
            "vpc" => By::Vpc,
            "tier" => By::Tier,
            "interface" | "eni" => By::Interface,
            _ => match text.strip_prefix("tag:").filter(|key| !key.is_empty()) {
                Some(key) => By::Tag(key.to_owned()),
                None => {
                    let known = ["sg", "subnet", "vpc", "tag:KEY", "tier", "interface"];
                    let meant = crate::suggest::closest(text, known);
                    let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                    return Err(format!("expected one of {}{hint}", known.join(", ")));
                }
            },
        })
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::SecurityGroup => f.write_str("sg"),
            By::Subnet => f.write_str("subnet"),
            By::Vpc => f.write_str("vpc"),
            By::Tag(key) => write!(f, "tag:{key}"),
            By::Tier => f.write_str("tier"),
            By::Interface => f.write_str("interface"),
        }
    }
}

/// The matrix between groups.
#[derive(Debug)]
pub struct Grouped {
    /// The groups; `internet` is the first, if anything passes to or from it.
    pub groups: Vec<Group>,
    /// The cells in which something works or may, by the positions of their groups: from, to.
    pub cells: IndexMap<(usize, usize), Cell, FxBuildHasher>,
}

/// A group of ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What people call it.
    pub name: String,
    /// How many interfaces are in it.
    pub interfaces: usize,
    /// Whether it is the internet.
    pub internet: bool,
}

/// What passes from one group to another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// How many pairs there are, each family by itself.
    pub pairs: u64,
    /// How many of them have something that works or may.
    pub passing: u64,
    /// What each of them passes in full.
    pub all: Vec<What>,
    /// What only some pass, or only in part, with how many pairs do.
    pub some: Vec<Counted>,
    /// What may pass, with how many pairs.
    pub may: Vec<Counted>,
}

/// A service, and how many pairs pass it.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// The service.
    pub service: ServiceShare,
    /// The only family that it passes in, where the pairs have two.
    pub family: Option<Family>,
    /// How many pairs.
    pub pairs: u64,
}

/// How many ends of a family are in a group, as clients and as servers, and as both.
type Sizes = FxHashMap<(usize, Family), (u64, u64)>;

impl Grouped {
    /// Groups the lines of a matrix.
    pub fn of(matrix: &Matrix<'_>, factored: &Factored, labels: &Labels<'_>, by: &By) -> Grouped {
        let mut names: IndexSet<String, FxBuildHasher> = IndexSet::default();
        // The internet, whatever else is called so.
        names.insert(String::new());
        let count = matrix.network.model().network_interfaces.len();
        let mut of_interface: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (ix, _) in matrix.network.model().network_interfaces.iter() {
            let groups = names_of(matrix, labels, by, ix).into_iter().map(|name| names.insert_full(name).0);
            if let Some(place) = of_interface.get_mut(ix.position()) {
                *place = groups.collect();
            }
        }
        let mut work =
            Work { matrix, factored, of_interface, sizes: FxHashMap::default(), both: FxHashMap::default() };
        let interfaces = work.measure();
        let found = work.cells();
        let mut used: Vec<usize> = found.keys().flat_map(|(from, to)| [*from, *to]).collect();
        used.extend(interfaces.keys());
        used.sort_unstable();
        used.dedup();
        // The internet first, then by name.
        let name = |group: usize| match names.get_index(group) {
            Some(name) if group > 0 => name.clone(),
            _ => "internet".into(),
        };
        used.sort_by_cached_key(|group| (*group != 0, name(*group)));
        let new: FxHashMap<usize, usize> =
            used.iter().enumerate().map(|(position, group)| (*group, position)).collect();
        let groups = used.iter().map(|group| Group {
            name: name(*group),
            interfaces: interfaces.get(group).copied().unwrap_or(0),
            internet: *group == 0,
        });
        let groups = groups.collect();
        let mut cells: IndexMap<(usize, usize), Cell, FxBuildHasher> = IndexMap::default();
        for ((from, to), said) in found {
            if let (Some(row), Some(column)) = (new.get(&from), new.get(&to)) {
                cells.insert((*row, *column), work.cell(from, to, &said));
            }
        }
        cells.sort_unstable_keys();
        Grouped { groups, cells }
    }
}

/// The groups that an interface is in.
fn names_of(matrix: &Matrix<'_>, labels: &Labels<'_>, by: &By, ix: Ix<NetworkInterface>) -> Vec<String> {
    let (network, resolved) = (matrix.network, matrix.network.resolved());
    let tag = |keys: &[&str]| {
        let all = tags(network, ix);
        let found = keys.iter().find_map(|key| all.iter().find(|(known, _)| known == key));
        found.map(
            |(key, value)| if value.is_empty() { format!("({key} is empty)") } else { (*value).to_owned() },
        )
    };
    let groups = || -> Vec<String> {
        let groups = resolved.groups_of(ix);
        if groups.is_empty() {
            return vec!["(no group)".into()];
        }
        groups.iter().map(|group| labels.group(*group)).collect()
    };
    match by {
        By::SecurityGroup => groups(),
        By::Subnet => {
            let subnet = resolved.subnet_of(ix).map(|subnet| labels.subnet(subnet));
            vec![subnet.unwrap_or_else(|| "(no subnet)".into())]
        }
        By::Vpc => {
            let id = &network.model().network_interfaces.at(ix).vpc;
            let vpc = network.model().vpcs.ix(id.as_str());
            vec![vpc.map_or_else(|| format!("vpc:{id}"), |vpc| labels.vpc(vpc))]
        }
        By::Tag(key) => vec![tag(&[key.as_str()]).unwrap_or_else(|| format!("(no tag {key})"))],
        By::Tier => tag(&TIER).map_or_else(groups, |tier| vec![tier]),
        By::Interface => vec![labels.interface_and_id(ix)],
    }
}

/// What is said of the pairs of a cell, and of how many.
type Said = Vec<(usize, u64)>;

struct Work<'a, 'n> {
    matrix: &'a Matrix<'n>,
    factored: &'a Factored,
    of_interface: Vec<Vec<usize>>,
    sizes: Sizes,
    /// How many ends are in two groups at once, as a client of the one and a server of the other.
    both: FxHashMap<(usize, usize, Family), u64>,
}

impl Work<'_, '_> {
    fn groups(&self, ix: Ix<NetworkInterface>) -> &[usize] {
        self.of_interface.get(ix.position()).map_or(&[], Vec::as_slice)
    }

    /// Counts the ends of all groups, and gives their interfaces.
    fn measure(&mut self) -> FxHashMap<usize, usize> {
        let (mut sizes, mut both) = (Sizes::default(), FxHashMap::default());
        let mut interfaces: FxHashMap<usize, FxHashSet<Ix<NetworkInterface>>> = FxHashMap::default();
        let (from, to) = (&self.matrix.query.from, &self.matrix.query.to);
        for class in &self.matrix.ends().classes {
            for end in &class.members {
                let (client, server) = (from.has(*end), to.has(*end));
                let groups = self.groups(end.interface);
                for group in groups.iter().filter(|_| client || server) {
                    let size: &mut (u64, u64) = sizes.entry((*group, class.family)).or_default();
                    size.0 += u64::from(client);
                    size.1 += u64::from(server);
                    interfaces.entry(*group).or_default().insert(end.interface);
                    for other in groups.iter().filter(|_| client && server) {
                        *both.entry((*group, *other, class.family)).or_default() += 1;
                    }
                }
            }
        }
        (self.sizes, self.both) = (sizes, both);
        interfaces.into_iter().map(|(group, all)| (group, all.len())).collect()
    }

    /// How many pairs there are from one group to another.
    fn pairs(&self, from: usize, to: usize) -> u64 {
        self.pairs_of(from, to, Family::V4) + self.pairs_of(from, to, Family::V6)
    }

    fn pairs_of(&self, from: usize, to: usize, family: Family) -> u64 {
        let size = |group| self.sizes.get(&(group, family)).copied().unwrap_or_default();
        match (from, to) {
            (0, to) => size(to).1 * u64::from(self.matrix.query.from.has_internet(family)),
            (from, 0) => size(from).0 * u64::from(self.matrix.query.to.has_internet(family)),
            (from, to) => {
                let with_themselves = self.both.get(&(from, to, family)).copied().unwrap_or(0);
                size(from).0 * size(to).1 - with_themselves
            }
        }
    }

    fn cells(&self) -> FxHashMap<(usize, usize), Said> {
        let everybody = self.matrix.query.from.is_everybody() && self.matrix.query.to.is_everybody();
        let of_set: Vec<Vec<(usize, u64)>> = self
            .factored
            .sets
            .iter()
            .map(|set| counted(set.iter().flat_map(|ix| self.groups(*ix))))
            .collect();
        let mut found: FxHashMap<(usize, usize), FxHashMap<usize, u64>> = FxHashMap::default();
        for line in &self.factored.lines {
            let side = |sets: &[u32], internet: bool| -> Vec<(usize, u64)> {
                let mut counts: FxHashMap<usize, u64> = FxHashMap::default();
                for (group, count) in sets.iter().filter_map(|set| of_set.get(*set as usize)).flatten() {
                    *counts.entry(*group).or_default() += count;
                }
                counts.into_iter().chain(internet.then_some((0, 1))).collect()
            };
            let from = side(&line.from, line.from_internet);
            let to = side(&line.to, line.to_internet);
            for (client, clients) in &from {
                for (server, servers) in &to {
                    let cell = found.entry((*client, *server)).or_default();
                    *cell.entry(line.judged).or_default() += clients * servers;
                }
            }
            // Nobody is a pair with itself.
            for ix in self.on_both(line, everybody) {
                for client in self.groups(ix) {
                    for server in self.groups(ix) {
                        let cell = found.get_mut(&(*client, *server));
                        if let Some(count) = cell.and_then(|cell| cell.get_mut(&line.judged)) {
                            *count -= 1;
                        }
                    }
                }
            }
        }
        let said = found.into_iter().map(|(cell, said)| {
            let mut said: Said = said.into_iter().filter(|(_, count)| *count > 0).collect();
            said.sort_unstable();
            (cell, said)
        });
        said.filter(|(_, said)| !said.is_empty()).collect()
    }

    /// The interfaces that are clients and servers of a line. Where all are asked for, sets of one family are disjoint.
    fn on_both(&self, line: &SetLine, everybody: bool) -> Vec<Ix<NetworkInterface>> {
        if line.from.is_empty() || line.to.is_empty() {
            return Vec::new();
        }
        if everybody {
            let common: Vec<u32> =
                line.to.iter().filter(|set| line.from.binary_search(set).is_ok()).copied().collect();
            return self.factored.interfaces(&common);
        }
        let from = self.factored.interfaces(&line.from);
        let mut to = self.factored.interfaces(&line.to);
        to.retain(|ix| from.binary_search(ix).is_ok());
        to
    }

    fn cell(&self, from: usize, to: usize, said: &Said) -> Cell {
        let pairs = self.pairs(from, to);
        let passing: u64 = said.iter().map(|(_, count)| count).sum();
        let outcomes =
            || said.iter().filter_map(|(judged, count)| Some((self.matrix.judged.get(*judged)?, *count)));
        let whole = |judged: &super::Judged| -> Vec<What> {
            judged.services.iter().filter(|service| service.is_whole()).map(|service| service.what).collect()
        };
        let mut all: Option<Vec<What>> = (passing < pairs).then(Vec::new);
        for (judged, _) in outcomes() {
            let here = whole(judged);
            all = Some(match all {
                None => here,
                Some(all) => all.iter().flat_map(|a| here.iter().filter_map(|b| a.intersect(*b))).collect(),
            });
        }
        let all = all.unwrap_or_default();
        let covered = |service: &ServiceShare| {
            service.is_whole() && all.iter().any(|what| what.intersect(service.what) == Some(service.what))
        };
        let families = [Family::V4, Family::V6].map(|family| self.pairs_of(from, to, family) > 0);
        let count = |lists: &dyn Fn(&super::Judged) -> Vec<ServiceShare>| {
            let mut counted: Vec<Counted> = Vec::new();
            for (judged, pairs) in outcomes() {
                for service in lists(judged).into_iter().filter(|service| !covered(service)) {
                    let same = |known: &&mut Counted| {
                        known.service.what == service.what
                            && known.service.share == service.share
                            && known.service.only == service.only
                            && known.service.except == service.except
                    };
                    match counted.iter_mut().find(same) {
                        Some(known) => {
                            known.pairs += pairs;
                            known.family = known.family.filter(|family| *family == judged.family);
                        }
                        None => {
                            let family = (families == [true, true]).then_some(judged.family);
                            counted.push(Counted { service, family, pairs });
                        }
                    }
                }
            }
            counted.sort_by_key(|one| (std::cmp::Reverse(one.pairs), one.service.what));
            counted
        };
        let some = count(&|judged| judged.services.clone());
        let may = count(&|judged| judged.may_work.clone());
        Cell { pairs, passing, all, some, may }
    }
}

fn counted<'a>(groups: impl Iterator<Item = &'a usize>) -> Vec<(usize, u64)> {
    let mut counts: FxHashMap<usize, u64> = FxHashMap::default();
    groups.for_each(|group| *counts.entry(*group).or_default() += 1);
    counts.into_iter().collect()
}
