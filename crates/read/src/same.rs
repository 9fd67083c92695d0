//! Whether two descriptions of a noun say the same.
//!
//! One noun is described twice where two accounts share it, or where two calls list it. The descriptions differ in
//! what an account does not see (tags, what it calls a zone) and in order; all else must be equal.

use model::{
    AttachmentKind, AutoScalingGroup, BlockPublicAccessExclusion, BlockPublicAccessOptions,
    EgressOnlyInternetGateway, ElasticIp, FileId, Instance, InternetGateway, LaunchTemplate, Listener,
    LoadBalancer, NatGateway, NetworkAcl, NetworkInterface, Noun, Origin, Other, PrefixList, PrefixListEntry,
    RouteTable, SecurityGroup, SecurityGroupRule, Subnet, Tags, TargetGroup, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRouteTable, TransitGatewayRoutes, TransitGatewayTableAttachments,
    Vpc, VpcEndpoint, VpcEndpointService, VpcPeeringConnection, VpnConnection, VpnGateway,
};

/// The place of what is compared without its place.
const NOWHERE: Origin = Origin { file: FileId(0), start: 0, end: 0 };

pub(crate) trait Same: Noun + Clone + PartialEq + Send + 'static {
    /// Takes away what may differ.
    fn neutral(&mut self);

    /// Takes over what only the other description knows, before they are compared.
    fn learn(&mut self, _other: &Self) {}

    /// Takes over the tags of another description of it.
    fn set_tags(&mut self, tags: Tags);

    /// Whether the other description says the same; then takes over what only that knows.
    fn agrees(&mut self, mut other: Self) -> bool {
        let mut merged = self.clone();
        merged.learn(&other);
        other.learn(self);
        let (mut left, tags) = (merged.clone(), other.tags().clone());
        left.neutral();
        other.neutral();
        if left != other {
            return false;
        }
        if merged.tags().0.is_empty() {
            merged.set_tags(tags);
        }
        *self = merged;
        true
    }
}

macro_rules! same {
    ($kind:ident, |$noun:ident| $neutral:expr $(, |$own:ident, $other:ident| $learn:expr)?) => {
        impl Same for $kind {
            fn neutral(&mut self) {
                let $noun = self;
                $noun.origin = NOWHERE;
                $noun.tags = Tags::default();
                $neutral
            }
            fn set_tags(&mut self, tags: Tags) {
                self.tags = tags;
            }
            $(fn learn(&mut self, $other: &Self) {
                let $own = self;
                $learn
            })?
        }
    };
}

/// Sorts what has no order of its own.
fn sort<T: std::fmt::Debug>(elements: &mut [T]) {
    elements.sort_by_cached_key(|element| format!("{element:?}"));
}

