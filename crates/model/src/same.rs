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
    /// Takes away where it and its parts are written, and sorts what has no order of its own.
    fn neutral(&mut self);

    /// Whether another description of it says the same.
    fn says_the_same(&self, other: &Self) -> bool {
        let neutral = |noun: &Self| {
            let mut noun = noun.clone();
            noun.neutral();
            noun
        };
        self == other || neutral(self) == neutral(other)
    }
}

/// Sorts what has no order of its own.
pub fn sort<T: std::fmt::Debug>(elements: &mut [T]) {
    elements.sort_by_cached_key(|element| format!("{element:?}"));
}

macro_rules! comparable {
    ($($kind:ident $(, |$noun:ident| $neutral:expr)?);* $(;)?) => {$(
        impl Comparable for $kind {
            fn neutral(&mut self) {
                self.origin = NOWHERE;
                $(
                    let $noun = self;
                    $neutral
                )?
            }
        }
    )*};
}

comparable! {
    Vpc;
    Subnet;
    RouteTable, |table| {
        table.routes.iter_mut().for_each(|route| route.origin = NOWHERE);
        sort(&mut table.routes);
        sort(&mut table.associations);
    };
    NetworkAcl, |list| {
        list.entries.iter_mut().for_each(|entry| entry.origin = NOWHERE);
        sort(&mut list.entries);
        sort(&mut list.subnets);
    };
    SecurityGroup, |group| {
        group.rules.iter_mut().for_each(|rule| rule.origin = NOWHERE);
        sort(&mut group.rules);
    };
    PrefixList, |list| {
        let entries = list.entries.iter_mut().flatten();
        entries.for_each(|entry| entry.origin = NOWHERE);
        list.entries.iter_mut().for_each(|entries| sort(entries));
    };
    NetworkInterface, |interface| interface.groups.sort();
    Instance;
    InternetGateway;
    VpcPeeringConnection;
    VpcEndpoint, |endpoint| {
        for ids in [&mut endpoint.subnets, &mut endpoint.groups, &mut endpoint.network_interfaces] {
            ids.sort();
        }
    };
    VpcEndpointService, |service| service.load_balancers.sort();
    NatGateway;
    EgressOnlyInternetGateway;
    TransitGateway;
    TransitGatewayAttachment, |attachment| {
        attachment.transit_gateways.sort();
        attachment.route_tables.sort();
        attachment.subnets.iter_mut().for_each(|subnets| subnets.sort());
    };
    TransitGatewayRouteTable, |table| {
        for route in &mut table.routes {
            route.origin = NOWHERE;
            sort(&mut route.attachments);
        }
        sort(&mut table.routes);
        table.associations.sort();
        table.propagations.iter_mut().for_each(|attachments| attachments.sort());
    };
    VpnGateway;
    VpnConnection, |connection| {
        connection.outside.sort();
        connection.routes.sort();
    };
    ElasticIp;
    LoadBalancer, |balancer| {
        sort(&mut balancer.groups);
        sort(&mut balancer.nodes);
    };
    Listener, |listener| {
        listener.rules.iter_mut().flatten().for_each(|rule| rule.origin = NOWHERE);
    };
    TargetGroup, |group| {
        group.targets.iter_mut().flatten().for_each(|target| target.origin = NOWHERE);
        group.targets.iter_mut().for_each(|targets| sort(targets));
        sort(&mut group.load_balancers);
    };
    AutoScalingGroup, |group| {
        sort(&mut group.subnets);
        sort(&mut group.instances);
    };
    LaunchTemplate;
    Other;
}
