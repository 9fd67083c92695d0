//! Nouns without what says nothing: where they are written, and the order of what has none.

use crate::{
    AutoScalingGroup, EgressOnlyInternetGateway, ElasticIp, FileId, Instance, InternetGateway,
    LaunchTemplate, Listener, LoadBalancer, NatGateway, NetworkAcl, NetworkInterface, Noun, Origin, Other,
    PrefixList, RouteTable, SecurityGroup, Subnet, TargetGroup, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRouteTable, Vpc, VpcEndpoint, VpcEndpointService, VpcPeeringConnection, VpnConnection,
    VpnGateway,
};

/// The place of what is compared without its place.
pub const NOWHERE: Origin = Origin { file: FileId(0), start: 0, end: 0 };

/// A noun that can be compared with another description of it.
pub trait Comparable: Noun + Clone + PartialEq + Send + Sync {
    /// Takes away where it and its parts are written.
    fn unplace(&mut self);

    /// Sorts what has no order of its own.
    fn order(&mut self);

    /// Whether another description of it says the same.
    fn says_the_same(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        let (mut left, mut right) = (self.clone(), other.clone());
        left.unplace();
        right.unplace();
        // Sorting is what takes long, and two descriptions mostly have the same order.
        left == right || {
            left.order();
            right.order();
            left == right
        }
    }
}

/// Sorts what has no order of its own.
pub fn sort<T: std::fmt::Debug>(elements: &mut [T]) {
    elements.sort_by_cached_key(|element| format!("{element:?}"));
}

macro_rules! comparable {
    ($($kind:ident $(, parts |$placed:ident| $parts:expr)? $(, order |$noun:ident| $order:expr)?);* $(;)?) => {$(
        impl Comparable for $kind {
            fn unplace(&mut self) {
                self.origin = NOWHERE;
                $(
                    let $placed = self;
                    $parts
                )?
            }

            fn order(&mut self) {
                $(
                    let $noun = self;
                    $order
                )?
            }
        }
    )*};
}

comparable! {
    Vpc;
    Subnet;
    RouteTable,
        parts |table| table.routes.iter_mut().for_each(|route| route.origin = NOWHERE),
        order |table| {
            sort(&mut table.routes);
            sort(&mut table.associations);
        };
    NetworkAcl,
        parts |list| list.entries.iter_mut().for_each(|entry| entry.origin = NOWHERE),
        order |list| {
            sort(&mut list.entries);
            sort(&mut list.subnets);
        };
    SecurityGroup,
        parts |group| group.rules.iter_mut().for_each(|rule| rule.origin = NOWHERE),
        order |group| sort(&mut group.rules);
    PrefixList,
        parts |list| list.entries.iter_mut().flatten().for_each(|entry| entry.origin = NOWHERE),
        order |list| list.entries.iter_mut().for_each(|entries| sort(entries));
    NetworkInterface, order |interface| interface.groups.sort();
    Instance;
    InternetGateway;
    VpcPeeringConnection;
    VpcEndpoint, order |endpoint| {
        for ids in [&mut endpoint.subnets, &mut endpoint.groups, &mut endpoint.network_interfaces] {
            ids.sort();
        }
    };
    VpcEndpointService, order |service| service.load_balancers.sort();
    NatGateway;
    EgressOnlyInternetGateway;
    TransitGateway;
    TransitGatewayAttachment, order |attachment| {
        attachment.transit_gateways.sort();
        attachment.route_tables.sort();
        attachment.subnets.iter_mut().for_each(|subnets| subnets.sort());
    };
    TransitGatewayRouteTable,
        parts |table| table.routes.iter_mut().for_each(|route| route.origin = NOWHERE),
        order |table| {
            table.routes.iter_mut().for_each(|route| sort(&mut route.attachments));
            sort(&mut table.routes);
            table.associations.sort();
            table.propagations.iter_mut().for_each(|attachments| attachments.sort());
        };
    VpnGateway;
    VpnConnection, order |connection| {
        connection.outside.sort();
        connection.routes.sort();
    };
    ElasticIp;
    LoadBalancer, order |balancer| {
        sort(&mut balancer.groups);
        sort(&mut balancer.nodes);
    };
    Listener, parts |listener| listener.rules.iter_mut().flatten().for_each(|rule| rule.origin = NOWHERE);
    TargetGroup,
        parts |group| group.targets.iter_mut().flatten().for_each(|target| target.origin = NOWHERE),
        order |group| {
            group.targets.iter_mut().for_each(|targets| sort(targets));
            sort(&mut group.load_balancers);
        };
    AutoScalingGroup, order |group| {
        sort(&mut group.subnets);
        sort(&mut group.instances);
    };
    LaunchTemplate;
    Other;
}
