//! PC0202: connections that work from some of the client's ports only, since answers to the others are dropped.

use engine::ephemeral::{REPORTED_KINDS, client_kind};
use engine::reach::{Block, Clients, Ends as AllEnds, Reach, Servers};
use engine::{Checkpoint, RoundTrip, RuleAction, RuleRef};
use indexmap::IndexMap;
use model::{Holder, Ix, NetworkAcl, PortRange};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Field, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::services::count;
use crate::audit::shared::{Shared, Whole};
use crate::audit::{Finding, Found, Related, Severity, Subject};
use crate::explain::gates::named;

pub(super) static RULE: Rule = Rule {
    id: "PC0202",
    name: "reply-partial",
    severity: Severity::Error,
    title: "answers that pass a network ACL for some of the client's ports only",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A network ACL lets the answers of TCP connections pass to a part of the ports that the client, or a device that stands for
it, may have taken, and drops them for the rest. Every pair of interfaces, and the internet, is looked at with the ports
that the client's kind takes: 1024-65535 from the internet, NAT gateways and load balancers, 32768-60999 from Linux,
49152-65535 from Windows. One finding is for one direction of one list.

## Why

The client's system picks a port for each connection. So some connections hang and the next ones work: it looks like load,
or like a bad cable, and no single test shows it (S2.21, S2.23).

## Example

```text
nacl-web in    100 allow tcp 80 from 0.0.0.0/0
         out   100 allow tcp 49152-65535 to 0.0.0.0/0      Linux and NAT gateways take lower ports too
```

## Fix

Open 1024-65535 for answers. `portcullis explain` with the question of the finding searches for the smallest change and
proves it.
";

/// A list in one direction, and what it cuts.
#[derive(Default)]
struct Cut {
    servers: FxHashSet<u32>,
    /// The entries that let a part through.
    entries: Vec<usize>,
    shown: Option<Counterexample>,
    /// By kind of client, the share that works; for the internet.
    shares: Vec<String>,
}

fn check(shared: &Shared<'_>, found: &mut Found) {
    let Whole { prepared, reach } = shared.whole();
    let reach = &mut *reach.borrow_mut();
    let blocks = reach.blocks(prepared.ends());
    let mut search =
        Search { shared, ends: prepared.ends(), known: FxHashMap::default(), cuts: IndexMap::new() };
    for block in &blocks {
        search.look_at(block, reach);
    }
    for ((acl, egress), cut) in search.cuts {
        found.add(one(shared, acl, egress, cut));
    }
}

struct Search<'a, 'n> {
    shared: &'a Shared<'n>,
    ends: &'a AllEnds,
    /// What is cut of a set of connections that work, by the client's ports.
    known: FxHashMap<(Set, Set, PortRange), Set>,
    cuts: IndexMap<(Ix<NetworkAcl>, bool), Cut>,
}

impl Search<'_, '_> {
    fn look_at(&mut self, block: &Block, reach: &mut Reach) {
        let (works, unknown) = (block.outcome.works, block.outcome.unknown);
        let mut seen = FxHashSet::default();
        for (client, ports) in self.clients(&block.clients) {
            if !seen.insert(ports) {
                continue;
            }
            let sets = &mut reach.sets;
            let cut = *self.known.entry((works, unknown, ports)).or_insert_with(|| {
                let possible = sets.union(works, unknown);
                let whole = widened(works, ports, sets);
                sets.subtract(whole, possible)
            });
            if cut == Set::EMPTY {
                continue;
            }
            let servers: Vec<u32> = match &block.servers {
                Servers::Classes(classes) => classes.clone(),
                Servers::Internet => Vec::new(),
            };
            let member =
                |class: &u32| self.ends.class(*class).and_then(|class| class.members.first()).copied();
            let server = servers
                .iter()
                .filter_map(member)
                .find(|server| client.is_none_or(|client: Holder| client.interface != server.interface));
            if server.is_none() && block.servers != Servers::Internet {
                continue;
            }
            let pair = Ends { family: block.family, client, server };
            self.by_lists(pair, cut, works, &servers, sets);
        }
    }

    /// A client of each kind; `None` is the internet.
    fn clients(&self, clients: &Clients) -> Vec<(Option<Holder>, PortRange)> {
        let mut found = Vec::new();
        for class in clients.expand(self.ends).filter_map(|class| self.ends.class(class)) {
            let kind = self.ends.cohort(class.cohort).map(|cohort| cohort.kind.ports);
            let known = found.iter().any(|(_, ports)| Some(*ports) == kind);
            if let (Some(ports), Some(holder), false) = (kind, class.members.first(), known) {
                found.push((Some(*holder), ports));
            }
        }
        let internet = client_kind("internet").filter(|_| clients.internet);
        found.extend(internet.map(|kind| (None, kind.ports)));
        found
    }

    /// The lists by which answers to a part are dropped.
    fn by_lists(&mut self, pair: Ends, cut: Set, works: Set, servers: &[u32], sets: &mut Diagrams) {
        let network = self.shared.network;
        let judgement = engine::judge(network, &pair.flow(), cut, sets);
        for RoundTrip { replies, .. } in &judgement.trips {
            for hop in replies.iter().flat_map(|reply| &reply.hops) {
                let Checkpoint::NetworkAcl { acl, egress, .. } = &hop.checkpoint else { continue };
                let dropped = hop.taken.iter().any(|taken| {
                    taken.action == RuleAction::Deny && sets.intersect(taken.part, cut) != Set::EMPTY
                });
                let Some(acl) = acl.ix().filter(|_| dropped) else { continue };
                let of_list = self.cuts.entry((acl, *egress)).or_default();
                of_list.servers.extend(servers);
                if of_list.shown.is_none() {
                    of_list.shown = Counterexample::of(network, pair, cut, sets);
                    of_list.entries = letting(self.shared, pair, works, acl, *egress, sets);
                }
                if pair.client.is_none() && of_list.shares.is_empty() {
                    of_list.shares = shares(works, cut, sets);
                }
            }
        }
    }
}

/// The entries of a list by which the answers of what works pass.
fn letting(
    shared: &Shared<'_>,
    pair: Ends,
    works: Set,
    list: Ix<NetworkAcl>,
    out: bool,
    sets: &mut Diagrams,
) -> Vec<usize> {
    let judgement = engine::judge(shared.network, &pair.flow(), works, sets);
    let replies = judgement.trips.iter().flat_map(|trip| &trip.replies);
    let mut entries = Vec::new();
    for hop in replies.flat_map(|reply| &reply.hops) {
        let own = matches!(&hop.checkpoint, Checkpoint::NetworkAcl { acl, egress, .. } if acl.ix() == Some(list) && *egress == out);
        for taken in hop.taken.iter().filter(|_| own) {
            if let (RuleAction::Allow, Some(RuleRef::NetworkAcl(_, position))) = (&taken.action, taken.rule)
                && !entries.contains(&position)
            {
                entries.push(position);
            }
        }
    }
    entries
}

/// The TCP connections that differ from some only by the ports that clients and devices take.
fn widened(works: Set, ports: PortRange, sets: &mut Diagrams) -> Set {
    let tcp = sets.region(&Region::FULL.protocol(6));
    let works = sets.intersect(works, tcp);
    sets.regions(works).into_iter().fold(Set::EMPTY, |all, region| {
        let kept = [Field::Protocol, Field::Remote, Field::Server, Field::Draw, Field::SecondDraw];
        let wide = kept.iter().fold(Region::FULL, |wide, field| wide.with(*field, region.range(*field)));
        let wide = wide.client(ports.from..=ports.to);
        let wide = sets.region(&wide);
        sets.union(all, wide)
    })
}

/// Which share of the ports of each usual kind of client works.
fn shares(works: Set, cut: Set, sets: &mut Diagrams) -> Vec<String> {
    let kinds = REPORTED_KINDS.iter().filter_map(|key| client_kind(key));
    kinds
        .map(|kind| {
            let ports = sets.region(&Region::FULL.protocol(6).client(kind.ports.from..=kind.ports.to));
            let (works, cut) = (sets.intersect(works, ports), sets.intersect(cut, ports));
            let (works, cut) = (sets.count(works), sets.count(cut));
            format!("{} {:.1} %", kind.words, 100.0 * works / (works + cut).max(1.0))
        })
        .collect()
}

fn one(shared: &Shared<'_>, acl: Ix<NetworkAcl>, egress: bool, cut: Cut) -> Finding {
    let network = shared.network;
    let noun = network.model().network_acls.at(acl);
    let way = if egress { "out" } else { "in" };
    let entries: Vec<_> = cut.entries.iter().filter_map(|position| noun.entries.get(*position)).collect();
    let text = match entries.first() {
        Some(entry) => format!("{} {way} {entry}", named(noun)),
        None => format!("{} {way}", named(noun)),
    };
    let origin = entries.first().map_or(noun.origin, |entry| entry.origin);
    let title = "answers pass for some of the client's ports only";
    let subject = Subject::of("network-acl", noun);
    let mut finding = Finding::about(network, Severity::Error, title, subject, text, origin);
    for entry in entries.iter().skip(1) {
        finding.related.push(Related::at(network, format!("and {entry}"), entry.origin));
    }
    if !cut.servers.is_empty() {
        let ends = shared.whole().prepared.ends();
        let members =
            cut.servers.iter().filter_map(|class| ends.class(*class)).flat_map(|class| &class.members);
        let interfaces: FxHashSet<_> = members.map(|member| member.interface).collect();
        finding.effect.push(format!("some connections to {} hang", count(interfaces.len(), "interface")));
    } else {
        finding.effect.push("some connections to the internet hang".into());
    }
    if !cut.shares.is_empty() {
        finding.effect.push(format!("from the internet works: {}", cut.shares.join(", ")));
    }
    finding.counterexample = cut.shown;
    finding.help = Some("explain with this question proposes the smallest change".into());
    finding
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 in: 100 allow tcp 80 0.0.0.0/0
        sg sg-1 in: tcp 80 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    /// 49152-60999 of 32768-60999 is 11,848 of 28,232 ports; 49152-65535 of 1024-65535 is 16,384 of 64,512 (S2.21).
    #[test]
    fn a_part_of_the_clients_ports() {
        let pieces = [NETWORK, "acl acl-1 out: 100 allow tcp 49152-65535 0.0.0.0/0"];
        let text = "error answers pass for some of the client's ports only: acl-1 out 100 allow tcp 49152-65535 to 0.0.0.0/0";
        assert_eq!(found("PC0202", &pieces), [text]);
        let (_, findings) = findings("PC0202", &pieces);
        assert_eq!(
            findings[0].effect[1],
            "from the internet works: Linux 42.0 %, Windows since 2008 100.0 %, a NAT gateway 25.4 %"
        );
        assert_eq!(findings[0].counterexample.as_ref().unwrap().verdict, "blocked");
    }

    #[test]
    fn all_of_them_or_none_is_no_part() {
        assert!(found("PC0202", &[NETWORK, "acl acl-1 out: 100 allow tcp 1024-65535 0.0.0.0/0"]).is_empty());
        assert!(found("PC0202", &[NETWORK, "acl acl-1 out: 100 allow tcp 80 0.0.0.0/0"]).is_empty());
    }
}
