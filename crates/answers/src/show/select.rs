//! From the words of a selector to resources. Sets work as in questions; what is called alike is all shown.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use model::{Id, OtherKind, Resolved};
use wildmatch::WildMatch;

use super::kinds::KINDS;
use super::{KindEntry, Matches};
use crate::question::{self, Ends, QuestionError, SetOp, Term, shown};
use crate::suggest::closest;

/// Resources, each once, in the order of the kinds and of the export.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    found: Vec<(usize, Id)>,
}

impl Selection {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static KindEntry, &Id)> {
        self.found.iter().filter_map(|(kind, id)| KINDS.get(*kind).map(|entry| (entry, id)))
    }
}

/// Everything with this very name or id.
pub(crate) fn called(resolved: &Resolved, name: &str) -> Selection {
    let model = &resolved.snapshot;
    let mut selection = filter(resolved, |_| true, &|candidate| candidate.names().any(|own| own == name));
    // An instance and its interface often share a name; the instance shows the interface.
    let instances: Vec<Id> = selection.iter().map(|(_, id)| id.clone()).collect();
    let theirs = |id: &Id| {
        let noun = model.network_interfaces.get(id.as_str());
        noun.is_some_and(|noun| {
            *id != *name && noun.instance.as_ref().is_some_and(|own| instances.contains(own))
        })
    };
    selection.found.retain(|(_, id)| !theirs(id));
    selection
}

/// What the ends of a question mean as resources.
pub(crate) fn select(resolved: &Resolved, ends: &Ends) -> Result<Selection, QuestionError> {
    match ends {
        Ends::Term(term) => one(resolved, &term.node, &term.span),
        Ends::Set { op, left, right, .. } => {
            let (mut left, right) = (select(resolved, left)?, select(resolved, right)?);
            let theirs: rustc_hash::FxHashSet<_> = right.found.iter().cloned().collect();
            match op {
                SetOp::Union => {
                    let mine: rustc_hash::FxHashSet<_> = left.found.iter().cloned().collect();
                    left.found.extend(right.found.into_iter().filter(|one| !mine.contains(one)));
                }
                SetOp::Intersection => left.found.retain(|one| theirs.contains(one)),
                SetOp::Difference => left.found.retain(|one| !theirs.contains(one)),
            }
            Ok(left)
        }
    }
}

