//! The names of services, in one table. Help texts, completion and the reader all go by it.

use super::{IcmpTypes, PortRange, Service};

/// A row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedService {
    /// The name and its aliases.
    pub names: &'static [&'static str],
    /// What the name stands for.
    pub services: &'static [Service],
    /// What it is, in a phrase.
    pub about: &'static str,
}

const fn tcp(port: u16) -> Service {
    Service::Tcp(PortRange::single(port))
}

const fn udp(port: u16) -> Service {
    Service::Udp(PortRange::single(port))
}

const fn row(
    names: &'static [&'static str],
    services: &'static [Service],
    about: &'static str,
) -> NamedService {
    NamedService { names, services, about }
}

/// Every name a service can be asked by. A new name is a new row.
#[rustfmt::skip] // a table reads by its columns
pub const CATALOGUE: &[NamedService] = &[
    row(&["any", "all"], &[Service::Any], "every protocol and port"),
    row(&["tcp"], &[Service::Tcp(PortRange::ALL)], "every TCP port"),
    row(&["udp"], &[Service::Udp(PortRange::ALL)], "every UDP port"),
    row(&["icmp"], &[Service::Icmp(IcmpTypes::All)], "every ICMP message over IPv4"),
    row(&["icmpv6", "icmp6"], &[Service::Icmpv6(IcmpTypes::All)], "every ICMP message over IPv6"),
    row(&["ping", "echo"], &[Service::Echo], "an echo request of either family"),
    row(&["ah"], &[Service::Protocol(51)], "IPsec authentication header"),
    row(&["esp"], &[Service::Protocol(50)], "IPsec encrypted payload"),
    row(&["gre"], &[Service::Protocol(47)], "generic routing encapsulation"),
    row(&["igmp"], &[Service::Protocol(2)], "multicast membership"),
    row(&["ipip"], &[Service::Protocol(4)], "IPv4 in IP tunnels"),
    row(&["ospf"], &[Service::Protocol(89)], "OSPF routing"),
    row(&["sctp"], &[Service::Protocol(132)], "stream control transmission"),
    row(&["vrrp"], &[Service::Protocol(112)], "virtual router redundancy"),
    row(&["http"], &[tcp(80)], "the web, unencrypted"),
    row(&["https"], &[tcp(443)], "the web"),
    row(&["ssh", "sftp"], &[tcp(22)], "secure shell"),
    row(&["rdp"], &[tcp(3389)], "Windows remote desktop"),
    row(&["winrm"], &[tcp(5985)], "Windows remote management over HTTP"),
    row(&["telnet"], &[tcp(23)], "remote terminals, unencrypted"),
    row(&["ftp"], &[tcp(21)], "file transfer, control connection"),
    row(&["mysql", "mariadb", "aurora-mysql"], &[tcp(3306)], "MySQL and its kin"),
    row(&["postgres", "postgresql", "aurora-postgresql"], &[tcp(5432)], "PostgreSQL"),
    row(&["mssql", "sqlserver"], &[tcp(1433)], "Microsoft SQL Server"),
    row(&["oracle"], &[tcp(1521)], "Oracle Database listener"),
    row(&["redshift"], &[tcp(5439)], "Amazon Redshift"),
    row(&["mongodb", "documentdb"], &[tcp(27017)], "MongoDB"),
    row(&["redis", "valkey"], &[tcp(6379)], "Redis"),
    row(&["memcached"], &[tcp(11211)], "Memcached"),
    row(&["elasticsearch"], &[tcp(9200)], "Elasticsearch over HTTP"),
    row(&["kafka"], &[tcp(9092)], "Kafka, plaintext listener"),
    row(&["amqp", "rabbitmq"], &[tcp(5672)], "message queues"),
    row(&["nfs", "efs"], &[tcp(2049)], "network file systems"),
    row(&["smb"], &[tcp(445)], "Windows file shares"),
    row(&["dns"], &[udp(53), tcp(53)], "names, over both transports"),
    row(&["ntp"], &[udp(123)], "time"),
    row(&["ldap"], &[tcp(389)], "directories"),
    row(&["ldaps"], &[tcp(636)], "directories over TLS"),
    row(&["kerberos"], &[udp(88), tcp(88)], "tickets of a Windows domain"),
    row(&["smtp"], &[tcp(25)], "mail between servers"),
    row(&["smtps"], &[tcp(465)], "mail submission over TLS"),
    row(&["submission"], &[tcp(587)], "mail submission"),
    row(&["syslog"], &[udp(514)], "logs"),
    row(&["snmp"], &[udp(161)], "device monitoring"),
];

/// What a name stands for.
pub(super) fn named(name: &str) -> Option<&'static [Service]> {
    let row = CATALOGUE.iter().find(|row| row.names.iter().any(|n| n.eq_ignore_ascii_case(name)))?;
    Some(row.services)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_names_each_service_once_and_in_lower_case() {
        let mut names: Vec<_> = CATALOGUE.iter().flat_map(|row| row.names).collect();
        assert!(names.iter().all(|name| **name == name.to_lowercase()));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(CATALOGUE.iter().all(|row| !row.services.is_empty() && !row.about.is_empty()));
    }
}
