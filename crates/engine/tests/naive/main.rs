//! The engine against an interpreter that is written from the specification and knows no sets.
#![expect(clippy::unwrap_used, reason = "tests")]

mod interpreter;

use std::net::IpAddr;

use engine::{
    Crossing, Flow, Gate, Judgement, Leg, Network, RuleRef, Seen, Server, Taken, View, cross, judge,
};
use interpreter::{End, Passes, Paths, packets};
use model::Holder;
use proptest::prelude::*;
use space::{Connection, Diagrams, Family, Region, Set, address_value};
use testkit::generate::{self, Point, entries, network, point, rules};

/// The rest of the network around one gate: W with the groups to test, P with other groups.
const AROUND: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    pl pl-1: 203.0.113.0/25 | 203.0.113.64/26 | 10.20.1.0/24
    pl pl-6: 2001:db8::/32
    pl pl-empty:
    pl pl-unknown unknown
    subnet s 10.20.0.0/24 2001:db8:20::/64 acl=acl-1
    subnet t 10.20.1.0/24 2001:db8:20:1::/64
    sg sg-a
    sg sg-b
    sg sg-c
    eni W s 10.20.0.10 2001:db8:20::10 groups=sg-a,sg-b
    eni P t 10.20.1.10 2001:db8:20:1::10 groups=sg-b,sg-c
";

fn connection(point: &Point) -> Connection {
    let Point { protocol, address, client, server } = *point;
    Connection { protocol, remote: address_value(address), client, server, ..Connection::default() }
}

/// What a gate does with one connection, checked against what it does with all connections at once.
fn crossed(
    gate: &Gate<'_>,
    view: &View,
    point: Connection,
    network: &Network,
) -> (Crossing<Option<Connection>>, Vec<Taken<Option<Connection>>>) {
    let mut log = Vec::new();
    let alone = cross(gate, view, Some(point), network, &mut (), &mut log);
    let mut sets = Diagrams::new();
    let all = cross(gate, view, Set::FULL, network, &mut sets, &mut ());
    assert_eq!(alone.passed.is_some(), sets.contains(all.passed, &point), "passes alone and in the set");
    assert_eq!(alone.unknown.is_some(), sets.contains(all.unknown, &point), "unknown alone and in the set");
    assert_eq!(log.len(), 1, "one rule takes it, or none does");
    (alone, log)
}

fn passes(crossing: &Crossing<Option<Connection>>) -> Passes {
    match (crossing.passed, crossing.unknown) {
        (Some(_), _) => Passes::Yes,
        (None, Some(_)) => Passes::Maybe,
        (None, None) => Passes::No,
    }
}

