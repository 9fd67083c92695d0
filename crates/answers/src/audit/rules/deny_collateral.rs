//! PC0204: denies of network ACLs that also cut answers, and denies of one direction only.

use engine::ephemeral::kind_of;
use engine::reach::Class;
use engine::{Checkpoint, Leg, Network, RoundTrip, RuleRef, Way};
use model::{Action, Holder, NetworkAclEntry, Traffic};
use rustc_hash::FxHashSet;
use space::{Diagrams, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::lists::{self, Entry, List};
use crate::audit::services::{self, count};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Related, Severity, Subject};
use crate::explain::gates::named;

pub(super) static RULE: Rule = Rule {
    id: "PC0204",
    name: "nacl-collateral",
    severity: Severity::Warning,
    title: "a deny of a network ACL that cuts answers too, or that stands in one direction only",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

Two troubles of denies in network ACLs:

- The deny drops answers. What it names are ports or addresses that requests come to or from; but answers to what the
  subnets' own interfaces ask, or are asked, go by the same list, and some would get through without it. That is proved for
  one pair of ends at least, which the finding shows. A deny of ports is a warning; one of addresses with all their traffic,
  a block list, is a note: that nothing can be asked of these addresses either may be meant.
- A block list for one direction: everything from some addresses is denied, and the other direction lets packets go to
  them, or the other way round. A note, one for each list and direction.

## Why

A list judges each packet alone (S2.13). Ports from 1024 up are where clients get their answers: a deny of 3389 drops the
answers to whoever happened to take that port.

## Example

```text
nacl-web in   90 deny tcp 3389 from 0.0.0.0/0      answers to NAT gateways come to 1024-65535
              100 allow all    from 0.0.0.0/0
```

## Fix

Deny ports below 1024 only, or leave ports to security groups, which know answers. Deny blocked addresses in both
directions.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let (network, mut sets) = (shared.network, Diagrams::new());
    let all = lists::lists(network, &mut sets);
    for list in &all {
        for entry in &list.entries {
            let Some(noun) = list.noun(network).entries.get(entry.position) else { continue };
            if noun.action == Action::Deny && entry.takes != Set::EMPTY {
                found_answers(shared, list, entry, noun, found, &mut sets);
            }
        }
        let other = all.iter().find(|other| other.acl == list.acl && other.egress != list.egress);
        if let Some(finding) = other.and_then(|other| one_way(network, list, other, &mut sets)) {
            found.add(finding);
        }
    }
}

/// Answers that a deny drops and that would get through otherwise.
fn found_answers(
    shared: &Shared<'_>,
    list: &List,
    entry: &Entry,
    noun: &NetworkAclEntry,
    found: &mut Found,
    sets: &mut Diagrams,
) {
    let network = shared.network;
    let ends = shared.whole().prepared.ends();
    let family = space::Family::of(noun.cidr.addr());
    let beyond = shared.beyond(family, sets);
    let names = {
        let view = lists::view(noun.cidr, Leg::Reply);
        let peer = engine::PeerMatch::Blocks(vec![noun.cidr]);
        let matches = engine::Match { traffic: noun.traffic, peer };
        matches.regions(&view, network).iter().fold(Set::EMPTY, |all, region| {
            let region = sets.region(region);
            sets.union(all, region)
        })
    };
    let asked = sets.intersect(names, beyond);
    let (mut interfaces, mut what, mut shown) = (FxHashSet::default(), Set::EMPTY, None);
    let guarded = |class: &&Class| {
        let subnet = ends.cohort(class.cohort).and_then(|cohort| cohort.subnet);
        class.family == family && subnet.is_some_and(|subnet| list.subnets.contains(&subnet))
    };
    for class in ends.classes.iter().filter(guarded) {
        let Some(&holder) = class.members.first() else { continue };
        let pair = of_answers(holder, family, list.egress);
        let ports = pair.client.map(|client| kind_of(network, client.interface).ports);
        let ports = ports.unwrap_or(crate::audit::usage::INTERNET);
        let from = sets.region(&Region::FULL.client(ports.from..=ports.to));
        let asked = sets.intersect(asked, from);
        let judgement = engine::judge(network, &pair.flow(), asked, sets);
        let dropped = judgement.trips.iter().fold(Set::EMPTY, |all, trip| {
            let dropped = only_by(trip, list, entry.position, sets);
            sets.union(all, dropped)
        });
        if dropped == Set::EMPTY {
            continue;
        }
        interfaces.extend(class.members.iter().map(|member| member.interface));
        what = sets.union(what, dropped);
        if shown.is_none() {
            shown = Counterexample::of(network, pair, dropped, sets);
        }
    }
    if interfaces.is_empty() {
        return;
    }
    let severity = if noun.traffic == Traffic::All { Severity::Note } else { Severity::Warning };
    let subject = Subject::of("network-acl", list.noun(network));
    let title = "this deny drops answers too";
    let mut finding =
        Finding::about(network, severity, title, subject, list.text(network, noun), noun.origin);
    let (services, of) = (services::words(sets, what), count(interfaces.len(), "interface"));
    finding.effect.push(match list.egress {
        false => format!("answers to {of} that ask for {services} are dropped"),
        true => format!("answers of {of} that are asked for {services} are dropped"),
    });
    finding.counterexample = shown;
    finding.aspect = "answers".into();
    found.add(finding);
}

