//! The fields of records, and records as AWS writes them (S7.2, S7.3).

use std::net::IpAddr;

use engine::Network;
use model::NetworkInterface;

use super::{Flow, Record};
use crate::error::LabError;

/// What a field has to say about a record.
struct Line<'a> {
    network: &'a Network,
    noun: &'a NetworkInterface,
    record: &'a Record,
    /// The highest version among the fields that are printed.
    version: u8,
}

/// A field of a record.
#[derive(Clone, Copy)]
pub struct Field {
    name: &'static str,
    version: u8,
    value: fn(&Line<'_>) -> Option<String>,
}

/// Every field that a lab can fill: its name, its version, its value. `None` is `-`.
const FIELDS: &[Field] = &[
    Field { name: "version", version: 2, value: |line| Some(line.version.to_string()) },
    Field { name: "account-id", version: 2, value: |line| Some(line.noun.owner.as_ref()?.to_string()) },
    Field { name: "interface-id", version: 2, value: |line| Some(line.noun.id.to_string()) },
    Field { name: "srcaddr", version: 2, value: |line| line.of(|flow| own(flow, line.noun, true)) },
    Field { name: "dstaddr", version: 2, value: |line| line.of(|flow| own(flow, line.noun, false)) },
    Field { name: "srcport", version: 2, value: |line| line.of(|flow| flow.source_port) },
    Field { name: "dstport", version: 2, value: |line| line.of(|flow| flow.destination_port) },
    Field { name: "protocol", version: 2, value: |line| line.of(|flow| flow.protocol) },
    Field { name: "packets", version: 2, value: |line| line.of(|flow| flow.packets) },
    Field { name: "bytes", version: 2, value: |line| line.of(|flow| flow.bytes) },
    Field { name: "start", version: 2, value: |line| Some(line.record.start.to_string()) },
    Field { name: "end", version: 2, value: |line| Some(line.record.end.to_string()) },
    Field {
        name: "action",
        version: 2,
        value: |line| line.of(|flow| if flow.accepted { "ACCEPT" } else { "REJECT" }),
    },
    Field { name: "log-status", version: 2, value: |line| Some(line.status().to_owned()) },
    Field { name: "vpc-id", version: 3, value: |line| Some(line.noun.vpc.to_string()) },
    Field { name: "subnet-id", version: 3, value: |line| Some(line.noun.subnet.to_string()) },
    Field { name: "instance-id", version: 3, value: |line| Some(line.noun.instance.as_ref()?.to_string()) },
    Field { name: "tcp-flags", version: 3, value: |line| line.of(|flow| flow.tcp_flags) },
    Field {
        name: "type",
        version: 3,
        value: |line| line.of(|flow| if flow.source.is_ipv4() { "IPv4" } else { "IPv6" }),
    },
    Field { name: "pkt-srcaddr", version: 3, value: |line| line.of(|flow| flow.source) },
    Field { name: "pkt-dstaddr", version: 3, value: |line| line.of(|flow| flow.destination) },
    Field { name: "az-id", version: 4, value: |line| line.zone() },
    Field {
        name: "flow-direction",
        version: 5,
        value: |line| line.of(|flow| if flow.egress { "egress" } else { "ingress" }),
    },
];

/// How many of them the default format has: all of version 2, in their order.
const DEFAULT: usize = 14;

impl Line<'_> {
    /// What is there only where no packets were lost.
    fn of<T: ToString>(&self, value: impl FnOnce(&Flow) -> T) -> Option<String> {
        self.record.flow.as_ref().map(|flow| value(flow).to_string())
    }

    fn status(&self) -> &'static str {
        if self.record.flow.is_some() { "OK" } else { "SKIPDATA" }
    }

    fn zone(&self) -> Option<String> {
        let subnet = self.network.model().subnets.get(self.noun.subnet.as_str())?;
        Some(subnet.availability_zone_id.as_ref()?.to_string())
    }
}

/// An end of a flow: on the interface's own side its primary private address, whichever of its addresses is used
/// (S7.10).
fn own(flow: &Flow, noun: &NetworkInterface, source: bool) -> IpAddr {
    let address = if source { flow.source } else { flow.destination };
    match noun.primary() {
        Some(primary) if flow.egress == source && address.is_ipv4() => IpAddr::V4(primary),
        _ => address,
    }
}

