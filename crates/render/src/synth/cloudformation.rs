//! As a CloudFormation template in JSON.

use std::collections::BTreeSet;

use answers::synth::{PlannedGroup, PlannedList, attachments};
use ipnet::IpNet;
use model::{Change, Id, NetworkAclEntry, Peer, PortRange, SecurityGroupRule, Traffic};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use super::{Synthesised, larger, place, steps};

/// A rule that lets nothing out of an interface. AWS lets groups without any outbound rule in their own resource send
/// everything; rules that stand in resources of their own do not count (S9.23).
pub(super) const NOTHING: &str = "127.0.0.1/32";

/// What a template cannot say of steps.
const ORDER: &str = "CloudFormation takes the steps in an order of its own, which is not proved, and takes nothing away \
                     that it did not make: `--format cli` keeps the order";

/// The groups, lists and rules as a template. Which interfaces get a group stands in its `Metadata`.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn synth_cloudformation(shown: &Synthesised<'_>) -> serde_json::Result<String> {
    let logical = LogicalIds::of(shown);
    let mut resources = Map::new();
    for planned in shown.found.groups.iter().filter(|planned| shown.is_new_group(&planned.group.id)) {
        group(&mut resources, planned, shown, &logical);
    }
    for planned in shown.found.lists.iter().filter(|planned| shown.is_new_list(&planned.list.id)) {
        list(&mut resources, planned, &logical);
    }
    for (position, change) in steps::added(shown).enumerate() {
        resources.extend(added(change, &logical).map(|of| (format!("Added{}", position + 1), of)));
    }
    let widened = shown.found.widened.iter().map(larger);
    let notes: Vec<String> = shown.notes.iter().cloned().chain(widened).collect();
    let mut metadata = json!({ "Notes": notes });
    if let (Some(found), Some(metadata)) = (&shown.found.steps, metadata.as_object_mut()) {
        metadata.insert("Steps".into(), steps::verdict(found).into());
        metadata.insert("Order".into(), ORDER.into());
        metadata.insert("ByHand".into(), steps::by_hand(shown).into());
    }
    let mut template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": shown.verdict(),
        "Metadata": metadata,
        "Resources": resources,
    });
    if let (true, Some(template)) = (shown.to_be, template.as_object_mut()) {
        let (vpcs, subnets) = elsewhere(shown);
        let of = |kind: &'static str| {
            let logical = &logical;
            move |id: &Id| {
                let described = format!("The id of {id}");
                (
                    logical.name(id),
                    json!({ "Type": format!("AWS::EC2::{kind}::Id"), "Description": described }),
                )
            }
        };
        let parameters: Map<String, Value> =
            vpcs.into_iter().map(of("VPC")).chain(subnets.into_iter().map(of("Subnet"))).collect();
        template.insert("Parameters".into(), parameters.into());
    }
    serde_json::to_string_pretty(&template)
}

/// What groups and lists are called in the template, and VPCs and subnets that are not there yet: they are parameters.
struct LogicalIds(FxHashMap<Id, String>);

impl LogicalIds {
    fn of(shown: &Synthesised<'_>) -> LogicalIds {
        let groups = shown.found.groups.iter().map(|planned| &planned.group.id);
        let groups = groups.filter(|id| shown.is_new_group(id)).map(|id| ("Group", id));
        let lists = shown.found.lists.iter().map(|planned| &planned.list.id);
        let lists = lists.filter(|id| shown.is_new_list(id)).map(|id| ("List", id));
        let (vpcs, subnets) = if shown.to_be { elsewhere(shown) } else { Default::default() };
        let vpcs = vpcs.into_iter().map(|id| ("Vpc", id));
        let subnets = subnets.into_iter().map(|id| ("Subnet", id));
        let mut taken = FxHashSet::default();
        let name = |(kind, id): (&str, &Id)| {
            let text = id.as_str();
            let parts = text.strip_prefix("sg-").or(text.strip_prefix("acl-")).unwrap_or(text).split('-');
            let mut name: String = parts.flat_map(capitalised).collect();
            name.push_str(kind);
            // `a-1` and `a1` are two groups.
            while !taken.insert(name.clone()) {
                name.push('X');
            }
            (id.clone(), name)
        };
        LogicalIds(groups.chain(lists).chain(vpcs).chain(subnets).map(name).collect())
    }

