//! Security groups and their rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ACCOUNT, Export, name, set};

/// Protocol and ports of a rule, as AWS writes them.
pub(super) type Ports = (&'static str, i32, i32);

/// Where a rule lets traffic come from or go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    Cidr(String),
    Ipv6(String),
    Group(String),
    List(String),
}

impl From<&str> for Peer {
    fn from(block: &str) -> Peer {
        if block.contains(':') { Peer::Ipv6(block.into()) } else { Peer::Cidr(block.into()) }
    }
}

/// A group, rule by rule.
pub(super) struct Group {
    id: String,
    name: String,
    vpc: String,
    /// Who may reach each protocol and range of ports.
    inward: BTreeMap<Ports, Vec<Peer>>,
    /// Who may be reached on them.
    outward: BTreeMap<Ports, Vec<Peer>>,
}

impl Group {
    pub(super) fn new(vpc: &str, name: &str) -> Group {
        Group {
            id: id(name),
            name: name.into(),
            vpc: vpc.into(),
            inward: BTreeMap::new(),
            outward: BTreeMap::new(),
        }
    }

    pub(super) fn inward(&mut self, ports: Ports, peer: Peer) {
        add(&mut self.inward, ports, peer);
    }

    pub(super) fn outward(&mut self, ports: Ports, peer: Peer) {
        add(&mut self.outward, ports, peer);
    }

    /// How many rules it has for what comes in.
    pub(super) fn inward_len(&self) -> usize {
        self.inward.values().map(Vec::len).sum()
    }

    pub(super) fn write(&self, export: &mut Export) {
        let element = json!({
            "GroupId": self.id, "IpPermissionsEgress": permissions(&self.outward), "Tags": name(&self.name),
            "VpcId": self.vpc, "OwnerId": ACCOUNT, "GroupName": self.name, "Description": self.name,
            "IpPermissions": permissions(&self.inward),
        });
        export.push("describe-security-groups", "SecurityGroups", &element);
    }
}

/// The id of the group of a name.
pub(super) fn id(name: &str) -> String {
    format!("sg-{name}")
}

/// AWS has no rule twice.
fn add(rules: &mut BTreeMap<Ports, Vec<Peer>>, ports: Ports, peer: Peer) {
    let peers = rules.entry(ports).or_default();
    if !peers.contains(&peer) {
        peers.push(peer);
    }
}

fn permissions(rules: &BTreeMap<Ports, Vec<Peer>>) -> Vec<Value> {
    rules.iter().map(|(ports, peers)| permission(*ports, peers)).collect()
}

fn permission((protocol, from, to): Ports, peers: &[Peer]) -> Value {
    let (mut v4, mut v6, mut groups, mut lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for peer in peers {
        match peer {
            Peer::Cidr(block) => v4.push(json!({"CidrIp": block})),
            Peer::Ipv6(block) => v6.push(json!({"CidrIpv6": block})),
            Peer::Group(id) => groups.push(json!({"UserId": ACCOUNT, "GroupId": id})),
            Peer::List(id) => lists.push(json!({"PrefixListId": id})),
        }
    }
    let mut permission = json!({"IpProtocol": protocol});
    if protocol != "-1" {
        set(&mut permission, "FromPort", from);
        set(&mut permission, "ToPort", to);
    }
    set(&mut permission, "UserIdGroupPairs", groups);
    set(&mut permission, "IpRanges", v4);
    set(&mut permission, "Ipv6Ranges", v6);
    set(&mut permission, "PrefixListIds", lists);
    permission
}
