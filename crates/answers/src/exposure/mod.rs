//! What the internet reaches of a network, and what it nearly reaches.
//!
//! Every interface is asked everything that the internet could ask: each port of TCP and UDP from any port that clients
//! take (1024 to 65535), each query of ICMP, each other protocol, from every address that the internet routes, there and
//! back. What comes over a VPN, Direct Connect or a transit gateway is no way of the internet, whatever its address.
//!
//! A *service* (a protocol with a port, or without) of an interface's address is
//!
//! - [`Grade::Exposed`] to the clients that always get an answer: from every port, whichever target a load balancer
//!   picks. Fewer addresses than the internet has may be meant; they are counted.
//! - [`Grade::Partial`] to the clients that get one for a share of their ports, or of the load balancer's picks.
//! - [`Grade::Undecided`] where no client is known to get one, and some may: it depends on something that the export
//!   does not say.
//! - [`Grade::Latent`] with `n` gates left where a rule of the interface's own security groups lets some address of the
//!   internet in, or the interface is of a kind that has no groups, and still no client gets an answer. `n` is the
//!   smallest number of other checkpoints on the way there and back that would have to open before one does: all that
//!   stop everything that the groups let in, and of those that stop a part as few as it takes. A checkpoint that stops
//!   both directions for one reason (no public address, Block Public Access, an instance that does not run) counts once.
//!   Where the way ends, as it does without a route, nobody knows what would come after, and that is not counted. Of
//!   several ways, the one with the fewest counts.
//!
//! Every other service is unreachable: no group lets it in, or nothing is there that would answer (no listener of the load
//! balancer takes it). An interface of which all services are unreachable is listed with the reason. What an internet
//! gateway hands to a load balancer exposes the load balancer's nodes; its targets are *behind* it and not exposed
//! themselves, unless there is a direct way as well.
//!
//! The surface is one number, see [`Surface`].

mod admitting;
mod asked;
mod behind;
mod data;
mod gather;
mod grade;
mod slices;
pub(crate) mod stops;

use engine::Network;
use engine::reach::{Class, Ends, primary_addresses};
use model::{Holder, Ix, NetworkInterface, StandIn};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

pub use asked::check_services;
pub use data::{
    Behind, Exposure, Finding, From, Grade, Interfaces, MOST_BLOCKS, Services, Stop, Surface, Unreachable,
    Who,
};

use crate::ends::{EndSet, Names, resolve};
use crate::question::{self, QuestionError, Service, Spanned};
use crate::reach::everything;
use gather::Gathered;
use grade::{Known, of_class, surface_of_class};

/// How many classes one set of diagrams serves: it only grows.
const CHUNK: usize = 512;

/// What the internet reaches of some ends, or of all; of these services, or of all if there are none.
///
/// # Errors
/// If the ends name something that is not there, or no interface.
pub fn exposure(
    names: &Names<'_>,
    ends: Option<&question::Ends>,
    services: &[Spanned<Service>],
) -> Result<Exposure, QuestionError> {
    let wanted = match ends {
        None => None,
        Some(ends) => Some(interfaces(&resolve(names, ends)?)?),
    };
    Ok(gathered(names.network, wanted.as_ref(), services))
}

/// How much the internet reaches.
pub(crate) fn surface_of_all(network: &Network) -> Surface {
    surface_of(network, all_classes(network).map(|class| class.members).collect())
}

/// How much the internet reaches of some classes of addresses that nothing tells apart.
pub(crate) fn surface_of(network: &Network, classes: Vec<Vec<Holder>>) -> Surface {
    let mut all = Surface::default();
    for (members, surface) in each(network, classes, &[], surface_of_class) {
        let times = members.iter().filter(|holder| !is_to_come(network, holder)).count() as u64;
        all.add(surface, times);
    }
    all
}

fn all_classes(network: &Network) -> impl Iterator<Item = Class> {
    Ends::of_all_addresses(network).classes.into_iter()
}

fn gathered(
    network: &Network,
    wanted: Option<&FxHashSet<Ix<NetworkInterface>>>,
    services: &[Spanned<Service>],
) -> Exposure {
    let is_wanted = |interface| wanted.is_none_or(|wanted| wanted.contains(&interface));
    // What is behind a load balancer is learned from its nodes.
    let is_node = |holder: &Holder| network.resolved().load_balancer_of(holder.interface).is_some();
    let classes: Vec<Vec<Holder>> = all_classes(network)
        .filter_map(|class| {
            let looked_at = class.members.iter().any(|one| is_wanted(one.interface) || is_node(one));
            looked_at.then_some(class.members)
        })
        .collect();
    of_classes(network, classes, wanted, services)
}

