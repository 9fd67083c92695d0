//! What must hold for every question: its canonical text parses to itself, and no text panics.

use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::tests::{ends_without_spans, set, term, without_spans};
use super::*;

/// Words that mean something to the grammar, where the bugs live.
const LOADED: &[&str] = &[
    "me",
    "internet",
    "*",
    "via",
    "not",
    "aws",
    "tag",
    "db",
    "sg",
    "mysql",
    "443",
    "tcp/22",
    "any",
    "-1",
    "10.0.0.1",
    "10.0.0.0/33",
    "::1",
    "cafe",
    "a-",
    "-",
    "->",
    "a b",
    "a:b",
    "\"",
    "\\",
    "[::1]",
    "/x",
    "[ab]*",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9*-]{0,8}",
        2 => select(LOADED).prop_map(str::to_owned),
        1 => "\\PC{1,12}",
        1 => any::<String>().prop_filter("not empty", |text| !text.is_empty()),
    ]
}

fn net() -> impl Strategy<Value = IpNet> {
    let v4 = (any::<u32>(), 0..=32u8)
        .prop_map(|(bits, length)| IpNet::V4(Ipv4Net::new(bits.into(), length).unwrap().trunc()));
    let v6 = (any::<u128>(), 0..=128u8)
        .prop_map(|(bits, length)| IpNet::V6(Ipv6Net::new(bits.into(), length).unwrap().trunc()));
    prop_oneof![v4, v6]
}

fn ends() -> impl Strategy<Value = Ends> {
    let leaf = prop_oneof![
        text().prop_map(Term::Name),
        (select(&Kind::ALL[..]), text()).prop_map(|(kind, glob)| Term::Selector { kind, glob }),
        (text(), prop_oneof![text(), Just(String::new())]).prop_map(|(key, glob)| Term::Tag { key, glob }),
        net().prop_map(|net| Term::Net { net, host_bits: false }),
        select(&[Term::Internet, Term::Internet6, Term::Me, Term::Everything][..]),
        "[a-z][a-z0-9-]{0,5}[a-z0-9]".prop_map(Term::Aws),
    ];
    let op = select(&[SetOp::Union, SetOp::Intersection, SetOp::Difference][..]);
    leaf.prop_map(term).prop_recursive(4, 12, 2, move |inner| {
        (op.clone(), inner.clone(), inner).prop_map(|(op, left, right)| set(op, left, right))
    })
}

fn ports() -> impl Strategy<Value = PortRange> {
    prop_oneof![
        Just(PortRange::ALL),
        any::<u16>().prop_map(PortRange::single),
        (any::<u16>(), any::<u16>()).prop_map(|(a, b)| PortRange { from: a.min(b), to: a.max(b) }),
    ]
}

fn service() -> impl Strategy<Value = Service> {
    let icmp = || {
        prop_oneof![
            Just(IcmpTypes::All),
            any::<u8>().prop_map(IcmpTypes::Type),
            any::<(u8, u8)>().prop_map(|(kind, code)| IcmpTypes::Code(kind, code)),
        ]
    };
    prop_oneof![
        Just(Service::Any),
        Just(Service::Echo),
        ports().prop_map(Service::Tcp),
        ports().prop_map(Service::Udp),
        icmp().prop_map(Service::Icmp),
        icmp().prop_map(Service::Icmpv6),
        any::<u8>().prop_map(Service::protocol),
    ]
}

fn spanned<T>(node: T) -> Spanned<T> {
    Spanned::new(node, 0..0)
}

prop_compose! {
    fn question()(
        source in ends(),
        destination in ends(),
        services in vec(service().prop_map(spanned), 1..4),
        from_port in option::of(ports().prop_map(spanned)),
        via in option::of(ends()),
        not_via in option::of(ends()),
        within in option::of((0..1_000_000u64).prop_map(|s| spanned(Duration::from_secs(s)))),
    ) -> Question {
        Question { text: String::new(), source, destination, services, from_port, via, not_via, within }
    }
}

/// Text made of the grammar's own pieces: far likelier to get deep into the parser than noise.
fn nearly_a_question() -> impl Strategy<Value = String> {
    let glue =
        &["", " ", " -> ", ":", " : ", " | ", " - ", "(", ")", ",", "=", "[", "]", "\"", " via ", "→"][..];
    vec((text(), select(glue)), 0..10)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(word, glue)| [word, glue.to_owned()]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn the_text_of_a_service_means_that_service(service in service()) {
        prop_assert_eq!(parse_services(&service.to_string()), Ok(vec![
            Spanned::new(service, 0..service.to_string().len())
        ]));
    }

    #[test]
    fn the_text_of_ends_means_those_ends(ends in ends()) {
        let text = ends.to_string();
        prop_assert_eq!(parse_ends(&text).map(ends_without_spans), Ok(ends), "{}", text);
    }

    #[test]
    fn the_text_of_a_question_means_that_question(question in question()) {
        let text = question.to_string();
        prop_assert_eq!(parse(&text).map(without_spans), Ok(question), "{}", text);
    }

    #[test]
    fn whatever_parses_has_a_canonical_text(text in nearly_a_question()) {
        if let Ok(question) = parse(&text) {
            let canonical = question.to_string();
            let again = parse(&canonical).map(|question| question.to_string());
            prop_assert_eq!(again, Ok(canonical), "{}", text);
        }
    }

    #[test]
    fn errors_point_into_the_text(text in prop_oneof![nearly_a_question(), any::<String>()]) {
        for error in [parse(&text).err(), parse_ends(&text).err(), parse_services(&text).err()].into_iter().flatten() {
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?} of {:?}", error, text);
        }
    }
}
