//! PC0208: references to security groups that match nobody.

use model::Peer;

use super::Rule;
use super::idle_rule::never;
use crate::audit::groups;
use crate::audit::shared::Shared;
use crate::audit::usage::Why;
use crate::audit::{Found, Severity};

pub(super) static RULE: Rule = Rule {
    id: "PC0208",
    name: "dead-reference",
    severity: Severity::Warning,
    title: "a reference to a security group by which nobody gets in or out",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A rule that names a security group, by which no connection of any of its members works: no interface has the group, its
members are in a VPC or Region from which references do not match, they come by a public address or through an appliance, or
lists and routes stop all that they send (S1.15 to S1.24). What is looked at, and what is left out, is as for PC0206.

## Why

A reference says *these machines may*, and they may not. Who reads the rules believes the design; the machines see a
timeout.

## Example

```text
sg-db in   allow tcp 3306 from sg-web        no interface has sg-web any more: it is sg-web-2 now
```

## Fix

Name the group that the machines have, or their addresses where references do not match. Or take the rule away: no
connection changes.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    for idle in shared.idle() {
        let peer = groups::rule_at(shared.network, idle.at).map(|rule| &rule.peer);
        if matches!((&idle.why, peer), (Why::Never(_), Some(Peer::Group(_)))) {
            let title = "no member of the group that this rule names gets through by it";
            found.add(never(shared, idle, Severity::Warning, title));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::found;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet one 10.0.0.0/24
        sg sg-db in: tcp 3306 sg-web
        sg sg-web out: all 0.0.0.0/0
        eni eni-1 one 10.0.0.10 groups=sg-db
    ";
    const TEXT: &str = "warning no member of the group that this rule names gets through by it: sg-db in allow tcp 3306 from sg-web";

    #[test]
    fn a_group_that_no_interface_has() {
        assert_eq!(found("PC0208", &[NETWORK]), [TEXT]);
        assert!(found("PC0208", &[NETWORK, "eni eni-2 one 10.0.0.11 groups=sg-web"]).is_empty());
    }

    /// The client has no outbound rule (T32, S1.29).
    #[test]
    fn members_that_may_not_ask() {
        let network = NETWORK.replace("sg sg-web out: all 0.0.0.0/0", "sg sg-web");
        assert_eq!(found("PC0208", &[&network, "eni eni-2 one 10.0.0.11 groups=sg-web"]), [TEXT]);
    }
}
