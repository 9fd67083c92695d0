//! What is asked of every pair: what `* -> *:any` means, or other services.

use engine::reach::Asked;
use engine::{Goal, Network};
use model::PortRange;
use space::{Diagrams, Family, Set};

use super::Side;
use crate::explain::connections;
use crate::question::Service;

/// Every connection between all ends and with the internet.
pub fn everything(network: &Network) -> Asked<'static> {
    Asked { connections: &any, internet: Side::everybody(network).internet, goal: Goal::Answered }
}

fn any(sets: &mut Diagrams, family: Family, ports: PortRange) -> Set {
    connections(sets, family, &[Service::Any], ports)
}
