//! What is said of resources, and of who uses them.

use model::{
    AutoScalingGroup, Id, Launch, LaunchTemplate, Listener, ListenerAction, ListenerProtocol, ListenerRule,
    NatGateway, Origin, RegisteredTarget, Resolved, Snapshot, Tags, TargetGroup, TargetState, TargetType,
};

use super::{List, Resource, Uses, overview, select, show};

const SHOP: &str = "
    vpc vpc-1 10.0.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1 | 10.9.0.0/16 pcx-1 blackhole | pl-1 nat-1
    subnet pub 10.0.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.0.1.0/24
    acl acl-pub in: 200 allow tcp 1024-65535 10.0.1.0/24 | 100 allow tcp 443 0.0.0.0/0
    sg sg-web in: tcp 443 0.0.0.0/0 | tcp 8080 sg-web
    sg sg-app in: tcp 8080 sg-web | tcp 443 pl-1
    sg sg-idle in: tcp 22 sg-idle
    pl pl-1 max=5: 198.51.100.0/24
    instance web-1
    eni eni-web pub 10.0.0.10 public=203.0.113.10 groups=sg-web instance=web-1
    eni eni-app app 10.0.1.10 groups=sg-app
";

fn resolved(change: impl FnOnce(&mut Snapshot)) -> Resolved {
    let mut snapshot = testkit::snapshot(&[SHOP]);
    change(&mut snapshot);
    Resolved::new(snapshot)
}

fn one(resolved: &Resolved, selector: &str) -> Resource {
    let shown = show(resolved, &select(resolved, selector).unwrap(), true);
    let [resource] = shown.resources.as_slice() else { panic!("{selector}: {shown:?}") };
    resource.clone()
}

/// The rows of a list, cells joined by bars; `None` if there is no such list.
fn rows(lists: &[List], name: &str) -> Option<Vec<String>> {
    let list = lists.iter().find(|list| list.name == name)?;
    let cell = |cell: &(&str, super::Value)| format!("{} {}", cell.1.before, cell.1.text).trim().to_owned();
    let texts = list.rows.iter().map(|row| {
        let cells = row.cells.iter().map(cell).filter(|text| !text.is_empty());
        cells.collect::<Vec<_>>().join(" | ")
    });
    Some(texts.collect())
}

fn uses(resolved: &Resolved, selector: &str) -> Uses {
    one(resolved, selector).uses.unwrap()
}

fn refused(resolved: &Resolved, selector: &str) -> Vec<String> {
    uses(resolved, selector).deletion.unwrap().refused
}

#[test]
fn rules_entries_and_routes_are_as_people_say_them() {
    let resolved = resolved(|_| {});
    let group = one(&resolved, "sg-app");
    assert_eq!(rows(&group.lists, "in").unwrap(), ["tcp 8080 | from sg-web", "tcp 443 | from pl-1"]);
    assert_eq!(rows(&group.lists, "out").unwrap(), [""; 0]);
    // In the order in which they are tried, not in that of the export.
    let list = one(&resolved, "acl-pub");
    assert_eq!(
        rows(&list.lists, "in").unwrap(),
        [
            "100 | allow | tcp 443 | from 0.0.0.0/0",
            "200 | allow | tcp 1024-65535 | from 10.0.1.0/24",
            "* | deny | all | from 0.0.0.0/0"
        ]
    );
    let table = one(&resolved, "rtb-pub");
    assert_eq!(
        rows(&table.lists, "routes").unwrap(),
        [
            "10.0.0.0/16 | to local",
            "0.0.0.0/0 | to igw-1 | internet gateway",
            "10.9.0.0/16 | to pcx-1 | VPC peering connection | blackhole",
            "pl-1 | to nat-1 | NAT gateway"
        ]
    );
}

