//! What becomes of connections that are open when the change is made (S1.37 to S1.39, S1.42, S1.46, S2.16).

use engine::Network;
use space::{Diagrams, Set};

use super::Both;
use super::causes::Pair;
use super::data::Live;

/// More pairs of one flow are not looked at.
const MOST_PAIRS: usize = 256;

/// What becomes of what worked and does not for certain now, between every kind of pair of a flow.
pub(super) fn live(
    networks: Both<&Network>,
    pairs: impl Iterator<Item = (Pair, Set)>,
    sets: &mut Diagrams,
) -> Option<Live> {
    let mut live = Live { goes_on: false, cut: false, unknown: false, of_all: true };
    let mut looked_at = 0;
    for (pair, lost) in pairs.filter(|(_, lost)| *lost != Set::EMPTY) {
        if looked_at == MOST_PAIRS {
            live.of_all = false;
            break;
        }
        looked_at += 1;
        let Some(before) = pair.flow(false) else { continue };
        let Some(after) = pair.flow(true) else {
            // With the end goes what it had open.
            live.cut = true;
            continue;
        };
        let judged = engine::judge(networks.old, &before, lost, sets);
        let fate = engine::fate(networks.old, &judged, networks.new, &after, sets);
        live.goes_on |= fate.continues != Set::EMPTY;
        live.cut |= fate.cut != Set::EMPTY;
        live.unknown |= fate.unknown != Set::EMPTY;
    }
    (looked_at > 0).then_some(live)
}
