//! The syntax tree of a question, and its canonical text.
//!
//! `Display` writes text that parses to the same tree (spans apart): that is what answers, links and
//! the intent file print, and a property test holds it to that.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use ipnet::IpNet;

use super::{PortRange, Service};

/// A piece of the tree and the bytes of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was read.
    pub node: T,
    /// The bytes it was read from.
    pub span: Range<usize>,
}

impl<T> Spanned<T> {
    /// A node and its place.
    pub fn new(node: T, span: Range<usize>) -> Self {
        Self { node, span }
    }
}

/// A whole question: can this source open these services of this destination?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The text as written; spans point into it.
    pub text: String,
    /// Who opens the connection.
    pub source: Ends,
    /// Who is asked.
    pub destination: Ends,
    /// Which services of the destination: never empty. Where none was written this is
    /// [`Service::Any`] with an empty span after the destination.
    pub services: Vec<Spanned<Service>>,
    /// The ports the source sends from, if the question narrows them.
    pub from_port: Option<Spanned<PortRange>>,
    /// What the path must cross.
    pub via: Option<Ends>,
    /// What the path must not cross.
    pub not_via: Option<Ends>,
    /// How long the answer has to hold.
    pub within: Option<Spanned<Duration>>,
}

/// A set of endpoints: a term, or two sets and an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ends {
    /// One term.
    Term(Spanned<Term>),
    /// Two sets combined.
    Set {
        /// How they combine.
        op: SetOp,
        /// The set before the operator.
        left: Box<Ends>,
        /// The set after it.
        right: Box<Ends>,
        /// Both and the operator, with the parentheses around them if there are any.
        span: Range<usize>,
    },
}

impl Ends {
    /// The bytes of the text the set was read from.
    pub fn span(&self) -> Range<usize> {
        match self {
            Self::Term(term) => term.span.clone(),
            Self::Set { span, .. } => span.clone(),
        }
    }

    pub(super) fn with_span(mut self, wider: Range<usize>) -> Self {
        match &mut self {
            Self::Term(Spanned { span, .. }) | Self::Set { span, .. } => *span = wider,
        }
        self
    }

    /// Every term, left to right.
    pub fn terms(&self) -> impl Iterator<Item = &Spanned<Term>> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            loop {
                match waiting.pop()? {
                    Self::Term(term) => return Some(term),
                    Self::Set { left, right, .. } => waiting.extend([&**right, &**left]),
                }
            }
        })
    }
}

/// How two sets combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// `|`: in either.
    Union,
    /// `&`: in both.
    Intersection,
    /// `-`: in the left one only.
    Difference,
}

impl SetOp {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Union => "|",
            Self::Intersection => "&",
            Self::Difference => "-",
        }
    }
}

/// The smallest thing that names endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A name or an id of a resource of any kind: `web-1`, `sg-0a1b`, or a group of the intent file.
    Name(String),
    /// Resources of one kind by name or id: `sg:web-*`.
    Selector {
        /// The kind.
        kind: Kind,
        /// The pattern.
        glob: String,
    },
    /// Resources by tag: `tag:Env=prod`.
    Tag {
        /// The tag's key, exactly.
        key: String,
        /// The pattern of its value; may be empty.
        glob: String,
    },
    /// Addresses: `10.0.0.0/16`; a lone address is a network of full length.
    Net {
        /// The network, with its host bits cleared.
        net: IpNet,
        /// Whether host bits were set as written (`10.0.0.5/16`), which deserves a warning.
        host_bits: bool,
    },
    /// `internet`: IPv4 addresses outside.
    Internet,
    /// `internet6`: IPv6 addresses outside.
    Internet6,
    /// `me`: the address this machine is seen from.
    Me,
    /// `*`: everything there is.
    Everything,
    /// An AWS service: `aws:s3`.
    Aws(String),
}

