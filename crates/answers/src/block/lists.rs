//! Which lists are meant: those that guard a subnet; all of them, or those of some VPCs, or some by name.

use engine::Network;
use model::{Ix, NetworkAcl, Noun, Subnet};
use wildmatch::WildMatch;

use crate::suggest::closest;

/// The lists that guard some subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    pub(super) all: Vec<Ix<NetworkAcl>>,
    /// The subnets that they guard; `None`: every subnet is meant.
    pub(super) subnets: Option<Vec<Ix<Subnet>>>,
    /// Subnets of which the export does not say which list they have.
    pub(super) unknown: Vec<Ix<Subnet>>,
}

/// A word that means nothing of the network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no {what} matches `{word}`{}",
    .meant.as_ref().map_or(String::new(), |meant| format!("; did you mean `{meant}`?"))
)]
pub struct NoSuch {
    /// What it was to mean.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// What it may have been meant to be.
    pub meant: Option<String>,
}

/// Finds the lists of subnets, by ids, names or patterns of their VPCs and of themselves; no word means all.
///
/// # Errors
/// If a word means nothing, or a list that guards no subnet.
pub fn lists(network: &Network, vpcs: &[String], acls: &[String]) -> Result<Lists, NoSuch> {
    let model = network.model();
    let mut found = Lists { all: Vec::new(), subnets: None, unknown: Vec::new() };
    known("VPC", vpcs, model.vpcs.values())?;
    let guarding = |ix: &Ix<NetworkAcl>| {
        model.subnets.iter().any(|(subnet, _)| network.resolved().network_acl_of(subnet).ix() == Some(*ix))
    };
    let guards = model.network_acls.iter().filter(|(ix, _)| guarding(ix));
    known("network ACL of a subnet", acls, guards.map(|(_, noun)| noun))?;
    let mut subnets = Vec::new();
    for (ix, noun) in model.subnets.iter() {
        let of_vpc = model.vpcs.get(noun.vpc.as_str());
        let in_vpc = vpcs.is_empty() || of_vpc.is_some_and(|vpc| matches(vpc, vpcs));
        let acl = network.resolved().network_acl_of(ix).ix();
        match acl {
            _ if !in_vpc => {}
            None => found.unknown.push(ix),
            Some(acl) if acls.is_empty() || matches(model.network_acls.at(acl), acls) => {
                subnets.push(ix);
                if !found.all.contains(&acl) {
                    found.all.push(acl);
                }
            }
            Some(_) => {}
        }
    }
    if !(vpcs.is_empty() && acls.is_empty()) {
        found.subnets = Some(subnets);
    }
    Ok(found)
}

fn matches<T: Noun>(noun: &T, words: &[String]) -> bool {
    let is = |word: &String| {
        let pattern = WildMatch::new(word);
        pattern.matches(noun.id().as_str()) || noun.name().is_some_and(|name| pattern.matches(name))
    };
    words.iter().any(is)
}

fn known<'n, T: Noun + 'n>(
    what: &'static str,
    words: &[String],
    nouns: impl Iterator<Item = &'n T>,
) -> Result<(), NoSuch> {
    let nouns: Vec<&T> = nouns.collect();
    for word in words {
        if !nouns.iter().any(|noun| matches(*noun, std::slice::from_ref(word))) {
            let names = nouns.iter().flat_map(|noun| [Some(noun.id().as_str()), noun.name()]).flatten();
            let meant = closest(word, names).map(str::to_owned);
            return Err(NoSuch { what, word: word.clone(), meant });
        }
    }
    Ok(())
}
