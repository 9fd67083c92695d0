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
    /// Opens the lists, and the groups, of a network. `None` if it refuses.
    pub(super) fn of(network: &Network) -> Option<Opened<Network>> {
        let model = network.model();
        let lists: Vec<Change> = model.network_acls.values().flat_map(|acl| open_list(acl, &BOTH)).collect();
        let groups: Vec<Change> =
            model.security_groups.values().flat_map(|group| open_group(group, &BOTH)).collect();
        Some(Opened { lists: network.after(&lists).ok()?, groups: network.after(&groups).ok()? })
    }
}

/// Inbound and outbound.
pub(super) const BOTH: [bool; 2] = [false, true];

fn everywhere() -> [IpNet; 2] {
    [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())]
}

/// Lets everything through a list in some directions, by entries that come first (S2.3).
pub(super) fn open_list<'a>(
    acl: &'a NetworkAcl,
    directions: &'a [bool],
) -> impl Iterator<Item = Change> + 'a {
    directions.iter().flat_map(move |egress| {
        everywhere().into_iter().zip(1..).map(move |(cidr, number)| {
            let entry = NetworkAclEntry {
                number,
                egress: *egress,
                action: Action::Allow,
                traffic: Traffic::All,
                cidr,
                origin: Origin::PROPOSED,
            };
            let taken = acl.entries.iter().any(|old| (old.egress, old.number) == (*egress, number));
            let acl = acl.id().clone();
            match taken {
                true => Change::ReplaceNetworkAclEntry { acl, entry },
                false => Change::CreateNetworkAclEntry { acl, entry },
            }
        })
    })
}

/// Lets everything through a group in some directions.
pub(super) fn open_group<'a>(
    group: &'a SecurityGroup,
    directions: &'a [bool],
) -> impl Iterator<Item = Change> + 'a {
    directions.iter().flat_map(move |egress| {
        everywhere().into_iter().filter_map(move |cidr| {
            let rule = SecurityGroupRule {
                id: None,
                egress: *egress,
                traffic: Traffic::All,
                peer: Peer::Cidr(cidr),
                description: None,
                origin: Origin::PROPOSED,
            };
            let same = |old: &SecurityGroupRule| {
                (old.egress, old.traffic, &old.peer) == (rule.egress, rule.traffic, &rule.peer)
            };
            let there = group.rules.iter().any(same);
            (!there).then(|| Change::AuthorizeSecurityGroup { group: group.id().clone(), rule })
        })
    })
}
