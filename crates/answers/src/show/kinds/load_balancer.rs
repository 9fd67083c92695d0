//! Load balancers and their listeners.

use model::{
    AutoScalingGroup, Id, Ix, Listener, ListenerAction, ListenerProtocol, ListenerRule, LoadBalancer,
    LoadBalancerNode, Resolved, SecurityGroup, Snapshot, Subnet, Table, TargetGroup, Vpc, VpcEndpointService,
};

use crate::show::look::joined;
use crate::show::rows::{interfaces, nouns, silent};
use crate::show::{Kind, Look, Resource, Row, Uses};

impl Kind for LoadBalancer {
    const ONE: &'static str = "load balancer";
    const MANY: &'static str = "load balancers";

    fn table(model: &Snapshot) -> &Table<LoadBalancer> {
        &model.load_balancers
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<LoadBalancer>, look: &Look<'_>, out: &mut Resource) {
        out.kind = self.kind.words().to_owned();
        if !self.active {
            out.field("state", "not active");
        }
        out.field("scheme", if self.internet_facing { "internet-facing" } else { "internal" });
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        out.values("security groups", look.all::<SecurityGroup>(&self.groups));
        out.field_if("DNS name", self.dns_name.as_deref());
        let across = self.cross_zone.unwrap_or(self.kind.cross_zone_default());
        out.field(
            "cross-zone",
            match (across, self.cross_zone) {
                (true, Some(_)) => "on",
                (false, Some(_)) => "off",
                (true, None) => "on, by default",
                (false, None) => "off, by default",
            },
        );
        let node = |node: &LoadBalancerNode| {
            let fixed = node
                .public
                .iter()
                .map(ToString::to_string)
                .chain(node.private.iter().map(ToString::to_string));
            let subnet = node.subnet.as_ref().map(|subnet| look.to::<Subnet>(subnet)).unwrap_or_default();
            Row::at(None)
                .cell("subnet", subnet)
                .cell("zone", node.zone.as_ref().map_or("", Id::as_str))
                .cell("addresses", joined(fixed))
        };
        out.list("nodes", "none in the export", self.nodes.iter().map(node).collect());
        out.list("listeners", "none in the export", listeners(look, |noun| noun.load_balancer == self.id));
        out.incomplete(self.incomplete);
    }

    fn uses(&self, ix: Ix<LoadBalancer>, look: &Look<'_>, out: &mut Uses) {
        out.by("listeners", listeners(look, |noun| noun.load_balancer == self.id));
        let group = |noun: &TargetGroup| noun.load_balancers.contains(&self.id);
        out.by("target groups", nouns(look, group, silent));
        let behind = |noun: &TargetGroup| noun.targets.iter().flatten().any(|target| self.id == *target.id);
        out.by("is a target of", nouns(look, behind, silent));
        let scaling = |noun: &AutoScalingGroup| noun.load_balancers.contains(&self.id);
        out.by("Auto Scaling groups", nouns(look, scaling, silent));
        let service = |noun: &VpcEndpointService| noun.load_balancers.contains(&self.id);
        out.by("endpoint services", nouns(look, service, |noun| noun.name.to_string()));
        let nodes = look.resolved.nodes_of(ix).iter().map(|ix| &look.model().network_interfaces.at(*ix).id);
        let nodes: Vec<&Id> = nodes.collect();
        out.by("network interfaces", interfaces(look, |noun| nodes.contains(&&noun.id)));
    }
}

/// The listeners that match, with where they forward to.
pub(super) fn listeners(look: &Look<'_>, matches: impl Fn(&Listener) -> bool) -> Vec<Row> {
    let all = look.model().listeners.values().filter(|noun| matches(noun));
    let row = |noun: &Listener| {
        let more = noun.rules.as_ref().map_or(0, Vec::len);
        let rules = match more {
            0 => String::new(),
            1 => "after 1 rule".to_owned(),
            more => format!("after {more} rules"),
        };
        Row::at(look.place(noun.origin))
            .cell("load balancer", look.to::<LoadBalancer>(&noun.load_balancer))
            .cell("port", port(noun))
            .cell("default", action(look, &noun.default))
            .cell("rules", rules)
    };
    all.map(row).collect()
}

/// What a listener takes: `tcp 443`.
fn port(noun: &Listener) -> String {
    let protocol = protocol_words(noun.protocol);
    noun.port.map_or_else(|| protocol.to_owned(), |port| format!("{protocol} {port}"))
}

pub(super) fn protocol_words(protocol: ListenerProtocol) -> &'static str {
    match protocol {
        ListenerProtocol::Tcp => "tcp",
        ListenerProtocol::Udp => "udp",
        ListenerProtocol::TcpUdp => "tcp and udp",
        ListenerProtocol::Geneve => "geneve, every packet",
    }
}

fn action(look: &Look<'_>, action: &ListenerAction) -> String {
    if action.forward.is_empty() {
        return "answers by itself".into();
    }
    format!("to {}", look.names::<TargetGroup>(&action.forward))
}

impl Kind for Listener {
    const ONE: &'static str = "listener";
    const MANY: &'static str = "listeners";

    fn table(model: &Snapshot) -> &Table<Listener> {
        &model.listeners
    }

    fn home<'a>(&'a self, resolved: &'a Resolved) -> Option<&'a Id> {
        resolved.snapshot.load_balancers.get(self.load_balancer.as_str()).map(|noun| &noun.vpc)
    }

    fn describe(&self, _ix: Ix<Listener>, look: &Look<'_>, out: &mut Resource) {
        out.field("load balancer", look.to::<LoadBalancer>(&self.load_balancer));
        out.field("takes", port(self));
        out.field("default", action(look, &self.default));
        let row = |rule: &ListenerRule| {
            let looks = rule.looks_at_request.then(|| "looks at the request".to_owned());
            let sources = Some(joined(&rule.source_ips)).filter(|text| !text.is_empty());
            let conditions = joined(sources.map(|text| format!("from {text}")).into_iter().chain(looks));
            Row::at(look.place(rule.origin))
                .cell("priority", rule.priority.to_string())
                .cell("conditions", conditions)
                .cell("action", action(look, &rule.action))
        };
        match &self.rules {
            Some(rules) => out.list("rules", "none before the default", rules.iter().map(row).collect()),
            None => out.note("its rules are not in the export: add the answer of elbv2 describe-rules"),
        }
    }
}

/// Whether a listener, by its default or a rule, forwards to a target group.
pub(super) fn forwards(noun: &Listener, group: &Id) -> bool {
    let rules = noun.rules.iter().flatten().map(|rule| &rule.action);
    rules.chain([&noun.default]).any(|action| action.forward.contains(group))
}
