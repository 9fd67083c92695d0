//! PC0203: entries of network ACLs that earlier entries keep from applying.

use engine::Network;
use engine::reach::Class;
use model::{Action, Change, Holder, NetworkAclEntry};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family, Region, Set, address_value};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::lists::{self, Entry, List};
use crate::audit::services::{self, count};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Fix, Found, Related, Severity, Subject};
use crate::explain::words;

pub(super) static RULE: Rule = Rule {
    id: "PC0203",
    name: "shadowed-entry",
    severity: Severity::Error,
    title: "an entry of a network ACL that earlier entries keep from applying",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

An entry of a network ACL of which earlier entries take everything that it names, so that it never applies; or a deny of
which a part is let through by an earlier allow for more addresses, so that it comes too late for that part. All packets
are looked at, not samples: an entry that several earlier ones hide together is found too.

- A deny that never applies because of an allow, or comes too late, is an error.
- An allow that never applies because of a deny is a warning: somebody waits for it.
- An entry that repeats what earlier ones do is a note.

Lists that guard no subnet are left out.

## Why

Entries are tried by number, and the first that matches decides (S2.4, S2.17). Whoever adds a deny behind `100 allow all`
sees it in the list and believes it works.

## Example

```text
nacl-web in   100 allow all    from 0.0.0.0/0
              200 deny  tcp 22 from 203.0.113.0/24      never applies
```

## Fix

Give the deny a number before the allow. The proposed change is proved to close what the deny names and nothing else; an
entry that only repeats others is deleted, and the list is proved to let the same through.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let (network, mut sets) = (shared.network, Diagrams::new());
    for (_, acl) in network.model().network_acls.iter().filter(|(_, acl)| acl.incomplete) {
        found.undecided(Subject::of("network-acl", acl), "an entry of it could not be read");
    }
    for list in lists::lists(network, &mut sets) {
        for entry in &list.entries {
            let Some(noun) = list.noun(network).entries.get(entry.position) else { continue };
            let allows = list.taken_by(network, entry, Action::Allow);
            let denies = list.taken_by(network, entry, Action::Deny);
            let never = entry.takes == Set::EMPTY;
            let finding = match (noun.action, never) {
                (Action::Deny, true) if !allows.is_empty() => {
                    Some((Severity::Error, "this deny never applies", allows))
                }
                (Action::Deny, false) => {
                    let wider = wider(network, &list, noun, allows);
                    (!wider.is_empty()).then_some((Severity::Error, "this deny comes too late", wider))
                }
                (Action::Allow, true) if !denies.is_empty() => {
                    Some((Severity::Warning, "this allow never applies", denies))
                }
                (Action::Deny, true) => Some((Severity::Note, "this deny repeats earlier entries", denies)),
                (Action::Allow, true) => Some((Severity::Note, "this allow repeats earlier entries", allows)),
                (Action::Allow, false) => None,
            };
            let Some((severity, title, by)) = finding else { continue };
            found.add(one(shared, &list, entry, noun, (severity, title), &by, &mut sets));
        }
    }
}

/// Those of some allows that name more addresses than a deny: it singles out some of theirs, and comes too late. An
/// allow of the same addresses or fewer is an exception to the deny, as lists are written.
fn wider(
    network: &Network,
    list: &List,
    deny: &NetworkAclEntry,
    allows: Vec<(usize, Set)>,
) -> Vec<(usize, Set)> {
    let entries = &list.noun(network).entries;
    let names_more = |by: usize| {
        entries.get(by).is_some_and(|allow| allow.cidr != deny.cidr && allow.cidr.contains(&deny.cidr))
    };
    allows.into_iter().filter(|(by, _)| names_more(*by)).collect()
}

fn one(
    shared: &Shared<'_>,
    list: &List,
    entry: &Entry,
    noun: &NetworkAclEntry,
    (severity, title): (Severity, &str),
    by: &[(usize, Set)],
    sets: &mut Diagrams,
) -> Finding {
    let network = shared.network;
    let acl = list.noun(network);
    let subject = Subject::of("network-acl", acl);
    let mut finding =
        Finding::about(network, severity, title, subject, list.text(network, noun), noun.origin);
    let never = entry.takes == Set::EMPTY;
    for (position, part) in by {
        let Some(other) = acl.entries.get(*position) else { continue };
        let family = Family::of(noun.cidr.addr());
        let part = words::part(sets, family, *part, entry.names);
        let part = if part.is_empty() { String::new() } else { format!(": {part}") };
        let text = format!("{} rule {other}{part}", if never { "shadowed by" } else { "after" });
        finding.related.push(Related::at(network, text, other.origin));
    }
    let repeats = severity == Severity::Note;
    if noun.action == Action::Deny && !repeats {
        let by_allows = by.iter().fold(Set::EMPTY, |all, (_, part)| sets.union(all, *part));
        effect(shared, list, by_allows, noun, &mut finding, sets);
        finding.fix = earlier(network, list, entry, noun, by, sets);
    } else if repeats {
        finding.effect.push("the list lets the same through without it".into());
        finding.fix = deleted(network, list, noun, sets);
    } else {
        finding.effect.push("nothing that it names is let through by it".into());
    }
    finding
}

