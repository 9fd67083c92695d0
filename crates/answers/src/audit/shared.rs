//! What several rules need of a network, found when the first of them asks.

use std::cell::{OnceCell, RefCell};

use engine::reach::{Asked, Prepared, Reach};
use engine::{Goal, Network};
use model::{Holder, Ix, NetworkInterface, PortRange};
use space::{Diagrams, Family, Region, Set};

use super::usage::{self, Idle};
use crate::ends::{Names, beyond};
use crate::explain::connections;
use crate::exposure::{Exposure, exposure};
use crate::grant::Moment;
use crate::intent::{self, Intent, IntentError, Settings, Tested};
use crate::question::Service;
use crate::reach::everything;

pub(super) struct Shared<'n> {
    pub(super) network: &'n Network,
    /// What is meant; empty where nothing is declared.
    pub(super) intent: &'n Intent,
    /// What time it is.
    pub(super) now: Moment,
    exposure: OnceCell<Exposure>,
    whole: OnceCell<Whole>,
    idle: OnceCell<Vec<Idle>>,
}

/// Everything to everything.
pub(super) struct Whole {
    pub(super) prepared: Prepared,
    pub(super) reach: RefCell<Reach>,
}

impl<'n> Shared<'n> {
    pub(super) fn new(network: &'n Network, intent: &'n Intent, now: Moment) -> Shared<'n> {
        let (exposure, whole, idle) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Shared { network, intent, now, exposure, whole, idle }
    }

    /// What becomes of some lines of the intent, which keep its names and profiles.
    ///
    /// # Errors
    /// Lines and names that speak of what the network does not have, and lines that mean too many pairs.
    pub(super) fn test(&self, lines: Intent) -> Result<Tested, Vec<IntentError>> {
        let declared = self.intent.clone();
        let lines = Intent { me: declared.me, names: declared.names, profiles: declared.profiles, ..lines };
        let names = intent::names(&lines, self.network, None)?;
        let settings = Settings { now: Some(self.now), ..Settings::default() };
        intent::test(&lines, &names, &settings, &|_, _| {})
    }

    /// What the internet reaches.
    pub(super) fn exposure(&self) -> &Exposure {
        self.exposure.get_or_init(|| {
            let names = Names::new(self.network, None);
            // No ends and no services are named that could be refused.
            exposure(&names, None, &[]).unwrap_or_default()
        })
    }

    /// Everything that works between interfaces, and from and to every address beyond the export, whether it is on the
    /// internet or in a private network; TCP from the ports that clients take, the rest from every port.
    pub(super) fn whole(&self) -> &Whole {
        self.whole.get_or_init(|| {
            let prepared = Prepared::of(self.network);
            let internet =
                [Family::V4, Family::V6].map(|family| beyond(self.network, family).outside.ranges(family));
            let asked = Asked { connections: &usual, internet, goal: Goal::Answered };
            let reach = Reach::of(self.network, &prepared, &asked, &|_, _| {});
            Whole { prepared, reach: RefCell::new(reach) }
        })
    }

    /// The rules of security groups that no connection works by.
    pub(super) fn idle(&self) -> &[Idle] {
        self.idle.get_or_init(|| usage::idle(self))
    }

    /// What the internet may ask of an interface.
    pub(super) fn of_internet(&self, family: Family, sets: &mut Diagrams) -> Set {
        everything(self.network).of(family, "internet", true, sets)
    }

    /// All connections with addresses beyond the export, on the internet or in private networks.
    pub(super) fn beyond(&self, family: Family, sets: &mut Diagrams) -> Set {
        let ranges = beyond(self.network, family).outside.ranges(family);
        sets.set_of(ranges.into_iter().map(|range| Region::FULL.remote(range)))
    }

    /// The first address of an interface in a family.
    pub(super) fn holder(&self, interface: Ix<NetworkInterface>, family: Family) -> Option<Holder> {
        let noun = self.network.model().network_interfaces.at(interface);
        let mut addresses = engine::reach::primary_addresses(noun);
        let address = addresses.find(|address| Family::of(*address) == family)?;
        Some(Holder { interface, address })
    }
}

/// Every service. TCP from the ports that a kind of client takes, the rest from any: NTP and IKE ask from their own.
fn usual(sets: &mut Diagrams, family: Family, ports: PortRange) -> Set {
    let all = connections(sets, family, &[Service::Any], PortRange::ALL);
    let unusual = unusual(ports, sets);
    sets.subtract(all, unusual)
}

/// TCP from ports that a kind of client does not take.
pub(super) fn unusual(ports: PortRange, sets: &mut Diagrams) -> Set {
    let tcp = sets.region(&Region::FULL.protocol(6));
    let usual = sets.region(&Region::FULL.protocol(6).client(ports.from..=ports.to));
    sets.subtract(tcp, usual)
}
