//! What is blocked is stopped: no packet from or to a blocked address passes, although an entry that allows everything
//! sits at 100 of every list; nothing is opened, and nothing else is stopped. And `block rm` undoes `block add`.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use answers::block::{Plan, add, listed, lists, remove};
use answers::intent::{self, FILE};
use engine::{Flow, Network, Server, Way};
use ipnet::IpNet;
use model::{Change, Holder, Resolved};
use space::{Diagrams, Family, Region, Set, address_range};

fn random(seed: u64) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::random(seed);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// The network with entries that allow everything at 100 and 101 of every list.
fn opened(network: &Network) -> Network {
    let mut changes = Vec::new();
    for acl in network.model().network_acls.values() {
        for (egress, text) in [false, true]
            .into_iter()
            .flat_map(|egress| ["100 allow all 0.0.0.0/0", "101 allow all ::/0"].map(|text| (egress, text)))
        {
            let (id, entry) = (acl.id.clone(), testkit::entry(egress, text));
            let there = acl.entries.iter().any(|old| (old.egress, old.number) == (egress, entry.number));
            changes.push(match there {
                true => Change::ReplaceNetworkAclEntry { acl: id, entry },
                false => Change::CreateNetworkAclEntry { acl: id, entry },
            });
        }
    }
    network.after(&changes).unwrap()
}

fn blocks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// What gets all the way, for certain or perhaps.
fn arrives(way: &Way<Set>, sets: &mut Diagrams) -> Set {
    way.hops.iter().fold(way.flow, |left, hop| {
        let passes = sets.union(hop.crossing.passed, hop.crossing.unknown);
        sets.intersect(left, passes)
    })
}

/// Asserts that no packet between an interface and a block gets to where it goes; how many flows that are.
fn none_passes(network: &Network, block: IpNet) -> usize {
    let family = Family::of(block.addr());
    let mut sets = Diagrams::new();
    let remote = sets.region(&Region::FULL.remote(address_range(block)));
    let mut flows = 0;
    for (interface, noun) in network.model().network_interfaces.iter() {
        for address in noun.own_addresses().filter(|address| Family::of(*address) == family) {
            let holder = Holder { interface, address };
            for flow in [
                Flow { family, client: None, server: Server::Public(holder) },
                Flow { family, client: Some(holder), server: Server::Beyond },
            ] {
                flows += 1;
                for trip in engine::judge(network, &flow, remote, &mut sets).trips {
                    let arrived = arrives(&trip.request, &mut sets);
                    assert_eq!(arrived, Set::EMPTY, "{block} and {address}: {:?}", trip.request.hops);
                }
            }
        }
    }
    flows
}

#[test]
fn no_packet_of_a_blocked_address_passes() {
    let wanted = blocks(&["203.0.113.0/24", "93.184.216.34/32", "2a00:1450::/32"]);
    let (mut proved, mut flows) = (0, 0);
    for seed in testkit::seeds(150) {
        let network = opened(&random(seed));
        let all = lists(&network, &[], &[]).unwrap();
        let plan = add(&network, &all, &wanted, None).unwrap();
        assert!(plan.also_opens.is_empty(), "seed {seed}: {:?}", plan.also_opens);
        assert!(plan.own.is_empty() && plan.also_closes.is_empty(), "seed {seed}: {:?}", plan.also_closes);
        if !plan.holds() {
            continue;
        }
        proved += 1;
        let after = network.after(&plan.changes).unwrap();
        flows += wanted.iter().map(|block| none_passes(&after, *block)).sum::<usize>();
        // Again, it changes nothing; taken away, it is as it was.
        let again = add(&after, &all, &wanted, None).unwrap();
        assert!(again.holds() && again.changes.is_empty(), "seed {seed}: {:?}", again.changes);
        assert!(
            listed(&after, &all)
                .iter()
                .filter(|one| wanted.contains(&one.block))
                .all(|one| one.open.is_empty())
        );
        let back = remove(&after, &all, &wanted, None).unwrap();
        let restored = after.after(&back.changes).unwrap();
        for (was, is) in network.model().network_acls.values().zip(restored.model().network_acls.values()) {
            let blocked = |entry: &&model::NetworkAclEntry| !wanted.contains(&entry.cidr);
            assert!(was.entries.iter().filter(blocked).eq(is.entries.iter().filter(blocked)), "seed {seed}");
        }
    }
    assert!(proved >= 100 && flows >= 1_000, "{proved} networks, {flows} flows");
}

