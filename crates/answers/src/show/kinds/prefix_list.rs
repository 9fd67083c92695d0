//! Prefix lists.

use model::{Id, Ix, Peer, PrefixList, Snapshot, Table};

use crate::show::rows::{routes_for, rules_naming};
use crate::show::{Kind, Look, Resource, Row, Uses};

impl Kind for PrefixList {
    const ONE: &'static str = "prefix list";
    const MANY: &'static str = "prefix lists";

    fn table(model: &Snapshot) -> &Table<PrefixList> {
        &model.prefix_lists
    }

    fn owner(&self) -> Option<&Id> {
        self.owner.as_ref()
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<PrefixList>, look: &Look<'_>, out: &mut Resource) {
        out.field_if("owner", self.owner.as_ref().map(Id::as_str));
        out.field_if("counts as", self.max_entries.map(|most| format!("{most} entries against quotas")));
        match &self.entries {
            Some(entries) => {
                let row = |entry: &model::PrefixListEntry| {
                    Row::at(look.place(entry.origin)).cell("block", entry.cidr.to_string())
                };
                out.list("entries", "none: it matches nothing", entries.iter().map(row).collect());
            }
            None => out
                .note("its entries are not in the export: add the answer of get-managed-prefix-list-entries"),
        }
    }

    fn uses(&self, _ix: Ix<PrefixList>, look: &Look<'_>, out: &mut Uses) {
        out.by("rules", rules_naming(look, |_, peer| *peer == Peer::PrefixList(self.id.clone())));
        out.by("routes", routes_for(look, &self.id));
        if self.owner.as_ref().is_some_and(|owner| *owner == "AWS") {
            out.refuse_if(true, "it is AWS's own");
            return;
        }
        out.refuse(out.count("rules"), "rule names it", "rules name it");
        out.refuse(out.count("routes"), "route names it", "routes name it");
        out.not_known("accounts that it is shared with are not in the export unless their answers are");
    }
}
