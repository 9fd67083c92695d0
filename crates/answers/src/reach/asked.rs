//! What is asked of every pair: what `* -> *:any` means.

use engine::Network;
use engine::reach::Asked;
use model::PortRange;
use space::{Diagrams, Family, Set};

use crate::ends::internet;
use crate::explain::connections;
use crate::question::Service;

/// Every connection between all ends and with the internet.
pub fn everything(network: &Network) -> Asked<'static> {
    let ranges = |family| internet(network, family).outside.ranges(family);
    Asked { connections: &any, internet: [ranges(Family::V4), ranges(Family::V6)] }
}

fn any(sets: &mut Diagrams, family: Family, ports: PortRange) -> Set {
    connections(sets, family, &[Service::Any], ports)
}
