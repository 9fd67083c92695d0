//! `describe-internet-gateways` (S9.9).

use model::{GatewayAttachment, InternetGateway};

use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("InternetGatewayId") else {
        return;
    };
    let attachments = object.objects("Attachments").filter_map(|attachment| {
        // The service prints `available`, its documentation says `attached`.
        let attached = attachment.text("State").is_none_or(|state| matches!(state, "available" | "attached"));
        Some(GatewayAttachment { vpc: attachment.required_id("VpcId")?, attached })
    });
    let attachments = attachments.collect();
    let (tags, origin) = (object.tags("Tags"), object.origin());
    context.insert(
        |snapshot| &mut snapshot.internet_gateways,
        InternetGateway { id, attachments, tags, origin },
    );
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
