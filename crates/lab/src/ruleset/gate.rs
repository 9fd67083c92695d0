//! Gates as chains and maps: of lists of groups and of network ACLs.

use std::sync::Arc;

use engine::{Gate as Rules, Header, Leg, Match, Network, PeerMatch, Ports, Seen, View};
use model::{Id, Ix, NetworkInterface, Subnet};
use space::Family;

use super::boxes::Boxes;
use super::compiled::Place;
use super::peers::{Class, FAR, NEAR, Peers};
use super::script::{FAMILIES, Script, by_family, digit, ip, recorded, said};
use super::table::Part;
use crate::flow_log::Action;
use crate::marks::{DROPS, Marks, UNTRACKED};
use crate::stage::Stage;

/// So few classes of peers are looked at one by one: a map for them costs more, since the kernel looks for each set through all
/// that a table has.
const FEW: usize = 4;

/// A gate as it is compiled, and all that decides what it is compiled to.
#[derive(Debug)]
pub(super) struct Gate {
    /// What each rule matches, and its mark, which says what the rule does.
    rules: Vec<(Match, u32)>,
    /// Whose packets it judges.
    families: &'static [Family],
    /// The classes of peers that rules name by their groups.
    peers: Vec<Peer>,
    part: Arc<Part>,
}

/// A class of peers: rules ask for its groups, where references match it, and for nothing else.
#[derive(Debug, PartialEq, Eq)]
struct Peer {
    class: u32,
    groups: Vec<Id>,
    /// Whether references match it, in each family.
    seen: [bool; 2],
}

impl Gate {
    pub(super) fn part(&self) -> Arc<Part> {
        Arc::clone(&self.part)
    }

    /// The gate as it was compiled before if everything is the same, else compiled anew.
    fn new(
        before: Option<&Arc<Gate>>,
        gate: &Rules<'_>,
        families: &'static [Family],
        peers: Vec<Peer>,
        marks: &Marks,
        write: impl FnOnce(&mut Script),
    ) -> Arc<Gate> {
        let rules = gate.rules.iter().copied().flatten();
        let rules: Vec<_> =
            rules.map(|rule| (&rule.matches, marks.mark(rule.origin, &rule.action))).collect();
        let same = |before: &&Arc<Gate>| {
            let mut both = before.rules.iter().zip(&rules);
            let known = both.all(|((matches, mark), (new, new_mark))| matches == *new && mark == new_mark);
            let alike = before.families == families && before.peers == peers;
            known && before.rules.len() == rules.len() && alike
        };
        if let Some(before) = before.filter(same) {
            return Arc::clone(before);
        }
        let mut script = Script::default();
        write(&mut script);
        let rules = rules.into_iter().map(|(matches, mark)| (matches.clone(), mark)).collect();
        Arc::new(Gate { rules, families, peers, part: Arc::new(script.part()) })
    }
}

impl Place {
    /// What the chain of a list of groups is called by.
    pub(super) fn of_groups(self) -> String {
        format!("g{}{}", self.number, self.way())
    }

    /// What the chain of a network ACL is called by.
    pub(super) fn of_list(self) -> String {
        format!("a{}{}", self.number, self.way())
    }

    fn way(self) -> char {
        if self.egress { 'o' } else { 'i' }
    }

    /// The end of a packet that the gate's rules name.
    fn end(self) -> &'static str {
        if self.egress { "daddr" } else { "saddr" }
    }

    fn rejects(self) -> Action {
        if self.egress { Action::RejectOut } else { Action::RejectIn }
    }
}

