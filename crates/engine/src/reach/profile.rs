//! What the groups of interfaces let through, each content once: interfaces whose groups say the same share a profile.

use indexmap::IndexSet;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{Ix, NetworkInterface, SecurityGroup, Traffic};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::cuts::Cuts;
use crate::{Match, Network, PeerMatch, Rule, RuleAction};

/// The position of a profile among [`Profiles`].
pub(super) type ProfileIx = u32;

/// The groups of an interface, in one direction, as far as gates can tell.
#[derive(Debug)]
pub(super) struct Profile {
    /// Where its blocks begin and end.
    pub(super) cuts: Cuts,
    /// The groups that it speaks of, as far as the export has them.
    pub(super) groups: Vec<Ix<SecurityGroup>>,
    /// Whether it speaks of a group that the export lacks.
    pub(super) foreign: bool,
    /// The blocks that it speaks of.
    pub(super) blocks: Vec<IpNet>,
    /// Whether a rule of it may be about anybody.
    pub(super) anyone: bool,
    /// Its rules, and whether each allows; else nobody can say.
    pub(super) rules: Vec<(Match, bool)>,
}

/// The profiles of all interfaces.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    all: Vec<Profile>,
    of_interface: Vec<OfInterface>,
    /// What each says, and whether it is of what leaves.
    contents: IndexSet<(bool, Content), FxBuildHasher>,
    /// How many interfaces were given other groups.
    regrouped: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct OfInterface {
    ingress: ProfileIx,
    egress: ProfileIx,
    /// Which groups it has, as others' references see them.
    groups: u32,
}

/// Rules by what they do and not by whose they are.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Content {
    rules: Vec<(Match, bool)>,
    unfiltered: bool,
}

impl Content {
    fn of(network: &Network, interface: Ix<NetworkInterface>, egress: bool) -> Content {
        let gate = network.security_groups(interface, egress);
        let said = |rule: &Rule| (rule.matches.clone(), rule.action == RuleAction::Allow);
        let rules = essential(gate.rules.iter().copied().flatten().map(said).collect());
        Content { rules, unfiltered: !network.has_security_groups(interface) }
    }
}

impl Profiles {
    /// Of the interfaces that are `looked` at.
    pub(super) fn of(network: &Network, looked: &dyn Fn(Ix<NetworkInterface>) -> bool) -> Profiles {
        // Interfaces by which of them stands for all with their groups; what these say is found side by side.
        let mut by_groups: FxHashMap<&[Ix<SecurityGroup>], usize> = FxHashMap::default();
        let (mut first, mut of_interface) = (Vec::new(), Vec::new());
        for (interface, _) in network.model().network_interfaces.iter() {
            if !looked(interface) {
                of_interface.push(None);
                continue;
            }
            let groups = network.resolved().groups_of(interface);
            // One with a group that the export lacks is like nobody else.
            let ordinary =
                network.has_security_groups(interface) && network.missing_groups(interface).is_none();
            let known = by_groups.get(groups).copied().filter(|_| ordinary);
            of_interface.push(Some(known.unwrap_or(first.len())));
            if known.is_none() {
                by_groups.extend(ordinary.then_some((groups, first.len())));
                first.push(interface);
            }
        }
        let said = |interface: &Ix<NetworkInterface>| {
            [false, true].map(|egress| Content::of(network, *interface, egress))
        };
        let said: Vec<[Content; 2]> = first.par_iter().map(said).collect();
        let mut profiles = Profiles::default();
        let mut found = Vec::with_capacity(first.len());
        for (interface, [inward, outward]) in first.iter().zip(said) {
            found.push(OfInterface {
                ingress: profiles.number(false, inward).0,
                egress: profiles.number(true, outward).0,
                groups: u32::try_from(interface.position()).unwrap_or(u32::MAX),
            });
        }
        let content = |at| profiles.contents.get_index(at);
        let all = (0..profiles.contents.len()).into_par_iter().filter_map(content);
        profiles.all = all.map(|(_, content)| Profile::of(network, content)).collect();
        let nothing = |at: usize| {
            let own = u32::try_from(at).unwrap_or(u32::MAX);
            OfInterface { ingress: u32::MAX, egress: u32::MAX, groups: own }
        };
        let all = of_interface.into_iter().enumerate();
        let all =
            all.map(|(at, known)| known.and_then(|known| found.get(known).copied()).unwrap_or(nothing(at)));
        profiles.of_interface = all.collect();
        profiles
    }

    /// Looks again at what the groups of some interfaces let through in one direction.
    pub(super) fn update(&mut self, network: &Network, interfaces: &[Ix<NetworkInterface>], egress: bool) {
        let mut by_groups: FxHashMap<u32, ProfileIx> = FxHashMap::default();
        for &interface in interfaces {
            let known = by_groups.get(&self.groups_of(interface)).copied();
            let profile = known.unwrap_or_else(|| self.find(network, interface, egress));
            by_groups.insert(self.groups_of(interface), profile);
            if let Some(place) = self.of_interface.get_mut(interface.position()) {
                *(if egress { &mut place.egress } else { &mut place.ingress }) = profile;
            }
        }
    }

