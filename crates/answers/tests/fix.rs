//! The smallest fix: what it says is true of the changed network.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at what it does not expect")]

use answers::explain::{Explainer, Explanation, Options};
use answers::question;
use engine::{Flow, Network, Server, Verdict};
use model::{Change, Holder};
use proptest::prelude::*;
use space::{Diagrams, Family, Field, Region, Set};

fn explain(network: &Network, question: &str) -> Explanation {
    let options = Options { fix: true, ..Options::default() };
    let question = question::parse(question).unwrap();
    Explainer::new(network, None, options).explain(&question).unwrap()
}

fn fixed(network: &Network, question: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let fix = explain(network, question).fix.expect("something is blocked");
    assert!(fix.proved || !fix.advice.is_empty(), "{question}: {fix:?}");
    (fix.changes.iter().map(Change::to_string).collect(), fix.also_opens, fix.advice)
}

const TWO_SUBNETS: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 table=rtb-pub acl=acl-app
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni X pub 10.20.0.11 public=198.51.100.11 groups=sg-other
    eni A app 10.20.1.10 groups=sg-app
    eni B app 10.20.1.11 groups=sg-app
    sg sg-web
    sg sg-other
    sg sg-app
";
const OPEN_LISTS: &str = "
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
";

#[test]
fn a_group_is_named_rather_than_an_address() {
    let network = testkit::network(&[TWO_SUBNETS, OPEN_LISTS, "sg sg-web out: tcp 443 0.0.0.0/0"]);
    let (changes, opens, _) = fixed(&network, "W -> A:8080");
    assert_eq!(
        changes,
        ["sg-web out  + allow tcp 8080 to sg-app", "sg-app in  + allow tcp 8080 from sg-web"]
    );
    // The reference holds for every member, and the answer says so.
    assert_eq!(opens, ["W -> B: tcp 8080"]);
}

#[test]
fn an_allow_that_is_too_narrow_is_widened() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 49152-65535 0.0.0.0/0
    ";
    let network = testkit::network(&[TWO_SUBNETS, lists, "sg sg-web in: tcp 80 0.0.0.0/0"]);
    let (changes, opens, _) = fixed(&network, "internet -> W:80");
    assert_eq!(changes, ["acl-pub out  ~ 100 allow tcp 1024-65535 to 0.0.0.0/0"]);
    assert!(opens.is_empty(), "{opens:?}");
}

/// T1: the fix of the forum's story (S2.14), a little wider than the kernel's range (D2).
#[test]
fn a_deny_that_hits_replies_is_turned() {
    let lists = "
        acl acl-pub in: 100 allow tcp 22 0.0.0.0/0 | 130 deny tcp 1024-65535 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 443 0.0.0.0/0
    ";
    let network = testkit::network(&[TWO_SUBNETS, lists, "sg sg-web out: all 0.0.0.0/0"]);
    let (changes, _, _) = fixed(&network, "W -> internet:443");
    assert_eq!(changes, ["acl-pub in  ~ 130 allow tcp 32768-61000 from 0.0.0.0/0"]);
}

#[test]
fn all_blockers_are_mended_together() {
    let network = testkit::network(&[TWO_SUBNETS, "acl acl-pub out: 100 allow tcp 80 0.0.0.0/0"]);
    let (changes, _, _) = fixed(&network, "203.0.113.9 -> W:443");
    assert_eq!(
        changes,
        [
            "acl-pub in  + 100 allow tcp 443 from 203.0.113.9/32",
            "sg-web in  + allow tcp 443 from 203.0.113.9/32",
            "acl-pub out  + 110 allow tcp 1024-65535 to 203.0.113.9/32",
        ]
    );
}

#[test]
fn what_no_rule_mends_becomes_advice() {
    let network = testkit::network(&[TWO_SUBNETS, OPEN_LISTS, "sg sg-app in: tcp 22 0.0.0.0/0"]);
    let (changes, _, advice) = fixed(&network, "internet -> A:22");
    assert!(changes.is_empty(), "{changes:?}");
    assert!(matches!(advice.as_slice(), [one] if one.contains("public address")), "{advice:?}");
}

