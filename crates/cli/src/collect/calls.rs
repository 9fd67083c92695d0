//! The table of calls.

use super::{Call, Each, Ids};

const fn once((service, operation): (&'static str, &'static str), about: &'static str) -> Call {
    Call { service, operation, about, fixed: &[], only: None, each: None }
}

const fn each(
    (service, operation): (&'static str, &'static str),
    ids: Ids,
    options: &'static [&'static str],
    about: &'static str,
) -> Call {
    Call { service, operation, about, fixed: &[], only: None, each: Some(Each { ids, options }) }
}

impl Call {
    const fn with(mut self, fixed: &'static [&'static str]) -> Call {
        self.fixed = fixed;
        self
    }

    const fn only(mut self, query: &'static str) -> Call {
        self.only = Some(query);
        self
    }
}

const fn ids(of: &'static str, list: &'static str, fields: &'static [&'static str]) -> Ids {
    Ids { of, list, fields }
}

const PREFIX_LISTS: Ids = ids("describe-managed-prefix-lists", "PrefixLists", &["PrefixListId"]);
const TRANSIT_TABLES: Ids = ids(
    "describe-transit-gateway-route-tables",
    "TransitGatewayRouteTables",
    &["TransitGatewayRouteTableId"],
);
const TRANSIT_TABLE: &[&str] = &["--transit-gateway-route-table-id"];
const TEMPLATES: Ids = ids("describe-launch-templates", "LaunchTemplates", &["LaunchTemplateId"]);
const CLASSIC: Ids = ids("elb-describe-load-balancers", "LoadBalancerDescriptions", &["LoadBalancerName"]);
const LOAD_BALANCERS: Ids = ids("elbv2-describe-load-balancers", "LoadBalancers", &["LoadBalancerArn"]);
const LISTENERS: Ids = ids("elbv2-describe-listeners", "Listeners", &["ListenerArn"]);
const TARGET_GROUPS: Ids = ids("elbv2-describe-target-groups", "TargetGroups", &["TargetGroupArn"]);
const FIREWALLS: Ids = ids("network-firewall-list-firewalls", "Firewalls", &["FirewallArn"]);
const FIREWALL_POLICIES: Ids = ids("network-firewall-list-firewall-policies", "FirewallPolicies", &["Arn"]);
const FIREWALL_RULES: Ids = ids("network-firewall-list-rule-groups", "RuleGroups", &["Arn"]);
const WEB_ACLS: Ids = ids("wafv2-list-web-acls", "WebACLs", &["Name", "Id"]);
const WEB_ACL_ARNS: Ids = ids("wafv2-list-web-acls", "WebACLs", &["ARN"]);
const IP_SETS: Ids = ids("wafv2-list-ip-sets", "IPSets", &["Name", "Id"]);
const PATTERNS: Ids = ids("wafv2-list-regex-pattern-sets", "RegexPatternSets", &["Name", "Id"]);
const WAF_RULES: Ids = ids("wafv2-list-rule-groups", "RuleGroups", &["Name", "Id"]);
const NAME_AND_ID: &[&str] = &["--name", "--id"];
const REGIONAL: &[&str] = &["--scope", "REGIONAL"];

/// What filters nothing stays with AWS: tunnels are described with their shared keys.
const TUNNELS: &str = "{VpnConnections: VpnConnections[].{VpnConnectionId: VpnConnectionId, State: State, Type: Type, \
     Category: Category, CustomerGatewayId: CustomerGatewayId, VpnGatewayId: VpnGatewayId, \
     TransitGatewayId: TransitGatewayId, CoreNetworkArn: CoreNetworkArn, Routes: Routes, VgwTelemetry: VgwTelemetry, \
     Tags: Tags, Options: Options.{StaticRoutesOnly: StaticRoutesOnly, LocalIpv4NetworkCidr: LocalIpv4NetworkCidr, \
     RemoteIpv4NetworkCidr: RemoteIpv4NetworkCidr, LocalIpv6NetworkCidr: LocalIpv6NetworkCidr, \
     RemoteIpv6NetworkCidr: RemoteIpv6NetworkCidr, OutsideIpAddressType: OutsideIpAddressType, \
     TunnelInsideIpVersion: TunnelInsideIpVersion, TunnelOptions: TunnelOptions[].{OutsideIpAddress: OutsideIpAddress, \
     TunnelInsideCidr: TunnelInsideCidr, TunnelInsideIpv6Cidr: TunnelInsideIpv6Cidr}}}}";

