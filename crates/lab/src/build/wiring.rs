//! What connects the namespaces of a lab, as data: links, addresses, routes. So two labs can be compared, and one made of
//! the other by what differs.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{both, index};
use crate::error::{Doing, LabError};
use crate::links::{End, Via};
use crate::namespace::Namespace;
use crate::ruleset::{NOWHERE, nowhere_link};
use crate::state::{path_of, replace};

/// What forwards packets for others says nothing itself.
const IS_NOBODY: [(&str, &str); 7] = [
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/conf/all/send_redirects", "0"),
    ("ipv4/conf/default/send_redirects", "0"),
    ("ipv4/conf/all/accept_local", "1"),
    ("ipv6/conf/default/addr_gen_mode", "1"),
    ("ipv6/conf/default/accept_dad", "0"),
];

/// What one namespace has beside its rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Wired {
    pub(super) namespace: String,
    /// Values below `/proc/sys/net`, set before it has links.
    pub(super) settings: Vec<(String, String)>,
    /// Links that are made from here; both ends are up.
    pub(super) pairs: Vec<Pair>,
    /// Whether it has itself to talk to.
    pub(super) loopback: bool,
    pub(super) addresses: Vec<(u32, IpNet)>,
    /// Routing tables that rules do not switch over.
    pub(super) routes: Vec<(u32, IpNet, Via)>,
    /// Marks by which packets are routed.
    pub(super) marks: Vec<u32>,
    /// Whether it forwards packets, once all else is there.
    pub(super) forwards: bool,
    /// Addresses of senders by which packets are routed, each with its routing table.
    pub(super) sources: Vec<(IpAddr, u32)>,
}

/// A link between two ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) here: End,
    pub(super) there: End,
    /// The namespace where the other end is; `None` for a link within the same.
    pub(super) to: Option<String>,
}

/// What connects a lab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wiring(pub(super) Vec<Wired>);

impl Wired {
    pub(super) fn of(namespace: &Namespace) -> Wired {
        Wired { namespace: namespace.name().to_owned(), ..Wired::default() }
    }

    /// What forwards packets for others.
    pub(super) fn forwarding(namespace: &Namespace) -> Wired {
        let mut wired = Wired { forwards: true, ..Wired::of(namespace) };
        wired.set(&IS_NOBODY);
        wired
    }

    pub(super) fn name(&self) -> Namespace {
        Namespace::new(&self.namespace)
    }

    /// With some settings.
    pub(super) fn set(&mut self, values: &[(&str, &str)]) {
        self.settings.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }

    /// A link to another namespace.
    pub(super) fn pair(&mut self, here: End, there: End, to: &Namespace) {
        self.pairs.push(Pair { here, there, to: Some(to.name().to_owned()) });
    }

    /// Links for packets that lead nowhere: what is dropped has to have somewhere to go, for the rules to say so. By the first
    /// of them goes what the main table has nothing else for.
    pub(super) fn nowhere(&mut self, first: u32, count: usize) {
        let most = u32::try_from(NOWHERE.len()).unwrap_or(u32::MAX);
        for (number, &stage) in (0..most).zip(NOWHERE.iter().take(count)) {
            let here = End { name: nowhere_link(stage), index: index(first, number) };
            let there = End { name: format!("y{number}"), index: index(first, number.saturating_add(most)) };
            self.pairs.push(Pair { here, there, to: None });
        }
        self.routes.extend(both(crate::links::MAIN, Via::Link(first)));
    }

    fn is_empty(&self) -> bool {
        *self == Wired { namespace: self.namespace.clone(), ..Wired::default() }
    }

    /// What comes and what goes where this takes the place of another. Of a route that leads elsewhere now, the new one comes
    /// and takes the place of the old.
    fn change_from(&self, before: &Wired) -> (Wired, Wired) {
        let (come, mut gone) = (self.without(before), before.without(self));
        let still: HashSet<_> = self.routes.iter().map(|(table, block, _)| (table, block)).collect();
        gone.routes.retain(|(table, block, _)| !still.contains(&(table, block)));
        (come, gone)
    }