#[test]
fn an_address_that_just_misses_a_rule_is_noticed() {
    let network = testkit::network(&[TWO_SUBNETS, OPEN_LISTS, "sg sg-web in: tcp 22 198.51.100.4/32"]);
    let fix = explain(&network, "198.51.100.7 -> W:22").fix.unwrap();
    assert!(fix.notes.iter().any(|note| note.contains("3 addresses away")), "{:?}", fix.notes);
    let far = explain(&network, "192.0.2.7 -> W:22").fix.unwrap();
    assert!(far.notes.is_empty(), "{:?}", far.notes);
}

/// What else a fix opens includes an interface's other addresses, and says so where it cannot be decided.
#[test]
fn secondary_addresses_and_unknown_ways_are_not_forgotten() {
    let network = testkit::network(&[
        &TWO_SUBNETS.replace("eni B app 10.20.1.11", "eni B app 10.20.1.11 10.20.1.200"),
        "acl acl-pub in: 100 allow all 0.0.0.0/0
         acl acl-pub out: 100 allow all 0.0.0.0/0
         acl acl-app in: 90 deny all 10.20.0.0/24 | 100 allow all 0.0.0.0/0
         acl acl-app out: 100 allow all 0.0.0.0/0
         sg sg-web in: tcp 80 10.20.1.128/25
         sg sg-app out: all 0.0.0.0/0",
    ]);
    let (changes, opens, _) = fixed(&network, "A -> W:80");
    assert!(changes.iter().any(|change| change.starts_with("acl-app in")), "{changes:?}");
    // B's second address alone is let in by the group.
    assert!(opens.iter().any(|open| open.starts_with("B -> W")), "{opens:?}");

    let transit = TWO_SUBNETS
        .replace("table rtb-pub: 0.0.0.0/0 igw-1", "table rtb-pub: 0.0.0.0/0 igw-1 | 10.0.0.0/8 tgw-1");
    let network = testkit::network(&[&transit, OPEN_LISTS]);
    let fix = explain(&network, "203.0.113.9 -> W:443").fix.unwrap();
    assert_eq!(fix.also_opens_incomplete, None);
    let fix = explain(&network, "internet -> W:443").fix.unwrap();
    assert!(fix.also_opens_incomplete.is_some_and(|why| why.contains("cannot be decided")));
}

/// A line of entries or rules: random, few ports, few blocks.
fn lines(kind: &'static str, size: usize) -> impl Strategy<Value = Vec<String>> {
    let traffic = prop_oneof![
        Just("tcp 80"),
        Just("tcp 443"),
        Just("tcp 1024-65535"),
        Just("tcp 49152-65535"),
        Just("udp 53"),
        Just("icmp 8"),
        Just("all")
    ];
    let block =
        prop_oneof![Just("0.0.0.0/0"), Just("10.20.0.0/24"), Just("10.20.1.0/24"), Just("203.0.113.0/24")];
    let action = prop_oneof![3 => Just("allow"), 1 => Just("deny")];
    let line =
        (1u32..40, action, traffic, block).prop_map(move |(number, action, traffic, block)| match kind {
            "acl" => format!("{} {action} {traffic} {block}", number * 10),
            _ => format!("{traffic} {block}"),
        });
    prop::collection::vec(line, 0..size).prop_map(move |mut lines| {
        // Numbers and rules are unique.
        lines.sort();
        lines.dedup_by_key(|line| {
            if kind == "acl" { line.split(' ').next().unwrap().to_owned() } else { line.clone() }
        });
        lines
    })
}

fn network() -> impl Strategy<Value = Network> {
    let list = || (lines("acl", 4), lines("acl", 4));
    let group = || (lines("sg", 3), lines("sg", 3));
    (list(), list(), group(), group(), group()).prop_map(|(pub_list, app_list, web, other, app)| {
        let mut text = TWO_SUBNETS.to_owned();
        let mut add = |name: &str, (ingress, egress): (Vec<String>, Vec<String>)| {
            for (way, lines) in [("in", ingress), ("out", egress)] {
                if !lines.is_empty() {
                    text += &format!("{name} {way}: {}\n", lines.join(" | "));
                }
            }
        };
        add("acl acl-pub", pub_list);
        add("acl acl-app", app_list);
        add("sg sg-web", web);
        add("sg sg-other", other);
        add("sg sg-app", app);
        testkit::network(&[&text])
    })
}