/// What works although a deny names it: between the interfaces that the list guards and everybody else.
fn effect(
    shared: &Shared<'_>,
    list: &List,
    denied: Set,
    deny: &NetworkAclEntry,
    finding: &mut Finding,
    sets: &mut Diagrams,
) {
    let (whole, network, family) = (shared.whole(), shared.network, Family::of(deny.cidr.addr()));
    let ends = whole.prepared.ends();
    let guarded = |class: &Class| {
        let subnet = ends.cohort(class.cohort).and_then(|cohort| cohort.subnet);
        class.family == family && subnet.is_some_and(|subnet| list.subnets.contains(&subnet))
    };
    let named = |class: &Class| {
        let first = class.members.first();
        class.family == family && first.is_some_and(|holder| deny.cidr.contains(&holder.address))
    };
    let beyond = shared.beyond(family, sets);
    let outside = sets.intersect(denied, beyond);
    let peers: Vec<Option<Holder>> = ends.classes.iter().filter(|class| named(class)).map(of_class).collect();
    let (mut interfaces, mut services) = (FxHashSet::default(), Set::EMPTY);
    for class in ends.classes.iter().filter(|class| guarded(class)) {
        let own = of_class(class);
        for peer in peers.iter().copied().chain([None]) {
            let same = peer.is_some() && peer.map(|end| end.interface) == own.map(|end| end.interface);
            let (client, server) = if list.egress { (own, peer) } else { (peer, own) };
            let ends = Ends { family, client, server };
            let asked = peer.map_or(outside, |peer| seen(peer, denied, sets));
            if same || asked == Set::EMPTY {
                continue;
            }
            let judgement = engine::judge(network, &ends.flow(), asked, sets);
            if judgement.works == Set::EMPTY {
                continue;
            }
            interfaces.extend(class.members.iter().map(|member| member.interface));
            services = sets.union(services, judgement.works);
            if finding.counterexample.is_none() {
                finding.counterexample = Counterexample::of(network, ends, judgement.works, sets);
            }
        }
    }
    let (what, interfaces) = (services::words(sets, services), count(interfaces.len(), "interface"));
    finding.effect.push(match (services == Set::EMPTY, list.egress) {
        (true, _) => "nothing of it works today: other gates stop it".into(),
        (false, false) => format!("{what} of {interfaces} is reached from addresses that it names"),
        (false, true) => format!("{interfaces} can reach {what} of addresses that it names"),
    });
}

fn of_class(class: &Class) -> Option<Holder> {
    class.members.first().copied()
}

/// The part of a set over addresses that one peer has; of an interface of the network the remote axis is 0.
fn seen(peer: Holder, set: Set, sets: &mut Diagrams) -> Set {
    let address = address_value(peer.address);
    let point = sets.region(&Region::FULL.remote(address..=address));
    let part = sets.intersect(set, point);
    let regions = sets.regions(part);
    sets.set_of(regions.into_iter().map(|region| region.remote(0..=0)))
}

/// The deny with a number before the first allow that is in its way, if one is free: proved to close what it names and
/// nothing else.
fn earlier(
    network: &Network,
    list: &List,
    entry: &Entry,
    noun: &NetworkAclEntry,
    by: &[(usize, Set)],
    sets: &mut Diagrams,
) -> Option<Fix> {
    let acl = list.noun(network);
    let numbers = || acl.entries.iter().filter(|other| other.egress == list.egress).map(|other| other.number);
    let first = by.iter().filter_map(|(by, _)| acl.entries.get(*by)).map(|other| other.number).min()?;
    let before = numbers().filter(|number| *number < first).max().unwrap_or(0);
    // In the middle, so that there is room on both sides.
    let number = before + (first - before) / 2;
    if number <= before || number >= first {
        return None;
    }
    let changes = vec![
        Change::CreateNetworkAclEntry {
            acl: acl.id.clone(),
            entry: NetworkAclEntry { number, ..noun.clone() },
        },
        Change::DeleteNetworkAclEntry { acl: acl.id.clone(), egress: list.egress, number: noun.number },
    ];
    let after = network.after(&changes).ok()?;
    let family = Family::of(noun.cidr.addr());
    let [was, is] = [network, &after].map(|network| lists::passes(network, list, family, sets));
    let closed = sets.subtract(was, is);
    let only_closes = sets.is_subset(is, was) && sets.is_subset(closed, entry.names);
    let other = match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    };
    let [other_was, other_is] = [network, &after].map(|network| lists::passes(network, list, other, sets));
    (only_closes && other_was == other_is).then(|| Fix {
        changes,
        equal: false,
        proof: format!(
            "renumbers {} to {number}: closes what it names and nothing else, and opens nothing",
            noun.number
        ),
        ..Fix::default()
    })
}

