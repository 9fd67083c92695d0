//! Who the registered targets of a target group are.

use std::net::IpAddr;

use model::{Ix, LoadBalancer, NetworkInterface, RegisteredTarget, Subnet, TargetGroup, TargetType};

use crate::walk::zone;
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

    /// Of the ends that a registered target stands for, those that a load balancer's node in a subnet may send to: in
    /// zones that it serves (S4.13).
    ///
    /// # Errors
    /// If the export does not have the target; in words.
    pub fn ends_for_node(
        &self,
        load_balancer: Ix<LoadBalancer>,
        subnet: Ix<Subnet>,
        group: &TargetGroup,
        target: &RegisteredTarget,
    ) -> Result<Vec<Seen>, String> {
        let model = self.model();
        let balancer = model.load_balancers.at(load_balancer);
        let across =
            group.cross_zone.or(balancer.cross_zone).unwrap_or_else(|| balancer.kind.cross_zone_default());
        let zone = |subnet: Ix<Subnet>| zone(model, subnet);
        let own_zone = zone(subnet);
        let enabled: Vec<_> = balancer
            .nodes
            .iter()
            .filter_map(|node| model.subnets.ix(node.subnet.as_ref()?.as_str()))
            .map(zone)
            .collect();
        let in_zone = |end: &Seen| {
            let of_target = end.interface().and_then(|ix| self.resolved().subnet_of(ix));
            match (of_target.map(zone), &target.zone) {
                // An address outside the VPC is registered for every zone.
                (_, Some(registered)) if registered.as_str() == "all" => true,
                (Some(of_target), _) if across => enabled.contains(&of_target),
                (Some(of_target), _) => of_target == own_zone,
                // Of an address that no interface has, the registration alone says the zone.
                (None, Some(registered)) => {
                    across || model.subnets.at(subnet).availability_zone.as_ref() == Some(registered)
                }
                (None, None) => true,
            }
        };
        Ok(self.ends_of_target(group, target)?.into_iter().filter(in_zone).collect())
    }
}
