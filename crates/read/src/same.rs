//! Whether two descriptions of a noun say the same.
//!
//! One noun is described twice where two accounts share it, or where two calls list it. The descriptions differ in
//! what an account does not see (tags, what it calls a zone) and in order; all else must be equal.

use model::{
    AttachmentKind, AutoScalingGroup, BlockPublicAccessExclusion, BlockPublicAccessOptions, Comparable,
    EgressOnlyInternetGateway, ElasticIp, Instance, InternetGateway, LaunchTemplate, Listener, LoadBalancer,
    NOWHERE, NatGateway, NetworkAcl, NetworkInterface, Other, PrefixList, PrefixListEntry, RouteTable,
    SecurityGroup, SecurityGroupRule, Subnet, Tags, TargetGroup, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRouteTable, TransitGatewayRoutes, TransitGatewayTableAttachments, Vpc, VpcEndpoint,
    VpcEndpointService, VpcPeeringConnection, VpnConnection, VpnGateway, sort,
};

pub(crate) trait Same: Comparable + 'static {
    /// Takes away what another account does not see.
    fn local(&mut self) {}

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
        for side in [&mut left, &mut other] {
            side.unplace();
            side.order();
            side.local();
            side.set_tags(Tags::default());
        }
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
    ($($kind:ident $(, local: |$noun:ident| $local:expr)? $(, learn: |$own:ident, $other:ident| $learn:expr)?);* $(;)?) => {$(
        impl Same for $kind {
            fn set_tags(&mut self, tags: Tags) {
                self.tags = tags;
            }
            $(fn local(&mut self) {
                let $noun = self;
                $local
            })?
            $(fn learn(&mut self, $other: &Self) {
                let $own = self;
                $learn
            })?
        }
    )*};
}

same! {
    // Not every answer prints the mode.
    Vpc, learn: |own, other| {
        own.block_public_access = own.block_public_access.or(other.block_public_access);
    };
    Subnet,
    // The same zone has another name in another account (S12.14).
    local: |subnet| subnet.availability_zone = None,
    learn: |own, other| own.block_public_access = own.block_public_access.or(other.block_public_access);
    RouteTable;
    NetworkAcl;
    SecurityGroup;
    // `describe-prefix-lists` has the entries, `describe-managed-prefix-lists` the rest.
    PrefixList, learn: |own, other| {
        own.name = own.name.take().or_else(|| other.name.clone());
        own.owner = own.owner.take().or_else(|| other.owner.clone());
        own.max_entries = own.max_entries.or(other.max_entries);
        own.entries = own.entries.take().or_else(|| other.entries.clone());
    };
    NetworkInterface;
    Instance;
    InternetGateway;
    // The side that looks sees more of its own side: options, and blocks of the other family.
    VpcPeeringConnection, learn: |own, other| {
        for (own, other) in [(&mut own.requester, &other.requester), (&mut own.accepter, &other.accepter)] {
            own.region = own.region.take().or_else(|| other.region.clone());
            union(&mut own.cidrs, &other.cidrs);
        }
    };
    VpcEndpoint;
    VpcEndpointService;
    NatGateway;
    EgressOnlyInternetGateway;
    TransitGateway;
    TransitGatewayAttachment, learn: |own, other| {
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
    };
    // What is in a table comes apart from it.
    TransitGatewayRouteTable;
    VpnGateway;
    VpnConnection;
    ElasticIp;
    LoadBalancer;
    Listener;
    TargetGroup;
    AutoScalingGroup;
    LaunchTemplate;
    // A list of names and a description of one.
    Other, learn: |own, other| own.vpc = own.vpc.take().or_else(|| other.vpc.clone());
}

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
