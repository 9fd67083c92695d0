//! Changes as Terraform: one resource a rule.

use std::fmt::Write;

use answers::grant::ListTag;
use model::{Change, Id, NetworkAclEntry, Peer, PortRange, SecurityGroupRule, Traffic};

/// The resource that makes a change, or a comment that says what to edit where Terraform already owns the rule.
pub fn terraform(change: &Change) -> String {
    terraform_tagged(change, &[])
}

/// The same, with tags for the rule of a group. Entries of lists have none.
pub(crate) fn terraform_tagged(change: &Change, tags: &[(&str, String)]) -> String {
    match change {
        Change::AuthorizeSecurityGroup { group, rule } => own_rule(group, rule, tags),
        Change::CreateNetworkAclEntry { acl, entry } => own_entry(acl, entry),
        Change::ReplaceNetworkAclEntry { acl, entry } => {
            format!(
                "# in place of entry {} of {acl} in the same direction\n{}",
                entry.number,
                own_entry(acl, entry)
            )
        }
        Change::RevokeSecurityGroup { group, rule } => format!("# take away from {group}: {rule}\n"),
        Change::DeleteNetworkAclEntry { acl, egress, number } => {
            let way = if *egress { "out" } else { "in" };
            format!("# take away entry {number} ({way}) of {acl}\n")
        }
    }
}

/// A tag of a list that something else owns.
pub(crate) fn terraform_list_tag(tag: &ListTag) -> String {
    let ListTag { acl, key, value } = tag;
    let attributes = [("resource_id", quoted(acl.as_str())), ("key", quoted(key)), ("value", quoted(value))];
    resource("aws_ec2_tag", &identifier(&format!("{acl}_{key}")), &attributes)
}

/// What stands for a group or list: its id in quotes, or an attribute of its resource.
pub(crate) type Reference<'a> = &'a dyn Fn(&Id) -> String;

fn own_rule(group: &Id, rule: &SecurityGroupRule, tags: &[(&str, String)]) -> String {
    let way = if rule.egress { "egress" } else { "ingress" };
    let name = identifier(&format!("{group}_{way}_{}", rule.traffic));
    let mut text = group_rule(&name, group, rule, &|id| quoted(id.as_str()));
    if !tags.is_empty() {
        // What has several lines stands apart.
        let width = tags.iter().map(|(key, _)| key.len() + 2).max().unwrap_or(0);
        let line =
            |(key, value): &(&str, String)| format!("    {:<width$} = {}\n", quoted(key), quoted(value));
        let lines: String = tags.iter().map(line).collect();
        text.truncate(text.len().saturating_sub("}\n".len()));
        let _ = write!(text, "\n  tags = {{\n{lines}  }}\n}}\n");
    }
    text
}

fn own_entry(acl: &Id, entry: &NetworkAclEntry) -> String {
    acl_rule(&entry_name(acl, entry), acl, entry, &|id| quoted(id.as_str()))
}

/// The name of the resource of an entry.
pub(crate) fn entry_name(acl: &Id, entry: &NetworkAclEntry) -> String {
    let way = if entry.egress { "out" } else { "in" };
    identifier(&format!("{acl}_{way}_{}", entry.number))
}

/// A rule of a group.
pub(crate) fn group_rule(name: &str, group: &Id, rule: &SecurityGroupRule, of: Reference<'_>) -> String {
    let way = if rule.egress { "egress" } else { "ingress" };
    let mut attributes = vec![("security_group_id", of(group))];
    attributes.extend(rule.description.as_deref().map(|text| ("description", quoted(text))));
    attributes.push(("ip_protocol", quoted(&rule.traffic.protocol_name())));
    match rule.traffic {
        Traffic::Tcp(PortRange { from, to }) | Traffic::Udp(PortRange { from, to }) => {
            attributes.extend([("from_port", from.to_string()), ("to_port", to.to_string())]);
        }
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => {
            attributes.extend([("from_port", type_or_all(kind)), ("to_port", type_or_all(code))]);
        }
        Traffic::All | Traffic::Protocol(_) => {}
    }
    attributes.push(match &rule.peer {
        Peer::Cidr(ipnet::IpNet::V4(cidr)) => ("cidr_ipv4", quoted(&cidr.to_string())),
        Peer::Cidr(ipnet::IpNet::V6(cidr)) => ("cidr_ipv6", quoted(&cidr.to_string())),
        Peer::PrefixList(list) => ("prefix_list_id", quoted(list.as_str())),
        Peer::Group(id) => ("referenced_security_group_id", of(id)),
    });
    resource(&format!("aws_vpc_security_group_{way}_rule"), name, &attributes)
}

