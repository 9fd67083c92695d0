//! What another scanner found, held against what the internet reaches: exposed, partial, latent, undecided or
//! unreachable, and what stops it.

use std::collections::BTreeSet;

use engine::Network;
use model::{Ix, NetworkInterface, PortRange};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Subject;
use crate::ends::Names;
use crate::explain::gates::named;
use crate::exposure::{Exposure, Finding, Grade, exposure};
use crate::question::{Service, Spanned, parse_ends};

/// The part of a SARIF 2.1.0 log that says which rule found what where.
/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SarifLog {
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Run {
    tool: Tool,
    #[serde(default)]
    results: Vec<Found>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Driver {
    name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(default)]
    rule_id: String,
    #[serde(default)]
    message: Message,
    #[serde(default)]
    locations: Vec<Place>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Message {
    #[serde(default)]
    text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: Option<Physical>,
    #[serde(default)]
    logical_locations: Vec<Logical>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
    region: Option<Region>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Artifact {
    uri: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<usize>,
    end_line: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    name: Option<String>,
    fully_qualified_name: Option<String>,
}

/// How true a finding of another scanner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportGrade {
    /// Clients of the internet get an answer.
    Exposed,
    /// They get one from some of their ports, or for some picks of a load balancer.
    Partial,
    /// They may get one: the export does not say.
    Undecided,
    /// Groups let them in, and other gates still stop it.
    Latent,
    /// Nothing of it is reached.
    Unreachable,
    /// Which resource is meant was not found out.
    NotMatched,
}

impl ImportGrade {
    /// As output writes it.
    pub fn word(self) -> &'static str {
        match self {
            ImportGrade::Exposed => "exposed",
            ImportGrade::Partial => "partial",
            ImportGrade::Undecided => "undecided",
            ImportGrade::Latent => "latent",
            ImportGrade::Unreachable => "unreachable",
            ImportGrade::NotMatched => "not matched",
        }
    }
}

/// A finding of another scanner.
#[derive(Debug, Clone, Serialize)]
pub struct Graded {
    /// The scanner.
    pub tool: String,
    /// Its rule.
    pub rule: String,
    /// What it says.
    pub message: String,
    /// The resource that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Subject>,
    /// The port that is meant; all if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How true it is.
    pub grade: ImportGrade,
    /// If latent: how many gates are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates_left: Option<usize>,
    /// Who is reached, or what stops it.
    pub why: Vec<String>,
}

/// The ports that rules of scanners are about, as their documentation says. Other rules are held against all ports.
const PORTS: [(&str, u16); 12] = [
    ("CKV_AWS_24", 22),
    ("CKV_AWS_25", 3389),
    ("CKV_AWS_260", 80),
    ("CKV_AWS_229", 21),
    ("CKV_AWS_230", 20),
    ("CKV_AWS_231", 3389),
    ("CKV_AWS_232", 22),
    ("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22", 22),
    ("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389", 3389),
    ("ec2_networkacl_allow_ingress_tcp_port_22", 22),
    ("ec2_networkacl_allow_ingress_tcp_port_3389", 3389),
    ("ec2_networkacl_allow_ingress_any_port", 0),
];

/// The grade, how many gates are left if it is latent, and who is reached or what stops it.
type Truth = (ImportGrade, Option<usize>, Vec<String>);

/// Grades every result of a log, the worst first; none is lost.
pub fn grade_imported(network: &Network, log: &SarifLog) -> Vec<Graded> {
    let mut known: FxHashMap<(Subject, Option<u16>), Truth> = FxHashMap::default();
    let resources = Resources::of(network);
    let mut graded = Vec::new();
    for (tool, found) in log.runs.iter().flat_map(|run| run.results.iter().map(|found| (&run.tool, found))) {
        let port = PORTS.iter().find(|(rule, _)| *rule == found.rule_id).map(|(_, port)| *port);
        let port = port.filter(|port| *port != 0);
        let resource = resources.meant(found);
        let (grade, gates_left, why) = match &resource {
            None => {
                let why = "no id, name or line of it is of a security group, network ACL or interface of the export";
                (ImportGrade::NotMatched, None, vec![why.to_owned()])
            }
            Some(subject) => {
                known.entry((subject.clone(), port)).or_insert_with(|| grade(network, subject, port)).clone()
            }
        };
        graded.push(Graded {
            tool: tool.driver.name.clone(),
            rule: found.rule_id.clone(),
            message: found.message.text.clone(),
            resource,
            port,
            grade,
            gates_left,
            why,
        });
    }
    graded.sort_by_key(|one| (one.grade, one.gates_left));
    graded
}

/// What results may speak of.
struct Resources<'n> {
    network: &'n Network,
    by_id: FxHashMap<&'n str, Subject>,
    /// By name, unless several have it.
    by_name: FxHashMap<&'n str, Option<Subject>>,
}

