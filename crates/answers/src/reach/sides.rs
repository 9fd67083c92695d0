//! Which ends are looked at, on one side.

use std::ops::RangeInclusive;

use engine::Network;
use engine::reach::{ClassIx, Ends};
use model::{Holder, Ix, NetworkInterface};
use rustc_hash::FxHashSet;
use space::Family;

use crate::ends::{EndSet, Names, internet, resolve};
use crate::question::{self, QuestionError};

/// The ends on one side: all, or those that somebody named.
///
/// An interface counts with its primary address of each family, whichever of its addresses was named.
#[derive(Debug, Clone)]
pub struct Side {
    /// The interfaces; `None` for all.
    only: Option<FxHashSet<(Ix<NetworkInterface>, Family)>>,
    /// The addresses of the internet, in IPv4 and in IPv6, as values of the remote axis.
    pub(super) internet: [Vec<RangeInclusive<u128>>; 2],
}

impl Side {
    /// Every end of a network.
    pub fn everybody(network: &Network) -> Side {
        let ranges = |family| internet(network, family).outside.ranges(family);
        Side { only: None, internet: [ranges(Family::V4), ranges(Family::V6)] }
    }

    /// The ends that some words mean.
    ///
    /// # Errors
    /// If they name something that is not there, is several things, or is no end that is looked at.
    pub fn of(names: &Names<'_>, ends: &question::Ends) -> Result<Side, QuestionError> {
        let set = resolve(names, ends)?;
        let network = names.network;
        let spans = || ends.terms().map(|term| &term.span);
        let start = spans().map(|span| span.start).min().unwrap_or(0);
        let span = start..spans().map(|span| span.end).max().unwrap_or(start);
        if let Some(service) = set.aws.first() {
            let message = format!("`aws:{service}` has another address in each VPC");
            return Err(QuestionError::new(span, message)
                .help("ask `portcullis explain` about it, or name its endpoint with `vpce:`"));
        }
        if let Some(reason) = set.unmodelled.first() {
            return Err(QuestionError::new(span, reason.clone()).help("name its network interfaces"));
        }
        let side = Side::among(&Side::everybody(network), &set);
        if !side.has_interfaces() && side.internet.iter().all(Vec::is_empty) {
            let message = "this names no network interface and no address of the internet";
            return Err(QuestionError::new(span, message)
                .help("for other addresses beyond the network, ask `portcullis explain`"));
        }
        Ok(side)
    }

    /// Of everybody, those that are in a set.
    pub(crate) fn among(everybody: &Side, set: &EndSet) -> Side {
        let only = set.held.iter().map(|held| (held.holder.interface, Family::of(held.holder.address)));
        let [v4, v6] = &everybody.internet;
        let named = |all: &[RangeInclusive<u128>], family| meet(all, &set.outside.ranges(family));
        let internet = [named(v4, Family::V4), named(v6, Family::V6)];
        Side { only: Some(only.collect()), internet }
    }

    /// The classes that have somebody on this side; `None` for all.
    pub(super) fn classes(&self, ends: &Ends) -> Option<Vec<ClassIx>> {
        let only = self.only.as_ref()?;
        let of_one = |(interface, family): &(Ix<NetworkInterface>, Family)| {
            let classes = ends.classes_of(*interface).iter().copied();
            let family = *family;
            classes.filter(move |class| ends.class(*class).is_some_and(|class| class.family == family))
        };
        let mut classes: Vec<ClassIx> = only.iter().flat_map(of_one).collect();
        classes.sort_unstable();
        classes.dedup();
        Some(classes)
    }

    /// The addresses of the internet on this side, in IPv4 and in IPv6, as values of the remote axis.
    pub(crate) fn internet(self) -> [Vec<RangeInclusive<u128>>; 2] {
        self.internet
    }

    /// Whether every interface is on this side.
    pub fn is_everybody(&self) -> bool {
        self.only.is_none()
    }

    /// Whether any interface is on this side.
    pub fn has_interfaces(&self) -> bool {
        self.only.as_ref().is_none_or(|only| !only.is_empty())
    }

    /// Whether an interface is on this side, with its address of a family.
    pub fn has(&self, holder: Holder) -> bool {
        let key = (holder.interface, Family::of(holder.address));
        self.only.as_ref().is_none_or(|only| only.contains(&key))
    }

    /// Whether some of the internet is on this side.
    pub fn has_internet(&self, family: Family) -> bool {
        let [v4, v6] = &self.internet;
        let ranges = if family == Family::V4 { v4 } else { v6 };
        !ranges.is_empty()
    }
}

/// What is in both of two sorted lists of disjoint ranges.
pub(crate) fn meet(a: &[RangeInclusive<u128>], b: &[RangeInclusive<u128>]) -> Vec<RangeInclusive<u128>> {
    let both =
        a.iter().flat_map(|a| b.iter().map(move |b| (*a.start().max(b.start()), *a.end().min(b.end()))));
    both.filter(|(low, high)| low <= high).map(|(low, high)| low..=high).collect()
}