#[test]
fn a_group_says_who_has_it_and_which_rules_name_it() {
    let resolved = resolved(|_| {});
    let uses = uses(&resolved, "sg-web");
    assert_eq!(
        rows(&uses.by, "network interfaces").unwrap(),
        ["eni-web | 10.0.0.10 / 203.0.113.10 | in pub | instance | eni-web"]
    );
    assert_eq!(rows(&uses.by, "instances").unwrap(), ["web-1 | running | web-1"]);
    assert_eq!(rows(&uses.by, "rules of other groups").unwrap(), ["sg-app | in | tcp 8080"]);
    let deletion = uses.deletion.unwrap();
    assert_eq!(deletion.error, Some("DependencyViolation"));
    assert_eq!(deletion.refused, ["1 network interface has it", "1 rule of another group names it"]);
}

#[test]
fn a_group_that_only_its_own_rules_name_is_unused_and_can_go() {
    let resolved = resolved(|_| {});
    let uses = uses(&resolved, "sg-idle");
    assert!(uses.is_unused());
    assert_eq!(rows(&uses.by, "rules of its own").unwrap(), ["sg-idle | in | tcp 22"]);
    assert!(uses.deletion.unwrap().refused.is_empty());
    // An export without launch templates cannot say that none has it.
    assert!(uses.not_known.iter().any(|what| what.contains("no launch templates")), "{:?}", uses.not_known);
}

#[test]
fn the_default_group_stays() {
    let resolved = resolved(|snapshot| {
        snapshot.security_groups.get_mut("sg-idle").unwrap().name = Some("default".into());
    });
    assert_eq!(refused(&resolved, "sg-idle"), ["it is its VPC's default group"]);
}

#[test]
fn a_rule_in_a_peered_vpc_goes_stale_and_stops_nothing() {
    let text = "
        vpc vpc-1 10.0.0.0/16
        sg sg-a in: tcp 22 10.0.0.0/8
        vpc vpc-2 10.1.0.0/16
        sg sg-b in: tcp 22 sg-a
        peering pcx-1 vpc-1 vpc-2
        peering pcx-2 vpc-1 vpc-9
    ";
    let resolved = Resolved::new(testkit::snapshot(&[text]));
    let uses = uses(&resolved, "sg-a");
    let deletion = uses.deletion.unwrap();
    assert!(deletion.refused.is_empty());
    assert_eq!(deletion.breaks, ["1 rule of a group in another VPC goes stale"]);
    assert!(uses.not_known.iter().any(|what| what.contains("`vpc-9`")), "{:?}", uses.not_known);
}

#[test]
fn subnets_come_to_lists_and_tables_by_association_or_without() {
    let resolved = resolved(|_| {});
    assert_eq!(rows(&uses(&resolved, "acl-pub").by, "subnets").unwrap(), ["pub | 10.0.0.0/24 | pub"]);
    assert_eq!(
        rows(&uses(&resolved, "acl-default").by, "subnets").unwrap(),
        ["app | 10.0.1.0/24 | by default | app"]
    );
    assert_eq!(
        rows(&uses(&resolved, "rtb-main").by, "subnets").unwrap(),
        ["app | 10.0.1.0/24 | as the main table | app"]
    );
    assert_eq!(refused(&resolved, "acl-default"), ["it is its VPC's default network ACL"]);
    assert_eq!(refused(&resolved, "rtb-pub"), ["1 subnet is associated with it"]);
    assert_eq!(refused(&resolved, "subnet:pub"), ["1 network interface is in it"]);
}

#[test]
fn a_prefix_list_says_which_rules_and_routes_name_it() {
    let resolved = resolved(|_| {});
    let uses = uses(&resolved, "pl-1");
    assert_eq!(rows(&uses.by, "rules").unwrap(), ["sg-app | in | tcp 443"]);
    assert_eq!(rows(&uses.by, "routes").unwrap(), ["rtb-pub | to nat-1"]);
    assert_eq!(uses.deletion.unwrap().refused, ["1 rule names it", "1 route names it"]);
}

