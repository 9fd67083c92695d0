//! What the changes close, and what becomes of connections that are open (S1.37 to S1.42, S2.16).

use engine::reach::primary_addresses;
use engine::{Fate, Network};
use model::Holder;
use space::{Diagrams, Family, Set};

use super::{Kept, Plan};
use crate::ends::Held;
use crate::explain::pair_between;
use crate::reach::{Affected, Comparison, Labels, Moved, Party, Query, compare};

/// Compares everything to everything; an error if something is opened.
pub(super) fn find(before: &Network, after: &Network, plan: &mut Plan) -> Result<(), String> {
    let Comparison { moved, mut sets } = compare(before, after, Query::everything(before));
    let labels = Labels::of(before);
    for pair in &moved {
        if pair.opened != Set::EMPTY {
            return Err("something would be opened".to_owned());
        }
        let (client, server) = (holder(before, pair, pair.client), holder(before, pair, pair.server));
        let asked = pair_between(before, pair.family, client, server, pair.closed);
        let judgement = engine::judge(before, &asked.flow, pair.closed, &mut sets);
        let Fate { continues, cut, unknown } =
            engine::fate(before, &judgement, after, &asked.flow, &mut sets);
        for (connections, list) in
            [(cut, &mut plan.cut), (continues, &mut plan.goes_on), (unknown, &mut plan.perhaps_cut)]
        {
            Affected::add(list, &labels, pair, connections, &mut sets);
        }
    }
    Ok(())
}

/// Open connections of declared flows that are cut although new ones work: what was not tracked needs rules for its
/// answers (S1.46).
pub(super) fn interrupted(
    before: &Network,
    after: &Network,
    kept: &[Kept],
    plan: &mut Plan,
    sets: &mut Diagrams,
) {
    let labels = Labels::of(before);
    for Kept { pair, works, .. } in kept {
        let judgement = engine::judge(before, &pair.flow, *works, sets);
        let Fate { continues, .. } = engine::fate(before, &judgement, after, &pair.flow, sets);
        let lost = sets.subtract(judgement.works, continues);
        let party =
            |held: Option<Held>| held.map_or(Party::Internet, |held| Party::Interface(held.holder.interface));
        let (client, server, family) = (party(pair.client), party(pair.server), pair.flow.family);
        let moved = Moved { client, server, family, closed: lost, opened: Set::EMPTY };
        Affected::add(&mut plan.interrupted, &labels, &moved, lost, sets);
    }
}

/// An interface by its own address of the pair's family; `None` for the internet.
fn holder(network: &Network, pair: &Moved, party: Party) -> Option<Holder> {
    let Party::Interface(interface) = party else { return None };
    let noun = network.model().network_interfaces.at(interface);
    let address = primary_addresses(noun).find(|address| Family::of(*address) == pair.family)?;
    Some(Holder { interface, address })
}
