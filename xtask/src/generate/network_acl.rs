//! Network ACLs and their entries.

use serde_json::{Value, json};

use super::{ACCOUNT, Export, name, set};

/// Protocols as network ACLs write them.
pub(super) const ALL: &str = "-1";
pub(super) const ICMP: &str = "1";
pub(super) const ICMPV6: &str = "58";
pub(super) const TCP: &str = "6";
pub(super) const UDP: &str = "17";

/// A list, entry by entry.
pub(super) struct Acl {
    name: String,
    vpc: String,
    is_default: bool,
    entries: Vec<Value>,
    subnets: Vec<String>,
}

impl Acl {
    pub(super) fn new(vpc: &str, name: &str, subnets: Vec<String>) -> Acl {
        Acl { name: name.into(), vpc: vpc.into(), is_default: false, entries: Vec::new(), subnets }
    }

    /// The list that a VPC begins with, which lets everything pass.
    pub(super) fn default(vpc: &str, name: &str, has_ipv6: bool) -> Acl {
        let mut acl = Acl { is_default: true, ..Acl::new(vpc, name, Vec::new()) };
        for egress in [false, true] {
            acl.entry(egress, 100, true, (ALL, 0, 0), "0.0.0.0/0");
            if has_ipv6 {
                acl.entry(egress, 101, true, (ALL, 0, 0), "::/0");
            }
        }
        acl
    }

    /// Puts subnets behind it.
    pub(super) fn guard(&mut self, subnets: Vec<String>) {
        self.subnets.extend(subnets);
    }

    /// An entry. Of ICMP the ports are type and code, 255 for any.
    pub(super) fn entry(
        &mut self,
        egress: bool,
        number: usize,
        allow: bool,
        (protocol, from, to): (&str, usize, usize),
        block: &str,
    ) {
        let action = if allow { "allow" } else { "deny" };
        let mut entry =
            json!({"Egress": egress, "Protocol": protocol, "RuleAction": action, "RuleNumber": number});
        let key = if block.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
        set(&mut entry, key, block);
        match protocol {
            TCP | UDP => set(&mut entry, "PortRange", json!({"From": from, "To": to})),
            ICMP => set(&mut entry, "IcmpTypeCode", json!({"Code": to, "Type": from})),
            _ => {}
        }
        self.entries.push(entry);
    }

    /// An entry about ICMP, or ICMPv6 where the block is of IPv6: a type and a code, -1 for any.
    pub(super) fn icmp(&mut self, egress: bool, number: usize, allow: bool, kind: (i32, i32), block: &str) {
        let protocol = if block.contains(':') { ICMPV6 } else { ICMP };
        self.entry(egress, number, allow, (protocol, 0, 0), block);
        if let Some(entry) = self.entries.last_mut() {
            set(entry, "IcmpTypeCode", json!({"Code": kind.1, "Type": kind.0}));
        }
    }

    pub(super) fn write(mut self, export: &mut Export) {
        for egress in [false, true] {
            self.entry(egress, 32_767, false, (ALL, 0, 0), "0.0.0.0/0");
            if self.entries.iter().any(|entry| entry.get("Ipv6CidrBlock").is_some()) {
                self.entry(egress, 32_768, false, (ALL, 0, 0), "::/0");
            }
        }
        let id = format!("acl-{}", self.name);
        let association = |subnet: &String| json!({"NetworkAclAssociationId": format!("aclassoc-{subnet}"), "NetworkAclId": id, "SubnetId": subnet});
        let associations: Vec<Value> = self.subnets.iter().map(association).collect();
        let element = json!({
            "Associations": associations, "Entries": self.entries, "IsDefault": self.is_default, "NetworkAclId": id,
            "Tags": name(&self.name), "VpcId": self.vpc, "OwnerId": ACCOUNT,
        });
        export.push("describe-network-acls", "NetworkAcls", &element);
    }
}
