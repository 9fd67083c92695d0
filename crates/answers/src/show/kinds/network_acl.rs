//! Network ACLs.

use model::{Id, Ix, NetworkAcl, NetworkAclEntry, Snapshot, Table, Vpc};

use crate::show::rows::subnets;
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for NetworkAcl {
    const ONE: &'static str = "network ACL";
    const MANY: &'static str = "network ACLs";

    fn table(model: &Snapshot) -> &Table<NetworkAcl> {
        &model.network_acls
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn describe(&self, ix: Ix<NetworkAcl>, look: &Look<'_>, out: &mut Resource) {
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        if self.is_default {
            out.field("default", "for every subnet of the VPC that has no other");
        }
        out.list("in", "no entries: everything is dropped", entries(self, look, false));
        out.list("out", "no entries: everything is dropped", entries(self, look, true));
        out.list("subnets", "none", guards(ix, look));
        out.incomplete(self.incomplete);
    }

    fn uses(&self, ix: Ix<NetworkAcl>, look: &Look<'_>, out: &mut Uses) {
        out.by("subnets", guards(ix, look));
        out.refuse_if(self.is_default, "it is its VPC's default network ACL");
        let count = self.subnets.len();
        out.refuse(count, "subnet is associated with it", "subnets are associated with it");
        if look.model().network_acls_incomplete {
            out.not_known(
                "some network ACL could not be read, so which subnets have none of their own is not certain",
            );
        }
    }
}

/// The entries of a direction in the order in which they are tried.
fn entries(acl: &NetworkAcl, look: &Look<'_>, egress: bool) -> Vec<Row> {
    let mut entries: Vec<_> = acl.entries.iter().filter(|entry| entry.egress == egress).collect();
    entries.sort_by_key(|entry| entry.number);
    let preposition = if egress { "to" } else { "from" };
    let row = |entry: &NetworkAclEntry| {
        Row::at(look.place(entry.origin))
            .cell("number", if entry.is_star() { "*".to_owned() } else { entry.number.to_string() })
            .cell("action", entry.action.to_string())
            .cell("traffic", entry.traffic.to_string())
            .cell("peer", Value::from(entry.cidr.to_string()).after(preposition))
    };
    entries.into_iter().map(row).collect()
}

fn guards(ix: Ix<NetworkAcl>, look: &Look<'_>) -> Vec<Row> {
    let how = |explicit| if explicit { "" } else { "by default" };
    subnets(look, look.subnets_of_acl(ix).into_iter().map(|(ix, explicit)| (ix, how(explicit).to_owned())))
}