impl<'n> Resources<'n> {
    fn of(network: &'n Network) -> Resources<'n> {
        let model = network.model();
        let groups = model.security_groups.values();
        let mut all: Vec<(&str, &str, Subject)> =
            groups.map(|noun| (noun.id.as_str(), named(noun), Subject::of("security-group", noun))).collect();
        all.extend(
            model
                .network_acls
                .values()
                .map(|noun| (noun.id.as_str(), named(noun), Subject::of("network-acl", noun))),
        );
        all.extend(
            model
                .network_interfaces
                .values()
                .map(|noun| (noun.id.as_str(), named(noun), Subject::of("network-interface", noun))),
        );
        all.extend(
            model
                .instances
                .values()
                .map(|noun| (noun.id.as_str(), named(noun), Subject::of("instance", noun))),
        );
        let mut by_name: FxHashMap<&str, Option<Subject>> = FxHashMap::default();
        for (_, name, subject) in &all {
            let own = Some(subject.clone());
            by_name.entry(name).and_modify(|known| *known = None).or_insert(own);
        }
        let by_id = all.into_iter().map(|(id, _, subject)| (id, subject)).collect();
        Resources { network, by_id, by_name }
    }

    /// The resource that a result means: by an id in what it says, else by the line that it points to, else by a name.
    fn meant(&self, found: &Found) -> Option<Subject> {
        let logical = found.locations.iter().flat_map(|place| &place.logical_locations);
        let names = logical.flat_map(|place| [place.name.as_deref(), place.fully_qualified_name.as_deref()]);
        let names: Vec<&str> = names.flatten().collect();
        let texts = names.iter().copied().chain([found.message.text.as_str()]);
        let words =
            texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)));
        let by_id = words.clone().find_map(|word| self.by_id.get(word).cloned());
        let by_line =
            || found.locations.iter().find_map(|place| self.at(place.physical_location.as_ref()?));
        let by_name = || {
            // A whole name, or its last part: `aws_security_group.web`.
            let last = names.iter().filter_map(|name| name.rsplit(['.', '/', ':']).next());
            names.iter().copied().chain(last).find_map(|name| self.by_name.get(name).cloned().flatten())
        };
        by_id.or_else(by_line).or_else(by_name)
    }

    /// The group or list that is written at a place.
    fn at(&self, place: &Physical) -> Option<Subject> {
        let uri = place.artifact_location.as_ref()?.uri.as_deref()?;
        let region = place.region.as_ref()?;
        let first = region.start_line?;
        let last = region.end_line.unwrap_or(first).max(first);
        let model = self.network.model();
        let is_there = |origin: model::Origin| {
            model.sources.locate(origin).is_some_and(|at| {
                let same = at.file == uri
                    || at.file.ends_with(&format!("/{uri}"))
                    || uri.ends_with(&format!("/{}", at.file));
                same && (first..=last).contains(&at.line)
            })
        };
        let groups = model.security_groups.values();
        let of_group = groups
            .filter(|noun| is_there(noun.origin) || noun.rules.iter().any(|rule| is_there(rule.origin)));
        let lists = model.network_acls.values();
        let of_list = lists
            .filter(|noun| is_there(noun.origin) || noun.entries.iter().any(|entry| is_there(entry.origin)));
        let mut found: Vec<Subject> = of_group.map(|noun| Subject::of("security-group", noun)).collect();
        found.extend(of_list.map(|noun| Subject::of("network-acl", noun)));
        // A region that holds several says nothing.
        if found.len() == 1 { found.pop() } else { None }
    }
}

