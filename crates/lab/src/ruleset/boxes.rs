//! A gate's first-match list as disjoint boxes: what each rule takes, by the engine's one definition of a gate.

use engine::{Gate, Network, Taken, View, cross};
use space::{Diagrams, Family, Field, Region, Set, from_value};

use crate::marks::Marks;

/// What a gate does with the packets of a family: disjoint boxes, each with the mark of the rule that takes it. What is
/// in none, no rule takes.
pub(crate) struct Boxes {
    family: Family,
    boxes: Vec<(u32, Region)>,
}

/// Elements of nft maps, by what a packet of theirs has: ports, ICMP type and code, or neither.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Elements {
    /// `protocol . address . port : mark`, for TCP and UDP.
    pub(crate) ports: Vec<String>,
    /// `address . type . code : mark`, for ICMP of the family.
    pub(crate) icmp: Vec<String>,
    /// `protocol . address : mark`, for every other protocol.
    pub(crate) others: Vec<String>,
}

/// The protocol number that ICMP has in a family.
pub(crate) fn icmp_number(family: Family) -> u8 {
    match family {
        Family::V4 => 1,
        Family::V6 => 58,
    }
}

impl Boxes {
    /// What each rule of a gate takes, of packets that look so to it.
    pub(crate) fn of(network: &Network, gate: &Gate<'_>, view: &View, marks: &Marks) -> Boxes {
        let mut sets = Diagrams::new();
        let whole = Region::FULL.remote(0..=view.family.last_address());
        let whole = sets.region(&whole);
        let mut log: Vec<Taken<Set>> = Vec::new();
        cross(gate, view, whole, network, &mut sets, &mut log);
        let mut boxes = Vec::new();
        for taken in &log {
            let Some(rule) = taken.rule else { continue };
            let mark = marks.mark(rule, &taken.action);
            boxes.extend(sets.regions(taken.part).into_iter().map(|region| (mark, region)));
        }
        Boxes { family: view.family, boxes }
    }

    /// The boxes as elements of maps.
    pub(crate) fn elements(&self) -> Elements {
        let mut elements = Elements::default();
        let icmp = u128::from(icmp_number(self.family));
        for (mark, region) in &self.boxes {
            let protocols = region.range(Field::Protocol);
            let addresses = addresses(self.family, region);
            for protocol in [6, 17].into_iter().filter(|number| protocols.contains(number)) {
                let ports = range(region, Field::Server, u128::from(u16::MAX));
                elements
                    .ports
                    .extend(ports.map(|ports| format!("{protocol} . {addresses} . {ports} : {mark:#x}")));
            }
            if protocols.contains(&icmp) {
                // Fields of eight bits on axes of sixteen.
                let [kind, code] = [Field::Server, Field::Client].map(|field| range(region, field, 255));
                let both = kind.zip(code);
                elements
                    .icmp
                    .extend(both.map(|(kind, code)| format!("{addresses} . {kind} . {code} : {mark:#x}")));
            }
            for protocols in without([6, 17, icmp], *protocols.start(), *protocols.end()) {
                elements.others.push(format!("{protocols} . {addresses} : {mark:#x}"));
            }
        }
        elements
    }
}

/// A box's range on one axis, as far as the field reaches.
fn range(region: &Region, field: Field, last: u128) -> Option<String> {
    let range = region.range(field);
    (*range.start() <= last).then(|| text(*range.start(), (*range.end()).min(last)))
}

/// A range as nft writes it.
fn text(low: u128, high: u128) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

fn addresses(family: Family, region: &Region) -> String {
    let range = region.range(Field::Remote);
    let end = |value: u128| from_value(family, value).map_or(String::new(), |address| address.to_string());
    let (low, high) = (end(*range.start()), end((*range.end()).min(family.last_address())));
    if low == high { low } else { format!("{low}-{high}") }
}

/// A range of protocols without some of them.
fn without(mut gone: [u128; 3], low: u128, high: u128) -> Vec<String> {
    gone.sort_unstable();
    let mut ranges = Vec::new();
    let mut next = low;
    for number in gone.into_iter().filter(|number| (low..=high).contains(number)) {
        if next < number {
            ranges.push(text(next, number - 1));
        }
        next = number + 1;
    }
    if next <= high {
        ranges.push(text(next, high));
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::Keyed;
    use engine::{Leg, Seen};

    fn elements(acl: &str, family: Family) -> Elements {
        let text = format!("vpc vpc-1 10.0.0.0/16\nacl a nostar\n{acl}\nsubnet s 10.0.0.0/24 acl=a");
        let network = testkit::network(&[&text]);
        let subnet = network.model().subnets.ix("s").expect("a subnet");
        let (_, gate) = network.network_acl(subnet, false).expect("a list");
        let view = View::new(family, Leg::Request, Seen::Remote);
        let marks = Marks::new(&network, &mut Keyed::default()).expect("few rules");
        Boxes::of(&network, &gate, &view, &marks).elements()
    }

    #[test]
    fn earlier_rules_cut_holes_into_later_ones() {
        let list = "acl a in: 100 deny tcp 22 0.0.0.0/1 | 200 allow all 0.0.0.0/0";
        let found = elements(list, Family::V4);
        let mut ports = found.ports.clone();
        ports.sort();
        assert_eq!(
            ports,
            [
                "17 . 0.0.0.0-255.255.255.255 . 0-65535 : 0x3",
                "6 . 0.0.0.0-127.255.255.255 . 0-21 : 0x3",
                "6 . 0.0.0.0-127.255.255.255 . 22 : 0x80000002",
                "6 . 0.0.0.0-127.255.255.255 . 23-65535 : 0x3",
                "6 . 128.0.0.0-255.255.255.255 . 0-65535 : 0x3",
            ]
        );
        assert_eq!(found.icmp, ["0.0.0.0-255.255.255.255 . 0-255 . 0-255 : 0x3"]);
        assert_eq!(
            found.others,
            ["0", "2-5", "7-16", "18-255"]
                .map(|numbers| format!("{numbers} . 0.0.0.0-255.255.255.255 : 0x3"))
        );
        assert_eq!(elements(list, Family::V6), Elements::default());
    }

    #[test]
    fn icmp_types_and_codes_are_no_range() {
        let found = elements("acl a in: 100 allow icmp 3/4 10.0.0.0/8", Family::V4);
        assert_eq!(
            found,
            Elements { icmp: vec!["10.0.0.0-10.255.255.255 . 3 . 4 : 0x2".into()], ..Elements::default() }
        );
        let six = elements("acl a in: 100 allow icmpv6 128 ::/0", Family::V6);
        let whole = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        assert_eq!(six.icmp, [format!("{whole} . 128 . 0-255 : 0x2")]);
    }
}
