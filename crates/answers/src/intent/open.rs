//! Networks with one layer: every network ACL open, or every security group. Rules are added to the model, so that the
//! one definition of a gate says what is left.

use engine::Network;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{
    Action, Change, NetworkAcl, NetworkAclEntry, Noun, Origin, Peer, SecurityGroup, SecurityGroupRule,
    Traffic,
};

/// A network with all lists open, and one with all groups open.
pub(super) struct Opened<T> {
    pub(super) lists: T,
    pub(super) groups: T,
}

impl Opened<Network> {
    /// Opens the lists, and the groups, of a network: what they had is taken away, since everything passes anyway and
    /// whom old rules told apart nothing tells apart any more.
    pub(super) fn of(network: &Network) -> Opened<Network> {
        let lists = || {
            let mut lists = network.resolved().clone();
            for acl in lists.snapshot.network_acls.values_mut() {
                acl.entries = BOTH.into_iter().flat_map(entries).collect();
            }
            Network::new(lists)
        };
        let groups = || {
            let mut groups = network.resolved().clone();
            for group in groups.snapshot.security_groups.values_mut() {
                group.rules = BOTH.into_iter().flat_map(rules).collect();
            }
            Network::new(groups)
        };
        let (lists, groups) = rayon::join(lists, groups);
        Opened { lists, groups }
    }
}

/// Inbound and outbound.
pub(super) const BOTH: [bool; 2] = [false, true];

fn everywhere() -> [IpNet; 2] {
    [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())]
}

/// Entries that let everything through a list in a direction, before all others (S2.3).
fn entries(egress: bool) -> impl Iterator<Item = NetworkAclEntry> {
    everywhere().into_iter().zip(1..).map(move |(cidr, number)| NetworkAclEntry {
        number,
        egress,
        action: Action::Allow,
        traffic: Traffic::All,
        cidr,
        origin: Origin::PROPOSED,
    })
}

/// Rules that let everything through a group in a direction.
fn rules(egress: bool) -> impl Iterator<Item = SecurityGroupRule> {
    everywhere().into_iter().map(move |cidr| SecurityGroupRule {
        id: None,
        egress,
        traffic: Traffic::All,
        peer: Peer::Cidr(cidr),
        description: None,
        origin: Origin::PROPOSED,
    })
}

/// Lets everything through a list in some directions.
pub(super) fn open_list<'a>(
    acl: &'a NetworkAcl,
    directions: &'a [bool],
) -> impl Iterator<Item = Change> + 'a {
    directions.iter().flat_map(|egress| entries(*egress)).map(move |entry| {
        let same = |old: &NetworkAclEntry| (old.egress, old.number) == (entry.egress, entry.number);
        let (acl, taken) = (acl.id().clone(), acl.entries.iter().any(same));
        match taken {
            true => Change::ReplaceNetworkAclEntry { acl, entry },
            false => Change::CreateNetworkAclEntry { acl, entry },
        }
    })
}

/// Lets everything through a group in some directions.
pub(super) fn open_group<'a>(
    group: &'a SecurityGroup,
    directions: &'a [bool],
) -> impl Iterator<Item = Change> + 'a {
    let new = directions.iter().flat_map(|egress| rules(*egress)).filter(|rule| {
        let same = |old: &SecurityGroupRule| {
            (old.egress, old.traffic, &old.peer) == (rule.egress, rule.traffic, &rule.peer)
        };
        !group.rules.iter().any(same)
    });
    new.map(|rule| Change::AuthorizeSecurityGroup { group: group.id().clone(), rule })
}