/// What the internet reaches of the interfaces that a resource is about.
fn grade(network: &Network, subject: &Subject, port: Option<u16>) -> Truth {
    let (model, resolved) = (network.model(), network.resolved());
    let group = model.security_groups.ix(&subject.id);
    let interfaces: Vec<Ix<NetworkInterface>> = match subject.kind {
        "security-group" => group.map(|ix| resolved.members_of(ix).to_vec()).unwrap_or_default(),
        "network-acl" => {
            let acl = model.network_acls.ix(&subject.id);
            let guarded = |interface: &Ix<NetworkInterface>| {
                let subnet = resolved.subnet_of(*interface);
                acl.is_some() && subnet.and_then(|subnet| resolved.network_acl_of(subnet).ix()) == acl
            };
            model.network_interfaces.iter().map(|(ix, _)| ix).filter(guarded).collect()
        }
        "instance" => resolved.interfaces_of(&subject.id.as_str().into()).to_vec(),
        _ => model.network_interfaces.ix(&subject.id).into_iter().collect(),
    };
    let ids: BTreeSet<&str> =
        interfaces.iter().map(|ix| model.network_interfaces.at(*ix).id.as_str()).collect();
    if ids.is_empty() {
        return (ImportGrade::Unreachable, None, vec!["no interface of the export has it".into()]);
    }
    let exposure = of_interfaces(network, subject, port);
    let of_subject = |finding: &&Finding| {
        let own = finding.of.iter().any(|who| who.interface.as_deref().is_some_and(|id| ids.contains(id)));
        own && (subject.kind != "security-group" || finding.rules.iter().any(|rule| rule.of == subject.name))
    };
    let worst =
        exposure.findings.iter().filter(of_subject).min_by_key(|finding| (finding.grade, finding.gates_left));
    let Some(worst) = worst else {
        let reasons = exposure
            .unreachable
            .iter()
            .map(|one| &one.reason)
            .chain(exposure.unreachable.iter().flat_map(|one| &one.also));
        let reasons: BTreeSet<&String> = reasons.collect();
        let mut why: Vec<String> =
            reasons.into_iter().map(|reason| format!("stopped by: {reason}")).collect();
        if why.is_empty() {
            why.push("none of its rules lets the internet in to that".into());
        }
        return (ImportGrade::Unreachable, None, why);
    };
    let names: Vec<&str> = worst.of.iter().map(|who| who.name.as_str()).take(4).collect();
    let (grade, mut why) = match worst.grade {
        Grade::Exposed => (ImportGrade::Exposed, vec![format!("reached: {}", names.join(", "))]),
        Grade::Partial => (ImportGrade::Partial, vec![format!("reached in part: {}", names.join(", "))]),
        Grade::Undecided => (ImportGrade::Undecided, worst.reasons.clone()),
        Grade::Latent => (ImportGrade::Latent, Vec::new()),
    };
    why.extend(worst.gates.iter().map(|gate| format!("stopped by: {}", gate.why)));
    (grade, worst.gates_left, why)
}

/// What the internet reaches of a resource's interfaces.
fn of_interfaces(network: &Network, subject: &Subject, port: Option<u16>) -> Exposure {
    let names = Names::new(network, None);
    let services: Vec<Spanned<Service>> =
        port.map(|port| Spanned::new(Service::Tcp(PortRange::single(port)), 0..0)).into_iter().collect();
    let words = match subject.kind {
        "network-acl" => {
            let guarded = super::lists::guarded(network);
            let acl = network.model().network_acls.ix(&subject.id);
            let subnets = acl.and_then(|acl| guarded.get(&acl)).into_iter().flatten();
            let subnets = subnets.map(|subnet| format!("subnet:{}", network.model().subnets.at(*subnet).id));
            subnets.collect::<Vec<_>>().join(" | ")
        }
        "security-group" => format!("sg:{}", subject.id),
        "instance" => format!("i:{}", subject.id),
        _ => format!("eni:{}", subject.id),
    };
    let ends = parse_ends(&words).ok();
    // Ids of the export are ends; what is not would be refused and is reached by nobody.
    ends.and_then(|ends| exposure(&names, Some(&ends), &services).ok()).unwrap_or_default()
}