/// Whose answers a list in a direction sees: what comes in answers what the subnet's interfaces ask, what goes out answers
/// what they are asked.
fn of_answers(holder: Holder, family: space::Family, egress: bool) -> Ends {
    match egress {
        false => Ends { family, client: Some(holder), server: None },
        true => Ends { family, client: None, server: Some(holder) },
    }
}

/// What gets through every checkpoint of a trip but is dropped by one entry on its way back.
fn only_by(trip: &RoundTrip<Set>, list: &List, position: usize, sets: &mut Diagrams) -> Set {
    let there = passed(&trip.request, None, sets);
    let mut all = Set::EMPTY;
    for reply in &trip.replies {
        for (at, hop) in reply.hops.iter().enumerate() {
            let own = matches!(&hop.checkpoint, Checkpoint::NetworkAcl { acl, egress, .. }
                if acl.ix() == Some(list.acl) && *egress == list.egress);
            let taken = hop
                .taken
                .iter()
                .filter(|taken| own && taken.rule == Some(RuleRef::NetworkAcl(list.acl, position)));
            for taken in taken {
                let back = passed(reply, Some(at), sets);
                let part = sets.intersect(back, taken.part);
                let part = sets.intersect(part, there);
                all = sets.union(all, part);
            }
        }
    }
    all
}

/// What passes all hops of a way, but for one.
fn passed(way: &Way<Set>, without: Option<usize>, sets: &mut Diagrams) -> Set {
    let hops = way.hops.iter().enumerate().filter(|(at, _)| Some(*at) != without);
    hops.fold(way.flow, |left, (_, hop)| sets.intersect(left, hop.crossing.passed))
}

/// Denies of all traffic of some addresses in one direction, where packets pass in the other.
fn one_way(network: &Network, list: &List, other: &List, sets: &mut Diagrams) -> Option<Finding> {
    let noun = list.noun(network);
    let mut open: Vec<&NetworkAclEntry> = Vec::new();
    for entry in &list.entries {
        let deny = noun.entries.get(entry.position)?;
        let all = deny.action == Action::Deny && deny.traffic == Traffic::All;
        if !all || entry.takes != entry.names || deny.cidr.prefix_len() == 0 {
            continue;
        }
        let passes = lists::passes(network, other, space::Family::of(deny.cidr.addr()), sets);
        if sets.intersect(passes, entry.names) != Set::EMPTY {
            open.push(deny);
        }
    }
    let first = *open.first()?;
    let (way, back) = if list.egress { ("out", "in") } else { ("in", "out") };
    let text = format!("{} {way}: denied addresses that are not denied {back}", named(noun));
    let title = "blocked addresses are denied in one direction only";
    let subject = Subject::of("network-acl", noun);
    let mut finding = Finding::about(network, Severity::Note, title, subject, text, first.origin);
    for deny in open.iter().take(4) {
        finding.related.push(Related::at(network, format!("{way} {deny}"), deny.origin));
    }
    let blocks = count(open.len(), "block");
    finding.effect.push(match list.egress {
        false => format!("packets still go to {blocks} of addresses: only what comes from them is dropped"),
        true => format!("packets still come from {blocks} of addresses: only what goes to them is dropped"),
    });
    finding.aspect = format!("one-way {way}");
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-1 in: tcp 80 0.0.0.0/0
        sg sg-1 out: tcp 443 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    /// Linux takes ports from 32768 (S2.21): answers come to 40000.
    #[test]
    fn a_deny_of_ports_that_clients_take() {
        let pieces = [NETWORK, "acl acl-1 in: 90 deny tcp 40000 0.0.0.0/0 | 100 allow all 0.0.0.0/0"];
        let text = "warning this deny drops answers too: acl-1 in 90 deny tcp 40000 from 0.0.0.0/0";
        assert_eq!(found("PC0204", &pieces), [text]);
        let (_, findings) = findings("PC0204", &pieces);
        assert_eq!(findings[0].effect, ["answers to 1 interface that ask for tcp 443 are dropped"]);
        assert_eq!(findings[0].counterexample.as_ref().unwrap().verdict, "blocked");
    }

    #[test]
    fn a_deny_of_ports_that_nobody_takes() {
        assert!(
            found("PC0204", &[NETWORK, "acl acl-1 in: 90 deny tcp 3389 0.0.0.0/0 | 100 allow all 0.0.0.0/0"])
                .is_empty()
        );
    }

    #[test]
    fn a_block_list_in_one_direction() {
        let one = "acl acl-1 in: 90 deny all 203.0.113.0/24 | 100 allow all 0.0.0.0/0";
        let titles = |pieces: &[&str]| {
            let found = findings("PC0204", pieces).1;
            found.into_iter().map(|finding| finding.title).collect::<Vec<_>>()
        };
        assert_eq!(
            titles(&[NETWORK, one]),
            ["this deny drops answers too", "blocked addresses are denied in one direction only"]
        );
        let both = NETWORK.replace("acl acl-1 out: 100", "acl acl-1 out: 90 deny all 203.0.113.0/24 | 100");
        let both = titles(&[&both, one]);
        assert!(!both.iter().any(|title| title.contains("one direction")), "{both:?}");
    }
}
