//! The answers of all classes as one: what holds alike is said once, with all of whom it holds.

use engine::Network;
use indexmap::{IndexMap, IndexSet};
use model::{Holder, Ix, NetworkInterface, is_unknown_public};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::behind::Sent;
use super::data::{Behind, Exposure, Finding, Grade, Interfaces, Services, Surface, Unreachable, Who};
use super::grade::Answer;
use crate::ends::name_of;

type Map<K, V> = IndexMap<K, V, FxBuildHasher>;
/// By which load balancers, asked for what, on which port of the targets.
type WayOn = (Vec<String>, Vec<Services>, Option<u16>);

pub(super) struct Gathered<'n> {
    network: &'n Network,
    surface: Surface,
    findings: Map<String, (Finding, Vec<Holder>)>,
    behind: Map<WayOn, IndexSet<String, FxBuildHasher>>,
    sent_to: FxHashSet<Ix<NetworkInterface>>,
    /// Of each interface, why each of its addresses is not reached.
    unreachable: Map<Ix<NetworkInterface>, Vec<(Holder, Vec<String>)>>,
    /// The worst of each interface.
    grades: FxHashMap<Ix<NetworkInterface>, Option<Grade>>,
}

impl<'n> Gathered<'n> {
    pub(super) fn new(network: &'n Network) -> Gathered<'n> {
        Gathered {
            network,
            surface: Surface::default(),
            findings: Map::default(),
            behind: Map::default(),
            sent_to: FxHashSet::default(),
            unreachable: Map::default(),
            grades: FxHashMap::default(),
        }
    }

    /// Adds what holds for each of some members of a class.
    pub(super) fn add(
        &mut self,
        members: &[Holder],
        answer: Answer,
        is_wanted: &dyn Fn(Ix<NetworkInterface>) -> bool,
    ) {
        let node_is_wanted = !members.is_empty();
        for sent in answer.sent {
            let Sent { by, services, port, interface, target } = sent;
            if interface.map_or(node_is_wanted, |interface| node_is_wanted || is_wanted(interface)) {
                self.sent_to.extend(interface);
                self.behind.entry((by, services, port)).or_default().insert(target);
            }
        }
        if members.is_empty() {
            return;
        }
        let times = members.len() as u64;
        self.surface.add(answer.surface, times);
        let worst = answer.findings.iter().map(|finding| finding.grade).min();
        for holder in members {
            let grade = self.grades.entry(holder.interface).or_default();
            // No grade is better than any.
            *grade = [*grade, worst].into_iter().flatten().min();
        }
        for finding in answer.findings {
            let entry = self.findings.entry(format!("{finding:?}"));
            entry.or_insert_with(|| (finding, Vec::new())).1.extend(members);
        }
        if !answer.unreachable.is_empty() {
            for &holder in members {
                let of = self.unreachable.entry(holder.interface).or_default();
                of.push((holder, answer.unreachable.clone()));
            }
        }
    }

    /// All of it, the worst first.
    pub(super) fn finish(self) -> Exposure {
        let Gathered { network, surface, findings, behind, sent_to, unreachable, grades } = self;
        let who = |holders: Vec<Holder>| {
            let mut of: Vec<Who> = holders.into_iter().map(|holder| who(network, holder)).collect();
            of.sort_by(|a, b| (&a.name, &a.address).cmp(&(&b.name, &b.address)));
            of
        };
        let mut findings: Vec<Finding> = findings
            .into_values()
            .map(|(mut finding, holders)| {
                finding.of = who(holders);
                finding
            })
            .collect();
        findings.sort_by(|a, b| {
            let name = |finding: &Finding| finding.of.first().map(|who| who.name.clone());
            (a.grade, a.gates_left, !a.from.all)
                .cmp(&(b.grade, b.gates_left, !b.from.all))
                .then(b.ports.cmp(&a.ports))
                .then(b.of.len().cmp(&a.of.len()))
                .then_with(|| name(a).cmp(&name(b)))
        });
        let count = |grade| grades.values().filter(|known| **known == grade).count();
        let is_behind = |ix: &Ix<NetworkInterface>| sent_to.contains(ix);
        let weak = [None, Some(Grade::Latent)];
        let behind_only = grades.iter().filter(|(ix, grade)| weak.contains(grade) && is_behind(ix)).count();
        let of_grade =
            |wanted| grades.iter().filter(|(ix, grade)| **grade == wanted && !is_behind(ix)).count();
        let interfaces = Interfaces {
            all: grades.len(),
            exposed: count(Some(Grade::Exposed)),
            partial: count(Some(Grade::Partial)),
            undecided: count(Some(Grade::Undecided)),
            behind: behind_only,
            latent: of_grade(Some(Grade::Latent)),
            unreachable: of_grade(None),
        };
        let behind = behind.into_iter().map(|((by, services, target_port), targets)| {
            let mut targets: Vec<String> = targets.into_iter().collect();
            targets.sort();
            Behind { by, services, target_port, targets }
        });
        let mut causes: Map<Vec<String>, Vec<Holder>> = Map::default();
        for (interface, of) in unreachable {
            // Of an interface that is reached by another of its addresses, or behind a load balancer, no reason is due.
            if !is_behind(&interface) && grades.get(&interface) == Some(&None) {
                let (first, why) = together(of);
                causes.entry(why).or_default().extend(first);
            }
        }
        let mut unreachable: Vec<Unreachable> = causes
            .into_iter()
            .map(|(mut causes, holders)| {
                let reason = if causes.is_empty() { String::new() } else { causes.remove(0) };
                Unreachable { reason, also: causes, of: who(holders) }
            })
            .collect();
        unreachable.sort_by(|a, b| {
            b.of.len().cmp(&a.of.len()).then_with(|| (&a.reason, &a.also).cmp(&(&b.reason, &b.also)))
        });
        Exposure { surface, interfaces, findings, behind: behind.collect(), unreachable }
    }
}

/// Why none of an interface's addresses is reached: the causes of the first, and those of IPv6 if they are others.
fn together(mut of: Vec<(Holder, Vec<String>)>) -> (Option<Holder>, Vec<String>) {
    of.sort_by_key(|(holder, _)| holder.address);
    let mut of = of.into_iter();
    let Some((first, mut causes)) = of.next() else { return (None, Vec::new()) };
    let six = of.find(|(holder, _)| holder.address.is_ipv6() && first.address.is_ipv4());
    if let Some((_, others)) = six.filter(|(_, others)| *others != causes) {
        causes.push(format!("over IPv6: {}", others.join(", ")));
    }
    (Some(first), causes)
}

fn who(network: &Network, holder: Holder) -> Who {
    let noun = network.model().network_interfaces.at(holder.interface);
    let known = noun.stand_in.is_none();
    let public = noun.public_of(holder.address).filter(|public| !is_unknown_public((*public).into()));
    Who {
        name: name_of(network, holder.interface),
        interface: known.then(|| noun.id.to_string()),
        address: known.then(|| holder.address.to_string()),
        public_address: public.map(|public| public.to_string()),
    }
}
