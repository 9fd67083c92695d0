//! PC0206: rules of security groups that nothing ever gets to.

use super::Rule;
use crate::audit::groups;
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::usage::{Idle, Why};
use crate::audit::{Finding, Fix, Found, Severity, Subject};
use model::{Change, Peer};

pub(super) static RULE: Rule = Rule {
    id: "PC0206",
    name: "idle-rule",
    severity: Severity::Note,
    title: "a rule of a security group that nothing can get to: lists or routes stop all of it",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A rule about addresses of which no packet gets to any interface that has the group, or from it to where it is sent: network
ACLs, routes or missing public addresses stop every one, from every address that the rule names and every port. A rule that
lets in what no answer comes back from is PC0201, a reference to a group is PC0208.

Looked at are all interfaces by their first address in each family, and all addresses beyond the export. Left out are groups
of interfaces that have further addresses, and of those that pass on the packets of others, and ports that load balancers
ask of targets.

## Why

The rule promises something that the network does not keep: somebody counts on the port being open. Or nobody does, and the
rule waits for the day that the list is opened for something else.

## Example

```text
sg-web  in   allow tcp 22 from 198.51.100.0/24
nacl-web in  100 allow tcp 443 from 0.0.0.0/0        drops all else
```

## Fix

Open what stops it, or take the rule away: no connection changes.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    for idle in shared.idle() {
        let Some(rule) = groups::rule_at(shared.network, idle.at) else { continue };
        match (&idle.why, &rule.peer) {
            (Why::TooMany, _) => {
                let group = shared.network.model().security_groups.at(idle.at.0);
                let text = groups::text(shared.network, idle.at);
                let reason = format!("`{text}` concerns more pairs of interfaces than are looked at");
                found.undecided(Subject::of("security-group", group), reason);
            }
            (Why::Never(_), Peer::Cidr(_) | Peer::PrefixList(_)) => {
                found.add(never(shared, idle, Severity::Note, "nothing gets to what this rule lets through"));
            }
            _ => {}
        }
    }
}

/// A rule that nothing gets to.
pub(super) fn never(shared: &Shared<'_>, idle: &Idle, severity: Severity, title: &str) -> Finding {
    let network = shared.network;
    let group = network.model().security_groups.at(idle.at.0);
    let Some(rule) = groups::rule_at(network, idle.at) else { return Finding::default() };
    let (subject, text) = (Subject::of("security-group", group), groups::text(network, idle.at));
    let mut finding = Finding::about(network, severity, title, subject, text, rule.origin);
    let members = network.resolved().members_of(idle.at.0).len();
    finding.effect.push(format!("no connection of {} works by it", count(members, "interface")));
    match &idle.why {
        Why::Never(Some(stopped)) => {
            finding.gates = stopped.stops.clone();
            finding.counterexample = stopped.shown.clone();
        }
        _ => finding.effect.push("nobody has an address that it names".into()),
    }
    let change = Change::RevokeSecurityGroup { group: group.id.clone(), rule: rule.clone() };
    let proof = "of all connections that it lets through, none gets that far";
    finding.fix = Some(Fix { changes: vec![change], equal: true, proof: proof.into(), ..Fix::default() });
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
        acl acl-1 in: 100 allow tcp 443 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    #[test]
    fn what_a_list_drops_never_gets_to_the_rule() {
        let pieces = [NETWORK, "sg sg-1 in: tcp 443 0.0.0.0/0 | tcp 22 198.51.100.0/24"];
        let text =
            "note nothing gets to what this rule lets through: sg-1 in allow tcp 22 from 198.51.100.0/24";
        assert_eq!(found("PC0206", &pieces), [text]);
        let (_, findings) = findings("PC0206", &pieces);
        assert_eq!(findings[0].gates[0].why, "acl-1 in");
    }

    /// Neighbours meet no list (S2.8): the rule is in use.
    #[test]
    fn a_neighbour_gets_to_it() {
        let neighbour = "sg sg-2 out: all 0.0.0.0/0\neni eni-2 public 10.0.0.11 groups=sg-2";
        let pieces = [NETWORK, "sg sg-1 in: tcp 22 10.0.0.0/24", neighbour];
        assert!(found("PC0206", &pieces).is_empty());
    }

    #[test]
    fn with_further_addresses_it_is_left_out() {
        let network = NETWORK.replace("eni eni-1 public 10.0.0.10", "eni eni-1 public 10.0.0.10 10.0.0.99");
        assert!(found("PC0206", &[&network, "sg sg-1 in: tcp 22 198.51.100.0/24"]).is_empty());
    }
}
