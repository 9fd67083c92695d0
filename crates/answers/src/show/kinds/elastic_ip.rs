//! Elastic IP addresses.

use model::{ElasticIp, Id, Ix, NatGateway, NetworkInterface, Resolved, Snapshot, Table};

use crate::show::rows::{interfaces, nouns, silent};
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for ElasticIp {
    const ONE: &'static str = "Elastic IP address";
    const MANY: &'static str = "Elastic IP addresses";

    fn table(model: &Snapshot) -> &Table<ElasticIp> {
        &model.elastic_ips
    }

    fn home<'a>(&'a self, resolved: &'a Resolved) -> Option<&'a Id> {
        let holder = self.network_interface.as_ref()?;
        resolved.snapshot.network_interfaces.get(holder.as_str()).map(|noun| &noun.vpc)
    }

    fn describe(&self, _ix: Ix<ElasticIp>, look: &Look<'_>, out: &mut Resource) {
        out.field("address", self.public.to_string());
        match &self.network_interface {
            Some(id) => match look.model().network_interfaces.ix(id.as_str()) {
                Some(ix) => out.field("held by", look.interface(ix)),
                None => out.field("held by", look.to::<NetworkInterface>(id)),
            },
            None => out.field("held by", "nobody: it does not answer"),
        }
    }

    fn uses(&self, _ix: Ix<ElasticIp>, look: &Look<'_>, out: &mut Uses) {
        out.by(
            "network interfaces",
            interfaces(look, |noun| self.network_interface.as_ref() == Some(&noun.id)),
        );
        let nat = |noun: &NatGateway| noun.addresses.iter().any(|one| one.public == Some(self.public));
        out.by("NAT gateways", nouns(look, nat, silent));
    }
}