fn one(resolved: &Resolved, term: &Term, span: &Range<usize>) -> Result<Selection, QuestionError> {
    let found = match term {
        Term::Name(name) => called(resolved, name),
        Term::Selector { kind, glob } => of_kind(resolved, *kind, glob),
        Term::Tag { key, glob } => {
            let pattern = WildMatch::new(glob);
            filter(resolved, |_| true, &|candidate| {
                candidate.noun.tags().get(key).is_some_and(|value| pattern.matches(value))
            })
        }
        Term::Net { net, .. } => addressed(resolved, *net),
        Term::Everything => filter(resolved, |_| true, &|_| true),
        Term::Internet | Term::Internet6 | Term::Me | Term::Aws(_) => {
            let message = format!("{} is no resource of an export", shown(&term.to_string()));
            return Err(QuestionError::new(span.clone(), message)
                .help("name one by its name, its id or its address, or several as `sg:web-*`"));
        }
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let (message, word) = match term {
        Term::Name(name) => (format!("nothing is called {}", shown(name)), Some(name)),
        Term::Selector { glob, .. } => (format!("nothing matches {}", shown(&term.to_string())), Some(glob)),
        Term::Net { .. } => (format!("nothing in the export has {}", shown(&term.to_string())), None),
        _ => (format!("nothing matches {}", shown(&term.to_string())), None),
    };
    let of = |entry: &KindEntry| match term {
        Term::Selector { kind, .. } => entry.selector == Some(*kind),
        _ => true,
    };
    let help = match (term, word) {
        (Term::Name(name), _) if name.contains(['*', '?']) => {
            Some(format!("a pattern needs a kind, such as `sg:{name}`"))
        }
        (_, Some(word)) => {
            let names = names(resolved, of);
            closest(word, names.iter().map(String::as_str)).map(|meant| format!("did you mean `{meant}`?"))
        }
        _ => None,
    };
    Err(QuestionError::new(span.clone(), message).maybe_help(help))
}

/// Resources of a kind by name or id; some kinds are told by something else.
fn of_kind(resolved: &Resolved, kind: question::Kind, glob: &str) -> Selection {
    use question::Kind;
    let model = &resolved.snapshot;
    let pattern = WildMatch::new(glob);
    let by_name = |entry: &KindEntry| entry.selector == Some(kind);
    match kind {
        Kind::AvailabilityZone => {
            let is = |id: &Option<Id>| id.as_ref().is_some_and(|id| pattern.matches(id.as_str()));
            filter(resolved, |entry| entry.selector == Some(Kind::Subnet), &|candidate| {
                let subnet = model.subnets.get(candidate.noun.id().as_str());
                subnet.is_some_and(|noun| is(&noun.availability_zone) || is(&noun.availability_zone_id))
            })
        }
        Kind::Account => filter(resolved, |_| true, &|candidate| {
            candidate.owner.is_some_and(|owner| pattern.matches(owner.as_str()))
        }),
        Kind::Database => filter(resolved, |entry| entry.selector.is_none(), &|candidate| {
            let other = model.others.get(candidate.noun.id().as_str());
            other.is_some_and(|noun| noun.kind == OtherKind::DbInstance)
                && candidate.names().any(|name| pattern.matches(name))
        }),
        // Without the groups themselves, instances say which one they are of.
        Kind::AutoScalingGroup if model.auto_scaling_groups.is_empty() => {
            filter(resolved, |entry| entry.selector == Some(Kind::Instance), &|candidate| {
                let instance = model.instances.get(candidate.noun.id().as_str());
                let group = instance.and_then(|noun| noun.auto_scaling_group());
                group.is_some_and(|group| pattern.matches(group))
            })
        }
        _ => filter(resolved, by_name, &|candidate| candidate.names().any(|name| pattern.matches(name))),
    }
}

/// What has an address: the interface that holds it, the Elastic IP; for a block the subnets and VPCs in it.
fn addressed(resolved: &Resolved, net: IpNet) -> Selection {
    use question::Kind;
    let model = &resolved.snapshot;
    if net.prefix_len() < net.max_prefix_len() {
        let inside = |blocks: &[IpNet]| blocks.iter().any(|block| net.contains(block));
        return filter(
            resolved,
            |entry| matches!(entry.selector, Some(Kind::Subnet | Kind::Vpc)),
            &|candidate| {
                let id = candidate.noun.id().as_str();
                let subnet = model.subnets.get(id).map(|noun| inside(&noun.cidrs));
                let vpc = model.vpcs.get(id).map(|noun| inside(&noun.cidrs));
                subnet.or(vpc).unwrap_or(false)
            },
        );
    }
    let address = net.addr();
    filter(
        resolved,
        |entry| {
            matches!(
                entry.selector,
                Some(Kind::NetworkInterface | Kind::ElasticIp | Kind::NatGateway | Kind::VpnConnection)
            )
        },
        &|candidate| {
            let id = candidate.noun.id().as_str();
            let public = |own: Option<std::net::Ipv4Addr>| own.map(IpAddr::V4) == Some(address);
            model.network_interfaces.get(id).is_some_and(|noun| {
                noun.holds(address) || noun.addresses.iter().any(|own| public(own.public))
            }) || model.elastic_ips.get(id).is_some_and(|noun| public(Some(noun.public)))
                || model.nat_gateways.get(id).is_some_and(|noun| {
                    noun.addresses.iter().any(|own| public(own.public) || public(own.private))
                })
                || model.vpn_connections.get(id).is_some_and(|noun| noun.outside.contains(&address))
        },
    )
}

fn filter(resolved: &Resolved, of: impl Fn(&KindEntry) -> bool, matches: Matches<'_>) -> Selection {
    let kinds = KINDS.iter().enumerate().filter(|(_, entry)| of(entry));
    let found = kinds.flat_map(|(kind, entry)| {
        (entry.find)(resolved, matches).into_iter().map(move |id| (kind, id)).collect::<Vec<_>>()
    });
    Selection { found: found.collect() }
}

/// All names, for 'did you mean'.
fn names(resolved: &Resolved, of: impl Fn(&KindEntry) -> bool) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    filter(resolved, of, &|candidate| {
        names.borrow_mut().extend(candidate.names().map(str::to_owned));
        false
    });
    names.into_inner()
}
