//! `describe-instances` (S9.4).

use model::{Instance, InstanceState, Platform};

use super::network_interface;
use crate::object::Object;
use crate::snapshot::Context;

/// A reservation: what was started by one call.
pub(crate) fn read_reservation(object: Object<'_>, context: &mut Context<'_>) {
    object.objects("Instances").for_each(|instance| read(instance, context));
}

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("InstanceId") else {
        return;
    };
    let state = match object.text_in("State", "Name").unwrap_or("running") {
        // It has no interface any more, and is forgotten within the hour.
        "terminated" => return,
        "running" => InstanceState::Running,
        down @ ("pending" | "shutting-down" | "stopping" | "stopped") => InstanceState::Down(down.into()),
        other => {
            object.error(format!("`{}` is no known state of an instance", crate::object::shown(other)));
            InstanceState::Unknown(other.into())
        }
    };
    let is_windows = object.text("Platform").is_some_and(|platform| platform.eq_ignore_ascii_case("windows"));
    for interface in object.objects("NetworkInterfaces") {
        if let Some(interface) = network_interface::of_instance(interface, object) {
            context.insert_instance_interface(interface);
        }
    }
    context.insert(
        |snapshot| &mut snapshot.instances,
        Instance {
            id,
            state,
            platform: if is_windows { Platform::Windows } else { Platform::Linux },
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

#[cfg(test)]
mod tests {
    use model::{Id, InstanceState, Platform};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn instances_and_their_interfaces() {
        let snapshot = sound(
            r#"{"Reservations":[{"ReservationId":"r-1","Instances":[
            {"InstanceId":"i-1","State":{"Code":16,"Name":"running"},"VpcId":"vpc-1","SubnetId":"subnet-1",
             "PrivateIpAddress":"10.0.0.10","SourceDestCheck":false,"SecurityGroups":[{"GroupId":"sg-1"}],
             "NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","Attachment":{"DeviceIndex":0}}],
             "Tags":[{"Key":"aws:autoscaling:groupName","Value":"shop"}]},
            {"InstanceId":"i-2","State":{"Name":"stopped"},"Platform":"Windows","NetworkInterfaces":[
             {"NetworkInterfaceId":"eni-2","VpcId":"vpc-2","SubnetId":"subnet-2","Groups":[{"GroupId":"sg-2"}],
              "PrivateIpAddresses":[{"Primary":true,"PrivateIpAddress":"10.0.0.20"}],"Attachment":{"DeviceIndex":1}}]},
            {"InstanceId":"i-3","State":{"Name":"terminated"},"NetworkInterfaces":[]}]}]}"#,
        );
        assert_eq!(snapshot.instances.len(), 2, "what is terminated is gone");
        let web = snapshot.instances.get("i-1").unwrap();
        assert_eq!((&web.state, web.platform), (&InstanceState::Running, Platform::Linux));
        assert_eq!(web.auto_scaling_group(), Some("shop"));
        let windows = snapshot.instances.get("i-2").unwrap();
        assert_eq!(
            (&windows.state, windows.platform),
            (&InstanceState::Down("stopped".into()), Platform::Windows)
        );

        assert!(snapshot.network_interfaces.is_empty());
        let [short, whole] = &snapshot.instance_interfaces[..] else { panic!("two interfaces") };
        assert_eq!((&short.vpc, &short.subnet), (&Id::from("vpc-1"), &Id::from("subnet-1")));
        assert_eq!(short.groups, [Id::from("sg-1")]);
        assert_eq!((short.primary(), short.source_dest_check), (Some("10.0.0.10".parse().unwrap()), false));
        assert_eq!(short.instance, Some(Id::from("i-1")));
        assert_eq!((&whole.vpc, &whole.instance), (&Id::from("vpc-2"), &Some(Id::from("i-2"))));
        assert!(whole.source_dest_check);
    }

    #[test]
    fn instances_without_their_reservations() {
        let snapshot =
            sound(r#"[[{"InstanceId":"i-1","InstanceType":"t3.nano","State":{"Name":"pending"}}]]"#);
        assert_eq!(only(&snapshot.instances).state, InstanceState::Down("pending".into()));
    }

    #[test]
    fn a_state_that_is_not_known_is_named() {
        let snapshot =
            read(r#"{"Reservations":[{"Instances":[{"InstanceId":"i-1","State":{"Name":"zombie"}}]}]}"#);
        assert_eq!(problems(&snapshot), ["error a.json:1:32: `zombie` is no known state of an instance"]);
        assert_eq!(only(&snapshot.instances).state, InstanceState::Unknown("zombie".into()));
    }
}