    /// What it has and another does not have.
    fn without(&self, other: &Wired) -> Wired {
        Wired {
            namespace: self.namespace.clone(),
            settings: only(&self.settings, &other.settings),
            pairs: only(&self.pairs, &other.pairs),
            loopback: self.loopback && !other.loopback,
            forwards: self.forwards && !other.forwards,
            addresses: only(&self.addresses, &other.addresses),
            routes: only(&self.routes, &other.routes),
            marks: only(&self.marks, &other.marks),
            sources: only(&self.sources, &other.sources),
        }
    }
}

fn only<T: Clone + Eq + std::hash::Hash>(these: &[T], others: &[T]) -> Vec<T> {
    let others: HashSet<&T> = others.iter().collect();
    these.iter().filter(|one| !others.contains(one)).cloned().collect()
}

impl Wiring {
    /// What comes and what goes where this takes the place of another, by namespace. Of a namespace that goes as a whole only
    /// its links do: what else it has goes with it.
    pub(super) fn change_from(&self, before: &Wiring) -> (Vec<Wired>, Vec<Wired>) {
        let old: HashMap<&str, &Wired> = before.0.iter().map(|wired| (&*wired.namespace, wired)).collect();
        let new: HashSet<&str> = self.0.iter().map(|wired| &*wired.namespace).collect();
        let ended = before.0.iter().filter(|wired| !new.contains(&*wired.namespace));
        let ended = ended.map(|wired| Wired { pairs: wired.pairs.clone(), ..Wired::of(&wired.name()) });
        let (mut come, mut gone): (Vec<Wired>, Vec<Wired>) = (Vec::new(), ended.collect());
        for wired in &self.0 {
            let (came, went) = match old.get(&*wired.namespace) {
                Some(before) if *before == wired => continue,
                Some(before) => wired.change_from(before),
                None => (wired.clone(), Wired::default()),
            };
            come.push(came);
            gone.push(went);
        }
        come.retain(|wired| !wired.is_empty());
        gone.retain(|wired| !wired.is_empty());
        (come, gone)
    }

    /// What connects a lab that is up.
    ///
    /// # Errors
    /// If its file cannot be read or understood.
    pub fn read(lab: &str) -> Result<Wiring, LabError> {
        let path = path_of(lab, WIRING);
        let text = fs::read(&path).doing(|| format!("{} could not be read", path.display()))?;
        serde_json::from_slice(&text)
            .map_err(|error| LabError::State(format!("{} is damaged: {error}", path.display())))
    }

    /// Writes it down beside the lab's state, in full or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, lab: &str) -> Result<(), LabError> {
        let text = serde_json::to_vec(self)
            .map_err(|error| LabError::State(format!("the links of the lab have no text: {error}")))?;
        replace(&path_of(lab, WIRING), &text)
    }
}

/// The file's extension.
pub(crate) const WIRING: &str = "links";

#[cfg(test)]
mod tests {
    use super::*;

    fn wired(namespace: &str, routes: &[(&str, u32)]) -> Wired {
        let routes = routes.iter().map(|(block, link)| (254, block.parse().unwrap(), Via::Link(*link)));
        Wired { routes: routes.collect(), loopback: true, ..Wired::of(&Namespace::new(namespace)) }
    }

    #[test]
    fn what_differs_comes_and_goes() {
        let before = Wiring(vec![wired("a", &[("10.0.0.1/32", 1), ("10.0.0.2/32", 2)]), wired("b", &[])]);
        let after = Wiring(vec![wired("a", &[("10.0.0.1/32", 3), ("10.0.0.3/32", 2)]), wired("c", &[])]);
        assert_eq!(before.change_from(&before), (Vec::new(), Vec::new()));
        let (come, gone) = after.change_from(&before);
        let mut a = wired("a", &[("10.0.0.1/32", 3), ("10.0.0.3/32", 2)]);
        a.loopback = false;
        assert_eq!(come, [a, wired("c", &[])]);
        // What leads elsewhere now is replaced, and what has no links goes with its namespace.
        let mut a = wired("a", &[("10.0.0.2/32", 2)]);
        a.loopback = false;
        assert_eq!(gone, [a]);
    }
}
