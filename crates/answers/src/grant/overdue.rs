//! What was granted, as the rules and lists of a network say it themselves.

use engine::Network;
use model::{Change, Location, Noun, Origin};

use super::Moment;
use super::mark::{ListTag, Mark};

/// A rule or an entry that was granted for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Until when, and why.
    pub mark: Mark,
    /// What people call the group or the list, and its direction: `sg-web in`.
    pub gate: String,
    /// The rule or the entry; `None`: it is gone, and only its tag is left.
    pub rule: Option<String>,
    /// Where it is written.
    pub place: Option<Location>,
    /// What takes it away.
    pub remove: Option<Change>,
    /// The tag to take away with it.
    pub tag: Option<ListTag>,
}

/// Everything that was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expiries {
    /// What is overdue, the longest first.
    pub overdue: Vec<Granted>,
    /// What is granted still, what ends first first.
    pub running: Vec<Granted>,
    /// Marks that cannot be read: what they are on, and why.
    pub unreadable: Vec<(String, String)>,
}

/// Finds what was granted, and what of it is overdue.
pub fn expiries(network: &Network, now: Moment) -> Expiries {
    let mut found = Expiries::default();
    let mut all = Vec::new();
    of_groups(network, &mut all, &mut found.unreadable);
    of_lists(network, &mut all, &mut found.unreadable);
    all.sort_by_key(|granted| granted.mark.expires);
    (found.overdue, found.running) = all.into_iter().partition(|granted| granted.mark.expires <= now);
    found
}

fn place(network: &Network, origin: Origin) -> Option<Location> {
    network.model().sources.locate(origin)
}

fn way(name: &str, egress: bool) -> String {
    format!("{name} {}", if egress { "out" } else { "in" })
}

fn of_groups(network: &Network, all: &mut Vec<Granted>, unreadable: &mut Vec<(String, String)>) {
    for group in network.model().security_groups.values() {
        let name = group.name().unwrap_or(group.id.as_str());
        for rule in &group.rules {
            let Some(mark) = rule.description.as_deref().and_then(Mark::of_description) else { continue };
            let gate = way(name, rule.egress);
            match mark {
                Ok(mark) => all.push(Granted {
                    mark,
                    gate,
                    rule: Some(rule.to_string()),
                    place: place(network, rule.origin),
                    remove: Some(Change::RevokeSecurityGroup { group: group.id.clone(), rule: rule.clone() }),
                    tag: None,
                }),
                Err(error) => unreadable.push((format!("{gate}  {rule}"), error)),
            }
        }
    }
}

fn of_lists(network: &Network, all: &mut Vec<Granted>, unreadable: &mut Vec<(String, String)>) {
    for acl in network.model().network_acls.values() {
        let name = acl.name().unwrap_or(acl.id.as_str());
        for (key, value) in &acl.tags.0 {
            match Mark::of_list_tag(key, value) {
                None => {}
                Some(Err(error)) => unreadable.push((name.to_owned(), error)),
                Some(Ok((egress, number, mark))) => {
                    let is =
                        |entry: &&model::NetworkAclEntry| (entry.egress, entry.number) == (egress, number);
                    let entry = acl.entries.iter().find(is);
                    let delete = |_| Change::DeleteNetworkAclEntry { acl: acl.id.clone(), egress, number };
                    all.push(Granted {
                        mark,
                        gate: way(name, egress),
                        rule: entry.map(ToString::to_string),
                        place: entry.and_then(|entry| place(network, entry.origin)),
                        remove: entry.map(delete),
                        tag: Some(ListTag {
                            acl: acl.id.clone(),
                            key: key.to_string(),
                            value: value.to_string(),
                        }),
                    });
                }
            }
        }
    }
}