/// Likewise launch templates and configurations, whose user data is where people keep passwords.
const TEMPLATE_VERSIONS: &str = "{LaunchTemplateVersions: LaunchTemplateVersions[].{LaunchTemplateId: LaunchTemplateId, \
     LaunchTemplateName: LaunchTemplateName, VersionNumber: VersionNumber, DefaultVersion: DefaultVersion, \
     LaunchTemplateData: LaunchTemplateData.{SecurityGroupIds: SecurityGroupIds, SecurityGroups: SecurityGroups, \
     NetworkInterfaces: NetworkInterfaces, TagSpecifications: TagSpecifications}}}";
const CONFIGURATIONS: &str = "{LaunchConfigurations: LaunchConfigurations[].{LaunchConfigurationName: LaunchConfigurationName, \
     LaunchConfigurationARN: LaunchConfigurationARN, SecurityGroups: SecurityGroups, \
     AssociatePublicIpAddress: AssociatePublicIpAddress}}";

const THROUGH_TRANSIT: &str = "ways through transit gateways";
const THROUGH_VPN: &str = "ways through VPN connections";
const THROUGH_BALANCERS: &str = "ways through load balancers";
const THROUGH_FIREWALLS: &str = "ways through Network Firewall";
const OF_WAF: &str = "what a web ACL stops";
const OF_GROUPS: &str = "what instances that an Auto Scaling group will start can reach";
const OF_LISTS: &str = "rules and routes that name prefix lists";

