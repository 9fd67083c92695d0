//! Changes as the lines of the AWS CLI that make them.

use answers::grant::ListTag;
use model::{Change, Id, NetworkAclEntry, Peer, PortRange, SecurityGroupRule, Traffic};

/// The command that makes a change, ready to paste into a POSIX shell.
pub fn aws_cli(change: &Change) -> String {
    match change {
        Change::AuthorizeSecurityGroup { group, rule } => {
            permission("authorize", group.as_str(), rule, &Id::to_string)
        }
        Change::RevokeSecurityGroup { group, rule } => {
            permission("revoke", group.as_str(), rule, &Id::to_string)
        }
        Change::CreateNetworkAclEntry { acl, entry } => acl_entry("create", acl.as_str(), entry),
        Change::ReplaceNetworkAclEntry { acl, entry } => acl_entry("replace", acl.as_str(), entry),
        Change::DeleteNetworkAclEntry { acl, egress, number } => {
            let way = if *egress { "--egress" } else { "--ingress" };
            format!("aws ec2 delete-network-acl-entry --network-acl-id {acl} {way} --rule-number {number}")
        }
    }
}

/// The same, with tags for the rule of a group that it makes. Entries of lists have none.
pub(crate) fn aws_cli_tagged(change: &Change, tags: &[(&str, String)]) -> String {
    let line = aws_cli(change);
    let Change::AuthorizeSecurityGroup { .. } = change else { return line };
    let tags = tags.iter().map(|(key, value)| format!("{{Key={key},Value={}}}", quoted(value)));
    let tags = tags.collect::<Vec<_>>().join(",");
    format!("{line} --tag-specifications 'ResourceType=security-group-rule,Tags=[{tags}]'")
}

/// The command that gives a list a tag.
pub(crate) fn tag_list(tag: &ListTag) -> String {
    let ListTag { acl, key, value } = tag;
    format!("aws ec2 create-tags --resources {acl} --tags 'Key={},Value={}'", quoted(key), quoted(value))
}

/// The command that takes a tag of a list away.
pub(crate) fn untag_list(tag: &ListTag) -> String {
    format!("aws ec2 delete-tags --resources {} --tags 'Key={}'", tag.acl, quoted(&tag.key))
}

/// A value in the CLI's shorthand, within single quotes of the shell.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "'\\''");
    format!("\"{escaped}\"")
}

/// A call for one rule of a group. `group` is a word of the shell; `peer` writes a group that the rule names within
/// single quotes.
pub(crate) fn permission(
    verb: &str,
    group: &str,
    rule: &SecurityGroupRule,
    peer: &dyn Fn(&Id) -> String,
) -> String {
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
    let (key, peer) = match &rule.peer {
        Peer::Cidr(ipnet::IpNet::V4(cidr)) => ("IpRanges", format!("CidrIp={cidr}")),
        Peer::Cidr(ipnet::IpNet::V6(cidr)) => ("Ipv6Ranges", format!("CidrIpv6={cidr}")),
        Peer::PrefixList(list) => ("PrefixListIds", format!("PrefixListId={list}")),
        Peer::Group(group) => ("UserIdGroupPairs", format!("GroupId={}", peer(group))),
    };
    // What is taken away is told by its traffic and its peer.
    let description = rule.description.as_ref().filter(|_| verb == "authorize");
    let description = description.map_or(String::new(), |text| format!(",Description={}", quoted(text)));
    let protocol = rule.traffic.protocol_name();
    format!(
        "aws ec2 {verb}-security-group-{way} --group-id {group} --ip-permissions 'IpProtocol={protocol}{ports},{key}=[{{{peer}{description}}}]'"
    )
}

