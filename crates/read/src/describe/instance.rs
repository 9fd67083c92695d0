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
    let Some(id) = object.required_id("InstanceId") else { return };
    let state = match object.text_in("State", "Name").unwrap_or("running") {
        // It has no interface any more, and is forgotten within the hour.
        "terminated" => return,
        "running" => InstanceState::Running,
        down => InstanceState::Down(down.into()),
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