#[test]
fn a_gateway_says_which_routes_lead_to_it() {
    let resolved = resolved(|snapshot| {
        let nat = NatGateway {
            id: "nat-1".into(),
            vpc: "vpc-1".into(),
            subnet: Some("pub".into()),
            private: false,
            regional: false,
            route_table: None,
            available: true,
            addresses: Vec::new(),
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        snapshot.nat_gateways.insert("nat-1".into(), nat).unwrap();
    });
    assert_eq!(rows(&uses(&resolved, "igw-1").by, "routes").unwrap(), ["rtb-pub | 0.0.0.0/0"]);
    let uses = uses(&resolved, "nat:*");
    assert_eq!(rows(&uses.by, "routes").unwrap(), ["rtb-pub | pl-1"]);
    assert_eq!(uses.deletion.unwrap().breaks, ["1 route becomes a blackhole"]);
    let gateways = rows(&overview(&resolved).resources[0].lists, "gateways").unwrap();
    assert_eq!(gateways, ["internet gateway | igw-1 | igw-1", "NAT gateway | nat-1 | in pub | nat-1"]);
}

/// A listener with a rule, a target group behind both, and a group that fills it.
fn balanced(snapshot: &mut Snapshot) {
    let (tags, origin) = (Tags::default(), Origin::PROPOSED);
    let group = TargetGroup {
        id: "arn:aws:tg/web".into(),
        name: Some("web".into()),
        protocol: Some(ListenerProtocol::Tcp),
        application: model::Application::Http,
        port: Some(8080),
        vpc: Some("vpc-1".into()),
        target_type: TargetType::Instance,
        load_balancers: Vec::new(),
        health_check: model::HealthCheck {
            enabled: true,
            protocol: ListenerProtocol::Tcp,
            port: None,
            settings: model::CheckSettings::default(),
        },
        preserve_client_ip: None,
        cross_zone: None,
        targets: Some(vec![RegisteredTarget {
            id: "web-1".into(),
            port: None,
            zone: None,
            state: TargetState::Unhealthy,
            reason: Some("Health checks failed".into()),
            origin,
        }]),
        tags: tags.clone(),
        origin,
    };
    let rule = ListenerRule {
        id: "arn:aws:rule/1".into(),
        priority: 10,
        source_ips: Vec::new(),
        looks_at_request: true,
        action: ListenerAction { forward: vec![group.id.clone()] },
        origin,
    };
    let listener = Listener {
        id: "arn:aws:listener/1".into(),
        load_balancer: "arn:aws:lb/1".into(),
        port: Some(443),
        protocol: ListenerProtocol::Tcp,
        application: model::Application::Http,
        default: ListenerAction::default(),
        rules: Some(vec![rule]),
        tags: tags.clone(),
        origin,
    };
    let template = |name: &str| Launch::Template { id: None, name: Some(name.into()), version: None };
    let scaling = AutoScalingGroup {
        id: "arn:aws:asg/web".into(),
        name: Some("web-asg".into()),
        subnets: vec!["pub".into()],
        instances: vec!["web-1".into()],
        target_groups: vec![group.id.clone()],
        load_balancers: Vec::new(),
        launch: Some(template("web")),
        tags: tags.clone(),
        origin,
    };
    let launch = LaunchTemplate {
        id: "lt-1:7".into(),
        template: Some("lt-1".into()),
        name: Some("web".into()),
        version: Some(7),
        is_default: true,
        groups: vec!["sg-idle".into()],
        tags,
        origin,
    };
    snapshot.target_groups.insert(group.id.clone(), group).unwrap();
    snapshot.listeners.insert(listener.id.clone(), listener).unwrap();
    snapshot.auto_scaling_groups.insert(scaling.id.clone(), scaling).unwrap();
    snapshot.launch_templates.insert(launch.id.clone(), launch).unwrap();
}

#[test]
fn a_target_group_says_which_listeners_and_scaling_groups_use_it() {
    let resolved = resolved(balanced);
    let group = one(&resolved, "tg:web");
    assert_eq!(
        rows(&group.lists, "targets").unwrap(),
        ["web-1 | port 8080 | unhealthy | Health checks failed"]
    );
    let by = group.uses.unwrap().by;
    assert_eq!(
        rows(&by, "listeners").unwrap(),
        ["arn:aws:lb/1 | tcp 443 | answers by itself | after 1 rule"]
    );
    assert_eq!(rows(&by, "Auto Scaling groups").unwrap(), ["web-asg | arn:aws:asg/web"]);
    let instance = uses(&resolved, "i:web-1");
    assert_eq!(rows(&instance.by, "target groups").unwrap(), ["web | unhealthy | arn:aws:tg/web"]);
    assert_eq!(rows(&instance.by, "Auto Scaling groups").unwrap(), ["web-asg | arn:aws:asg/web"]);
    assert_eq!(rows(&uses(&resolved, "lt:web").by, "Auto Scaling groups").unwrap().len(), 1);
}

#[test]
fn a_launch_template_uses_a_group_and_does_not_stop_its_deletion() {
    let resolved = resolved(balanced);
    let uses = uses(&resolved, "sg-idle");
    assert!(!uses.is_unused());
    assert_eq!(rows(&uses.by, "launch templates").unwrap(), ["web | version 7, the default | lt-1:7"]);
    let deletion = uses.deletion.unwrap();
    assert!(deletion.refused.is_empty());
    assert_eq!(deletion.breaks, ["1 launch template fails to start instances"]);
}

#[test]
fn the_overview_has_what_no_vpc_of_the_export_has() {
    let resolved = resolved(|snapshot| {
        balanced(snapshot);
        snapshot.subnets.get_mut("app").unwrap().vpc = "vpc-gone".into();
    });
    let shown = overview(&resolved);
    let ids: Vec<_> = shown.resources.iter().map(|resource| resource.id.as_str()).collect();
    assert_eq!(ids, ["vpc-1", "vpc-gone"]);
    assert!(shown.resources[1].notes[0].contains("does not have this VPC"));
    let counts: Vec<_> = shown.counts.iter().map(|count| format!("{} {}", count.count, count.kind)).collect();
    assert_eq!(counts, ["1 prefix list", "1 listener", "1 launch template"]);
}

#[test]
fn selectors_are_those_of_questions() {
    let resolved = resolved(balanced);
    let ids = |selector: &str| -> Vec<String> {
        let shown = show(&resolved, &select(&resolved, selector).unwrap(), false);
        shown.resources.into_iter().map(|resource| resource.id).collect()
    };
    assert_eq!(ids("sg:sg-* - sg-idle"), ["sg-web", "sg-app"]);
    assert_eq!(ids("sg-web | sg-web | acl-pub"), ["sg-web", "acl-pub"]);
    assert_eq!(ids("sg:* & sg-app"), ["sg-app"]);
    assert_eq!(ids("203.0.113.10"), ["eni-web"]);
    assert_eq!(ids("10.0.1.10"), ["eni-app"]);
    assert_eq!(ids("10.0.1.0/24"), ["app"]);
    // Two things may have one name, and an ARN needs no quotes.
    assert_eq!(ids("web"), ["arn:aws:tg/web", "lt-1:7"]);
    assert_eq!(ids("arn:aws:tg/web"), ["arn:aws:tg/web"]);
}

#[test]
fn what_nothing_is_called_is_an_error_with_help() {
    let resolved = resolved(balanced);
    for (selector, message, help) in [
        ("sg-wab", "nothing is called `sg-wab`", Some("did you mean `sg-web`?")),
        ("tg:wev", "nothing matches `tg:wev`", Some("did you mean `web`?")),
        ("sg-*", "nothing is called `sg-*`", Some("a pattern needs a kind, such as `sg:sg-*`")),
        ("192.0.2.1", "nothing in the export has `192.0.2.1`", None),
        (
            "internet",
            "`internet` is no resource of an export",
            Some("name one by its name, its id or its address, or several as `sg:web-*`"),
        ),
        ("nacl:x", "unknown kind `nacl`", Some("did you mean `acl`?")),
    ] {
        let error = select(&resolved, selector).unwrap_err();
        assert_eq!((error.message.as_str(), error.help.as_deref()), (message, help), "{selector}");
    }
}

#[test]
fn every_kind_can_be_shown_and_asked_for() {
    let resolved = resolved(balanced);
    let all = show(&resolved, &select(&resolved, "*").unwrap(), true);
    let kinds: std::collections::BTreeSet<_> =
        all.resources.iter().map(|resource| resource.kind.clone()).collect();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    // Groups that no interface has and the export lacks are named all the same.
    let id = Id::from("sg-lost");
    let resolved = Resolved::new({
        let mut snapshot = testkit::snapshot(&[SHOP]);
        snapshot.network_interfaces.get_mut("eni-app").unwrap().groups.push(id);
        snapshot
    });
    let interface = one(&resolved, "eni-app");
    let groups = interface.fields.iter().find(|field| field.name == "security groups").unwrap();
    assert!(groups.values[1].missing);
}

#[test]
fn what_is_only_shown_is_no_end_of_a_connection() {
    let network = testkit::network(&[SHOP]);
    let ends = crate::question::parse_ends("rtb:*").unwrap();
    let error = crate::ends::resolve(&crate::ends::Names::new(&network, None), &ends).unwrap_err();
    assert_eq!(error.message, "`rtb:` names no ends of connections");
}

#[test]
fn what_stands_for_an_interface_is_none() {
    let text = "
        vpc vpc-1 10.0.0.0/16
        subnet pub 10.0.0.0/24
        sg sg-lb in: tcp 443 0.0.0.0/0
        sg sg-asg in: tcp 80 sg-lb
        lb lb-1 application subnets=pub groups=sg-lb
        asg asg-1 subnets=pub groups=sg-asg
    ";
    let resolved = Resolved::new(testkit::snapshot(&[text]));
    assert!(!resolved.snapshot.network_interfaces.is_empty());
    let also = overview(&resolved).resources[0].fields.clone();
    let also = also.iter().find(|field| field.name == "also").unwrap();
    let also: Vec<_> = also.values.iter().map(|value| value.text.as_str()).collect();
    assert!(!also.iter().any(|count| count.contains("interface")), "{also:?}");
    // The load balancer has interfaces with the group, though the export lacks them; the instances do not exist yet.
    let refused = refused(&resolved, "sg-lb");
    assert_eq!(refused, ["1 load balancer has it", "1 rule of another group names it"]);
    let deletion = uses(&resolved, "sg-asg").deletion.unwrap();
    assert!(deletion.refused.is_empty());
    assert_eq!(deletion.breaks, ["1 launch template fails to start instances"]);
}

#[test]
fn a_transit_gateway_says_what_is_attached_and_which_routes_lead_to_it() {
    let text = "
        vpc vpc-1 10.0.0.0/16
        subnet a 10.0.0.0/24 table=rtb-a
        table rtb-a: 10.0.0.0/8 tgw-1
        tgw tgw-1
        attachment at-1 tgw-1 vpc-1 subnets=a
        tgwtable tt-1 tgw-1 all assoc=at-1 propagate=at-1: 10.0.0.0/16 at-1 propagated
    ";
    let resolved = Resolved::new(testkit::snapshot(&[text]));
    let gateway = uses(&resolved, "tgw-1");
    assert_eq!(rows(&gateway.by, "attachments").unwrap(), ["at-1 | vpc-1 | tt-1 | at-1"]);
    assert_eq!(rows(&gateway.by, "routes").unwrap(), ["rtb-a | 10.0.0.0/8"]);
    let attachment = uses(&resolved, "tgw-attach:at-1");
    assert_eq!(rows(&attachment.by, "routes").unwrap(), ["tt-1 | 10.0.0.0/16 | propagated"]);
    assert_eq!(rows(&uses(&resolved, "a").by, "transit gateway attachments").unwrap(), ["at-1 | at-1"]);
    assert_eq!(refused(&resolved, "tgw-rtb:*"), ["1 attachment is associated with it"]);
}
