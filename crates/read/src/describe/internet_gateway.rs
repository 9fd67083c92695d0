//! `describe-internet-gateways` (S9.9).

use model::{GatewayAttachment, Id, InternetGateway};

use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("InternetGatewayId") else {
        return;
    };
    let errors = object.errors();
    let attachments: Vec<_> = object.required_objects("Attachments").filter_map(attachment).collect();
    if object.errors() > errors {
        // Without its attachments it would look detached; an unknown gateway leaves it open.
        return;
    }
    let (tags, origin) = (object.tags("Tags"), object.origin());
    context.insert(
        |snapshot| &mut snapshot.internet_gateways,
        InternetGateway { id, attachments, tags, origin },
    );
}

/// The VPC that a gateway with one attachment at most is attached to; `None` where its attachments are not known.
pub(super) fn attached_vpc(object: Object<'_>, key: &'static str) -> Option<Option<Id>> {
    let errors = object.errors();
    let attachments: Vec<_> = object.required_objects(key).filter_map(attachment).collect();
    let known = object.errors() == errors;
    known.then(|| {
        attachments.into_iter().find(|attachment| attachment.attached).map(|attachment| attachment.vpc)
    })
}

fn attachment(object: Object<'_>) -> Option<GatewayAttachment> {
    // The service prints `available`, its documentation says `attached`.
    let attached = match object.text("State").unwrap_or("available") {
        "available" | "attached" => true,
        "attaching" | "detaching" | "detached" => false,
        other => {
            let found = shown(other);
            object.error(format!("expected a state such as `available` for `State`, found `{found}`"));
            return None;
        }
    };
    Some(GatewayAttachment { vpc: object.required_id("VpcId")?, attached })
}

#[cfg(test)]
mod tests {
    use model::Id;

    use crate::testing::{only, sound};

    #[test]
    fn available_and_attached_mean_the_same() {
        let snapshot = sound(
            r#"{"InternetGateways":[{"InternetGatewayId":"igw-1","Attachments":[{"VpcId":"vpc-1","State":"available"},
            {"VpcId":"vpc-2","State":"attached"},{"VpcId":"vpc-3","State":"detaching"}],"Tags":[]}]}"#,
        );
        let gateway = only(&snapshot.internet_gateways);
        let serves = ["vpc-1", "vpc-2", "vpc-3"].map(|vpc| gateway.serves(&Id::from(vpc)));
        assert_eq!(serves, [true, true, false]);
    }
}