/// The gate of a list of groups, one way: by the class of the peer if rules name groups of it, else by its address.
pub(super) fn of_groups(
    network: &Network,
    interface: Ix<NetworkInterface>,
    (place, families): (Place, &'static [Family]),
    peers: &Peers<'_>,
    marks: &Marks,
    before: Option<&Arc<Gate>>,
) -> Arc<Gate> {
    let gate = network.security_groups(interface, place.egress);
    let named = gate.rules.iter().copied().flatten().filter_map(|rule| match &rule.matches.peer {
        PeerMatch::Group(group) => Some(group),
        _ => None,
    });
    let classes: Vec<_> = peers
        .members(named)
        .into_iter()
        .map(|class| (class, views(network, interface, &class, place.egress)))
        .collect();
    let peers = classes.iter().map(|(class, views)| Peer {
        class: class.mark,
        groups: network.model().network_interfaces.at(class.member).groups.clone(),
        seen: views.map(|view| view.is_some()),
    });
    Gate::new(before, &gate, families, peers.collect(), marks, |script| {
        for (at, &family) in families.iter().enumerate() {
            let of_family =
                classes.iter().filter_map(|(class, views)| Some((class.mark, (*views.get(at)?)?)));
            let of_family: Vec<_> = of_family.collect();
            chains(script, network, &gate, place, (family, &of_family), marks);
        }
        let name = place.of_groups();
        let mut lines = by_family(&name, families);
        lines.push(format!("ct state untracked meta mark set meta mark | {UNTRACKED:#x}"));
        lines.extend(said("", if place.egress { Stage::GroupsOut } else { Stage::GroupsIn }));
        lines.push(format!("meta mark & {DROPS:#x} != 0 {} drop", recorded(place.rejects())));
        script.chain(&format!("c_{name}"), &lines);
    })
}

/// The chains for the packets of a family.
fn chains(
    script: &mut Script,
    network: &Network,
    gate: &Rules<'_>,
    place: Place,
    (family, peers): (Family, &[(u32, View)]),
    marks: &Marks,
) {
    let (name, end) = (place.of_groups(), place.end());
    let mut jumps = Vec::new();
    for (class, view) in peers {
        let elements = Boxes::of(network, gate, view, marks).elements();
        let chain = format!("{name}{}c{class}", digit(family));
        let lines = script.lookups(&chain, family, end, &elements);
        script.chain(&format!("c_{chain}"), &lines);
        jumps.push((class, format!("goto c_{chain}")));
    }
    let view = View::new(family, Leg::Request, Seen::Remote);
    let elements = Boxes::of(network, gate, &view, marks).elements();
    let chain = format!("{name}{}", digit(family));
    let mut lines = Vec::new();
    if !jumps.is_empty() {
        // What no class has is left unmarked by the first look-up.
        lines.push("meta mark set 0".into());
        let (ip, digit) = (ip(family), digit(family));
        lines.extend(NEAR.map(|map| format!("meta mark set {ip} {end} map @{map}{digit}")));
        // Out of an interface nobody can tell yet which way a packet will take (S1.19).
        if !place.egress {
            let pair = format!("{ip} saddr . {ip} daddr");
            lines.push(format!("{pair} @s_over{digit} meta mark set 0"));
            let refers = |map| format!("{pair} @s_refers{digit} meta mark set {ip} saddr map @{map}{digit}");
            lines.extend(FAR.map(refers));
        }
        if jumps.len() <= FEW {
            lines.extend(jumps.iter().map(|(class, jump)| format!("meta mark {class} {jump}")));
        } else {
            let jumps: Vec<_> = jumps.iter().map(|(class, jump)| format!("{class} : {jump}")).collect();
            script.set("map", &format!("v_{chain}"), "type mark : verdict;", &jumps);
            lines.push(format!("meta mark vmap @v_{chain}"));
        }
    }
    lines.extend(script.lookups(&chain, family, end, &elements));
    script.chain(&format!("c_{chain}"), &lines);
}

/// How a packet of somebody of a class looks to a gate in each family, whatever the address; `None` where references to
/// groups do not match (S1.18).
fn views(
    network: &Network,
    interface: Ix<NetworkInterface>,
    class: &Class,
    egress: bool,
) -> [Option<View>; 2] {
    let seen = |of: Ix<NetworkInterface>| {
        let address = network.model().network_interfaces.at(of).own_addresses().next()?;
        Some(Seen::Fixed { address, interface: Some(of) })
    };
    let ends = seen(interface).zip(seen(class.member));
    FAMILIES.map(|family| {
        let (own, member) = ends?;
        let (source, destination) = if egress { (own, member) } else { (member, own) };
        let between = class.between;
        let header = Header { family, source, destination, ports: Ports::OWN, through: None, between };
        let view = network.as_seen_by_groups(interface, &header, Leg::Request, egress);
        let remote = View::new(family, Leg::Request, Seen::Remote);
        view.references.then_some(View { through: Some(class.member), ..remote })
    })
}

/// The gate of a network ACL, one way (S2.4); `None` where the export does not say which it is.
pub(super) fn of_list(
    network: &Network,
    subnet: Ix<Subnet>,
    place: Place,
    marks: &Marks,
    before: Option<&Arc<Gate>>,
) -> Option<Arc<Gate>> {
    let (_, gate) = network.network_acl(subnet, place.egress)?;
    Some(Gate::new(before, &gate, &FAMILIES, Vec::new(), marks, |script| {
        let name = place.of_list();
        for family in FAMILIES {
            let view = View::new(family, Leg::Request, Seen::Remote);
            let elements = Boxes::of(network, &gate, &view, marks).elements();
            let chain = format!("{name}{}", digit(family));
            let lines = script.lookups(&chain, family, place.end(), &elements);
            script.chain(&format!("c_{chain}"), &lines);
        }
        let mut lines = by_family(&name, &FAMILIES);
        lines.extend(said("", if place.egress { Stage::ListOut } else { Stage::ListIn }));
        lines.push(format!("meta mark & {DROPS:#x} != 0 {} drop", recorded(place.rejects())));
        script.chain(&format!("c_{name}"), &lines);
    }))
}
