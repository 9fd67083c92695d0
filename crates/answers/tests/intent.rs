//! A line of an intent is so exactly when every pair of it says so by itself; what is shown is what `explain` answers;
//! and a proved fix makes the line so.
//!
//! The networks are small and random and have every feature; the oracle is the answer to each pair's own question.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use answers::explain::Outcome::{Partly, Passes, Unknown};
use answers::explain::{Explainer, Explanation, Options, Outcome};
use answers::intent::{self, Asks, Settings, Status, TestedLine};
use answers::question;
use engine::reach::{is_end, primary_addresses};
use engine::{Flow, Hop, Network, RoundTrip, Server, Verdict};
use model::{Holder, PortRange, Resolved};
use space::{Diagrams, Family, Region, Set};

fn network(seed: u64) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::random(seed);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// Numbers that only look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % (bound.max(1) as u64)).unwrap_or(0)
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        all.get(self.below(all.len())).unwrap()
    }
}

/// An end as the oracle asks about it: one address, or the internet of a family.
#[derive(Debug, Clone, PartialEq)]
struct One {
    text: String,
    family: Family,
    interface: Option<String>,
    holder: Option<Holder>,
}

/// Every interface by its primary addresses, with its id.
fn interfaces(network: &Network) -> Vec<One> {
    let all = network.model().network_interfaces.iter().filter(|(_, noun)| is_end(noun));
    let of_one = all.flat_map(|(interface, noun)| {
        primary_addresses(noun).map(move |address| One {
            text: if address.is_ipv6() { format!("[{address}]") } else { address.to_string() },
            family: Family::of(address),
            interface: Some(noun.id.to_string()),
            holder: Some(Holder { interface, address }),
        })
    });
    of_one.collect()
}

fn world() -> [One; 2] {
    [("internet", Family::V4), ("internet6", Family::V6)].map(|(text, family)| One {
        text: text.into(),
        family,
        interface: None,
        holder: None,
    })
}

/// Some ends in the words of the file, and who they are.
fn side(network: &Network, all: &[One], numbers: &mut Numbers) -> (String, Vec<One>) {
    let groups: Vec<_> = network.model().security_groups.iter().collect();
    match numbers.below(6) {
        0 => ("internet".into(), world()[..1].to_vec()),
        1 => ("internet | internet6".into(), world().to_vec()),
        2 => ("*".into(), all.iter().cloned().chain(world()).collect()),
        3 | 4 if !groups.is_empty() => {
            let (ix, group) = numbers.of(&groups);
            let ids: Vec<String> = network
                .resolved()
                .members_of(*ix)
                .iter()
                .map(|ix| network.model().network_interfaces.at(*ix).id.to_string())
                .collect();
            let members = |one: &&One| one.interface.as_ref().is_some_and(|id| ids.contains(id));
            match numbers.below(2) {
                0 => (format!("sg:{}", group.id), all.iter().filter(members).cloned().collect()),
                _ => {
                    let others = all.iter().filter(|one| !members(one)).cloned();
                    (format!("(* - sg:{})", group.id), others.chain(world()).collect())
                }
            }
        }
        _ => {
            let id = numbers.of(all).interface.clone().unwrap();
            let own = all.iter().filter(|one| one.interface.as_ref() == Some(&id)).cloned().collect();
            (format!("eni:{id}"), own)
        }
    }
}

const SERVICES: [&str; 7] = ["any", "tcp/443", "80", "udp/53", "icmp/echo", "tcp/1-1024", "22, 443"];

/// The boxes that a service is, from any port.
fn boxes(service: &str, family: Family) -> Vec<Region> {
    let tcp = |ports| Region::FULL.protocol(6).server(ports);
    match (service, family) {
        ("any", _) => vec![Region::FULL],
        ("tcp/443", _) => vec![tcp(443..=443)],
        ("80", _) => vec![tcp(80..=80)],
        ("udp/53", _) => vec![Region::FULL.protocol(17).server(53..=53)],
        ("icmp/echo", Family::V4) => vec![Region::FULL.protocol(1).server(8..=8).client(0..=0)],
        ("icmp/echo", Family::V6) => vec![Region::FULL.protocol(58).server(128..=128).client(0..=0)],
        ("tcp/1-1024", _) => vec![tcp(1..=1024)],
        ("22, 443", _) => vec![tcp(22..=22), tcp(443..=443)],
        (other, _) => panic!("{other} is not among the services"),
    }
}

