//! PC0405: network ACLs that drop what says that a packet is too big for the way on.

use indexmap::IndexMap;
use model::{Ix, NetworkAcl, Subnet};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::services::count;
use crate::audit::shared::{Shared, Whole};
use crate::audit::{Finding, Found, Severity, Subject};
use crate::explain::warnings::{drops_too_big, drops_too_big_of, too_big};

pub(super) static RULE: Rule = Rule {
    id: "PC0405",
    name: "path-mtu",
    severity: Severity::Note,
    title: "a network ACL that drops the messages of path MTU discovery",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

TCP connections over an internet gateway work, and a network ACL on their way in drops what routers say of packets that are
too big: ICMP type 3 code 4, or ICMPv6 type 2 (S2.24). One finding is for one list and family; its question is of a
connection that works, of which `portcullis explain` gives the same warning.

Which packets a host sends, and how large those are that the way takes, is in no export: the rule says what becomes of the
message and not that somebody needs it. Paths over transit gateways, VPN connections and peering connections, which take
smaller packets too, are left out for that reason. Security groups let the message in, as belonging to a connection that they
track (D1).

## Why

Connections open, small answers come, and a large one hangs (S2.25). IPv6 has no other way: routers there do not cut packets.

## Example

```text
nacl-web in   100 allow tcp 443        from 0.0.0.0/0
              110 allow tcp 1024-65535 from 0.0.0.0/0       icmp 3/4 is dropped
```

## Fix

Let ICMP type 3 code 4 in, and ICMPv6 type 2 where the subnets have IPv6 addresses.
";

/// The subnets whose connections meet a list, and one of these.
type Met = (FxHashSet<Ix<Subnet>>, Option<Counterexample>);

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let families = [Family::V4, Family::V6];
    let mut arena = Diagrams::new();
    let mut subnets = network.model().subnets.iter().map(|(subnet, _)| subnet);
    // Most networks have no such list, and the rest is not asked.
    if !subnets.any(|ix| families.iter().any(|family| drops_too_big_of(network, ix, *family, &mut arena))) {
        return;
    }
    let mut met: IndexMap<(Ix<NetworkAcl>, Family), Met> = IndexMap::new();
    for (subnet, pair, part) in working(shared) {
        let mut sets = Diagrams::new();
        let asked = sets.set_of(part);
        let judgement = engine::judge(network, &pair.flow(), asked, &mut sets);
        for acl in drops_too_big(network, pair.family, &judgement, &mut sets) {
            let (subnets, shown) = met.entry((acl, pair.family)).or_default();
            subnets.extend(subnet);
            if shown.is_none() {
                *shown = Counterexample::of(network, pair, judgement.works, &mut sets);
            }
        }
    }
    for ((acl, family), (subnets, shown)) in met {
        let noun = network.model().network_acls.at(acl);
        let subject = Subject::of("network-acl", noun);
        let text = format!("{} in: {} is dropped", subject.name, too_big(family));
        let title = "messages of path MTU discovery are dropped";
        let mut finding = Finding::about(network, Severity::Note, title, subject, text, noun.origin);
        finding.effect.push(format!(
            "where the path's MTU is smaller, large packets of tcp connections of {} with the internet hang",
            count(subnets.len(), "subnet")
        ));
        finding.counterexample = shown;
        let entry = match family {
            Family::V4 => "icmp type 3 code 4 from 0.0.0.0/0",
            Family::V6 => "icmpv6 type 2 from ::/0",
        };
        finding.help = Some(format!("allow {entry} in"));
        found.add(finding);
    }
}

/// One pair with the internet for each cohort that asks or is asked over TCP, with what of it works.
fn working(shared: &Shared<'_>) -> Vec<(Option<Ix<Subnet>>, Ends, Vec<Region>)> {
    let Whole { prepared, reach } = shared.whole();
    let reach = &mut *reach.borrow_mut();
    let (ends, sets) = (prepared.ends(), &mut reach.sets);
    let tcp = sets.region(&Region::FULL.protocol(6));
    let internet = [Family::V4, Family::V6].map(|family| {
        let internet = shared.of_internet(family, sets);
        sets.intersect(internet, tcp)
    });
    let mut pairs = Vec::new();
    for (cohort, noun) in (0u32..).zip(&ends.cohorts) {
        let [v4, v6] = internet;
        let internet = if noun.family == Family::V4 { v4 } else { v6 };
        let member = |class: u32| ends.class(class).and_then(|class| class.members.first()).copied();
        let asked = noun.classes.iter().find_map(|class| {
            let works = reach.rows.get(*class as usize)?.internet.works;
            let works = sets.intersect(works, internet);
            (works != Set::EMPTY).then_some((None, Some(member(*class)?), works))
        });
        let own = reach.to_internet.classes.iter();
        let own = own.filter(|(class, _)| ends.cohort_of(*class) == Some(cohort));
        let whole = reach.to_internet.cohorts.iter().filter(|(of, _)| *of == cohort);
        let whole = whole.filter_map(|(_, outcome)| Some((*noun.classes.first()?, *outcome)));
        let asks = whole.chain(own.copied()).find_map(|(class, outcome)| {
            let works = sets.intersect(outcome.works, internet);
            (works != Set::EMPTY).then_some((Some(member(class)?), None, works))
        });
        for (client, server, works) in asked.into_iter().chain(asks) {
            pairs.push((noun.subnet, Ends { family: noun.family, client, server }, sets.regions(works)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-1 in: tcp 443 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    /// T25 of the specification.
    #[test]
    fn a_list_without_icmp() {
        let pieces = [NETWORK, "acl acl-1 in: 100 allow tcp 443 0.0.0.0/0"];
        let text = "note messages of path MTU discovery are dropped: acl-1 in: ICMP type 3 code 4 is dropped";
        assert_eq!(found("PC0405", &pieces), [text]);
        assert_eq!(
            question_of("PC0405", &pieces),
            [("198.51.100.7 -> eni-1:tcp/443 from-port 50000".into(), "allowed")]
        );
    }

    #[test]
    fn a_list_that_lets_it_in_or_that_nothing_works_through() {
        let with = "acl acl-1 in: 100 allow tcp 443 0.0.0.0/0 | 110 allow icmp 3/4 0.0.0.0/0";
        assert!(found("PC0405", &[NETWORK, with]).is_empty());
        assert!(found("PC0405", &[NETWORK, "acl acl-1 in: 100 allow tcp 22 0.0.0.0/0"]).is_empty());
    }
}
