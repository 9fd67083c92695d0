//! The ends of two networks as one: who is whom, and what neither network can tell apart.
//!
//! An end is an interface, by its id, with its primary address of a family. One that has another address now is another
//! end: the old one is gone. A *part* is ends of one class of the earlier network and one class of the later one, so that
//! whatever is compared of one member holds for all.

use std::net::IpAddr;

use engine::Network;
use engine::reach::{ClassIx, CohortIx, Ends};
use model::{Holder, Ix, NetworkInterface};
use rustc_hash::FxHashMap;
use space::Family;

use super::Both;

/// The position of a part in [`Joint::parts`].
pub(super) type PartIx = u32;
/// The position of a band in [`Joint::bands`].
pub(super) type BandIx = u32;

/// One end, in each of the networks that has it.
pub(super) type Member = Both<Option<Holder>>;

/// Ends that neither network can tell apart.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) family: Family,
    /// Their class in each network; `None` where they are not.
    pub(super) class: Both<Option<ClassIx>>,
    /// Them.
    pub(super) members: Vec<Member>,
    /// Their band.
    pub(super) band: BandIx,
}

/// Parts of one cohort of the earlier network and one of the later.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) parts: Vec<PartIx>,
    /// The kind of client that they are in each network.
    pub(super) kind: Both<Option<&'static str>>,
}

/// The ends of both networks.
#[derive(Debug, Default)]
pub(super) struct Joint {
    pub(super) parts: Vec<Part>,
    pub(super) bands: Vec<Band>,
    /// The parts of each class.
    pub(super) of_class: Both<Vec<Vec<PartIx>>>,
    /// The bands of each cohort.
    pub(super) of_cohort: Both<Vec<Vec<BandIx>>>,
}

impl Joint {
    pub(super) fn of(networks: Both<&Network>, ends: Both<&Ends>) -> Joint {
        let mut gathering = Gathering::new(ends);
        let mut earlier = vec![[None; 2]; networks.old.model().network_interfaces.len()];
        for (class, noun) in (0u32..).zip(&ends.old.classes) {
            for end in &noun.members {
                if let Some(place) = place(&mut earlier, end.interface, noun.family) {
                    *place = Some((class, end.address));
                }
            }
        }
        for (class, noun) in (0u32..).zip(&ends.new.classes) {
            for &end in &noun.members {
                let known = partner(networks, end.interface).and_then(|interface| {
                    let place = place(&mut earlier, interface, noun.family)?;
                    let (class, address) = (*place)?;
                    // Two exports may call the same interface by two addresses: then one is gone and one is new.
                    (address == end.address).then(|| {
                        *place = None;
                        (class, Holder { interface, address })
                    })
                });
                let class = Both { old: known.map(|(class, _)| class), new: Some(class) };
                let member = Both { old: known.map(|(_, end)| end), new: Some(end) };
                gathering.add(noun.family, class, member);
            }
        }
        for (class, noun) in (0u32..).zip(&ends.old.classes) {
            for &end in &noun.members {
                let is_gone = place(&mut earlier, end.interface, noun.family).is_some_and(|of| of.is_some());
                if is_gone {
                    let class = Both { old: Some(class), new: None };
                    gathering.add(noun.family, class, Both { old: Some(end), new: None });
                }
            }
        }
        gathering.joint
    }

    pub(super) fn part(&self, ix: PartIx) -> Option<&Part> {
        self.parts.get(ix as usize)
    }

    pub(super) fn band(&self, ix: BandIx) -> Option<&Band> {
        self.bands.get(ix as usize)
    }

    /// The kind of client that a part is.
    pub(super) fn kind(&self, part: &Part) -> Both<Option<&'static str>> {
        self.band(part.band).map_or(Both { old: None, new: None }, |band| band.kind)
    }
}

type Earlier = [Option<(ClassIx, IpAddr)>; 2];

fn place(
    earlier: &mut [Earlier],
    interface: Ix<NetworkInterface>,
    family: Family,
) -> Option<&mut Option<(ClassIx, IpAddr)>> {
    let [v4, v6] = earlier.get_mut(interface.position())?;
    Some(if family == Family::V4 { v4 } else { v6 })
}

/// Who an interface of the later network was in the earlier one.
fn partner(networks: Both<&Network>, later: Ix<NetworkInterface>) -> Option<Ix<NetworkInterface>> {
    let tables = networks.map(|network| &network.model().network_interfaces);
    let id = &tables.new.at(later).id;
    // Two exports of one network mostly list the same interfaces in the same order: then none is looked up.
    let same_place = tables.old.nth(later.position()).filter(|ix| tables.old.at(*ix).id == *id);
    same_place.or_else(|| tables.old.ix(id.as_str()))
}

struct Gathering<'e> {
    ends: Both<&'e Ends>,
    joint: Joint,
    parts: FxHashMap<Both<Option<ClassIx>>, PartIx>,
    bands: FxHashMap<Both<Option<CohortIx>>, BandIx>,
    /// Members of a class come one after the other.
    last: Option<(Both<Option<ClassIx>>, PartIx)>,
}

impl<'e> Gathering<'e> {
    fn new(ends: Both<&'e Ends>) -> Gathering<'e> {
        let joint = Joint {
            of_class: ends.map(|ends| vec![Vec::new(); ends.classes.len()]),
            of_cohort: ends.map(|ends| vec![Vec::new(); ends.cohorts.len()]),
            ..Joint::default()
        };
        Gathering { ends, joint, parts: FxHashMap::default(), bands: FxHashMap::default(), last: None }
    }

    fn add(&mut self, family: Family, class: Both<Option<ClassIx>>, member: Member) {
        let known = self.last.filter(|(last, _)| *last == class).map(|(_, part)| part);
        let part = known.or_else(|| self.parts.get(&class).copied());
        let part = part.unwrap_or_else(|| self.new_part(family, class));
        self.last = Some((class, part));
        if let Some(part) = self.joint.parts.get_mut(part as usize) {
            part.members.push(member);
        }
    }

    fn new_part(&mut self, family: Family, class: Both<Option<ClassIx>>) -> PartIx {
        let ix = next(&self.joint.parts);
        let cohort = self.ends.zip(class).map(|(ends, class)| class.and_then(|class| ends.cohort_of(class)));
        let band = self.bands.get(&cohort).copied().unwrap_or_else(|| self.new_band(cohort));
        if let Some(band) = self.joint.bands.get_mut(band as usize) {
            band.parts.push(ix);
        }
        self.joint.parts.push(Part { family, class, members: Vec::new(), band });
        note(&mut self.joint.of_class, class, ix);
        self.parts.insert(class, ix);
        ix
    }

    fn new_band(&mut self, cohort: Both<Option<CohortIx>>) -> BandIx {
        let ix = next(&self.joint.bands);
        let kind = self.ends.zip(cohort).map(|(ends, cohort)| Some(ends.cohort(cohort?)?.kind.key));
        self.joint.bands.push(Band { parts: Vec::new(), kind });
        note(&mut self.joint.of_cohort, cohort, ix);
        self.bands.insert(cohort, ix);
        ix
    }
}

fn next<T>(all: &[T]) -> u32 {
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}

fn note(lists: &mut Both<Vec<Vec<u32>>>, of: Both<Option<u32>>, ix: u32) {
    for (lists, of) in [(&mut lists.old, of.old), (&mut lists.new, of.new)] {
        if let Some(list) = of.and_then(|of| lists.get_mut(of as usize)) {
            list.push(ix);
        }
    }
}
