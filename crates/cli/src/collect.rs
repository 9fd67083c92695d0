//! What a snapshot is made of: the calls of the AWS CLI whose answers explain a network, in one table.
//!
//! All of them only read. Whoever runs them, a script or a program, goes by this table.

pub(crate) mod script;

/// One call of the AWS CLI.
pub(crate) struct Call {
    service: &'static str,
    operation: &'static str,
    /// Arguments that are always the same.
    fixed: &'static [&'static str],
    /// What it is repeated over; a call without is made once a region.
    each: Option<Each>,
}

/// What a call is repeated over: the answer of an earlier call of the table.
struct Each {
    /// The earlier call, by its file.
    of: &'static str,
    /// What to take of its answer, as JMESPath: rows of as many columns as there are options.
    query: &'static str,
    /// The options that the columns are given to. The first column names the file.
    options: &'static [&'static str],
}

impl Call {
    /// The file that holds the answer, or the folder that holds the answers of a repeated call; without its ending.
    fn file(&self) -> String {
        match self.service {
            "ec2" => self.operation.to_owned(),
            service => format!("{service}-{}", self.operation),
        }
    }

    /// The calls that are repeated over the answer of this one.
    fn followers(&self) -> impl Iterator<Item = (&'static Call, &'static Each)> {
        let file = self.file();
        CALLS
            .iter()
            .filter_map(|call| Some((call, call.each.as_ref()?)))
            .filter(move |(_, each)| each.of == file)
    }
}

const fn once(service: &'static str, operation: &'static str) -> Call {
    Call { service, operation, fixed: &[], each: None }
}

const fn each(
    (service, operation): (&'static str, &'static str),
    of: &'static str,
    query: &'static str,
    options: &'static [&'static str],
) -> Call {
    Call { service, operation, fixed: &[], each: Some(Each { of, query, options }) }
}

impl Call {
    const fn with(mut self, fixed: &'static [&'static str]) -> Call {
        self.fixed = fixed;
        self
    }
}

const PREFIX_LISTS: &str = "PrefixLists[].[PrefixListId]";
const TRANSIT_TABLES: &str = "TransitGatewayRouteTables[].[TransitGatewayRouteTableId]";
const TRANSIT_TABLE: &[&str] = &["--transit-gateway-route-table-id"];
const LOAD_BALANCERS: &str = "LoadBalancers[].[LoadBalancerArn]";
const TARGET_GROUPS: &str = "TargetGroups[].[TargetGroupArn]";
const REGIONAL: &[&str] = &["--scope", "REGIONAL"];