// Not every answer prints the mode.
same!(Vpc, |_vpc| (), |own, other| {
    own.block_public_access = own.block_public_access.or(other.block_public_access);
});
same!(
    Subnet,
    // The same zone has another name in another account (S12.14).
    |subnet| subnet.availability_zone = None,
    |own, other| own.block_public_access = own.block_public_access.or(other.block_public_access)
);
same!(RouteTable, |table| {
    table.routes.iter_mut().for_each(|route| route.origin = NOWHERE);
    sort(&mut table.routes);
    sort(&mut table.associations);
});
same!(NetworkAcl, |list| {
    list.entries.iter_mut().for_each(|entry| entry.origin = NOWHERE);
    sort(&mut list.entries);
    sort(&mut list.subnets);
});
same!(SecurityGroup, |group| {
    group.rules.iter_mut().for_each(|rule| rule.origin = NOWHERE);
    sort(&mut group.rules);
});
same!(
    PrefixList,
    |list| list.entries.iter_mut().for_each(|entries| neutral_entries(entries)),
    // `describe-prefix-lists` has the entries, `describe-managed-prefix-lists` the rest.
    |own, other| {
        own.name = own.name.take().or_else(|| other.name.clone());
        own.owner = own.owner.take().or_else(|| other.owner.clone());
        own.max_entries = own.max_entries.or(other.max_entries);
        own.entries = own.entries.take().or_else(|| other.entries.clone());
    }
);
same!(NetworkInterface, |interface| sort(&mut interface.groups));
same!(Instance, |_instance| ());
same!(InternetGateway, |_gateway| ());
// The side that looks sees more of its own side: options, and blocks of the other family.
same!(VpcPeeringConnection, |_peering| (), |own, other| {
    for (own, other) in [(&mut own.requester, &other.requester), (&mut own.accepter, &other.accepter)] {
        own.region = own.region.take().or_else(|| other.region.clone());
        union(&mut own.cidrs, &other.cidrs);
    }
});
same!(VpcEndpoint, |endpoint| {
    for ids in [&mut endpoint.subnets, &mut endpoint.groups, &mut endpoint.network_interfaces] {
        ids.sort();
    }
});
same!(VpcEndpointService, |service| service.load_balancers.sort());
same!(NatGateway, |_gateway| ());
same!(EgressOnlyInternetGateway, |_gateway| ());
same!(TransitGateway, |_gateway| ());
same!(
    TransitGatewayAttachment,
    |attachment| {
        attachment.transit_gateways.sort();
        attachment.route_tables.sort();
        attachment.subnets.iter_mut().for_each(|subnets| subnets.sort());
    },
    |own, other| {
        // Only the call for VPCs has subnets and options.
        if own.subnets.is_none() && other.subnets.is_some() {
            own.subnets.clone_from(&other.subnets);
            own.appliance_mode = other.appliance_mode;
            own.ipv6 = other.ipv6;
            own.security_group_referencing = other.security_group_referencing;
        }
        // Each side of a peering names its own gateway, and its own table.
        let is_peering = own.kind == AttachmentKind::Peering && other.kind == AttachmentKind::Peering;
        if is_peering {
            union(&mut own.transit_gateways, &other.transit_gateways);
        }
        if is_peering || own.route_tables.is_empty() || other.route_tables.is_empty() {
            union(&mut own.route_tables, &other.route_tables);
        }
    }
);
// What is in a table comes apart from it.
same!(TransitGatewayRouteTable, |_table| ());
same!(VpnGateway, |_gateway| ());
same!(VpnConnection, |connection| {
    connection.outside.sort();
    connection.routes.sort();
});
same!(ElasticIp, |_address| ());
same!(LoadBalancer, |balancer| {
    sort(&mut balancer.groups);
    sort(&mut balancer.nodes);
});
same!(Listener, |_listener| ());
same!(TargetGroup, |group| {
    group.targets.iter_mut().flatten().for_each(|target| target.origin = NOWHERE);
    group.targets.iter_mut().for_each(|targets| sort(targets));
    sort(&mut group.load_balancers);
});
same!(AutoScalingGroup, |group| {
    sort(&mut group.subnets);
    sort(&mut group.instances);
});
same!(LaunchTemplate, |_template| ());
same!(
    Other,
    |_other| (),
    // A list of names and a description of one.
    |own, other| own.vpc = own.vpc.take().or_else(|| other.vpc.clone())
);

/// Adds what is not there yet, in order.
fn union<T: Clone + Ord>(own: &mut Vec<T>, other: &[T]) {
    let missing: Vec<_> = other.iter().filter(|element| !own.contains(element)).cloned().collect();
    own.extend(missing);
    own.sort();
}

fn neutral_entries(entries: &mut [PrefixListEntry]) {
    entries.iter_mut().for_each(|entry| entry.origin = NOWHERE);
    sort(entries);
}

/// Whether two lists hold the same blocks.
pub(crate) fn same_entries(left: &[PrefixListEntry], right: &[PrefixListEntry]) -> bool {
    let (mut left, mut right) = (left.to_vec(), right.to_vec());
    neutral_entries(&mut left);
    neutral_entries(&mut right);
    left == right
}

/// Whether two rules say the same.
pub(crate) fn same_rule(left: &SecurityGroupRule, right: &SecurityGroupRule) -> bool {
    SecurityGroupRule { origin: NOWHERE, ..left.clone() }
        == SecurityGroupRule { origin: NOWHERE, ..right.clone() }
}

/// Whether two options say the same.
pub(crate) fn same_options(left: &BlockPublicAccessOptions, right: &BlockPublicAccessOptions) -> bool {
    BlockPublicAccessOptions { origin: NOWHERE, ..left.clone() }
        == BlockPublicAccessOptions { origin: NOWHERE, ..right.clone() }
}

/// Whether two exclusions say the same.
pub(crate) fn same_exclusion(left: &BlockPublicAccessExclusion, right: &BlockPublicAccessExclusion) -> bool {
    BlockPublicAccessExclusion { origin: NOWHERE, ..left.clone() }
        == BlockPublicAccessExclusion { origin: NOWHERE, ..right.clone() }
}

/// Whether two lists hold the same attachments.
pub(crate) fn same_attachments(
    left: &TransitGatewayTableAttachments,
    right: &TransitGatewayTableAttachments,
) -> bool {
    let sorted = |list: &TransitGatewayTableAttachments| {
        let mut ids = list.attachments.clone();
        ids.sort();
        ids
    };
    sorted(left) == sorted(right)
}

/// Whether two lists hold the same routes of a table.
pub(crate) fn same_routes(left: &TransitGatewayRoutes, right: &TransitGatewayRoutes) -> bool {
    let neutral = |list: &TransitGatewayRoutes| {
        let mut routes = list.routes.clone();
        for route in &mut routes {
            route.origin = NOWHERE;
            sort(&mut route.attachments);
        }
        sort(&mut routes);
        routes
    };
    left.known == right.known && neutral(left) == neutral(right)
}
