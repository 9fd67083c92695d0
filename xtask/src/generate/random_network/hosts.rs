//! Hosts: instances that run, are stopped or run Windows, functions, and appliances.

use serde_json::{Value, json};

use super::super::interface::{Interface, public_address};
use super::super::random::Random;
use super::super::{ACCOUNT, Export, name, set};
use super::Gateways;
use super::block::dotted;
use super::site::Site;

/// An interface with a host behind it.
pub(super) struct Host {
    pub(super) interface: String,
    pub(super) instance: Option<String>,
    pub(super) site: usize,
    pub(super) zone: char,
    pub(super) runs: bool,
    pub(super) address: u32,
    pub(super) ipv6: Option<String>,
    /// Whether it takes what is addressed to others.
    pub(super) is_appliance: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Instance,
    Windows,
    Stopped,
    Function,
    Appliance,
}

/// Three to six interfaces.
pub(super) fn write(
    export: &mut Export,
    random: &mut Random,
    sites: &mut [Site],
    gateways: &[Gateways],
) -> Vec<Host> {
    let mut hosts = Vec::new();
    let count = random.within(3..=5);
    for number in 0..count {
        let kind = match random.below(100) {
            0..=9 => Kind::Windows,
            10..=17 => Kind::Stopped,
            18..=27 => Kind::Function,
            28..=34 => Kind::Appliance,
            _ => Kind::Instance,
        };
        // Every VPC has a host.
        let place = if number < sites.len() { number } else { random.below(sites.len()) };
        let may_be_public = gateways.get(place).is_some_and(|gateways| gateways.internet.is_some());
        let Some(site) = sites.get_mut(place) else { continue };
        let is_public = may_be_public && random.percent(55);
        hosts.push(host(export, random, site, number, kind, is_public));
    }
    hosts
}

fn host(
    export: &mut Export,
    random: &mut Random,
    site: &mut Site,
    number: usize,
    kind: Kind,
    is_public: bool,
) -> Host {
    let is_public = is_public && kind != Kind::Function;
    let public = is_public.then(|| public_address(export.count("describe-network-interfaces")));
    let mut groups = vec![site.group(random)];
    if random.percent(30) {
        let second = site.group(random);
        if !groups.contains(&second) {
            groups.push(second);
        }
    }
    let place = site.number;
    let instance = (kind != Kind::Function).then(|| format!("i-{number}"));
    let function = || ("lambda", format!("AWS Lambda VPC ENI-worker{number}-0a1b2c3d"));
    let mut host = Host {
        interface: format!("eni-{number}"),
        instance,
        site: place,
        zone: 'a',
        runs: kind != Kind::Stopped,
        address: 0,
        ipv6: None,
        is_appliance: kind == Kind::Appliance,
    };
    let Some(subnet) = site.subnet(random) else { return host };
    let address = subnet.next(random);
    host.zone = subnet.zone;
    host.address = address.ipv4;
    host.ipv6 = address.ipv6.filter(|_| random.percent(85));
    let interface = Interface {
        id: host.interface.clone(),
        vpc: &subnet.vpc,
        subnet: &subnet.id,
        zone: subnet.zone,
        address: dotted(host.address),
        ipv6: host.ipv6.clone(),
        public,
        groups,
        service: (kind == Kind::Function).then(function),
    };
    let mut element = interface.element(host.instance.as_deref());
    set(&mut element, "SourceDestCheck", !host.is_appliance);
    export.push("describe-network-interfaces", "NetworkInterfaces", &element);
    if let Some(instance) = &host.instance {
        let element = described(&interface, instance, kind, &element);
        let reservation = json!({
            "ReservationId": format!("r-{number}"), "OwnerId": ACCOUNT, "Groups": [], "Instances": [element],
        });
        export.push("describe-instances", "Reservations", &reservation);
    }
    host
}

/// An instance as `describe-instances` prints it.
fn described(interface: &Interface<'_>, id: &str, kind: Kind, of_interface: &Value) -> Value {
    let state = if kind == Kind::Stopped {
        json!({"Code": 80, "Name": "stopped"})
    } else {
        json!({"Code": 16, "Name": "running"})
    };
    let mut element = json!({
        "InstanceId": id, "InstanceType": "m7g.large", "PrivateIpAddress": interface.address, "State": state,
        "SubnetId": interface.subnet, "VpcId": interface.vpc, "NetworkInterfaces": [of_interface],
        "SecurityGroups": interface.groups(), "SourceDestCheck": kind != Kind::Appliance, "Tags": name(id),
    });
    if kind == Kind::Windows {
        set(&mut element, "Platform", "windows");
    }
    if let Some(public) = &interface.public {
        set(&mut element, "PublicIpAddress", public.as_str());
    }
    element
}