proptest! {
    // A failing case belongs into the semantic tests, under a name, and not into a file of seeds.
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Properties a and c for network ACLs, both legs, both directions; with and without an axis for the address.
    #[test]
    fn lists_decide_as_the_specification_says(
        text in entries(), points in prop::collection::vec(point(), 1..8), egress: bool,
    ) {
        let network = testkit::network(&[AROUND, &text.join("\n")]);
        let subnet = network.model().subnets.ix("s").unwrap();
        let acl = network.model().network_acls.get("acl-1").unwrap();
        let own = |point: &Point| -> IpAddr {
            if point.address.is_ipv4() { "10.20.0.10".parse().unwrap() } else { "2001:db8:20::10".parse().unwrap() }
        };
        for point in &points {
            let far = point.address;
            // Outwards, the far end is the server of a request and the client of a reply.
            for leg in [Leg::Request, Leg::Reply] {
                let far_is_client = egress == (leg == Leg::Reply);
                let ends = if far_is_client { (far, own(point)) } else { (own(point), far) };
                let (request, reply) = packets(point.protocol, (ends.0, point.client), (ends.1, point.server));
                let packet = if leg == Leg::Request { Some(request) } else { reply };
                let Some(packet) = packet else { continue };
                let (expected, number) = interpreter::network_acl(acl, egress, &packet);
                let (_, gate) = network.network_acl(subnet, egress).unwrap();
                for peer in [Seen::Remote, Seen::Fixed { address: far, interface: None }] {
                    let view = View::new(Family::of(far), leg, peer);
                    let (crossing, log) = crossed(&gate, &view, connection(point), &network);
                    prop_assert_eq!(crossing.passed.is_some(), expected, "{:?} {:?} {:?}", point, leg, peer);
                    let named = match log[0].rule {
                        Some(RuleRef::NetworkAcl(_, position)) => Some(acl.entries[position].number),
                        _ => None,
                    };
                    prop_assert_eq!(named, number, "{:?} {:?} {:?}", point, leg, peer);
                }
            }
        }
    }

    /// Properties b and c for security groups.
    #[test]
    fn groups_admit_as_the_specification_says(
        text in rules(), points in prop::collection::vec(point(), 1..8), egress: bool,
    ) {
        let network = testkit::network(&[AROUND, &text.join("\n")]);
        let model = network.model();
        let interface = model.network_interfaces.ix("W").unwrap();
        let gate = network.security_groups(interface, egress);
        for point in &points {
            let far = point.address;
            let v4 = far.is_ipv4();
            let own: IpAddr = if v4 { "10.20.0.10".parse().unwrap() } else { "2001:db8:20::10".parse().unwrap() };
            let p = model.network_interfaces.get("P").unwrap();
            let of_p = p.own_addresses().find(|own| own.is_ipv4() == v4).unwrap();
            let peers = [
                (far, Seen::Remote, None),
                (far, Seen::Fixed { address: far, interface: None }, None),
                (of_p, Seen::Fixed { address: of_p, interface: model.network_interfaces.ix("P") }, Some(p)),
            ];
            for (address, seen, member) in peers {
                let ends = if egress { (own, address) } else { (address, own) };
                let (request, _) = packets(point.protocol, (ends.0, point.client), (ends.1, point.server));
                let noun = model.network_interfaces.at(interface);
                let expected = interpreter::security_groups(model, noun, egress, &request, member);
                let view = View::new(Family::of(far), Leg::Request, seen);
                let (crossing, _) = crossed(&gate, &view, connection(point), &network);
                prop_assert_eq!(passes(&crossing), expected, "{:?} {:?}", point, seen);
            }
        }
    }

    /// Property e: storage order means nothing, neither in lists nor in groups.
    #[test]
    fn storage_order_means_nothing(
        (list, shuffled_list) in entries().prop_flat_map(|text| (Just(text.clone()), Just(text).prop_shuffle())),
        (group, shuffled_group) in rules().prop_flat_map(|text| (Just(text.clone()), Just(text).prop_shuffle())),
        v6: bool, egress: bool,
    ) {
        let first = testkit::network(&[AROUND, &list.join("\n"), &group.join("\n")]);
        let second = testkit::network(&[AROUND, &shuffled_list.join("\n"), &shuffled_group.join("\n")]);
        let view = View::new(if v6 { Family::V6 } else { Family::V4 }, Leg::Request, Seen::Remote);
        let mut sets = Diagrams::new();
        let mut all = |network: &Network| {
            let (subnet, interface) =
                (network.model().subnets.ix("s").unwrap(), network.model().network_interfaces.ix("W").unwrap());
            let (_, list) = network.network_acl(subnet, egress).unwrap();
            let groups = network.security_groups(interface, egress);
            [list, groups].map(|gate| cross(&gate, &view, Set::FULL, network, &mut sets, &mut ()))
        };
        prop_assert_eq!(all(&first), all(&second));
    }

    /// Property e, row 4: one more group on an interface takes nothing away, nor does one more rule in a group.
    #[test]
    fn more_groups_and_rules_never_admit_less(text in rules(), more in rules(), v6: bool, egress: bool) {
        let one = AROUND.replace("groups=sg-a,sg-b", "groups=sg-a");
        let text = text.join("\n");
        let networks = [testkit::network(&[&one, &text]), testkit::network(&[AROUND, &text]), testkit::network(&[AROUND, &text, &more.join("\n")])];
        let view = View::new(if v6 { Family::V6 } else { Family::V4 }, Leg::Request, Seen::Remote);
        let mut sets = Diagrams::new();
        let admitted = networks.each_ref().map(|network| {
            let gate = network.security_groups(network.model().network_interfaces.ix("W").unwrap(), egress);
            cross(&gate, &view, Set::FULL, network, &mut sets, &mut ())
        });
        for pair in admitted.windows(2) {
            prop_assert!(sets.is_subset(pair[0].passed, pair[1].passed));
            let [before, after] = [&pair[0], &pair[1]].map(|crossing| sets.union(crossing.passed, crossing.unknown));
            prop_assert!(sets.is_subset(before, after));
        }
    }

    /// Property d: whole connections over small networks.
    #[test]
    fn connections_work_as_the_specification_says(
        text in network(), points in prop::collection::vec(point(), 1..6), ends in prop::collection::vec((0usize..5, 0usize..5), 4),
    ) {
        let network = testkit::network(&text.iter().map(String::as_str).collect::<Vec<_>>());
        let mut sets = Diagrams::new();
        for (client, server) in ends {
            for family in [Family::V4, Family::V6] {
                let Some(flow) = generate::flow(&network, client, server, family) else { continue };
                let beyond = flow.client.is_none() || flow.server == Server::Beyond;
                let asked = Region::FULL.remote(0..=if beyond { family.last_address() } else { 0 });
                let asked = sets.region(&asked);
                let whole = judge(&network, &flow, asked, &mut sets);
                whole_is_consistent(&whole, &mut sets);
                for point in points.iter().filter(|point| Family::of(point.address) == family) {
                    let remote = if beyond { address_value(point.address) } else { 0 };
                    let connection = Connection { remote, ..connection(point) };
                    // Private addresses beyond the export and services are the semantic tests' business.
                    if beyond && !generate::ordinary(point.address) {
                        continue;
                    }
                    let alone = judge(&network, &flow, Some(connection), &mut ());
                    prop_assert_eq!(alone.works.is_some(), sets.contains(whole.works, &connection), "{:?}", connection);
                    prop_assert_eq!(alone.unknown.is_some(), sets.contains(whole.unknown, &connection), "{:?}", connection);
                    let crossing = Crossing { passed: alone.works, unknown: alone.unknown };
                    prop_assert_eq!(passes(&crossing), naive(&network, &flow, point), "{:?} {:?}", flow, point);
                }
            }
        }
    }
}

