//! How much a lab can have: a number of the kernel's for every link and for every zone of connection tracking.

use engine::Network;

use super::{Plan, zone};
use crate::error::LabError;

/// How many numbers links of a kind have, which are also the kernel's numbers for them.
pub(crate) const MOST_LINKS: u32 = 9_000;
/// What 16 bits hold, but for the zone of everything else.
const MOST_INTERFACES: u32 = 65_535;

impl Plan {
    /// Whether there is a number for everything.
    pub(super) fn fits(&self, network: &Network) -> Result<(), LabError> {
        for vpc in &self.vpcs {
            let most = vpc.interfaces.iter().map(|plan| zone(plan.number)).max();
            if most > Some(MOST_INTERFACES) {
                let id = &network.model().vpcs.at(vpc.vpc).id;
                return Err(LabError::TooLarge(format!(
                    "VPC `{id}` has had more than {MOST_INTERFACES} interfaces, which is how many zones of connection tracking \
                     there are; `portcullis lab down`, then `up` begins to count anew"
                )));
            }
        }
        let subnets = self.vpcs.iter().flat_map(|vpc| &vpc.subnets).map(|plan| plan.number);
        let links = self.ways.numbers().into_iter().chain([("subnets of a VPC", MOST_LINKS, subnets.max())]);
        for (what, most, number) in links {
            if number >= Some(most) {
                return Err(LabError::TooLarge(format!(
                    "there have been more than {most} {what}, which is how many links the lab has for them; \
                     `portcullis lab down`, then `up` begins to count anew"
                )));
            }
        }
        Ok(())
    }
}