    fn name(&self, id: &Id) -> String {
        self.0.get(id).cloned().unwrap_or_default()
    }

    /// The id of a VPC or a subnet, which are never in the template.
    fn elsewhere(&self, id: &Id) -> Value {
        self.list(id)
    }

    /// The id of a list, likewise.
    fn list(&self, id: &Id) -> Value {
        match self.0.get(id) {
            Some(name) => json!({ "Ref": name }),
            None => json!(id.as_str()),
        }
    }

    /// The id of a group, whether it is in the template or in AWS already.
    fn group(&self, id: &Id) -> Value {
        match self.0.get(id) {
            Some(name) => json!({ "Fn::GetAtt": [name, "GroupId"] }),
            None => json!(id.as_str()),
        }
    }
}

/// The VPCs and subnets that groups and lists are for.
fn elsewhere<'a>(shown: &Synthesised<'a>) -> (BTreeSet<&'a Id>, BTreeSet<&'a Id>) {
    let found = shown.found;
    let of_groups = found.groups.iter().filter_map(|planned| planned.group.vpc.as_ref());
    let vpcs = of_groups.chain(found.lists.iter().map(|planned| &planned.list.vpc)).collect();
    (vpcs, found.lists.iter().flat_map(|planned| &planned.list.subnets).collect())
}

fn capitalised(part: &str) -> impl Iterator<Item = char> {
    let mut letters = part.chars().filter(char::is_ascii_alphanumeric);
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters)
}

fn group(
    resources: &mut Map<String, Value>,
    planned: &PlannedGroup,
    shown: &Synthesised<'_>,
    logical: &LogicalIds,
) {
    let group = &planned.group;
    let name = logical.name(&group.id);
    // Groups that name each other would each wait for the other, if these rules stood in them.
    let (apart, within): (Vec<_>, Vec<_>) =
        group.rules.iter().partition(|rule| matches!(rule.peer, Peer::Group(_)));
    let of_direction = |egress: bool| -> Vec<Value> {
        let rules = within.iter().filter(|rule| rule.egress == egress);
        rules.map(|of| Value::Object(rule(of, logical))).collect()
    };
    let mut egress = of_direction(true);
    if egress.is_empty() {
        egress.push(json!({ "IpProtocol": "-1", "CidrIp": NOTHING, "Description": "nothing" }));
    }
    let mut properties = json!({
        "GroupName": group.name,
        "GroupDescription": super::group_description(group),
        "VpcId": group.vpc.as_ref().map(|vpc| logical.elsewhere(vpc)),
        "SecurityGroupEgress": egress,
    });
    let ingress = of_direction(false);
    if let (false, Some(properties)) = (ingress.is_empty(), properties.as_object_mut()) {
        properties.insert("SecurityGroupIngress".into(), ingress.into());
    }
    let give_to: Vec<String> = attachments(&shown.found.after, planned)
        .iter()
        .map(|attachment| place(attachment, shown.to_be))
        .collect();
    resources.insert(
        name.clone(),
        json!({
            "Type": "AWS::EC2::SecurityGroup",
            "Metadata": { "GiveTo": give_to },
            "Properties": properties,
        }),
    );
    for (position, of) in apart.into_iter().enumerate() {
        resources.insert(format!("{name}Rule{}", position + 1), rule_apart(&group.id, of, logical));
    }
}

/// A rule as a resource of its own.
fn rule_apart(group: &Id, of: &SecurityGroupRule, logical: &LogicalIds) -> Value {
    let way = if of.egress { "Egress" } else { "Ingress" };
    let mut properties = rule(of, logical);
    properties.insert("GroupId".into(), logical.group(group));
    json!({ "Type": format!("AWS::EC2::SecurityGroup{way}"), "Properties": properties })
}

/// What a group or list gets that is there already.
fn added(change: &Change, logical: &LogicalIds) -> Option<Value> {
    match change {
        Change::AuthorizeSecurityGroup { group, rule } => Some(rule_apart(group, rule, logical)),
        Change::CreateNetworkAclEntry { acl, entry: of } => Some(entry(of, acl, logical)),
        _ => None,
    }
}