/// The kinds of resource a selector can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `sg`
    SecurityGroup,
    /// `subnet`
    Subnet,
    /// `vpc`
    Vpc,
    /// `eni`
    NetworkInterface,
    /// `i`
    Instance,
    /// `asg`
    AutoScalingGroup,
    /// `lb`
    LoadBalancer,
    /// `tg`
    TargetGroup,
    /// `db`
    Database,
    /// `fn`
    Function,
    /// `pl`
    PrefixList,
    /// `az`
    AvailabilityZone,
    /// `account`
    Account,
    /// `igw`
    InternetGateway,
    /// `eigw`
    EgressOnlyInternetGateway,
    /// `nat`
    NatGateway,
    /// `acl`
    NetworkAcl,
    /// `rtb`
    RouteTable,
    /// `eip`
    ElasticIp,
    /// `vpce`
    VpcEndpoint,
    /// `vpce-svc`
    VpcEndpointService,
    /// `pcx`
    VpcPeeringConnection,
    /// `tgw`
    TransitGateway,
    /// `tgw-attach`
    TransitGatewayAttachment,
    /// `tgw-rtb`
    TransitGatewayRouteTable,
    /// `vgw`
    VpnGateway,
    /// `vpn`
    VpnConnection,
    /// `listener`
    Listener,
    /// `lt`
    LaunchTemplate,
}

impl Kind {
    /// Every kind, in the order help texts list them.
    pub const ALL: [Self; 29] = [
        Self::SecurityGroup,
        Self::Subnet,
        Self::Vpc,
        Self::NetworkInterface,
        Self::Instance,
        Self::AutoScalingGroup,
        Self::LoadBalancer,
        Self::TargetGroup,
        Self::Database,
        Self::Function,
        Self::PrefixList,
        Self::AvailabilityZone,
        Self::Account,
        Self::InternetGateway,
        Self::EgressOnlyInternetGateway,
        Self::NatGateway,
        Self::NetworkAcl,
        Self::RouteTable,
        Self::ElasticIp,
        Self::VpcEndpoint,
        Self::VpcEndpointService,
        Self::VpcPeeringConnection,
        Self::TransitGateway,
        Self::TransitGatewayAttachment,
        Self::TransitGatewayRouteTable,
        Self::VpnGateway,
        Self::VpnConnection,
        Self::Listener,
        Self::LaunchTemplate,
    ];

    /// The word before the colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::SecurityGroup => "sg",
            Self::Subnet => "subnet",
            Self::Vpc => "vpc",
            Self::NetworkInterface => "eni",
            Self::Instance => "i",
            Self::AutoScalingGroup => "asg",
            Self::LoadBalancer => "lb",
            Self::TargetGroup => "tg",
            Self::Database => "db",
            Self::Function => "fn",
            Self::PrefixList => "pl",
            Self::AvailabilityZone => "az",
            Self::Account => "account",
            Self::InternetGateway => "igw",
            Self::EgressOnlyInternetGateway => "eigw",
            Self::NatGateway => "nat",
            Self::NetworkAcl => "acl",
            Self::RouteTable => "rtb",
            Self::ElasticIp => "eip",
            Self::VpcEndpoint => "vpce",
            Self::VpcEndpointService => "vpce-svc",
            Self::VpcPeeringConnection => "pcx",
            Self::TransitGateway => "tgw",
            Self::TransitGatewayAttachment => "tgw-attach",
            Self::TransitGatewayRouteTable => "tgw-rtb",
            Self::VpnGateway => "vgw",
            Self::VpnConnection => "vpn",
            Self::Listener => "listener",
            Self::LaunchTemplate => "lt",
        }
    }

    /// The kind this word names. A resource may carry the same word as its name (`db`): when it does
    /// not resolve, the caller can say how the selector is written.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.source, self.destination)?;
        if !matches!(self.services.as_slice(), [Spanned { node: Service::Any, .. }]) {
            // White space shows that the service is that of the whole set, not of its last term.
            let mut before = if matches!(self.destination, Ends::Set { .. }) { " : " } else { ":" };
            for service in &self.services {
                write!(f, "{before}{}", service.node)?;
                before = ", ";
            }
        }
        if let Some(ports) = &self.from_port {
            write!(f, " from-port {}", ports.node)?;
        }
        if let Some(via) = &self.via {
            write!(f, " via {via}")?;
        }
        if let Some(not_via) = &self.not_via {
            write!(f, " not via {not_via}")?;
        }
        if let Some(within) = &self.within {
            let seconds = within.node.as_secs();
            let (length, unit) =
                UNITS.into_iter().find(|(length, _)| seconds % length == 0).unwrap_or((1, 's'));
            write!(f, " within {}{unit}", seconds / length)?;
        }
        Ok(())
    }
}

