//! Network interfaces and the instances that have them.

use serde_json::{Value, json};

use super::{ACCOUNT, Export, REGION, name, set};

/// Where an interface is and what guards it.
pub(super) struct Interface<'n> {
    pub(super) id: String,
    pub(super) vpc: &'n str,
    pub(super) subnet: &'n str,
    pub(super) zone: char,
    pub(super) address: String,
    pub(super) ipv6: Option<String>,
    pub(super) public: Option<String>,
    pub(super) groups: Vec<String>,
    /// Its type and description, where it is AWS's.
    pub(super) service: Option<(&'static str, String)>,
}

impl Interface<'_> {
    pub(super) fn write(&self, export: &mut Export) {
        export.push("describe-network-interfaces", "NetworkInterfaces", &self.element(None));
    }

    /// Writes it as the interface of an instance of that name, and the instance.
    pub(super) fn write_with_instance(&self, export: &mut Export, instance: &str, is_windows: bool) {
        let id = format!("i-{instance}");
        export.push("describe-network-interfaces", "NetworkInterfaces", &self.element(Some(&id)));
        let groups = self.groups();
        let mut element = json!({
            "InstanceId": id, "InstanceType": "m7g.large", "PrivateIpAddress": self.address,
            "State": {"Code": 16, "Name": "running"}, "SubnetId": self.subnet, "VpcId": self.vpc,
            "NetworkInterfaces": [self.element(None)], "SecurityGroups": groups, "SourceDestCheck": true,
            "Tags": name(instance),
        });
        if is_windows {
            set(&mut element, "Platform", "windows");
        }
        if let Some(public) = &self.public {
            set(&mut element, "PublicIpAddress", public.as_str());
        }
        let reservation = json!({
            "ReservationId": format!("r-{instance}"), "OwnerId": ACCOUNT, "Groups": [], "Instances": [element],
        });
        export.push("describe-instances", "Reservations", &reservation);
    }

    pub(super) fn groups(&self) -> Vec<Value> {
        let group = |id: &String| json!({"GroupName": id.trim_start_matches("sg-"), "GroupId": id});
        self.groups.iter().map(group).collect()
    }

    /// As `describe-network-interfaces` prints it; for `None` as `describe-instances` repeats it.
    pub(super) fn element(&self, instance: Option<&str>) -> Value {
        let host = format!("ip-{}.{REGION}.compute.internal", self.address.replace('.', "-"));
        let association = self.public.as_ref().map(|public| {
            let name = format!("ec2-{}.{REGION}.compute.amazonaws.com", public.replace('.', "-"));
            json!({"IpOwnerId": "amazon", "PublicDnsName": name, "PublicIp": public})
        });
        let mut address = json!({"Primary": true, "PrivateDnsName": host, "PrivateIpAddress": self.address});
        let mut element = json!({});
        if let Some(association) = association {
            set(&mut address, "Association", association.clone());
            set(&mut element, "Association", association);
        }
        let (kind, description) =
            self.service.as_ref().map_or(("interface", ""), |(kind, text)| (*kind, text));
        if self.service.is_none() {
            let mut attachment = json!({
                "AttachmentId": format!("eni-attach-{}", self.id.trim_start_matches("eni-")),
                "DeleteOnTermination": true, "DeviceIndex": 0, "Status": "attached",
            });
            if let Some(instance) = instance {
                set(&mut attachment, "InstanceId", instance);
                set(&mut attachment, "InstanceOwnerId", ACCOUNT);
            }
            set(&mut element, "Attachment", attachment);
        }
        let ipv6: Vec<Value> =
            self.ipv6.iter().map(|address| json!({"Ipv6Address": address, "IsPrimaryIpv6": false})).collect();
        let fields = json!({
            "AvailabilityZone": format!("{REGION}{}", self.zone), "Description": description,
            "Groups": self.groups(), "InterfaceType": kind, "Ipv6Addresses": ipv6,
            "NetworkInterfaceId": self.id, "OwnerId": ACCOUNT, "PrivateDnsName": host,
            "PrivateIpAddress": self.address, "PrivateIpAddresses": [address],
            "RequesterManaged": self.service.is_some(), "SourceDestCheck": kind != "natGateway",
            "Status": "in-use", "SubnetId": self.subnet, "TagSet": [], "VpcId": self.vpc,
        });
        if let (Some(element), Value::Object(fields)) = (element.as_object_mut(), fields) {
            element.extend(fields);
        }
        element
    }
}

/// The public address of a number: of those that AWS gives out in the region.
pub(super) fn public_address(number: usize) -> String {
    format!("3.{}.{}.{}", 248 + number / 65_536 % 8, number / 256 % 256, number % 256)
}