/// What works and what may work are parts of what was asked, and apart; the ways of it are apart as well.
fn whole_is_consistent(judgement: &Judgement<Set>, sets: &mut Diagrams) {
    assert_eq!(sets.intersect(judgement.works, judgement.unknown), Set::EMPTY);
    assert!(sets.is_subset(judgement.works, judgement.asked));
    let mut seen = Set::EMPTY;
    for trip in &judgement.trips {
        assert_eq!(sets.intersect(seen, trip.request.flow), Set::EMPTY, "two ways for one request");
        seen = sets.union(seen, trip.request.flow);
        for hop in &trip.request.hops {
            assert!(sets.is_subset(hop.untracked, hop.crossing.passed));
            assert_eq!(sets.intersect(hop.crossing.passed, hop.crossing.unknown), Set::EMPTY);
        }
    }
    assert_eq!(seen, judgement.asked, "a request without a way");
}

fn naive(network: &Network, flow: &Flow, point: &Point) -> Passes {
    let model = network.model();
    let noun = |holder: Holder| model.network_interfaces.at(holder.interface);
    let client = match flow.client {
        Some(holder) => (End::Interface(noun(holder)), holder.address, point.client),
        None => (End::Internet, point.address, point.client),
    };
    let server = match flow.server {
        Server::Interface(holder) => (End::Interface(noun(holder)), holder.address, point.server),
        Server::Public(holder) => {
            let public = noun(holder).public_of(holder.address).map_or(holder.address, IpAddr::V4);
            (End::Interface(noun(holder)), public, point.server)
        }
        Server::Beyond => (End::Internet, point.address, point.server),
    };
    Paths { model }.connection(point.protocol, client, server)
}