/// A call for one entry of a list. `acl` is a word of the shell.
pub(crate) fn acl_entry(verb: &str, acl: &str, entry: &NetworkAclEntry) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn group_rule(egress: bool, text: &str) -> String {
        let rule = testkit::rule(egress, text);
        aws_cli(&Change::AuthorizeSecurityGroup { group: "sg-1".into(), rule })
    }

    /// The shorthand syntax of the AWS CLI's own examples of these calls.
    #[test]
    fn rules_of_groups() {
        let start = "aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions";
        for (text, permission) in [
            ("tcp 443 0.0.0.0/0", "'IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[{CidrIp=0.0.0.0/0}]'"),
            ("udp 53 ::/0", "'IpProtocol=udp,FromPort=53,ToPort=53,Ipv6Ranges=[{CidrIpv6=::/0}]'"),
            ("icmp 8 10.0.0.0/8", "'IpProtocol=icmp,FromPort=8,ToPort=-1,IpRanges=[{CidrIp=10.0.0.0/8}]'"),
            ("all sg-2", "'IpProtocol=-1,UserIdGroupPairs=[{GroupId=sg-2}]'"),
            ("50 pl-1", "'IpProtocol=50,PrefixListIds=[{PrefixListId=pl-1}]'"),
        ] {
            assert_eq!(group_rule(false, text), format!("{start} {permission}"));
        }
        assert!(group_rule(true, "all sg-2").starts_with("aws ec2 authorize-security-group-egress "));
    }

    #[test]
    fn descriptions_and_tags() {
        let rule = model::SecurityGroupRule {
            description: Some("it's \"ours\"".into()),
            ..testkit::rule(false, "tcp 22 sg-2")
        };
        let line = aws_cli_tagged(
            &Change::AuthorizeSecurityGroup { group: "sg-1".into(), rule: rule.clone() },
            &[("a:b", "c d".into())],
        );
        let described = r#"UserIdGroupPairs=[{GroupId=sg-2,Description="it'\''s \"ours\""}]'"#;
        let tags = r#" --tag-specifications 'ResourceType=security-group-rule,Tags=[{Key=a:b,Value="c d"}]'"#;
        assert!(line.ends_with(&format!("{described}{tags}")), "{line}");
        let line = aws_cli(&Change::RevokeSecurityGroup { group: "sg-1".into(), rule });
        assert!(line.ends_with("UserIdGroupPairs=[{GroupId=sg-2}]'"), "{line}");
        let tag = ListTag { acl: "acl-1".into(), key: "a:in:1".into(), value: "c".into() };
        assert_eq!(
            tag_list(&tag),
            r#"aws ec2 create-tags --resources acl-1 --tags 'Key="a:in:1",Value="c"'"#
        );
        assert_eq!(untag_list(&tag), r#"aws ec2 delete-tags --resources acl-1 --tags 'Key="a:in:1"'"#);
    }

    #[test]
    fn entries_of_lists() {
        let entry = testkit::entry(true, "110 allow tcp 1024-65535 0.0.0.0/0");
        let acl = || "acl-1".into();
        let rest = "-network-acl-entry --network-acl-id acl-1 --egress --rule-number 110";
        let body = "--protocol 6 --port-range From=1024,To=65535 --cidr-block 0.0.0.0/0 --rule-action allow";
        let created = aws_cli(&Change::CreateNetworkAclEntry { acl: acl(), entry: entry.clone() });
        assert_eq!(created, format!("aws ec2 create{rest} {body}"));
        let replaced = aws_cli(&Change::ReplaceNetworkAclEntry { acl: acl(), entry });
        assert_eq!(replaced, format!("aws ec2 replace{rest} {body}"));
        let deleted = aws_cli(&Change::DeleteNetworkAclEntry { acl: acl(), egress: true, number: 110 });
        assert_eq!(deleted, format!("aws ec2 delete{rest}"));
        let entry = testkit::entry(false, "90 deny icmpv6 128 2001:db8::/32");
        let icmp = aws_cli(&Change::CreateNetworkAclEntry { acl: acl(), entry });
        assert!(icmp.ends_with(
            "--ingress --rule-number 90 --protocol 58 --icmp-type-code Type=128,Code=-1 --ipv6-cidr-block 2001:db8::/32 --rule-action deny"
        ));
    }
}
