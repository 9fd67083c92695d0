//! Block lists: denied lines of addresses beyond the network, which lists stop before they let anything pass, both ways.

use ipnet::IpNet;
use model::{Ix, Subnet};
use rustc_hash::FxHashSet;
use space::{Family, prefixes};

use super::flows::Flows;
use super::roles::Roles;
use super::{Denied, Impossible};
use crate::ends::{EndSet, Names, internet, resolve_even_nobody};
use crate::question::{Question, Service};

/// What some lists stop.
#[derive(Debug)]
pub(super) struct Blocked {
    /// What people call the line.
    pub(super) id: String,
    /// The position of the line.
    pub(super) line: usize,
    pub(super) blocks: Vec<IpNet>,
    /// The subnets whose lists do.
    pub(super) subnets: FxHashSet<Ix<Subnet>>,
}

/// Why a denied line that names addresses gets no entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// What people call the line.
    pub id: String,
    /// The declared line, by its position, that speaks with some of these addresses; `None` if some are the network's own.
    pub declared: Option<usize>,
}

/// The block lists among denied lines: for every service, with nothing but addresses beyond the network at one end.
/// Entries of a list know no direction of connections, so that they stop answers of these addresses too; a line with
/// some that a declared line speaks with is none.
pub(super) fn block_lists(
    names: &Names<'_>,
    denied: &[Denied],
    flows: &Flows,
    roles: &Roles,
) -> Result<(Vec<Blocked>, Vec<Unlisted>), Vec<Impossible>> {
    let (mut blocked, mut unlisted, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for line in denied {
        let sides = sides(names, &line.question);
        let [clients, servers] = match sides {
            Ok(sides) => sides,
            Err(error) => {
                errors.push(Impossible::Denied(line.id.clone(), error));
                continue;
            }
        };
        let Question { services, from_port, via, not_via, .. } = &line.question;
        let is_whole = matches!(services.as_slice(), [service] if service.node == Service::Any)
            && from_port.is_none()
            && via.is_none()
            && not_via.is_none();
        let side = match (is_beyond(names, &clients), is_beyond(names, &servers)) {
            (true, false) => Some((clients, servers)),
            (false, true) => Some((servers, clients)),
            _ => None,
        };
        let Some((beyond, own)) = side.filter(|_| is_whole) else { continue };
        let blocks: Vec<IpNet> = [Family::V4, Family::V6]
            .into_iter()
            .flat_map(|family| {
                let ranges = beyond.outside.ranges(family);
                ranges.iter().flat_map(|range| prefixes(family, range)).collect::<Vec<_>>()
            })
            .collect();
        let speaks = |side: &EndSet| !side.clone().intersection(&beyond).is_empty();
        let declared = flows.lines.iter().position(|line| speaks(&line.clients) || speaks(&line.servers));
        let vpcs = || names.network.model().vpcs.values().flat_map(|vpc| vpc.cidrs.iter());
        let is_own = |block: &IpNet| vpcs().any(|own| own.contains(block) || block.contains(own));
        if declared.is_some() || blocks.iter().any(is_own) {
            unlisted.push(Unlisted { id: line.id.clone(), declared });
            continue;
        }
        let guarded =
            own.held.iter().filter_map(|held| names.network.resolved().subnet_of(held.holder.interface));
        let mut subnets: FxHashSet<Ix<Subnet>> = guarded.collect();
        subnets.retain(|subnet| roles.subnets.contains(subnet));
        let position = flows.lines.len() + blocked.len();
        blocked.push(Blocked { id: line.id.clone(), line: position, blocks, subnets });
    }
    if errors.is_empty() { Ok((blocked, unlisted)) } else { Err(errors) }
}

fn sides(names: &Names<'_>, question: &Question) -> Result<[EndSet; 2], crate::question::QuestionError> {
    Ok([resolve_even_nobody(names, &question.source)?, resolve_even_nobody(names, &question.destination)?])
}

/// Whether a side is some addresses beyond the network and nothing else; all of the internet is no block list.
fn is_beyond(names: &Names<'_>, side: &EndSet) -> bool {
    let beyond = side.held.is_empty() && side.aws.is_empty() && side.unmodelled.is_empty();
    let whole = |family: Family| {
        let all = internet(names.network, family).outside.ranges(family);
        !all.is_empty() && side.outside.ranges(family) == all
    };
    beyond && !side.outside.is_empty() && ![Family::V4, Family::V6].into_iter().any(whole)
}