/// The units of a duration in seconds, longest first.
pub(super) const UNITS: [(u64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => term.node.fmt(f),
            Self::Set { op, left, right, .. } => {
                write!(f, "{left} {} ", op.symbol())?;
                // Operators associate to the left, so only a set on the right needs parentheses.
                match **right {
                    Self::Term(_) => write!(f, "{right}"),
                    Self::Set { .. } => write!(f, "({right})"),
                }
            }
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => self.plain_or(f, name, format_args!("{}", Quoted(name))),
            Self::Selector { kind, glob } => {
                let (kind, quoted) = (kind.word(), Quoted(glob));
                // `db:mysql` would be read as a name and a service.
                if Service::is_word(glob) {
                    write!(f, "{kind}:{quoted}")
                } else {
                    self.plain_or(f, &format!("{kind}:{glob}"), format_args!("{kind}:{quoted}"))
                }
            }
            Self::Tag { key, glob } => self.plain_or(
                f,
                &format!("tag:{key}={glob}"),
                format_args!("tag:{}={}", Quoted(key), Quoted(glob)),
            ),
            Self::Net { net, .. } => {
                let text = if net.prefix_len() == net.max_prefix_len() {
                    net.addr().to_string()
                } else {
                    net.to_string()
                };
                match net {
                    IpNet::V4(_) => f.write_str(&text),
                    IpNet::V6(_) => write!(f, "[{text}]"),
                }
            }
            Self::Internet => f.write_str("internet"),
            Self::Internet6 => f.write_str("internet6"),
            Self::Me => f.write_str("me"),
            Self::Everything => f.write_str("*"),
            Self::Aws(service) => write!(f, "aws:{service}"),
        }
    }
}

impl Term {
    /// Writes the plain text if the parser reads this very term from it, and the quoted one if not.
    /// Asking the parser keeps the two from ever disagreeing about what needs quotes.
    fn plain_or(&self, f: &mut fmt::Formatter<'_>, plain: &str, quoted: fmt::Arguments<'_>) -> fmt::Result {
        match super::parse_ends(plain) {
            Ok(Ends::Term(term)) if term.node == *self && term.span == (0..plain.len()) => f.write_str(plain),
            _ => f.write_fmt(quoted),
        }
    }
}

/// Text in quotes, with quotes and backslashes escaped.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, parse_ends};

    #[test]
    fn canonical_text() {
        for (written, canonical) in [
            ("web→db:any", "web -> db"),
            ("web -> ( a | b ) : mysql,443", "web -> a | b : tcp/3306, tcp/443"),
            ("a - (b - (c)) -> d", "a - (b - c) -> d"),
            ("(a - b) - c -> d", "a - b - c -> d"),
            ("\"web\" -> \"my db\"", "web -> \"my db\""),
            ("\"me\" -> \"10.0.0.1\"", "\"me\" -> \"10.0.0.1\""),
            (r#""a\\\"b" -> x"#, r#""a\\\"b" -> x"#),
            ("web -> db:\"mysql\"", "web -> db:\"mysql\""),
            ("web -> sg:\"web\"", "web -> sg:web"),
            ("tag:\"Env\"=\"prod\" -> tag:\"a:b\"=\"\"", "tag:Env=prod -> tag:\"a:b\"=\"\""),
            ("10.0.0.5/16 -> 10.0.0.1/32", "10.0.0.0/16 -> 10.0.0.1"),
            ("2001:db8::1 -> [2001:DB8::/32]:22", "[2001:db8::1] -> [2001:db8::/32]:tcp/22"),
            (
                "a -> b within 120m not via c | d via e from-port 1024-65535",
                "a -> b from-port 1024-65535 via e not via c | d within 2h",
            ),
        ] {
            assert_eq!(parse(written).unwrap().to_string(), canonical, "{written}");
        }
    }

    #[test]
    fn terms_come_left_to_right() {
        let ends = parse_ends("a - (b | c) & d").unwrap();
        let terms: Vec<_> = ends.terms().map(|term| term.node.to_string()).collect();
        assert_eq!(terms, ["a", "b", "c", "d"]);
    }
}
