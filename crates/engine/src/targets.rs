//! Who the registered targets of a target group are.

use std::net::IpAddr;

use model::{Ix, NetworkInterface, RegisteredTarget, TargetGroup, TargetType};

use crate::{Network, Seen};

impl Network {
    /// The ends that a registered target stands for: an instance's primary interface, an address, the nodes of a load
    /// balancer; none for a Lambda function.
    ///
    /// # Errors
    /// If the export does not have it; in words.
    pub fn ends_of_target(
        &self,
        group: &TargetGroup,
        target: &RegisteredTarget,
    ) -> Result<Vec<Seen>, String> {
        let (resolved, model) = (self.resolved(), self.model());
        let primary = |interface: Ix<NetworkInterface>| {
            let address = model.network_interfaces.at(interface).own_addresses().next()?;
            Some(Seen::Fixed { address, interface: Some(interface) })
        };
        let missing = || format!("target `{}` is not in the export", target.id);
        match group.target_type {
            TargetType::Instance => {
                let own = resolved.interfaces_of(&target.id.as_str().into()).iter().copied();
                let first = own.min_by_key(|ix| model.network_interfaces.at(*ix).device_index);
                first.and_then(primary).map(|end| vec![end]).ok_or_else(missing)
            }
            TargetType::Ip => {
                let address: IpAddr =
                    target.id.parse().map_err(|_| format!("target `{}` is no address", target.id))?;
                let in_vpc = group.vpc.as_ref().and_then(|vpc| resolved.holder(vpc, address));
                let mut others = model
                    .vpcs
                    .values()
                    .filter(|vpc| vpc.cidrs.iter().any(|block| block.contains(&address)))
                    .filter_map(|vpc| resolved.holder(&vpc.id, address));
                let interface = in_vpc.or_else(|| others.next()).map(|holder| holder.interface);
                Ok(vec![Seen::Fixed { address, interface }])
            }
            TargetType::Alb => {
                let balancer = model.load_balancers.ix(target.id.as_str()).ok_or_else(missing)?;
                Ok(resolved.nodes_of(balancer).iter().copied().filter_map(primary).collect())
            }
            TargetType::Lambda => Ok(Vec::new()),
        }
    }
}