/// The fields of a record, in the order in which they are printed.
#[derive(Clone)]
pub struct Fields(Vec<Field>);

impl Default for Fields {
    fn default() -> Fields {
        Fields(FIELDS.iter().take(DEFAULT).copied().collect())
    }
}

impl Fields {
    /// Names of fields, apart by spaces or commas, each as it is or as `${…}` as in AWS.
    ///
    /// # Errors
    /// If there are none, or a lab has no such field.
    pub fn parse(text: &str) -> Result<Fields, LabError> {
        let names = text.split([' ', ',', '\n', '\t']).filter(|name| !name.is_empty());
        let fields: Result<Vec<Field>, LabError> = names
            .map(|name| {
                let bare = name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(name);
                FIELDS.iter().find(|field| field.name == bare).copied().ok_or_else(|| unknown(bare))
            })
            .collect();
        let fields = fields?;
        if fields.is_empty() {
            return Err(LabError::State(format!("no field is named; expected {}", all())));
        }
        Ok(Fields(fields))
    }

    /// A record as AWS writes it, without a line's end.
    pub fn line(&self, network: &Network, record: &Record) -> String {
        let version = self.0.iter().map(|field| field.version).max().unwrap_or(2);
        let noun = network.model().network_interfaces.at(record.interface);
        let line = Line { network, noun, record, version };
        let values = self.0.iter().map(|field| (field.value)(&line).unwrap_or_else(|| "-".into()));
        values.collect::<Vec<_>>().join(" ")
    }
}

fn unknown(name: &str) -> LabError {
    let meant = answers::suggest::closest(name, FIELDS.iter().map(|field| field.name));
    let hint =
        meant.map_or_else(|| format!("expected {}", all()), |meant| format!("did you mean `{meant}`?"));
    LabError::State(format!("a record of a lab has no field `{name}`; {hint}"))
}

fn all() -> String {
    let names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    format!("some of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_shows_its_primary_address() {
        let network = testkit::network(&[
            "vpc vpc-1 10.20.0.0/16\nsubnet a 10.20.0.0/24\neni w a 10.20.0.10 10.20.0.11",
        ]);
        let interface = network.model().network_interfaces.ix("w").expect("w");
        let flow = Flow {
            egress: true,
            accepted: false,
            source: "10.20.0.11".parse().expect("an address"),
            destination: "203.0.113.9".parse().expect("an address"),
            source_port: 443,
            destination_port: 40000,
            protocol: 6,
            packets: 2,
            bytes: 112,
            tcp_flags: 18,
        };
        let record = Record { interface, start: 1_700_000_000, end: 1_700_000_007, flow: Some(flow) };
        // S7.2 and S7.10.
        let line = Fields::default().line(&network, &record);
        let account = line.split(' ').nth(1).expect("a field").to_owned();
        assert_eq!(
            line,
            format!("2 {account} w 10.20.0.10 203.0.113.9 443 40000 6 2 112 1700000000 1700000007 REJECT OK")
        );
        let fields =
            Fields::parse("${version} ${pkt-srcaddr},flow-direction tcp-flags type vpc-id").expect("fields");
        assert_eq!(fields.line(&network, &record), "5 10.20.0.11 egress 18 IPv4 vpc-1");
        let skipped = Record { flow: None, ..record };
        assert_eq!(
            Fields::default().line(&network, &skipped),
            format!("2 {account} w - - - - - - - 1700000000 1700000007 - SKIPDATA")
        );
    }

    #[test]
    fn a_field_that_is_misspelt_is_recognised() {
        let error = |text| Fields::parse(text).map(|_| ()).expect_err("no such field").to_string();
        assert_eq!(
            error("srcaddr dstadr"),
            "a record of a lab has no field `dstadr`; did you mean `dstaddr`?"
        );
        assert!(error("ecs-task-id").contains("expected some of version, account-id, "));
        assert!(error(" ,").starts_with("no field is named; expected some of version, "));
    }
}