/// Asks one of each of some classes of addresses that nothing tells apart.
fn each<R: Send>(
    network: &Network,
    mut classes: Vec<Vec<Holder>>,
    services: &[Spanned<Service>],
    ask: fn(&Network, Holder, Set, &mut Diagrams, &mut Known) -> R,
) -> Vec<(Vec<Holder>, R)> {
    classes.iter_mut().for_each(|members| members.retain(|holder| counts(network, holder)));
    let (everything, mut common) = (everything(network), Diagrams::new());
    let asked =
        [Family::V4, Family::V6].map(|family| asked::asked(&everything, services, family, &mut common));
    let answers: Vec<Vec<Option<R>>> = classes
        .par_chunks(CHUNK)
        .map(|classes| {
            let (mut sets, mut known) = (Diagrams::new(), Known::default());
            let mut copies = FxHashMap::default();
            let asked = asked.map(|asked| sets.copy(&common, asked, &mut copies));
            let of = |holder: &Holder| if holder.address.is_ipv4() { asked[0] } else { asked[1] };
            let answers = classes.iter().map(|members| {
                let first = members.first()?;
                Some(ask(network, *first, of(first), &mut sets, &mut known))
            });
            answers.collect()
        })
        .collect();
    let answers = classes.into_iter().zip(answers.into_iter().flatten());
    answers.filter_map(|(members, answer)| Some((members, answer?))).collect()
}

/// Whether it is the address of an instance that has yet to start.
fn is_to_come(network: &Network, holder: &Holder) -> bool {
    let noun = network.model().network_interfaces.at(holder.interface);
    noun.stand_in == Some(StandIn::AutoScalingMember)
}

/// What was found of some classes.
fn of_classes(
    network: &Network,
    classes: Vec<Vec<Holder>>,
    wanted: Option<&FxHashSet<Ix<NetworkInterface>>>,
    services: &[Spanned<Service>],
) -> Exposure {
    let is_wanted = |interface| wanted.is_none_or(|wanted| wanted.contains(&interface));
    let mut gathered = Gathered::new(network);
    for (members, answer) in each(network, classes, services, of_class) {
        let members: Vec<Holder> = members
            .into_iter()
            .filter(|holder| is_wanted(holder.interface) && !is_to_come(network, holder))
            .collect();
        gathered.add(&members, answer, &is_wanted);
    }
    gathered.finish()
}

/// The interfaces that some ends mean.
fn interfaces(ends: &EndSet) -> Result<FxHashSet<Ix<NetworkInterface>>, QuestionError> {
    let found: FxHashSet<_> = ends.held.iter().map(|held| held.holder.interface).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let message = match ends.unmodelled.first() {
        Some(reason) => reason.clone(),
        None => "this names no network interface of the export".into(),
    };
    Err(QuestionError::new(0..0, message).help("name something that has one, or leave it out for everything"))
}

/// Whether an address is of interest: the ones by which an interface is called, and others if the internet may reach
/// them: further private addresses with a public one, and further ones of IPv6.
fn counts(network: &Network, holder: &Holder) -> bool {
    let noun = network.model().network_interfaces.at(holder.interface);
    let reachable = holder.address.is_ipv6() || noun.public_of(holder.address).is_some();
    reachable || primary_addresses(noun).any(|address| address == holder.address)
}

#[cfg(test)]
mod tests {
    use model::Resolved;

    use super::*;

    #[test]
    fn the_surface_alone_is_that_of_the_whole_answer() {
        let mut some = 0;
        for seed in 0..150 {
            let files = xtask::generate::random(seed);
            let mut reader = read::Reader::new();
            reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
            let network = Network::new(Resolved::new(reader.finish()));
            let whole = gathered(&network, None, &[]).surface;
            assert_eq!(surface_of_all(&network), whole, "seed {seed}");
            some += usize::from(whole != Surface::default());
        }
        assert!(some > 30, "the internet reaches something in {some} networks only");
    }
}
