//! Changes as the lines of the AWS CLI that make them.

use model::{Change, NetworkAclEntry, Peer, PortRange, SecurityGroupRule, Traffic};

/// The command that makes a change, ready to paste into a POSIX shell.
pub fn aws_cli(change: &Change) -> String {
    match change {
        Change::AuthorizeSecurityGroup { group, rule } => permission("authorize", group.as_str(), rule),
        Change::RevokeSecurityGroup { group, rule } => permission("revoke", group.as_str(), rule),
        Change::CreateNetworkAclEntry { acl, entry } => acl_entry("create", acl.as_str(), entry),
        Change::ReplaceNetworkAclEntry { acl, entry } => acl_entry("replace", acl.as_str(), entry),
        Change::DeleteNetworkAclEntry { acl, egress, number } => {
            let way = if *egress { "--egress" } else { "--ingress" };
            format!("aws ec2 delete-network-acl-entry --network-acl-id {acl} {way} --rule-number {number}")
        }
    }
}

fn permission(verb: &str, group: &str, rule: &SecurityGroupRule) -> String {
    let way = if rule.egress { "egress" } else { "ingress" };
    let ports = match rule.traffic {
        Traffic::Tcp(PortRange { from, to }) | Traffic::Udp(PortRange { from, to }) => {
            format!(",FromPort={from},ToPort={to}")
        }
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => {
            let number = |value: Option<u8>| value.map_or(-1, i16::from);
            format!(",FromPort={},ToPort={}", number(kind), number(code))
        }
        Traffic::All | Traffic::Protocol(_) => String::new(),
    };
    let peer = match &rule.peer {
        Peer::Cidr(ipnet::IpNet::V4(cidr)) => format!("IpRanges=[{{CidrIp={cidr}}}]"),
        Peer::Cidr(ipnet::IpNet::V6(cidr)) => format!("Ipv6Ranges=[{{CidrIpv6={cidr}}}]"),
        Peer::PrefixList(list) => format!("PrefixListIds=[{{PrefixListId={list}}}]"),
        Peer::Group(group) => format!("UserIdGroupPairs=[{{GroupId={group}}}]"),
    };
    let protocol = rule.traffic.protocol_name();
    format!(
        "aws ec2 {verb}-security-group-{way} --group-id {group} --ip-permissions 'IpProtocol={protocol}{ports},{peer}'"
    )
}

fn acl_entry(verb: &str, acl: &str, entry: &NetworkAclEntry) -> String {
    let way = if entry.egress { "--egress" } else { "--ingress" };
    let protocol = entry.traffic.protocol_number().map_or("-1".into(), |number| number.to_string());
    let detail = match entry.traffic {
        Traffic::Tcp(PortRange { from, to }) | Traffic::Udp(PortRange { from, to }) => {
            format!(" --port-range From={from},To={to}")
        }
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => {
            let number = |value: Option<u8>| value.map_or(-1, i16::from);
            format!(" --icmp-type-code Type={},Code={}", number(kind), number(code))
        }
        Traffic::All | Traffic::Protocol(_) => String::new(),
    };
    let cidr = match entry.cidr {
        ipnet::IpNet::V4(cidr) => format!("--cidr-block {cidr}"),
        ipnet::IpNet::V6(cidr) => format!("--ipv6-cidr-block {cidr}"),
    };
    format!(
        "aws ec2 {verb}-network-acl-entry --network-acl-id {acl} {way} --rule-number {} --protocol {protocol}{detail} {cidr} --rule-action {}",
        entry.number, entry.action
    )
}
