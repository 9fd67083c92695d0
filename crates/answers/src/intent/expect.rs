//! `subnet:db-* uses nacl:db`: what has to be attached to what.

use engine::Network;
use model::{Ix, NetworkInterface, Noun, Subnet};
use wildmatch::WildMatch;

use super::{Expect, Expected};
use crate::ends::{Names, name_of, resolve_even_nobody};
use crate::question::{Ends, Kind, QuestionError, Term, shown};
use crate::suggest::closest;

/// Who has to use what.
pub(super) struct Attachments {
    who: Who,
    glob: String,
}

enum Who {
    Subnets(Vec<Ix<Subnet>>),
    Interfaces(Vec<Ix<NetworkInterface>>),
}

impl Attachments {
    /// Finds who is meant.
    pub(super) fn find(names: &Names<'_>, expect: &Expect) -> Result<Attachments, QuestionError> {
        let network = names.network;
        let model = network.model();
        let pattern = WildMatch::new(&expect.glob);
        let known = match expect.uses {
            Expected::NetworkAcl => model.network_acls.values().any(|noun| is(noun, &pattern)),
            Expected::SecurityGroup => model.security_groups.values().any(|noun| is_group(noun, &pattern)),
        };
        if !known {
            let all: Vec<&str> = match expect.uses {
                Expected::NetworkAcl => model.network_acls.values().filter_map(Noun::name).collect(),
                Expected::SecurityGroup => {
                    model.security_groups.values().filter_map(|group| group.name.as_deref()).collect()
                }
            };
            let help = closest(&expect.glob, all).map(|meant| format!("did you mean `{meant}`?"));
            let word = expect.uses.kind().word();
            let message = format!("nothing matches `{word}:{}`", expect.glob);
            return Err(QuestionError::new(expect.ends.span(), message).maybe_help(help));
        }
        let who = match expect.uses {
            Expected::NetworkAcl => Who::Subnets(subnets(network, &expect.ends)?),
            Expected::SecurityGroup => {
                let set = resolve_even_nobody(names, &expect.ends)?;
                let mut interfaces: Vec<_> = set.held.iter().map(|held| held.holder.interface).collect();
                interfaces.sort_unstable();
                interfaces.dedup();
                Who::Interfaces(interfaces)
            }
        };
        Ok(Attachments { who, glob: expect.glob.clone() })
    }

    /// What could be attached instead, and would be noticed.
    pub(super) fn others(&self, network: &Network) -> Vec<String> {
        let model = network.model();
        let pattern = WildMatch::new(&self.glob);
        let other = match &self.who {
            Who::Subnets(_) => {
                let other = model.network_acls.values().find(|acl| !is(*acl, &pattern));
                other.map(|acl| acl.name().unwrap_or(acl.id().as_str()))
            }
            Who::Interfaces(_) => {
                let other = model.security_groups.values().find(|group| !is_group(group, &pattern));
                other.map(|group| group.name().unwrap_or(group.id().as_str()))
            }
        };
        other.map(|name| format!("with {name} attached instead")).into_iter().collect()
    }

    /// How many are meant.
    pub(super) fn count(&self) -> usize {
        match &self.who {
            Who::Subnets(subnets) => subnets.len(),
            Who::Interfaces(interfaces) => interfaces.len(),
        }
    }
}

/// The subnets that a selector means, those without an interface too.
fn subnets(network: &Network, ends: &Ends) -> Result<Vec<Ix<Subnet>>, QuestionError> {
    let Ends::Term(term) = ends else { return Err(no_subnets(ends)) };
    let model = network.model();
    let wanted: Box<dyn Fn(&Subnet) -> bool> = match &term.node {
        Term::Selector { kind: Kind::Subnet, glob } => {
            let pattern = WildMatch::new(glob);
            Box::new(move |noun| is(noun, &pattern))
        }
        Term::Selector { kind: Kind::Vpc, glob } => {
            let pattern = WildMatch::new(glob);
            Box::new(move |noun| {
                pattern.matches(noun.vpc.as_str())
                    || model.vpcs.get(noun.vpc.as_str()).is_some_and(|vpc| is(vpc, &pattern))
            })
        }
        Term::Selector { kind: Kind::AvailabilityZone, glob } => {
            let pattern = WildMatch::new(glob);
            Box::new(move |noun| {
                let zones = [&noun.availability_zone, &noun.availability_zone_id];
                zones.into_iter().flatten().any(|zone| pattern.matches(zone.as_str()))
            })
        }
        Term::Name(name) => Box::new(move |noun| noun.id().as_str() == name || noun.name() == Some(name)),
        _ => return Err(no_subnets(ends)),
    };
    let found: Vec<_> = model.subnets.iter().filter(|(_, noun)| wanted(noun)).map(|(ix, _)| ix).collect();
    if found.is_empty() {
        let names = model.subnets.values().filter_map(Noun::name);
        let text = term.node.to_string();
        let word = text.strip_prefix("subnet:").unwrap_or(&text);
        let help = closest(word, names).map(|meant| format!("did you mean `{meant}`?"));
        let message = format!("{} is no subnet", shown(&text));
        return Err(QuestionError::new(term.span.clone(), message).maybe_help(help));
    }
    Ok(found)
}

fn no_subnets(ends: &Ends) -> QuestionError {
    QuestionError::new(ends.span(), "network ACLs guard subnets: expected `subnet:`, `vpc:` or `az:`")
}

fn is<T: Noun>(noun: &T, pattern: &WildMatch) -> bool {
    pattern.matches(noun.id().as_str()) || noun.name().is_some_and(|name| pattern.matches(name))
}

fn is_group(noun: &model::SecurityGroup, pattern: &WildMatch) -> bool {
    is(noun, pattern) || noun.name.as_deref().is_some_and(|name| pattern.matches(name))
}

/// Those that use something else, in words.
pub(super) fn wrong(network: &Network, attachments: &Attachments) -> Vec<String> {
    let model = network.model();
    let pattern = WildMatch::new(&attachments.glob);
    match &attachments.who {
        Who::Subnets(subnets) => {
            let wrong = subnets.iter().filter_map(|subnet| {
                let noun = model.subnets.at(*subnet);
                let name = noun.name().unwrap_or(noun.id().as_str());
                match network.resolved().network_acl_of(*subnet).ix() {
                    Some(acl) if is(model.network_acls.at(acl), &pattern) => None,
                    Some(acl) => {
                        let acl = model.network_acls.at(acl);
                        Some(format!("{name} uses {}", acl.name().unwrap_or(acl.id().as_str())))
                    }
                    None => Some(format!("the export does not say which list {name} uses")),
                }
            });
            wrong.collect()
        }
        Who::Interfaces(interfaces) => {
            let wrong = interfaces.iter().filter_map(|interface| {
                let groups = network.resolved().groups_of(*interface);
                let groups: Vec<_> = groups.iter().map(|group| model.security_groups.at(*group)).collect();
                if groups.iter().any(|group| is_group(group, &pattern)) {
                    return None;
                }
                let names = groups.iter().map(|group| group.name().unwrap_or(group.id().as_str()));
                let names = names.collect::<Vec<_>>().join(", ");
                let uses = if names.is_empty() { "no group".to_owned() } else { names };
                Some(format!("{} uses {uses}", name_of(network, *interface)))
            });
            wrong.collect()
        }
    }
}
