//! PC0501: stores of data that can open connections to the internet.

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::groups::{self, At};
use crate::audit::services::{self, count};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject, stores};
use crate::reach::everything;

pub(super) static RULE: Rule = Rule {
    id: "PC0501",
    name: "store-egress",
    severity: Severity::Warning,
    title: "a store of data that can open connections to the internet",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

An interface whose security groups open the port of a database by a rule for few ports, and that gets answers from addresses
of the internet to connections that it opens: by a public address, a NAT gateway, a transit gateway. One finding is for one
rule that makes it a store. What every interface reaches outside `portcullis reach --from NAME` lists.

## Why

Who has got hold of a database sends what is in it away. Most databases have nobody on the internet to call.

## Example

```text
sg-db in    allow tcp 5432 from sg-app
      out   allow all to 0.0.0.0/0            and a route to a NAT gateway
```

## Fix

Take the outbound rule for all addresses away, or name what the store needs: prefix lists of AWS's services, its replicas.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let (network, mut sets) = (shared.network, Diagrams::new());
    let (everything, mut asked_of) = (everything(network), FxHashMap::default());
    let mut by_rule: IndexMap<At, (FxHashSet<_>, Set, Option<Counterexample>, &str)> = IndexMap::new();
    for (_, class, rules) in stores::all(network, &shared.whole().prepared) {
        let Some(&holder) = class.members.first() else { continue };
        let kind = engine::ephemeral::kind_of(network, holder.interface).key;
        let asked = *asked_of
            .entry((class.family, kind))
            .or_insert_with(|| everything.of(class.family, kind, true, &mut sets));
        let pair = Ends { family: class.family, client: Some(holder), server: None };
        let judgement = engine::judge(network, &pair.flow(), asked, &mut sets);
        if judgement.works == Set::EMPTY {
            continue;
        }
        for (at, _, name) in rules {
            let entry = by_rule.entry(at).or_insert_with(|| (FxHashSet::default(), Set::EMPTY, None, name));
            entry.0.extend(class.members.iter().map(|member| member.interface));
            entry.1 = sets.union(entry.1, judgement.works);
            if entry.2.is_none() {
                entry.2 = Counterexample::of(network, pair, judgement.works, &mut sets);
            }
        }
    }
    for (at, (interfaces, works, shown, name)) in by_rule {
        let group = network.model().security_groups.at(at.0);
        let Some(rule) = groups::rule_at(network, at) else { continue };
        let title = format!("a store of data ({name}) can open connections to the internet");
        let (subject, text) = (Subject::of("security-group", group), groups::text(network, at));
        let mut finding = Finding::about(network, Severity::Warning, title, subject, text, rule.origin);
        let services = services::words(&mut sets, works);
        finding.effect.push(format!("{} can ask for {services} there", count(interfaces.len(), "interface")));
        finding.counterexample = shown;
        found.add(finding);
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        table rtb-2: 0.0.0.0/0 nat-1
        subnet public 10.0.0.0/24
        subnet private 10.0.1.0/24 table=rtb-2
        nat nat-1 public 10.0.0.20 public=198.51.100.20
        sg sg-db in: tcp 5432 10.0.0.0/16
        eni eni-1 private 10.0.1.10 groups=sg-db
    ";

    #[test]
    fn a_database_behind_a_nat_gateway() {
        let pieces = [NETWORK, "sg sg-db out: tcp 443 0.0.0.0/0"];
        let text = "warning a store of data (postgres) can open connections to the internet: sg-db in allow tcp 5432 from 10.0.0.0/16";
        assert_eq!(found("PC0501", &pieces), [text]);
        assert_eq!(findings("PC0501", &pieces).1[0].effect, ["1 interface can ask for tcp 443 there"]);
    }

    #[test]
    fn without_a_rule_or_a_way_out() {
        assert!(found("PC0501", &[NETWORK, "sg sg-db out: tcp 443 10.0.0.0/16"]).is_empty());
        let no_route = NETWORK.replace("table rtb-2: 0.0.0.0/0 nat-1", "table rtb-2");
        assert!(found("PC0501", &[&no_route, "sg sg-db out: tcp 443 0.0.0.0/0"]).is_empty());
    }
}
