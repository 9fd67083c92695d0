//! PC0204: denies of network ACLs that also cut answers or declared flows, and denies of one direction only.

use engine::ephemeral::kind_of;
use engine::reach::Class;
use engine::{Checkpoint, Leg, Network, RoundTrip, RuleRef, Verdict, Way};
use model::{Action, Change, Holder, NetworkAclEntry, Traffic};
use rustc_hash::FxHashSet;
use space::{Diagrams, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::lists::{self, Entry, List};
use crate::audit::services::{self, count};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Related, Severity, Subject};
use crate::explain::gates::named;
use crate::explain::{Explainer, Options, verdict_word};
use crate::intent::{Intent, Status, TestedLine};

pub(super) static RULE: Rule = Rule {
    id: "PC0204",
    name: "nacl-collateral",
    severity: Severity::Error,
    title: "a deny of a network ACL that cuts answers or declared flows too, or that stands in one direction only",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

Three troubles of denies in network ACLs:

- The deny cuts what a line below `allow` of `portcullis.yaml` declares. An error, one for each line that `portcullis test`
  finds to be untrue: of the connection that it shows all works once the deny is deleted. That is proved; whether all of the
  line is so then, `portcullis test` says.
- The deny drops answers. What it names are ports or addresses that requests come to or from; but answers to what the
  subnets' own interfaces ask, or are asked, go by the same list, and some would get through without it. That is proved for
  one pair of ends at least, which the finding shows. A deny of ports is a warning; one of addresses with all their traffic,
  a block list, is a note: that nothing can be asked of these addresses either may be meant.
- A block list for one direction: everything from some addresses is denied, and the other direction lets packets go to
  them, or the other way round. A note, one for each list and direction. Its question is of a connection whose request passes
  and whose answer the deny drops.

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
        if let Some(finding) = other.and_then(|other| one_way(shared, list, other, &mut sets)) {
            found.add(finding);
        }
    }
    declared(shared, found);
}

/// Denies that cut what the intent declares.
fn declared(shared: &Shared<'_>, found: &mut Found) {
    let allow = shared.intent.allow.clone();
    if allow.is_empty() {
        return;
    }
    match shared.test(Intent { allow, ..Intent::default() }) {
        Ok(tested) => {
            let broken =
                tested.lines.iter().filter(|line| matches!(line.status, Status::Fail | Status::Partial));
            broken.filter_map(|line| cut(shared.network, line)).for_each(|finding| found.add(finding));
        }
        Err(errors) => found.not_understood(&errors),
    }
}