/// Without an entry that repeats others: proved to let the same through.
fn deleted(network: &Network, list: &List, noun: &NetworkAclEntry, sets: &mut Diagrams) -> Option<Fix> {
    let acl = list.noun(network).id.clone();
    let changes = vec![Change::DeleteNetworkAclEntry { acl, egress: list.egress, number: noun.number }];
    let after = network.after(&changes).ok()?;
    lists::same(network, &after, list, sets).then(|| Fix {
        changes,
        equal: true,
        proof: "the list lets the same through".into(),
        ..Fix::default()
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-1 in: tcp 22 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    fn of(entries: &str) -> Vec<String> {
        found("PC0203", &[NETWORK, &format!("acl acl-1 in: {entries}")])
    }

    /// S2.17: a deny behind `allow all` never applies.
    #[test]
    fn a_deny_behind_an_allow_of_everything() {
        let entries = "100 allow all 0.0.0.0/0 | 200 deny all 203.0.113.66/32";
        assert_eq!(
            of(entries),
            ["error this deny never applies: acl-1 in 200 deny all from 203.0.113.66/32"]
        );
        let pieces = [NETWORK, "acl acl-1 in: 100 allow all 0.0.0.0/0 | 200 deny all 203.0.113.66/32"];
        let (network, findings) = findings("PC0203", &pieces);
        assert_eq!(findings[0].effect, ["tcp 22 of 1 interface is reached from addresses that it names"]);
        assert_eq!(question_of("PC0203", &pieces)[0].1, "allowed");
        let fix = findings[0].fix.clone().unwrap();
        let after = network.after(&fix.changes).unwrap();
        testkit::check(&after, "203.0.113.66 -> @eni-1:tcp/22", "blocked: request nacl-in acl-1 50");
    }

    /// Two allows hide it together, and neither alone.
    #[test]
    fn a_deny_that_two_allows_hide_together() {
        let halves = "90 allow tcp 22 0.0.0.0/1 | 91 allow tcp 22 128.0.0.0/1 | 100 deny tcp 22 0.0.0.0/0";
        assert_eq!(of(halves), ["error this deny never applies: acl-1 in 100 deny tcp 22 from 0.0.0.0/0"]);
    }

    #[test]
    fn a_deny_of_some_addresses_behind_an_allow_of_a_port_comes_too_late() {
        let entries = "100 allow tcp 22 0.0.0.0/0 | 200 deny all 203.0.113.0/24 | 300 allow all 0.0.0.0/0";
        assert_eq!(
            of(entries),
            ["error this deny comes too late: acl-1 in 200 deny all from 203.0.113.0/24"]
        );
    }

    /// An exception before a wider deny is how lists are written.
    #[test]
    fn an_exception_is_no_finding() {
        assert!(
            of("100 allow tcp 443 0.0.0.0/0 | 110 deny tcp 0-1023 0.0.0.0/0 | 120 allow all 0.0.0.0/0")
                .is_empty()
        );
        assert!(of("90 deny tcp 22 203.0.113.0/24 | 100 allow all 0.0.0.0/0").is_empty());
    }

    #[test]
    fn an_allow_behind_a_deny() {
        let entries = "100 deny tcp 0-1023 0.0.0.0/0 | 110 allow tcp 22 10.0.0.0/8 | 120 allow all 0.0.0.0/0";
        assert_eq!(
            of(entries),
            ["warning this allow never applies: acl-1 in 110 allow tcp 22 from 10.0.0.0/8"]
        );
    }

    #[test]
    fn what_repeats_others_is_a_note_and_can_go() {
        let entries = "100 allow all 0.0.0.0/0 | 110 allow tcp 22 10.0.0.0/8";
        assert_eq!(
            of(entries),
            ["note this allow repeats earlier entries: acl-1 in 110 allow tcp 22 from 10.0.0.0/8"]
        );
    }

    /// IPv6 is not IPv4 (S0.1).
    #[test]
    fn families_do_not_hide_each_other() {
        assert!(of("100 allow all 0.0.0.0/0 | 110 deny tcp 22 ::/0").is_empty());
    }
}