/// An entry of a list.
pub(crate) fn acl_rule(name: &str, acl: &Id, entry: &NetworkAclEntry, of: Reference<'_>) -> String {
    let protocol = entry.traffic.protocol_number().map_or("-1".into(), |number| number.to_string());
    let mut attributes = vec![
        ("network_acl_id", of(acl)),
        ("rule_number", entry.number.to_string()),
        ("egress", entry.egress.to_string()),
        ("protocol", quoted(&protocol)),
        ("rule_action", quoted(&entry.action.to_string())),
    ];
    match entry.traffic {
        Traffic::Tcp(PortRange { from, to }) | Traffic::Udp(PortRange { from, to }) => {
            attributes.extend([("from_port", from.to_string()), ("to_port", to.to_string())]);
        }
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => {
            attributes.extend([("icmp_type", type_or_all(kind)), ("icmp_code", type_or_all(code))]);
        }
        Traffic::All | Traffic::Protocol(_) => {}
    }
    attributes.push(match entry.cidr {
        ipnet::IpNet::V4(cidr) => ("cidr_block", quoted(&cidr.to_string())),
        ipnet::IpNet::V6(cidr) => ("ipv6_cidr_block", quoted(&cidr.to_string())),
    });
    resource("aws_network_acl_rule", name, &attributes)
}

/// A block as `terraform fmt` lays it out: equals signs in one column, and values of several lines apart.
pub(crate) fn resource(kind: &str, name: &str, attributes: &[(&str, String)]) -> String {
    let (long, short): (Vec<_>, Vec<_>) = attributes.iter().partition(|(_, value)| value.contains('\n'));
    let width = short.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let mut text = format!("resource \"{kind}\" \"{name}\" {{\n");
    for (key, value) in short {
        let _ = writeln!(text, "  {key:<width$} = {value}");
    }
    for (key, value) in long {
        let _ = writeln!(text, "\n  {key} = {value}");
    }
    text.push_str("}\n");
    text
}

fn type_or_all(value: Option<u8>) -> String {
    value.map_or("-1".into(), |value| value.to_string())
}

/// A string that Terraform takes as it is.
pub(crate) fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
}

/// A name that Terraform takes: letters, digits, `_`, not beginning with a digit.
pub(crate) fn identifier(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if clean.starts_with(|c: char| c.is_ascii_digit()) { format!("_{clean}") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_resource_a_rule() {
        let rule = testkit::rule(false, "tcp 443 sg-2");
        let text = terraform(&Change::AuthorizeSecurityGroup { group: "sg-1".into(), rule });
        let expected = r#"resource "aws_vpc_security_group_ingress_rule" "sg_1_ingress_tcp_443" {
  security_group_id            = "sg-1"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = "sg-2"
}
"#;
        assert_eq!(text, expected);
    }

    /// A protocol of all takes no ports (S9.21).
    #[test]
    fn all_traffic_has_no_ports() {
        let rule = testkit::rule(true, "all ::/0");
        let text = terraform(&Change::AuthorizeSecurityGroup { group: "sg-1".into(), rule });
        assert!(text.contains("ip_protocol       = \"-1\"") && !text.contains("port "), "{text}");
        assert!(text.contains("cidr_ipv6         = \"::/0\""), "{text}");
    }

    #[test]
    fn an_entry_in_place_of_another_says_so() {
        let entry = testkit::entry(false, "130 allow icmp 8/0 0.0.0.0/0");
        let text = terraform(&Change::ReplaceNetworkAclEntry { acl: "acl-1".into(), entry });
        let expected = r#"# in place of entry 130 of acl-1 in the same direction
resource "aws_network_acl_rule" "acl_1_in_130" {
  network_acl_id = "acl-1"
  rule_number    = 130
  egress         = false
  protocol       = "1"
  rule_action    = "allow"
  icmp_type      = 8
  icmp_code      = 0
  cidr_block     = "0.0.0.0/0"
}
"#;
        assert_eq!(text, expected);
    }
}