const WEB: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet db 10.20.1.0/24 acl=acl-db
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
    acl acl-db in: 100 allow tcp 3306 10.20.0.0/24
    acl acl-db out: 100 allow tcp 1024-65535 10.20.0.0/24
    sg sg-web in: tcp 80 0.0.0.0/0 | tcp 22 0.0.0.0/0
    sg sg-web out: all 0.0.0.0/0
    sg sg-db in: tcp 3306 sg-web
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni X pub 10.20.0.11 public=198.51.100.11 groups=sg-web
    eni D db 10.20.1.10 groups=sg-db
";

fn shown(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

fn plan(pieces: &[&str], block: &str) -> Plan {
    let network = testkit::network(pieces);
    let all = lists(&network, &[], &[]).unwrap();
    add(&network, &all, &blocks(&[block]), None).unwrap()
}

/// Below the first allow that it has to come before, both directions; where nothing lets it pass, no entry is spent.
#[test]
fn entries_before_the_first_allow() {
    let found = plan(&[WEB], "203.0.113.0/24");
    let changes =
        ["acl-pub in  + 10 deny all from 203.0.113.0/24", "acl-pub out  + 10 deny all to 203.0.113.0/24"];
    assert_eq!(shown(&found), changes);
    assert!(found.holds() && found.also_closes.is_empty());
    assert_eq!(
        found.kept.iter().filter(|kept| kept.entry.is_none()).count(),
        2,
        "acl-db has nothing to deny"
    );
}

/// A deny that comes too late (S2.17) moves up; one that comes in time stays, a wider one too.
#[test]
fn denies_that_are_there() {
    let late = "acl acl-pub in: 110 deny all 203.0.113.0/24";
    let early = "acl acl-pub out: 90 deny all 203.0.0.0/16";
    let found = plan(&[WEB, late, early], "203.0.113.0/24");
    let changes = ["acl-pub in  + 10 deny all from 203.0.113.0/24", "acl-pub in  - 110"];
    assert_eq!(shown(&found), changes);
    assert!(found.holds());
}

/// What lists cannot stop is said: packets within one subnet never meet them (S2.12).
#[test]
fn own_interfaces_in_the_block() {
    let found = plan(&[WEB], "10.20.0.11/32");
    assert!(!found.holds() && !found.is_undecided());
    assert_eq!(found.own, ["X 10.20.0.11"]);
    assert!(found.passes.iter().any(|line| line.text == "10.20.0.11 -> *:any"), "{:?}", found.passes);
    assert!(found.also_closes.iter().any(|pair| pair.client == "X" && pair.server == "D"));
}

/// Twenty entries a direction, the final deny among them (S2.19); and no number below 1.
#[test]
fn quotas_and_numbers() {
    let many: Vec<String> = (1..=19).map(|n| format!("{n} deny all 192.0.{n}.0/24")).collect();
    let full = format!("acl acl-pub in: {}", many.join(" | "));
    let found = plan(&[WEB, &full], "203.0.113.0/24");
    assert!(!found.exceeded.is_empty() && !found.holds());
    let many: Vec<String> = (1..=99).map(|n| format!("{n} deny all 192.0.{n}.0/24")).collect();
    let full = format!("acl acl-pub in: {}", many.join(" | "));
    let found = plan(&[WEB, &full], "203.0.113.0/24");
    assert_eq!(found.no_room.len(), 1);
    assert_eq!(found.no_room.first().map(|no| no.before.number), Some(100));
}

/// Declared lines: those that only lose the blocked addresses, and those that lose more.
#[test]
fn declared_lines() {
    let network = testkit::network(&[WEB]);
    let text =
        "version: 1\nallow: ['internet -> W:80', 'internet - 203.0.113.0/24 -> X:80', 'W -> D:3306']\n";
    let intent = intent::parse(FILE, text, &|_| Err("no file".into())).unwrap();
    let all = lists(&network, &[], &[]).unwrap();
    let broken = |block: &str| -> Vec<(String, bool)> {
        let found = add(&network, &all, &blocks(&[block]), Some(&intent)).unwrap();
        found.broken.into_iter().map(|broken| (broken.line.id, broken.only_for_blocked)).collect()
    };
    assert_eq!(broken("203.0.113.0/24"), [("internet -> W:80".to_owned(), true)]);
    assert_eq!(broken("10.20.0.8/30"), [("W -> D:3306".to_owned(), false)]);
}

#[test]
fn lists_by_name() {
    let network = testkit::network(&[WEB]);
    let error = lists(&network, &[], &["acl-pbu".into()]).unwrap_err();
    assert_eq!(error.to_string(), "no network ACL of a subnet matches `acl-pbu`; did you mean `acl-pub`?");
    let only = lists(&network, &["vpc-1".into()], &["acl-d*".into()]).unwrap();
    let plan = add(&network, &only, &blocks(&["10.20.0.0/24"]), None).unwrap();
    assert_eq!(plan.changes.len(), 2);
    assert!(plan.holds(), "{:?}", plan.passes);
}