/// Every flow of the network and what works of it, without any shortcut.
fn everything(network: &Network, sets: &mut Diagrams) -> Vec<(Flow, Set)> {
    let holders: Vec<Holder> = (network.model().network_interfaces.iter())
        .map(|(interface, noun)| Holder { interface, address: noun.primary().unwrap().into() })
        .collect();
    let family = Family::V4;
    let mut flows = Vec::new();
    for &client in &holders {
        flows.push(Flow { family, client: None, server: Server::Public(client) });
        flows.push(Flow { family, client: Some(client), server: Server::Beyond });
        for &server in holders.iter().filter(|server| **server != client) {
            flows.push(Flow { family, client: Some(client), server: Server::Interface(server) });
        }
    }
    let all = sets.region(&Region::FULL.remote(0..=family.last_address()));
    flows.into_iter().map(|flow| (flow, engine::judge(network, &flow, all, sets).works)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_fix_works_and_no_part_of_it_is_idle(
        network in network(),
        question in prop_oneof![
            Just("W -> A:443"), Just("internet -> W:80"), Just("W -> internet:443"),
            Just("A -> W:udp/53"), Just("203.0.113.9 -> W:icmp/echo"), Just("A -> B:80"),
        ],
    ) {
        let explanation = explain(&network, question);
        let Some(fix) = explanation.fix else {
            prop_assert_eq!(explanation.verdict, Verdict::Allowed);
            return Ok(());
        };
        prop_assert!(fix.proved, "{} {:?}", question, fix);
        let after = network.after(&fix.changes).unwrap();
        prop_assert_eq!(explain(&after, question).verdict, Verdict::Allowed);
        for position in 0..fix.changes.len() {
            let mut fewer = fix.changes.clone();
            fewer.remove(position);
            let verdict = explain(&network.after(&fewer).unwrap(), question).verdict;
            prop_assert_ne!(verdict, Verdict::Allowed, "{} is idle", fix.changes[position]);
        }
    }

    #[test]
    fn nothing_else_means_nothing_else(network in network(), question in prop_oneof![
        Just(("W", "A", "W -> A:443")), Just(("A", "W", "A -> W:udp/53")), Just(("A", "B", "A -> B:80")),
    ]) {
        let (client, server, question) = question;
        let Some(fix) = explain(&network, question).fix else { return Ok(()) };
        prop_assert_eq!(&fix.also_opens_incomplete, &None);
        let after = network.after(&fix.changes).unwrap();
        let mut sets = Diagrams::new();
        let (old, new) = (everything(&network, &mut sets), everything(&after, &mut sets));
        let name = |holder: Holder| network.model().network_interfaces.at(holder.interface).id.to_string();
        let service = match question.rsplit_once(':').unwrap().1 {
            "udp/53" => Region::FULL.protocol(17).server(53..=53),
            port => Region::FULL.protocol(6).server(port.parse().map(|port| port..=port).unwrap()),
        };
        let service = sets.region(&service);
        let opened = old.iter().zip(&new).filter(|((flow, before), (_, after))| {
            let asked = matches!((flow.client, flow.server), (Some(from), Server::Interface(to))
                if name(from) == client && name(to) == server);
            // What a client of these kinds can do: Linux inside, any on the internet.
            let ports = if flow.client.is_some() { 32768..=60999 } else { 1024..=65535 };
            let ports = sets.region(&Region::FULL.client(ports));
            // What has no ports is at 0 of that axis; nobody sends TCP or UDP from port 0.
            let portless = [0..=5, 7..=16, 18..=255].into_iter().fold(Set::EMPTY, |all, protocols| {
                let region = Region::FULL.client(0..=0).with(Field::Protocol, protocols);
                let region = sets.region(&region);
                sets.union(all, region)
            });
            let possible = sets.union(ports, portless);
            let mut more = sets.subtract(*after, *before);
            if asked {
                more = sets.subtract(more, service);
            }
            sets.intersect(more, possible) != Set::EMPTY
        }).count();
        prop_assert_eq!(opened == 0, fix.also_opens.is_empty(), "{} {:?} {:?}", opened, fix.also_opens, fix.changes);
    }
}
