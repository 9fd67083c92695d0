//! The order of what AWS lists in none and a device picks from.
//!
//! A device that picks one of several ways has shares of an axis of chance, by their positions. Two descriptions of one
//! network list targets and attachments in other orders: by their ids they draw alike, so that answers can be compared.

use crate::Snapshot;

/// Puts in order what devices pick from.
pub(crate) fn order(snapshot: &mut Snapshot) {
    for targets in snapshot.target_groups.values_mut().filter_map(|group| group.targets.as_mut()) {
        targets
            .sort_by(|one, other| (&one.id, one.port, &one.zone).cmp(&(&other.id, other.port, &other.zone)));
    }
    for listener in snapshot.listeners.values_mut() {
        let actions = listener.rules.iter_mut().flatten().map(|rule| &mut rule.action);
        actions.chain([&mut listener.default]).for_each(|action| action.forward.sort());
    }
    for table in snapshot.transit_gateway_route_tables.values_mut() {
        table.routes.iter_mut().for_each(|route| route.attachments.sort());
    }
    for attachment in snapshot.transit_gateway_attachments.values_mut() {
        attachment.subnets.iter_mut().for_each(|subnets| subnets.sort());
    }
    snapshot.vpc_endpoint_services.values_mut().for_each(|service| service.load_balancers.sort());
}