/// The table. A call comes after the one that it is repeated over; calls over the same ids lie side by side.
#[rustfmt::skip]
pub(super) static CALLS: &[Call] = &[
    once(("ec2", "describe-vpcs"), "the addresses of VPCs and their resolvers"),
    once(("ec2", "describe-subnets"), "almost everything: which list and table a subnet has"),
    once(("ec2", "describe-route-tables"), "whatever leaves a subnet"),
    once(("ec2", "describe-network-acls"), "whatever enters or leaves a subnet"),
    once(("ec2", "describe-security-groups"), "whatever enters or leaves an interface"),
    once(("ec2", "describe-security-group-rules"), "nothing, but answers lack the ids of rules"),
    once(("ec2", "describe-security-group-vpc-associations"), "groups that are used in other VPCs"),
    once(("ec2", "describe-network-interfaces"), "interfaces that no instance has, and references to their groups"),
    once(("ec2", "describe-instances"), "whether an instance runs, and instances by name"),
    once(("ec2", "describe-internet-gateways"), "ways to and from the internet"),
    once(("ec2", "describe-egress-only-internet-gateways"), "ways to the internet over IPv6"),
    once(("ec2", "describe-nat-gateways"), "ways through NAT gateways"),
    once(("ec2", "describe-addresses"), "Elastic IPs that no interface shows"),
    once(("ec2", "describe-managed-prefix-lists"), OF_LISTS),
    each(("ec2", "get-managed-prefix-list-entries"), PREFIX_LISTS, &["--prefix-list-id"], OF_LISTS),
    once(("ec2", "describe-prefix-lists"), "routes to gateway endpoints"),
    once(("ec2", "describe-vpc-peering-connections"), "ways between peered VPCs"),
    once(("ec2", "describe-vpc-endpoints"), "ways to endpoints"),
    once(("ec2", "describe-vpc-endpoint-service-configurations"), "ways to endpoints of the account's own services"),
    once(("ec2", "describe-transit-gateways"), THROUGH_TRANSIT),
    once(("ec2", "describe-transit-gateway-attachments"), THROUGH_TRANSIT),
    once(("ec2", "describe-transit-gateway-vpc-attachments"), THROUGH_TRANSIT),
    once(("ec2", "describe-transit-gateway-peering-attachments"), THROUGH_TRANSIT),
    once(("ec2", "describe-transit-gateway-route-tables"), THROUGH_TRANSIT),
    each(("ec2", "get-transit-gateway-route-table-associations"), TRANSIT_TABLES, TRANSIT_TABLE, THROUGH_TRANSIT),
    each(("ec2", "get-transit-gateway-route-table-propagations"), TRANSIT_TABLES, TRANSIT_TABLE, THROUGH_TRANSIT),
    each(("ec2", "get-transit-gateway-prefix-list-references"), TRANSIT_TABLES, TRANSIT_TABLE, THROUGH_TRANSIT),
    each(("ec2", "search-transit-gateway-routes"), TRANSIT_TABLES, TRANSIT_TABLE, THROUGH_TRANSIT)
        .with(&["--filters", "Name=state,Values=active,blackhole"]),
    once(("ec2", "describe-vpn-gateways"), THROUGH_VPN),
    once(("ec2", "describe-vpn-connections"), THROUGH_VPN).only(TUNNELS),
    once(("ec2", "describe-customer-gateways"), THROUGH_VPN),
    once(("ec2", "describe-vpc-block-public-access-options"), "what Block Public Access stops, where no subnet says it"),
    once(("ec2", "describe-vpc-block-public-access-exclusions"), "what Block Public Access stops, where no subnet says it"),
    once(("ec2", "describe-availability-zones"), "nothing, but zones have no names"),
    once(("ec2", "describe-launch-templates"), OF_GROUPS),
    each(("ec2", "describe-launch-template-versions"), TEMPLATES, &["--launch-template-id"], OF_GROUPS)
        .only(TEMPLATE_VERSIONS),
    once(("elb", "describe-load-balancers"), THROUGH_BALANCERS),
    each(("elb", "describe-load-balancer-attributes"), CLASSIC, &["--load-balancer-name"], THROUGH_BALANCERS),
    once(("elbv2", "describe-load-balancers"), THROUGH_BALANCERS),
    each(("elbv2", "describe-load-balancer-attributes"), LOAD_BALANCERS, &["--load-balancer-arn"], THROUGH_BALANCERS),
    each(("elbv2", "describe-listeners"), LOAD_BALANCERS, &["--load-balancer-arn"], THROUGH_BALANCERS),
    each(("elbv2", "describe-rules"), LISTENERS, &["--listener-arn"], THROUGH_BALANCERS),
    once(("elbv2", "describe-target-groups"), THROUGH_BALANCERS),
    each(("elbv2", "describe-target-group-attributes"), TARGET_GROUPS, &["--target-group-arn"], THROUGH_BALANCERS),
    each(("elbv2", "describe-target-health"), TARGET_GROUPS, &["--target-group-arn"], THROUGH_BALANCERS),
    once(("autoscaling", "describe-auto-scaling-groups"), OF_GROUPS),
    once(("autoscaling", "describe-launch-configurations"), OF_GROUPS).only(CONFIGURATIONS),
    once(("network-firewall", "list-firewalls"), THROUGH_FIREWALLS),
    each(("network-firewall", "describe-firewall"), FIREWALLS, &["--firewall-arn"], THROUGH_FIREWALLS),
    once(("network-firewall", "list-firewall-policies"), THROUGH_FIREWALLS),
    each(("network-firewall", "describe-firewall-policy"), FIREWALL_POLICIES, &["--firewall-policy-arn"], THROUGH_FIREWALLS),
    once(("network-firewall", "list-rule-groups"), THROUGH_FIREWALLS),
    each(("network-firewall", "describe-rule-group"), FIREWALL_RULES, &["--rule-group-arn"], THROUGH_FIREWALLS),
    once(("wafv2", "list-web-acls"), OF_WAF).with(REGIONAL),
    each(("wafv2", "get-web-acl"), WEB_ACLS, NAME_AND_ID, OF_WAF).with(REGIONAL),
    each(("wafv2", "list-resources-for-web-acl"), WEB_ACL_ARNS, &["--web-acl-arn"], OF_WAF),
    once(("wafv2", "list-ip-sets"), OF_WAF).with(REGIONAL),
    each(("wafv2", "get-ip-set"), IP_SETS, NAME_AND_ID, OF_WAF).with(REGIONAL),
    once(("wafv2", "list-regex-pattern-sets"), OF_WAF).with(REGIONAL),
    each(("wafv2", "get-regex-pattern-set"), PATTERNS, NAME_AND_ID, OF_WAF).with(REGIONAL),
    once(("wafv2", "list-rule-groups"), OF_WAF).with(REGIONAL),
    each(("wafv2", "get-rule-group"), WAF_RULES, NAME_AND_ID, OF_WAF).with(REGIONAL),
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
                assert!(files.contains(each.ids.of), "{} comes before {}", call.file(), each.ids.of);
                assert_eq!(each.ids.fields.len(), each.options.len(), "{}", call.file());
            }
            assert!(files.insert(call.file()), "{} twice", call.file());
        }
    }

    #[test]
    fn every_call_only_reads() {
        let reads = ["describe-", "get-", "list-", "search-"];
        assert!(CALLS.iter().all(|call| reads.iter().any(|read| call.operation.starts_with(read))));
    }

    #[test]
    fn what_is_repeated_over_has_an_answer_as_aws_gives_it() {
        for call in CALLS.iter().filter(|call| call.followers().next().is_some()) {
            assert_eq!(call.only, None, "{}", call.file());
        }
    }

    #[test]
    fn no_secret_is_asked_for() {
        let all: String = CALLS.iter().filter_map(|call| call.only).collect();
        assert!(
            !["UserData", "PreSharedKey", "CustomerGatewayConfiguration"].iter().any(|key| all.contains(key))
        );
        for operation in [
            "describe-vpn-connections",
            "describe-launch-template-versions",
            "describe-launch-configurations",
        ] {
            let call = CALLS.iter().find(|call| call.operation == operation).unwrap();
            assert!(call.only.is_some(), "{operation}");
        }
    }
}