fn rule(rule: &SecurityGroupRule, logical: &LogicalIds) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("IpProtocol".into(), rule.traffic.protocol_name().into());
    let ports = match rule.traffic {
        Traffic::Tcp(PortRange { from, to }) | Traffic::Udp(PortRange { from, to }) => {
            Some((i32::from(from), i32::from(to)))
        }
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => Some((or_all(kind), or_all(code))),
        Traffic::All | Traffic::Protocol(_) => None,
    };
    if let Some((from, to)) = ports {
        properties.insert("FromPort".into(), from.into());
        properties.insert("ToPort".into(), to.into());
    }
    let end = if rule.egress { "Destination" } else { "Source" };
    let (key, peer) = match &rule.peer {
        Peer::Cidr(IpNet::V4(cidr)) => ("CidrIp".into(), cidr.to_string().into()),
        Peer::Cidr(IpNet::V6(cidr)) => ("CidrIpv6".into(), cidr.to_string().into()),
        Peer::PrefixList(id) => (format!("{end}PrefixListId"), id.as_str().into()),
        Peer::Group(id) => (format!("{end}SecurityGroupId"), logical.group(id)),
    };
    properties.insert(key, peer);
    if let Some(description) = &rule.description {
        properties.insert("Description".into(), description.as_str().into());
    }
    properties
}

fn list(resources: &mut Map<String, Value>, planned: &PlannedList, logical: &LogicalIds) {
    let list = &planned.list;
    let name = logical.name(&list.id);
    resources.insert(
        name.clone(),
        json!({
            "Type": "AWS::EC2::NetworkAcl",
            "Properties": {
                "VpcId": logical.elsewhere(&list.vpc),
                "Tags": [{ "Key": "Name", "Value": list.tags.name() }],
            },
        }),
    );
    let mut entries = Vec::new();
    for of in &list.entries {
        let way = if of.egress { "Out" } else { "In" };
        let entry_name = format!("{name}{way}{}", of.number);
        resources.insert(entry_name.clone(), entry(of, &list.id, logical));
        entries.push(entry_name);
    }
    for (position, subnet) in list.subnets.iter().enumerate() {
        let mut association = json!({
            "Type": "AWS::EC2::SubnetNetworkAclAssociation",
            "Properties": { "SubnetId": logical.elsewhere(subnet), "NetworkAclId": { "Ref": name } },
        });
        // A list without entries would cut what passes.
        if let (false, Some(association)) = (entries.is_empty(), association.as_object_mut()) {
            association.insert("DependsOn".into(), json!(entries));
        }
        resources.insert(format!("{name}Subnet{}", position + 1), association);
    }
}

fn entry(entry: &NetworkAclEntry, list: &Id, logical: &LogicalIds) -> Value {
    let mut properties = json!({
        "NetworkAclId": logical.list(list),
        "RuleNumber": entry.number,
        "Egress": entry.egress,
        "Protocol": entry.traffic.protocol_number().map_or(-1, i32::from),
        "RuleAction": entry.action.to_string(),
    });
    let (key, cidr) = match entry.cidr {
        IpNet::V4(cidr) => ("CidrBlock", cidr.to_string()),
        IpNet::V6(cidr) => ("Ipv6CidrBlock", cidr.to_string()),
    };
    let detail = match entry.traffic {
        Traffic::Tcp(PortRange { from, to }) | Traffic::Udp(PortRange { from, to }) => {
            Some(("PortRange", json!({ "From": from, "To": to })))
        }
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => {
            Some(("Icmp", json!({ "Type": or_all(kind), "Code": or_all(code) })))
        }
        Traffic::All | Traffic::Protocol(_) => None,
    };
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(key.into(), cidr.into());
        properties.extend(detail.map(|(key, value)| (key.to_owned(), value)));
    }
    json!({ "Type": "AWS::EC2::NetworkAclEntry", "Properties": properties })
}

/// A type or code of ICMP; -1 is all.
fn or_all(value: Option<u8>) -> i32 {
    value.map_or(-1, i32::from)
}
