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
        Change::AuthorizeSecurityGroup { group, rule } => group_rule(group, rule, tags),
        Change::CreateNetworkAclEntry { acl, entry } => acl_rule(acl, entry),
        Change::ReplaceNetworkAclEntry { acl, entry } => {
            format!(
                "# in place of entry {} of {acl} in the same direction\n{}",
                entry.number,
                acl_rule(acl, entry)
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

fn group_rule(group: &Id, rule: &SecurityGroupRule, tags: &[(&str, String)]) -> String {
    let way = if rule.egress { "egress" } else { "ingress" };
    let mut attributes = vec![("security_group_id", quoted(group.as_str()))];
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
        Peer::Group(id) => ("referenced_security_group_id", quoted(id.as_str())),
    });
    attributes.extend(rule.description.as_ref().map(|text| ("description", quoted(text))));
    let name = identifier(&format!("{group}_{way}_{}", rule.traffic));
    let mut text = resource(&format!("aws_vpc_security_group_{way}_rule"), &name, &attributes);
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

fn acl_rule(acl: &Id, entry: &NetworkAclEntry) -> String {
    let protocol = entry.traffic.protocol_number().map_or("-1".into(), |number| number.to_string());
    let mut attributes = vec![
        ("network_acl_id", quoted(acl.as_str())),
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
    let way = if entry.egress { "out" } else { "in" };
    resource("aws_network_acl_rule", &identifier(&format!("{acl}_{way}_{}", entry.number)), &attributes)
}

/// A block as `terraform fmt` lays it out: equals signs in one column.
fn resource(kind: &str, name: &str, attributes: &[(&str, String)]) -> String {
    let width = attributes.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let mut text = format!("resource \"{kind}\" \"{name}\" {{\n");
    for (key, value) in attributes {
        let _ = writeln!(text, "  {key:<width$} = {value}");
    }
    text.push_str("}\n");
    text
}

fn type_or_all(value: Option<u8>) -> String {
    value.map_or("-1".into(), |value| value.to_string())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${"))
}

/// A name that Terraform takes: letters, digits, `_`, not beginning with a digit.
fn identifier(text: &str) -> String {
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
