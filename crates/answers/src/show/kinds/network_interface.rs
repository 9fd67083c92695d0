//! Network interfaces.

use std::net::IpAddr;

use model::{
    ElasticIp, Id, Instance, InterfaceType, Ix, LoadBalancer, NatGateway, NetworkInterface, SecurityGroup,
    Snapshot, Subnet, Table, Target, TargetGroup, TargetType, Vpc, VpcEndpoint,
};

use crate::show::look::{addresses, joined, type_words};
use crate::show::rows::{nouns, routes_to};
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for NetworkInterface {
    const ONE: &'static str = "network interface";
    const MANY: &'static str = "network interfaces";

    fn table(model: &Snapshot) -> &Table<NetworkInterface> {
        &model.network_interfaces
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn owner(&self) -> Option<&Id> {
        self.owner.as_ref()
    }

    fn is_there(&self) -> bool {
        self.stand_in.is_none()
    }

    fn describe(&self, ix: Ix<NetworkInterface>, look: &Look<'_>, out: &mut Resource) {
        // By its instance's name people know it.
        out.name = Some(look.interface(ix).text).filter(|name| *name != out.id);
        let own = [addresses(self)].into_iter().filter(|text| !text.is_empty());
        out.values("addresses", own.map(Into::into));
        out.values("prefixes", self.prefixes.iter().map(|block| block.to_string().into()));
        out.field("subnet", look.to::<Subnet>(&self.subnet));
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        out.values("security groups", look.all::<SecurityGroup>(&self.groups));
        if let Some(instance) = &self.instance {
            let mut value = look.to::<Instance>(instance);
            if self.device_index > 0 {
                value.text = format!("{}, device {}", value.text, self.device_index);
            }
            out.field("instance", value);
        }
        let words = type_words(&self.interface_type);
        out.field_if("type", (words != "interface").then_some(words));
        out.field_if("description", Some(self.description.as_str()).filter(|text| !text.is_empty()));
        out.field_if("account", self.owner.as_ref().map(Id::as_str));
        if !self.source_dest_check {
            out.field("source/destination check", "off: it may carry packets of others");
        }
        let timeouts = [
            ("tcp established", self.timeouts.tcp_established),
            ("udp stream", self.timeouts.udp_stream),
            ("udp", self.timeouts.udp),
        ];
        let timeouts = timeouts
            .into_iter()
            .filter_map(|(name, seconds)| seconds.map(|seconds| format!("{name} {seconds} s")));
        out.field_if("idle timeouts", Some(joined(timeouts)).filter(|text| !text.is_empty()));
        // Interfaces of gateways never have one.
        if self.interface_type == InterfaceType::Interface && self.groups.is_empty() && !self.incomplete {
            out.note("it has no security group");
        }
        out.incomplete(self.incomplete);
    }

    fn uses(&self, ix: Ix<NetworkInterface>, look: &Look<'_>, out: &mut Uses) {
        let instance = |noun: &Instance| self.instance.as_ref() == Some(&noun.id);
        out.by("instance", nouns(look, instance, |noun| super::instance::state(noun).to_owned()));
        let balancer = look.resolved.load_balancer_of(ix);
        let node =
            |noun: &LoadBalancer| balancer.is_some_and(|ix| look.model().load_balancers.at(ix).id == noun.id);
        out.by("load balancers", nouns(look, node, |noun| noun.kind.words().to_owned()));
        let nat = |noun: &NatGateway| {
            noun.addresses.iter().any(|one| one.network_interface.as_ref() == Some(&self.id))
        };
        out.by("NAT gateways", nouns(look, nat, |_| String::new()));
        let endpoint = |noun: &VpcEndpoint| noun.network_interfaces.contains(&self.id);
        out.by("VPC endpoints", nouns(look, endpoint, |noun| noun.service_name.to_string()));
        let elastic = |noun: &ElasticIp| noun.network_interface.as_ref() == Some(&self.id);
        out.by("Elastic IP addresses", nouns(look, elastic, |noun| noun.public.to_string()));
        let is_target = |noun: &TargetGroup| {
            let own = |id: &str| id.parse::<IpAddr>().is_ok_and(|address| self.holds(address));
            noun.target_type == TargetType::Ip
                && noun.vpc.as_ref() == Some(&self.vpc)
                && noun.targets.iter().flatten().any(|target| own(&target.id))
        };
        out.by("target groups", nouns(look, is_target, |_| "by address".to_owned()));
        let to = |target: &Target| matches!(target, Target::NetworkInterface(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        out.refuse_if(self.instance.is_some(), "it is attached to an instance");
        let routes = out.count("routes");
        out.breaks(routes, "route becomes a blackhole", "routes become blackholes");
    }
}
