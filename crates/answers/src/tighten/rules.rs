//! The rules and entries that allow something, by what stays the same while others go.

use engine::{Network, RuleRef};
use model::{Action, Change, Id, NetworkAclEntry, Noun, SecurityGroupRule, Traffic};

/// A rule of a group, or an entry of a list, that allows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Allowing {
    /// A rule of a group.
    Rule(Id, SecurityGroupRule),
    /// An entry of a list.
    Entry(Id, NetworkAclEntry),
}

impl Allowing {
    /// Every one that stands on some way: of groups that an interface has, of lists that guard a subnet.
    pub(super) fn all(network: &Network) -> Vec<Allowing> {
        let (model, resolved) = (network.model(), network.resolved());
        let mut all = Vec::new();
        for (ix, group) in model.security_groups.iter() {
            if !resolved.members_of(ix).is_empty() {
                all.extend(group.rules.iter().map(|rule| Allowing::Rule(group.id.clone(), rule.clone())));
            }
        }
        for (ix, acl) in model.network_acls.iter() {
            let mut subnets = model.subnets.iter();
            if subnets.any(|(subnet, _)| resolved.network_acl_of(subnet).ix() == Some(ix)) {
                let allows = acl.entries.iter();
                let allows = allows.filter(|entry| entry.action == Action::Allow && !entry.is_star());
                all.extend(allows.map(|entry| Allowing::Entry(acl.id.clone(), entry.clone())));
            }
        }
        // What allows most goes first, if it can.
        all.sort_by_key(Allowing::width);
        all
    }

    /// The one that a gate names.
    pub(super) fn of(network: &Network, rule: RuleRef) -> Option<Allowing> {
        match rule {
            RuleRef::SecurityGroup(group, at) => {
                let group = network.model().security_groups.at(group);
                Some(Allowing::Rule(group.id().clone(), group.rules.get(at)?.clone()))
            }
            RuleRef::NetworkAcl(acl, at) => {
                let acl = network.model().network_acls.at(acl);
                let entry = acl.entries.get(at).filter(|entry| entry.action == Action::Allow)?;
                Some(Allowing::Entry(acl.id().clone(), entry.clone()))
            }
            RuleRef::Missing => None,
        }
    }

    /// The group or list that it is of.
    pub(super) fn owner(&self) -> &Id {
        match self {
            Allowing::Rule(id, _) | Allowing::Entry(id, _) => id,
        }
    }

    /// What takes it away.
    pub(super) fn removal(&self) -> Change {
        match self {
            Allowing::Rule(group, rule) => {
                Change::RevokeSecurityGroup { group: group.clone(), rule: rule.clone() }
            }
            Allowing::Entry(acl, entry) => {
                let (egress, number) = (entry.egress, entry.number);
                Change::DeleteNetworkAclEntry { acl: acl.clone(), egress, number }
            }
        }
    }

    /// The wider, the smaller.
    fn width(&self) -> (u8, u32, u8) {
        let (traffic, prefix) = match self {
            Allowing::Rule(_, rule) => match &rule.peer {
                model::Peer::Cidr(cidr) => (rule.traffic, cidr.prefix_len()),
                model::Peer::Group(_) | model::Peer::PrefixList(_) => (rule.traffic, u8::MAX),
            },
            Allowing::Entry(_, entry) => (entry.traffic, entry.cidr.prefix_len()),
        };
        let (kind, count) = match traffic {
            Traffic::All => (0, 0),
            Traffic::Tcp(ports) | Traffic::Udp(ports) => (1, u32::MAX - ports.count()),
            Traffic::Protocol(_) | Traffic::Icmp(..) | Traffic::Icmpv6(..) => (2, 0),
        };
        (kind, count, prefix)
    }
}