    /// Looks again at an interface that has other groups now.
    pub(super) fn regroup(&mut self, network: &Network, interface: Ix<NetworkInterface>) {
        let [ingress, egress] = [false, true].map(|egress| self.find(network, interface, egress));
        // Numbers that no interface has been given: those of the first ones with some groups are positions.
        self.regrouped += 1;
        let groups = u32::MAX.saturating_sub(self.regrouped);
        if let Some(place) = self.of_interface.get_mut(interface.position()) {
            *place = OfInterface { ingress, egress, groups };
        }
    }

    /// The profile that an interface's groups have.
    fn find(&mut self, network: &Network, interface: Ix<NetworkInterface>, egress: bool) -> ProfileIx {
        let (profile, is_new) = self.number(egress, Content::of(network, interface, egress));
        if let Some((_, content)) = self.contents.get_index(profile as usize).filter(|_| is_new) {
            self.all.push(Profile::of(network, content));
        }
        profile
    }

    /// The number of what groups say, and whether it is new.
    fn number(&mut self, egress: bool, content: Content) -> (ProfileIx, bool) {
        let (at, is_new) = self.contents.insert_full((egress, content));
        (u32::try_from(at).unwrap_or(u32::MAX), is_new)
    }

    pub(super) fn at(&self, ix: ProfileIx) -> Option<&Profile> {
        self.all.get(ix as usize)
    }

    /// The profile of an interface in one direction; the position of none if it was not looked at.
    pub(super) fn of_interface(&self, interface: Ix<NetworkInterface>, egress: bool) -> ProfileIx {
        let known = self.of_interface.get(interface.position()).copied().unwrap_or_default();
        if egress { known.egress } else { known.ingress }
    }

    /// A number that interfaces with the same groups share.
    pub(super) fn groups_of(&self, interface: Ix<NetworkInterface>) -> u32 {
        self.of_interface.get(interface.position()).map_or(u32::MAX, |known| known.groups)
    }
}

impl Profile {
    fn of(network: &Network, content: &Content) -> Profile {
        let (mut blocks, mut groups, mut anyone) = (Vec::new(), Vec::new(), content.unfiltered);
        let mut foreign = false;
        for (matches, _) in &content.rules {
            match &matches.peer {
                PeerMatch::Blocks(listed) => blocks.extend(listed.iter().copied()),
                PeerMatch::Group(group) => groups.extend(network.model().security_groups.ix(group.as_str())),
                // Private addresses beyond the export; no end is one, but one may have the group.
                PeerMatch::Foreign => foreign = true,
                PeerMatch::Anyone => anyone = true,
            }
        }
        let (cuts, rules) = (Cuts::of(blocks.iter().copied()), content.rules.clone());
        Profile { cuts, groups, foreign, blocks, anyone, rules }
    }
}

/// Rules without what another of them lets through anyway: then groups that differ in nothing else are alike, and nobody
/// is told apart by blocks that change nothing. Only what certainly is let through counts.
fn essential(rules: Vec<(Match, bool)>) -> Vec<(Match, bool)> {
    let allowing: Vec<(usize, Traffic, IpNet)> = rules
        .iter()
        .enumerate()
        .filter(|(_, (_, allows))| *allows)
        .flat_map(|(at, (matches, _))| {
            let blocks = match &matches.peer {
                PeerMatch::Blocks(blocks) => blocks.as_slice(),
                PeerMatch::Group(_) | PeerMatch::Foreign | PeerMatch::Anyone => &[],
            };
            blocks.iter().map(move |block| (at, matches.traffic, *block))
        })
        .collect();
    let implied = |at: usize, traffic: Traffic, block: &IpNet| {
        allowing.iter().any(|(other, wide, whole)| {
            let same = traffic.covers(*wide) && block == whole;
            *other != at && wide.covers(traffic) && whole.contains(block) && (!same || *other < at)
        })
    };
    let everybody = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    let mut kept = Vec::with_capacity(rules.len());
    let mut named = FxHashSet::default();
    for (at, (mut matches, allows)) in rules.iter().cloned().enumerate() {
        let needed = match &mut matches.peer {
            _ if !allows => true,
            PeerMatch::Blocks(blocks) => {
                blocks.retain(|block| !implied(at, matches.traffic, block));
                !blocks.is_empty()
            }
            PeerMatch::Group(_) => !everybody.iter().all(|block| implied(at, matches.traffic, block)),
            PeerMatch::Foreign | PeerMatch::Anyone => true,
        };
        if needed && named.insert((matches.clone(), allows)) {
            kept.push((matches, allows));
        }
    }
    kept
}