/// The table. A call comes after the one that it is repeated over; calls over the same ids lie side by side.
#[rustfmt::skip]
pub(crate) const CALLS: &[Call] = &[
    once("ec2", "describe-vpcs"),
    once("ec2", "describe-subnets"),
    once("ec2", "describe-route-tables"),
    once("ec2", "describe-network-acls"),
    once("ec2", "describe-security-groups"),
    once("ec2", "describe-security-group-rules"),
    once("ec2", "describe-security-group-vpc-associations"),
    once("ec2", "describe-network-interfaces"),
    once("ec2", "describe-instances"),
    once("ec2", "describe-internet-gateways"),
    once("ec2", "describe-egress-only-internet-gateways"),
    once("ec2", "describe-nat-gateways"),
    once("ec2", "describe-addresses"),
    once("ec2", "describe-managed-prefix-lists"),
    each(("ec2", "get-managed-prefix-list-entries"), "describe-managed-prefix-lists", PREFIX_LISTS, &["--prefix-list-id"]),
    once("ec2", "describe-prefix-lists"),
    once("ec2", "describe-vpc-peering-connections"),
    once("ec2", "describe-vpc-endpoints"),
    once("ec2", "describe-transit-gateways"),
    once("ec2", "describe-transit-gateway-attachments"),
    once("ec2", "describe-transit-gateway-vpc-attachments"),
    once("ec2", "describe-transit-gateway-peering-attachments"),
    once("ec2", "describe-transit-gateway-route-tables"),
    each(("ec2", "get-transit-gateway-route-table-associations"), "describe-transit-gateway-route-tables", TRANSIT_TABLES, TRANSIT_TABLE),
    each(("ec2", "get-transit-gateway-route-table-propagations"), "describe-transit-gateway-route-tables", TRANSIT_TABLES, TRANSIT_TABLE),
    each(("ec2", "get-transit-gateway-prefix-list-references"), "describe-transit-gateway-route-tables", TRANSIT_TABLES, TRANSIT_TABLE),
    each(("ec2", "search-transit-gateway-routes"), "describe-transit-gateway-route-tables", TRANSIT_TABLES, TRANSIT_TABLE)
        .with(&["--filters", "Name=state,Values=active,blackhole"]),
    once("ec2", "describe-vpn-gateways"),
    once("ec2", "describe-vpn-connections"),
    once("ec2", "describe-customer-gateways"),
    once("ec2", "describe-vpc-block-public-access-options"),
    once("ec2", "describe-vpc-block-public-access-exclusions"),
    once("ec2", "describe-availability-zones"),
    once("elb", "describe-load-balancers"),
    each(("elb", "describe-load-balancer-attributes"), "elb-describe-load-balancers",
        "LoadBalancerDescriptions[].[LoadBalancerName]", &["--load-balancer-name"]),
    once("elbv2", "describe-load-balancers"),
    each(("elbv2", "describe-load-balancer-attributes"), "elbv2-describe-load-balancers", LOAD_BALANCERS, &["--load-balancer-arn"]),
    each(("elbv2", "describe-listeners"), "elbv2-describe-load-balancers", LOAD_BALANCERS, &["--load-balancer-arn"]),
    each(("elbv2", "describe-rules"), "elbv2-describe-listeners", "Listeners[].[ListenerArn]", &["--listener-arn"]),
    once("elbv2", "describe-target-groups"),
    each(("elbv2", "describe-target-group-attributes"), "elbv2-describe-target-groups", TARGET_GROUPS, &["--target-group-arn"]),
    each(("elbv2", "describe-target-health"), "elbv2-describe-target-groups", TARGET_GROUPS, &["--target-group-arn"]),
    once("autoscaling", "describe-auto-scaling-groups"),
    once("network-firewall", "list-firewalls"),
    each(("network-firewall", "describe-firewall"), "network-firewall-list-firewalls",
        "Firewalls[].[FirewallArn]", &["--firewall-arn"]),
    once("network-firewall", "list-firewall-policies"),
    each(("network-firewall", "describe-firewall-policy"), "network-firewall-list-firewall-policies",
        "FirewallPolicies[].[Arn]", &["--firewall-policy-arn"]),
    once("network-firewall", "list-rule-groups"),
    each(("network-firewall", "describe-rule-group"), "network-firewall-list-rule-groups",
        "RuleGroups[].[Arn]", &["--rule-group-arn"]),
    once("wafv2", "list-web-acls").with(REGIONAL),
    each(("wafv2", "get-web-acl"), "wafv2-list-web-acls", "WebACLs[].[Name,Id]", &["--name", "--id"]).with(REGIONAL),
    each(("wafv2", "list-resources-for-web-acl"), "wafv2-list-web-acls", "WebACLs[].[ARN]", &["--web-acl-arn"]),
    once("wafv2", "list-ip-sets").with(REGIONAL),
    each(("wafv2", "get-ip-set"), "wafv2-list-ip-sets", "IPSets[].[Name,Id]", &["--name", "--id"]).with(REGIONAL),
    once("wafv2", "list-regex-pattern-sets").with(REGIONAL),
    each(("wafv2", "get-regex-pattern-set"), "wafv2-list-regex-pattern-sets", "RegexPatternSets[].[Name,Id]",
        &["--name", "--id"]).with(REGIONAL),
    once("wafv2", "list-rule-groups").with(REGIONAL),
    each(("wafv2", "get-rule-group"), "wafv2-list-rule-groups", "RuleGroups[].[Name,Id]", &["--name", "--id"]).with(REGIONAL),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::CALLS;

    #[test]
    fn every_call_has_a_file_of_its_own_and_follows_what_it_repeats_over() {
        let mut files = HashSet::new();
        for call in CALLS {
            if let Some(each) = &call.each {
                assert!(files.contains(each.of), "{} comes before {}", call.file(), each.of);
                assert_eq!(each.query.matches(',').count() + 1, each.options.len(), "{}", call.file());
            }
            assert!(files.insert(call.file()), "{} twice", call.file());
        }
    }

    #[test]
    fn every_call_only_reads() {
        let reads = ["describe-", "get-", "list-", "search-"];
        assert!(CALLS.iter().all(|call| reads.iter().any(|read| call.operation.starts_with(read))));
    }
}
