//! Names for what resources refer to.

use std::net::IpAddr;

use model::{
    Association, Id, InterfaceType, Ix, NetworkAcl, NetworkInterface, Noun, Origin, Resolved, RouteTable,
    Snapshot, Subnet, Target,
};

use super::{Kind, Place, Value};

/// A network as it is looked at.
pub(crate) struct Look<'r> {
    pub(crate) resolved: &'r Resolved,
}

impl<'r> Look<'r> {
    pub(crate) fn model(&self) -> &'r Snapshot {
        &self.resolved.snapshot
    }

    pub(crate) fn place(&self, origin: Origin) -> Option<Place> {
        self.model().sources.locate(origin).map(Place::from)
    }

    /// A resource by its name.
    pub(crate) fn noun(&self, noun: &impl Noun) -> Value {
        let name = noun.name().filter(|name| *noun.id() != **name);
        match name {
            Some(name) => Value { id: Some(noun.id().to_string()), ..Value::from(name) },
            None => Value::from(noun.id().as_str()),
        }
    }

    /// A reference to a resource of a kind: by its name, if the export has it.
    pub(crate) fn to<T: Kind>(&self, id: &Id) -> Value {
        match T::table(self.model()).get(id.as_str()) {
            Some(noun) => self.noun(noun),
            None => Value { missing: true, ..Value::from(id.as_str()) },
        }
    }

    /// References to resources of a kind.
    pub(crate) fn all<'i, T: Kind>(&self, ids: impl IntoIterator<Item = &'i Id>) -> Vec<Value> {
        ids.into_iter().map(|id| self.to::<T>(id)).collect()
    }

    /// References as one text: `a, b`.
    pub(crate) fn names<'i, T: Kind>(&self, ids: impl IntoIterator<Item = &'i Id>) -> String {
        self.all::<T>(ids).into_iter().map(|value| value.text).collect::<Vec<_>>().join(", ")
    }

    /// Where a route leads.
    pub(crate) fn target(&self, target: &Target) -> Value {
        match target {
            Target::Local => "local".into(),
            Target::InternetGateway(id) => self.to::<model::InternetGateway>(id),
            Target::EgressOnlyInternetGateway(id) => self.to::<model::EgressOnlyInternetGateway>(id),
            Target::NatGateway(id) => self.to::<model::NatGateway>(id),
            Target::NetworkInterface(id) => match self.model().network_interfaces.ix(id.as_str()) {
                Some(ix) => self.interface(ix),
                None => self.to::<NetworkInterface>(id),
            },
            Target::VpcPeeringConnection(id) => self.to::<model::VpcPeeringConnection>(id),
            Target::TransitGateway(id) => self.to::<model::TransitGateway>(id),
            Target::VpcEndpoint(id) => self.to::<model::VpcEndpoint>(id),
            Target::VpnGateway(id) => self.to::<model::VpnGateway>(id),
            Target::Other(id) => id.as_str().into(),
        }
    }

    /// An interface by the name of its instance, else its own.
    pub(crate) fn interface(&self, ix: Ix<NetworkInterface>) -> Value {
        let noun = self.model().network_interfaces.at(ix);
        let instance = self.resolved.instance_of(ix).map(|ix| self.model().instances.at(ix));
        match instance.and_then(Noun::name) {
            Some(name) => Value { id: Some(noun.id.to_string()), ..Value::from(name) },
            None => self.noun(noun),
        }
    }

    /// What an interface is for: its description says it best, where it has one.
    pub(crate) fn purpose(&self, noun: &NetworkInterface) -> String {
        match noun.instance {
            Some(_) => "instance".into(),
            None if !noun.description.is_empty() => noun.description.to_string(),
            None => type_words(&noun.interface_type).into(),
        }
    }

    /// The network ACL of a subnet and how it came to it.
    pub(crate) fn acl_of(&self, subnet: Ix<Subnet>) -> (Value, &'static str) {
        match self.resolved.network_acl_of(subnet) {
            Association::Explicit(ix) => (self.noun(self.model().network_acls.at(ix)), ""),
            Association::Implicit(ix) => (self.noun(self.model().network_acls.at(ix)), "by default"),
            Association::Unknown => unknown(),
        }
    }

    /// The route table of a subnet and how it came to it.
    pub(crate) fn table_of(&self, subnet: Ix<Subnet>) -> (Value, &'static str) {
        match self.resolved.route_table_of(subnet) {
            Association::Explicit(ix) => (self.noun(self.model().route_tables.at(ix)), ""),
            Association::Implicit(ix) => (self.noun(self.model().route_tables.at(ix)), "as the main table"),
            Association::Unknown => unknown(),
        }
    }

    /// The subnets of a list: by association, or by having none.
    pub(crate) fn subnets_of_acl(&self, acl: Ix<NetworkAcl>) -> Vec<(Ix<Subnet>, bool)> {
        let how = |subnet| match self.resolved.network_acl_of(subnet) {
            Association::Explicit(ix) => (ix == acl).then_some(true),
            Association::Implicit(ix) => (ix == acl).then_some(false),
            Association::Unknown => None,
        };
        self.model().subnets.iter().filter_map(|(ix, _)| how(ix).map(|explicit| (ix, explicit))).collect()
    }

    /// The subnets of a route table: by association, or by having none.
    pub(crate) fn subnets_of_table(&self, table: Ix<RouteTable>) -> Vec<(Ix<Subnet>, bool)> {
        let how = |subnet| match self.resolved.route_table_of(subnet) {
            Association::Explicit(ix) => (ix == table).then_some(true),
            Association::Implicit(ix) => (ix == table).then_some(false),
            Association::Unknown => None,
        };
        self.model().subnets.iter().filter_map(|(ix, _)| how(ix).map(|explicit| (ix, explicit))).collect()
    }
}

/// The export does not say.
fn unknown() -> (Value, &'static str) {
    ("not known".into(), "")
}

/// What made an interface.
pub(crate) fn type_words(kind: &InterfaceType) -> &str {
    match kind {
        InterfaceType::Interface => "interface",
        InterfaceType::NatGateway => "NAT gateway",
        InterfaceType::NetworkLoadBalancer => "Network Load Balancer",
        InterfaceType::GatewayLoadBalancer => "Gateway Load Balancer",
        InterfaceType::GatewayLoadBalancerEndpoint => "Gateway Load Balancer endpoint",
        InterfaceType::VpcEndpoint => "VPC endpoint",
        InterfaceType::TransitGateway => "transit gateway attachment",
        InterfaceType::Lambda => "Lambda function",
        InterfaceType::InstanceConnectEndpoint => "EC2 Instance Connect Endpoint",
        InterfaceType::Other(kind) => kind,
    }
}

/// A list as text: `a, b`.
pub(crate) fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}

/// The addresses of an interface with the public ones: `10.0.0.5 / 203.0.113.9`.
pub(crate) fn addresses(noun: &NetworkInterface) -> String {
    let address = |own: IpAddr| match noun.public_of(own) {
        Some(public) => format!("{own} / {public}"),
        None => own.to_string(),
    };
    joined(noun.own_addresses().map(address))
}
