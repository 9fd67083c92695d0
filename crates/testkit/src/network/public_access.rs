//! The lines about Block Public Access.

use model::{BlockMode, BlockPublicAccessExclusion, BlockPublicAccessOptions, ExclusionMode};

use super::{Builder, ORIGIN};
use crate::line::Line;

impl Builder {
    pub(super) fn block_public_access(&mut self, line: &Line<'_>) {
        let options = BlockPublicAccessOptions {
            account: line.value("account").map(Into::into),
            region: line.value("region").map(Into::into),
            mode: mode(line.id),
            origin: ORIGIN,
        };
        self.snapshot.block_public_access_options.push(options);
    }

    pub(super) fn exclusion(&mut self, line: &Line<'_>) {
        let mode = match line.words.first() {
            Some(&"bidirectional") => ExclusionMode::Bidirectional,
            Some(&"egress") => ExclusionMode::Egress,
            other => panic!("no mode of an exclusion `{other:?}`"),
        };
        let exclusion = BlockPublicAccessExclusion {
            id: None,
            resource: Some(line.id.into()),
            mode: Some(mode),
            complete: !line.has("pending"),
            origin: ORIGIN,
        };
        self.snapshot.block_public_access_exclusions.push(exclusion);
    }
}

/// The effective mode of Block Public Access that a line gives.
pub(super) fn block_mode(line: &Line<'_>) -> Option<BlockMode> {
    line.value("bpa").map(mode)
}

fn mode(text: &str) -> BlockMode {
    match text {
        "off" => BlockMode::Off,
        "ingress" => BlockMode::Ingress,
        "bidirectional" => BlockMode::Bidirectional,
        other => panic!("no mode of Block Public Access `{other}`"),
    }
}
