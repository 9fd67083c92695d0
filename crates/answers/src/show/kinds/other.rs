//! What is known by name only.

use model::{Id, Ix, Other, Snapshot, Table, Vpc};

use crate::show::{Kind, Look, Resource, Uses};

impl Kind for Other {
    const ONE: &'static str = "other resource";
    const MANY: &'static str = "other resources";

    fn table(model: &Snapshot) -> &Table<Other> {
        &model.others
    }

    fn vpc(&self) -> Option<&Id> {
        self.vpc.as_ref()
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<Other>, look: &Look<'_>, out: &mut Resource) {
        out.kind = self.kind.words().to_owned();
        out.field_if("vpc", self.vpc.as_ref().map(|vpc| look.to::<Vpc>(vpc)));
        out.note("it is known by name only");
    }

    fn uses(&self, _ix: Ix<Other>, _look: &Look<'_>, out: &mut Uses) {
        out.not_known("who uses it: it is known by name only");
    }
}