/// What of some boxes gets through a request's gates, for certain and at best, whatever becomes of replies; `None` if the
/// services are of the other family.
fn arriving(network: &Network, client: &One, server: &One, boxes: &[Region]) -> Option<(bool, bool)> {
    let (mut sets, family) = (Diagrams::new(), client.family);
    let everything = answers::reach::everything(network);
    let all = (everything.connections)(&mut sets, family, PortRange::ALL);
    let [v4, v6] = &everything.internet;
    let world = if family == Family::V4 { v4 } else { v6 };
    let inside = [0..=0];
    let beyond = client.holder.is_none() || server.holder.is_none();
    let mut asked = Set::EMPTY;
    for region in boxes {
        for range in if beyond { world.as_slice() } else { &inside } {
            let part = sets.region(&region.clone().remote(range.clone()));
            asked = sets.union(asked, part);
        }
    }
    let asked = sets.intersect(asked, all);
    if asked == Set::EMPTY {
        return None;
    }
    let to = match (client.holder, server.holder) {
        (_, None) => Server::Beyond,
        (None, Some(end)) => Server::Public(end),
        (Some(_), Some(end)) => Server::Interface(end),
    };
    let judged =
        engine::judge(network, &Flow { family, client: client.holder, server: to }, asked, &mut sets);
    let mut gets = |certain: bool| {
        let mut through = |trip: &RoundTrip<Set>| {
            let mut pass = |left: Set, hop: &Hop<Set>| {
                let at_best = sets.union(hop.crossing.passed, hop.crossing.unknown);
                sets.intersect(left, if certain { hop.crossing.passed } else { at_best })
            };
            trip.request.hops.iter().fold(trip.request.flow, &mut pass) != Set::EMPTY
        };
        judged.trips.iter().any(&mut through)
    };
    Some((gets(true), gets(false)))
}

/// What becomes of a line below `deny`, by the requests of each pair.
fn none_arrives(network: &Network, from: &[One], to: &[One], service: &str) -> Status {
    let (mut pairs, mut arrives, mut may) = (0, false, false);
    for (client, server) in from.iter().flat_map(|client| to.iter().map(move |server| (client, server))) {
        let beyond = client.interface.is_none() && server.interface.is_none();
        if client.family != server.family || beyond || client.interface == server.interface {
            continue;
        }
        let found = arriving(network, client, server, &boxes(service, client.family));
        let Some((certain, at_best)) = found else { continue };
        pairs += 1;
        arrives |= certain;
        may |= at_best;
    }
    match () {
        () if pairs == 0 => Status::Vacuous,
        () if arrives => Status::Fail,
        () if may => Status::Undecided,
        () => Status::Ok,
    }
}

/// What becomes of a line below `allow`, by asking each pair.
fn all_work(network: &Network, from: &[One], to: &[One], service: &str) -> Status {
    let explainer = Explainer::new(network, None, Options::default());
    let (mut pairs, mut works, mut lacks, mut unknown) = (0, false, false, false);
    for (client, server) in from.iter().flat_map(|client| to.iter().map(move |server| (client, server))) {
        let beyond = client.interface.is_none() && server.interface.is_none();
        if client.family != server.family || beyond || client.interface == server.interface {
            continue;
        }
        let text = format!("{} -> {}:{service}", client.text, server.text);
        let explained = explainer.explain(&question::parse(&text).unwrap()).unwrap();
        // No two VPCs of these networks have an address in common, so a question is about one pair; none where the
        // services are of the other family.
        assert!(explained.pairs.len() <= 1, "{text}");
        let Some(pair) = explained.pairs.first() else { continue };
        pairs += 1;
        works |= pair.share > 0.0;
        unknown |= pair.verdict == Verdict::Undecided;
        lacks |= matches!(pair.verdict, Verdict::Blocked | Verdict::Partial) || !pair.fails.is_empty();
    }
    match () {
        () if pairs == 0 => Status::Vacuous,
        () if lacks && works => Status::Partial,
        () if lacks => Status::Fail,
        () if unknown => Status::Undecided,
        () => Status::Ok,
    }
}

fn tested(network: &Network, text: &str) -> TestedLine {
    let intent = intent::parse("portcullis.yaml", text, &|_| Err("no file".into())).unwrap();
    let names = intent::names(&intent, network, None).unwrap();
    let mut tested = intent::test(&intent, &names, &Settings::default(), &|_, _| {}).unwrap();
    tested.lines.remove(0)
}

/// Whether the addresses of a network name one interface each.
fn unambiguous(network: &Network) -> bool {
    let mut addresses: Vec<String> = interfaces(network).into_iter().map(|one| one.text).collect();
    let all = addresses.len();
    addresses.sort();
    addresses.dedup();
    addresses.len() == all
}