/// The deny without which the connection works that shows that a line is not so.
fn cut(network: &Network, line: &TestedLine) -> Option<Finding> {
    let question = &line.counterexamples.first()?.question;
    let question = crate::question::parse(question).ok()?;
    let explain = |network: &Network| {
        let explainer = Explainer::new(network, None, Options::default());
        explainer.explain(&question).ok()
    };
    let explained = explain(network)?;
    let ways = explained.pairs.iter().flat_map(|pair| &pair.ways);
    let legs = ways.flat_map(|way| std::iter::once(&way.request).chain(&way.replies));
    let lists = legs.flat_map(|leg| &leg.gates).filter(|gate| gate.gate == "network-acl");
    for gate in lists {
        let (id, egress) = (gate.id.as_deref()?, gate.direction == Some("out"));
        let noun = network.model().network_acls.get(id)?;
        for rule in gate.rules.iter().filter(|rule| rule.action == "deny") {
            let number = rule.number.as_ref().and_then(|number| number.parse().ok());
            let is_it = |entry: &&NetworkAclEntry| entry.egress == egress && Some(entry.number) == number;
            let Some(entry) = noun.entries.iter().find(is_it) else { continue };
            let change = Change::DeleteNetworkAclEntry { acl: noun.id.clone(), egress, number: entry.number };
            let Ok(without) = network.after(&[change]) else { continue };
            if explain(&without)?.verdict != Verdict::Allowed {
                continue;
            }
            let way = if egress { "out" } else { "in" };
            let (subject, text) =
                (Subject::of("network-acl", noun), format!("{} {way} {entry}", named(noun)));
            let title = "this deny cuts a declared flow";
            let mut finding = Finding::about(network, Severity::Error, title, subject, text, entry.origin);
            let place = Some(line.place.clone());
            finding.related.push(Related { text: format!("declared: allow {}", line.text), location: place });
            finding.effect.push("without it the connection that is shown works".into());
            let verdict = verdict_word(explained.verdict);
            finding.counterexample = Some(Counterexample { question: question.text.clone(), verdict });
            finding.aspect = format!("declared {}", line.id);
            return Some(finding);
        }
    }
    None
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
    let family = space::Family::of(noun.cidr.addr());
    let beyond = shared.beyond(family, sets);
    let names = {
        let view = lists::view(noun.cidr, Leg::Reply);
        let peer = engine::PeerMatch::Blocks(vec![noun.cidr]);
        let matches = engine::Match { traffic: noun.traffic, peer };
        sets.set_of(matches.regions(&view, network))
    };
    let asked = sets.intersect(names, beyond);
    let (mut interfaces, mut what, mut shown) = (FxHashSet::default(), Set::EMPTY, None);
    for class in guarded(shared, list, family) {
        let Some(&holder) = class.members.first() else { continue };
        let pair = of_answers(holder, family, list.egress);
        let from = sets.region(&Region::FULL.client(clients(network, pair)));
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
fn one_way(shared: &Shared<'_>, list: &List, other: &List, sets: &mut Diagrams) -> Option<Finding> {
    let network = shared.network;
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
    finding.counterexample = open.iter().find_map(|deny| one_way_shown(shared, list, deny, sets));
    Some(finding)
}

/// A connection whose request passes every gate, and whose answer a deny drops.
fn one_way_shown(
    shared: &Shared<'_>,
    list: &List,
    deny: &NetworkAclEntry,
    sets: &mut Diagrams,
) -> Option<Counterexample> {
    let network = shared.network;
    let family = space::Family::of(deny.cidr.addr());
    let beyond = shared.beyond(family, sets);
    let denied = sets.region(&Region::FULL.remote(space::address_range(deny.cidr)));
    let asked = sets.intersect(beyond, denied);
    guarded(shared, list, family).find_map(|class| {
        let pair = of_answers(*class.members.first()?, family, list.egress);
        let from = sets.region(&Region::FULL.client(clients(network, pair)));
        let asked = sets.intersect(asked, from);
        let judgement = engine::judge(network, &pair.flow(), asked, sets);
        let sent = judgement.trips.iter().fold(Set::EMPTY, |all, trip| {
            let there = if trip.replies.is_empty() { Set::EMPTY } else { passed(&trip.request, None, sets) };
            sets.union(all, there)
        });
        let works = sets.union(judgement.works, judgement.unknown);
        let lost = sets.subtract(sent, works);
        Counterexample::of(network, pair, lost, sets)
    })
}

/// The classes in the subnets that a list guards.
fn guarded<'s>(
    shared: &'s Shared<'_>,
    list: &'s List,
    family: space::Family,
) -> impl Iterator<Item = &'s Class> {
    let ends = shared.whole().prepared.ends();
    ends.classes.iter().filter(move |class| {
        let subnet = ends.cohort(class.cohort).and_then(|cohort| cohort.subnet);
        class.family == family && subnet.is_some_and(|subnet| list.subnets.contains(&subnet))
    })
}

/// The ports that the client of a pair takes.
fn clients(network: &Network, pair: Ends) -> std::ops::RangeInclusive<u16> {
    let ports = pair.client.map(|client| kind_of(network, client.interface).ports);
    let ports = ports.unwrap_or(crate::audit::usage::INTERNET);
    ports.from..=ports.to
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, findings_with, found, found_with, question_of};

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

    /// What is sent to a blocked address goes out, and the answer is dropped (S2.13).
    #[test]
    fn a_block_list_in_one_direction_is_shown_by_what_still_goes_out() {
        let pieces = [NETWORK, "acl acl-1 in: 90 deny all 203.0.113.0/24 | 100 allow all 0.0.0.0/0"];
        let shown = question_of("PC0204", &pieces);
        let (last, verdict) = shown.last().unwrap();
        assert!(last.starts_with("eni-1 -> 203.0.113."), "{last}");
        assert_eq!((shown.len(), *verdict), (2, "blocked"));
    }

    /// The customers are behind an address that is on the block list.
    #[test]
    fn a_deny_that_cuts_what_is_declared() {
        let pieces = [NETWORK, "acl acl-1 in: 90 deny tcp 80 203.0.113.0/24 | 100 allow all 0.0.0.0/0"];
        let declared = "version: 1\nallow:\n  - 203.0.113.0/24 -> eni-1:80\n";
        let text = "error this deny cuts a declared flow: acl-1 in 90 deny tcp 80 from 203.0.113.0/24";
        assert_eq!(found_with(declared, "PC0204", &pieces), [text]);
        let found = findings_with(declared, "PC0204", &pieces);
        assert_eq!(found[0].related[0].text, "declared: allow 203.0.113.0/24 -> eni-1:80");
        let other = "version: 1\nallow:\n  - 198.51.100.128/25 -> eni-1:80\n";
        assert!(found_with(other, "PC0204", &pieces).is_empty());
        // Nothing lets 8080 in: the deny alone is not to blame.
        let shut = "version: 1\nallow:\n  - 203.0.113.0/24 -> eni-1:8080\n";
        assert!(found_with(shut, "PC0204", &pieces).is_empty());
    }
}