#[test]
fn a_line_is_so_when_every_pair_says_so() {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for seed in testkit::seeds(120) {
        let network = network(seed);
        let all = interfaces(&network);
        if all.is_empty() || !unambiguous(&network) {
            continue;
        }
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..12 {
            let (from, clients) = side(&network, &all, &mut numbers);
            let (to, servers) = side(&network, &all, &mut numbers);
            let service = *numbers.of(&SERVICES);
            for asks in [Asks::Allow, Asks::Deny] {
                let text = format!("{}:\n  - \"{from} -> {to} : {service}\"\n", asks.word());
                let line = tested(&network, &text);
                let want = match asks {
                    Asks::Allow => all_work(&network, &clients, &servers, service),
                    _ => none_arrives(&network, &clients, &servers, service),
                };
                // Of what nothing may work of, how much of it works tells FAIL from PARTIAL.
                let got = if asks == Asks::Deny && line.status == Status::Partial {
                    Status::Fail
                } else {
                    line.status
                };
                assert_eq!(got, want, "seed {seed}: {text}{line:?}");
                *seen.entry(format!("{asks:?} {got:?}")).or_default() += 1;
                replay(&network, &line);
            }
        }
    }
    for kind in [
        "Allow Ok",
        "Allow Fail",
        "Allow Partial",
        "Allow Undecided",
        "Deny Ok",
        "Deny Fail",
        "Deny Undecided",
    ] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 3), "too few of {kind}: {seen:?}");
    }
}

/// Whether a request meets only gates that did one of these.
fn arrives(explained: &Explanation, outcomes: &[Outcome]) -> bool {
    let ways = explained.pairs.iter().flat_map(|pair| &pair.ways);
    ways.into_iter().any(|way| way.request.gates.iter().all(|gate| outcomes.contains(&gate.outcome)))
}

/// What a line shows is what `explain` says of it.
fn replay(network: &Network, line: &TestedLine) {
    let explainer = Explainer::new(network, None, Options::default());
    for example in &line.counterexamples {
        let explained = explainer.explain(&question::parse(&example.question).unwrap()).unwrap();
        let fine = match (line.asks, line.status) {
            (Asks::Allow, Status::Fail | Status::Partial) => {
                matches!(explained.verdict, Verdict::Blocked | Verdict::Partial)
            }
            // What none may do is shown by a request that arrives, whatever becomes of the reply.
            (_, Status::Fail | Status::Partial) => {
                example.request == Some(Verdict::Allowed) && arrives(&explained, &[Passes, Partly])
            }
            (Asks::Allow, Status::Undecided) => explained.verdict == Verdict::Undecided,
            (_, Status::Undecided) => {
                example.request == Some(Verdict::Undecided) && arrives(&explained, &[Passes, Partly, Unknown])
            }
            _ => false,
        };
        assert!(
            fine,
            "{:?} {:?} shows {example:?}, but it is {:?}",
            line.asks, line.status, explained.verdict
        );
        assert_eq!(explained.verdict, example.verdict, "{example:?}");
    }
    let shows = matches!(line.status, Status::Fail | Status::Partial);
    assert!(!shows || !line.counterexamples.is_empty(), "nothing shows {line:?}");
}

#[test]
fn a_proved_fix_makes_the_line_so_and_breaks_nothing() {
    let (mut proved, mut stopped) = (0, 0);
    for seed in testkit::seeds(25) {
        let network = network(seed);
        let all = interfaces(&network);
        if all.is_empty() {
            continue;
        }
        let mut numbers = Numbers(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
        let mut text = String::new();
        for asks in [Asks::Allow, Asks::Deny] {
            text.push_str(&format!("{}:\n", asks.word()));
            for line in 0..3 {
                let ((from, _), (to, _)) =
                    (side(&network, &all, &mut numbers), side(&network, &all, &mut numbers));
                let service = *numbers.of(&SERVICES);
                text.push_str(&format!(
                    "  - {{ flow: \"{from} -> {to} : {service}\", id: {}-{line} }}\n",
                    asks.word()
                ));
            }
        }
        let intent = intent::parse("portcullis.yaml", &text, &|_| Err("no file".into())).unwrap();
        let settings = Settings { fix: true, ..Settings::default() };
        let test = |network: &Network| {
            let names = intent::names(&intent, network, None).unwrap();
            intent::test(&intent, &names, &settings, &|_, _| {}).unwrap()
        };
        let before = test(&network);
        for line in &before.lines {
            let Some(fix) = line.fix.as_ref().filter(|fix| fix.proved) else { continue };
            assert!(!fix.changes.is_empty(), "{line:?}");
            let after = test(&network.after(&fix.changes).unwrap());
            for (was, is) in before.lines.iter().zip(&after.lines) {
                let broken = fix.breaks.contains(&was.id);
                let wanted = was.id == line.id || was.status == Status::Ok && !broken;
                assert!(!wanted || is.status == Status::Ok, "seed {seed}: {line:?} makes {is:?}");
                assert!(!broken || is.status != Status::Ok, "seed {seed}: {line:?} does not break {is:?}");
            }
            proved += usize::from(line.asks == Asks::Allow);
            stopped += usize::from(line.asks == Asks::Deny);
        }
    }
    assert!(proved > 2 && stopped > 8, "{proved} and {stopped} are too few to show anything");
}
