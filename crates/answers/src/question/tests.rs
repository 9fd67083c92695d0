//! The grammar as two tables: texts and the trees they mean, texts and the errors they get.

use std::time::Duration;

use super::*;

/// Trees are written here without their spans.
pub(super) fn ends_without_spans(ends: Ends) -> Ends {
    match ends {
        Ends::Term(term) => Ends::Term(Spanned::new(term.node, 0..0)),
        Ends::Set { op, left, right, .. } => set(op, ends_without_spans(*left), ends_without_spans(*right)),
    }
}

pub(super) fn without_spans(question: Question) -> Question {
    let service = |service: Spanned<Service>| Spanned::new(service.node, 0..0);
    Question {
        text: String::new(),
        source: ends_without_spans(question.source),
        destination: ends_without_spans(question.destination),
        services: question.services.into_iter().map(service).collect(),
        from_port: question.from_port.map(|ports| Spanned::new(ports.node, 0..0)),
        via: question.via.map(ends_without_spans),
        not_via: question.not_via.map(ends_without_spans),
        within: question.within.map(|within| Spanned::new(within.node, 0..0)),
    }
}

pub(super) fn set(op: SetOp, left: Ends, right: Ends) -> Ends {
    Ends::Set { op, left: Box::new(left), right: Box::new(right), span: 0..0 }
}

pub(super) fn term(term: Term) -> Ends {
    Ends::Term(Spanned::new(term, 0..0))
}

fn or(left: Ends, right: Ends) -> Ends {
    set(SetOp::Union, left, right)
}

fn and(left: Ends, right: Ends) -> Ends {
    set(SetOp::Intersection, left, right)
}

fn minus(left: Ends, right: Ends) -> Ends {
    set(SetOp::Difference, left, right)
}

fn name(name: &str) -> Ends {
    term(Term::Name(name.to_owned()))
}

fn select(kind: Kind, glob: &str) -> Ends {
    term(Term::Selector { kind, glob: glob.to_owned() })
}

fn tag(key: &str, glob: &str) -> Ends {
    term(Term::Tag { key: key.to_owned(), glob: glob.to_owned() })
}

fn net(net: &str) -> Ends {
    term(Term::Net { net: net.parse().unwrap(), host_bits: false })
}

fn tcp(port: u16) -> Service {
    Service::Tcp(PortRange::single(port))
}

fn flow(source: Ends, destination: Ends, services: &[Service]) -> Question {
    Question {
        text: String::new(),
        source,
        destination,
        services: services.iter().map(|service| Spanned::new(*service, 0..0)).collect(),
        from_port: None,
        via: None,
        not_via: None,
        within: None,
    }
}

#[test]
fn accepted() {
    use Kind::*;
    use Service::*;
    let everything = || term(Term::Everything);
    let internet = || term(Term::Internet);
    let table = [
        // The examples of the interface.
        ("me -> web-1:ssh", flow(term(Term::Me), name("web-1"), &[tcp(22)])),
        ("(* - web) -> db:mysql", flow(minus(everything(), name("web")), name("db"), &[tcp(3306)])),
        ("internet -> lb:80", flow(internet(), name("lb"), &[tcp(80)])),
        ("web -> db:any", flow(name("web"), name("db"), &[Any])),
        ("bad -> *:any", flow(name("bad"), everything(), &[Any])),
        ("internet - office -> web : http", flow(minus(internet(), name("office")), name("web"), &[tcp(80)])),
        (
            "web -> internet:443 via nat-1",
            Question { via: Some(name("nat-1")), ..flow(name("web"), internet(), &[tcp(443)]) },
        ),
        // Arrows, white space and operators.
        ("web-1->db-1", flow(name("web-1"), name("db-1"), &[Any])),
        ("web→db:22", flow(name("web"), name("db"), &[tcp(22)])),
        ("\n web\t->  db : 22 , 23\n", flow(name("web"), name("db"), &[tcp(22), tcp(23)])),
        (
            "a - b | c & d -> x",
            flow(and(or(minus(name("a"), name("b")), name("c")), name("d")), name("x"), &[Any]),
        ),
        ("a - (b | c) -> x", flow(minus(name("a"), or(name("b"), name("c"))), name("x"), &[Any])),
        ("((a)) -> (a | b):22", flow(name("a"), or(name("a"), name("b")), &[tcp(22)])),
        ("a -> b | c:22", flow(name("a"), or(name("b"), name("c")), &[tcp(22)])),
        // Terms.
        ("* -> internet6", flow(everything(), term(Term::Internet6), &[Any])),
        ("web -> aws:s3:443", flow(name("web"), term(Term::Aws("s3".to_owned())), &[tcp(443)])),
        ("i-0abc -> sg-0def", flow(name("i-0abc"), name("sg-0def"), &[Any])),
        ("sg:web -> i:web-*:http", flow(select(SecurityGroup, "web"), select(Instance, "web-*"), &[tcp(80)])),
        (
            "account:123456789012 -> tag:Env=prod:443",
            flow(select(Account, "123456789012"), tag("Env", "prod"), &[tcp(443)]),
        ),
        // A kind that is a name, and the other way round.
        ("web -> db:orders", flow(name("web"), select(Database, "orders"), &[Any])),
        ("web -> db:mysql:3306", flow(name("web"), select(Database, "mysql"), &[tcp(3306)])),
        ("web -> db:\"mysql\"", flow(name("web"), select(Database, "mysql"), &[Any])),
        ("web -> db : mysql", flow(name("web"), name("db"), &[tcp(3306)])),
        ("web -> db:mysql | x:22", flow(name("web"), or(select(Database, "mysql"), name("x")), &[tcp(22)])),
        ("web -> x | db:mysql", flow(name("web"), or(name("x"), name("db")), &[tcp(3306)])),
        ("web -> (x | db:mysql)", flow(name("web"), or(name("x"), select(Database, "mysql")), &[Any])),
        ("db:mysql -> web", flow(select(Database, "mysql"), name("web"), &[Any])),
        ("web -> db:mysql,22", flow(name("web"), name("db"), &[tcp(3306), tcp(22)])),
        ("tag:22=x -> tag:22=x", flow(tag("22", "x"), tag("22", "x"), &[Any])),
        // Quotes.
        ("web -> \"my web server\":22", flow(name("web"), name("my web server"), &[tcp(22)])),
        ("web -> sg:\"my group\":22", flow(name("web"), select(SecurityGroup, "my group"), &[tcp(22)])),
        (
            r#"tag:"aws:autoscaling:groupName"="x y" -> tag:a="":22"#,
            flow(tag("aws:autoscaling:groupName", "x y"), tag("a", ""), &[tcp(22)]),
        ),
        (r#""a \"b\" \\" -> "me""#, flow(name(r#"a "b" \"#), name("me"), &[Any])),
        ("\"via\" -> \"10.0.0.1\"", flow(name("via"), name("10.0.0.1"), &[Any])),
        // Addresses.
        ("10.0.1.5 -> 10.0.1.5:443", flow(net("10.0.1.5/32"), net("10.0.1.5/32"), &[tcp(443)])),
        ("0.0.0.0/0 -> 10.0.0.0/16:tcp/443", flow(net("0.0.0.0/0"), net("10.0.0.0/16"), &[tcp(443)])),
        ("::/0 -> 2001:db8::9", flow(net("::/0"), net("2001:db8::9/128"), &[Any])),
        ("[::1] -> [2001:db8::9]:443", flow(net("::1/128"), net("2001:db8::9/128"), &[tcp(443)])),
        ("a -> [2001:db8::/64]:443", flow(name("a"), net("2001:db8::/64"), &[tcp(443)])),
        ("a -> 2001:db8::9 : 443", flow(name("a"), net("2001:db8::9/128"), &[tcp(443)])),
        ("2001:db8::9:443 -> a", flow(net("2001:db8::9:443/128"), name("a"), &[Any])),
        ("a -> 1:2:3:4:5:6:7:8", flow(name("a"), net("1:2:3:4:5:6:7:8/128"), &[Any])),
        ("a -> cafe:80", flow(name("a"), name("cafe"), &[tcp(80)])),
        // Services.
        (
            "a -> b:dns,8000-8100, icmp/3/4,icmpv6/128,ping,esp",
            flow(
                name("a"),
                name("b"),
                &[
                    Udp(PortRange::single(53)),
                    tcp(53),
                    Tcp(PortRange { from: 8000, to: 8100 }),
                    Icmp(IcmpTypes::Code(3, 4)),
                    Icmpv6(IcmpTypes::Type(128)),
                    Echo,
                    Protocol(50),
                ],
            ),
        ),
        ("a -> b:-1", flow(name("a"), name("b"), &[Any])),
        // Options.
        (
            "a -> b:22 within 2h not via x | y from-port 1024-65535 via sg:http - z",
            Question {
                from_port: Some(Spanned::new(PortRange { from: 1024, to: 65535 }, 0..0)),
                via: Some(minus(select(SecurityGroup, "http"), name("z"))),
                not_via: Some(or(name("x"), name("y"))),
                within: Some(Spanned::new(Duration::from_secs(7200), 0..0)),
                ..flow(name("a"), name("b"), &[tcp(22)])
            },
        ),
        (
            "a -> b from-port 500 within 7d",
            Question {
                from_port: Some(Spanned::new(PortRange::single(500), 0..0)),
                within: Some(Spanned::new(Duration::from_secs(604_800), 0..0)),
                ..flow(name("a"), name("b"), &[Any])
            },
        ),
    ];
    for (text, expected) in table {
        let question = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(question.text, text);
        assert_eq!(without_spans(question), expected, "{text}");
    }
}

/// Each block of `refused.txt` is a text, carets under the part of it at fault (one past the end where
/// something is missing), what the error says, and its help.
#[test]
fn refused() {
    for expected in include_str!("refused.txt").trim_end().split("\n\n") {
        let text = expected.lines().next().unwrap();
        let error = parse(text).expect_err(text);
        let indent = " ".repeat(error.span.start);
        let carets = "^".repeat(error.span.len().max(1));
        let help = error.help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let actual = format!("{text}\n{indent}{carets} {}{help}", error.message);
        assert!(actual == expected, "expected:\n{expected}\nactual:\n{actual}");
    }
}

#[test]
fn spans_point_at_what_was_read() {
    let text = "(a | sg:b) - [::1] → tag:k=\"v w\" : dns, 443 not via nat-1 within 2h";
    let at = |span: Range<usize>| text.get(span).unwrap();
    let question = parse(text).unwrap();
    assert_eq!(at(question.source.span()), "(a | sg:b) - [::1]");
    let Ends::Set { left, .. } = &question.source else { panic!("a set") };
    assert_eq!(at(left.span()), "(a | sg:b)");
    let terms: Vec<_> = question.source.terms().map(|term| at(term.span.clone())).collect();
    assert_eq!(terms, ["a", "sg:b", "[::1]"]);
    assert_eq!(at(question.destination.span()), "tag:k=\"v w\"");
    let services: Vec<_> = question.services.iter().map(|service| at(service.span.clone())).collect();
    assert_eq!(services, ["dns", "dns", "443"]);
    assert_eq!(at(question.not_via.unwrap().span()), "nat-1");
    assert_eq!(at(question.within.unwrap().span), "2h");

    assert_eq!(parse("a -> b via c").unwrap().services, [Spanned::new(Service::Any, 6..6)]);
}

#[test]
fn parts_alone() {
    assert_eq!(
        ends_without_spans(parse_ends("(web | db:mysql)").unwrap()),
        or(name("web"), select(Kind::Database, "mysql"))
    );
    assert_eq!(parse_ends("web:80").unwrap_err().message, "a service cannot stand here");
    assert_eq!(parse_ends("web db").unwrap_err().message, "expected `|`, `&`, `-` or the end, found `db`");
    let services = parse_services(" http, udp/53 ").unwrap();
    assert_eq!(
        services,
        [Spanned::new(tcp(80), 1..5), Spanned::new(Service::Udp(PortRange::single(53)), 7..13)]
    );
    assert_eq!(parse_services("").unwrap_err().message, "expected a service, found the end");
    assert_eq!(parse_services("22 23").unwrap_err().message, "expected `,` or the end, found `23`");
}

#[test]
fn bounds() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse_ends(&nested(MAX_DEPTH)).is_ok());
    let error = parse_ends(&nested(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!((error.message.as_str(), error.span), ("parentheses nest deeper than 64", 64..65));

    let chain = |terms: usize| vec!["a"; terms].join(" | ");
    assert!(parse_ends(&chain(MAX_TERMS)).is_ok());
    assert_eq!(parse_ends(&chain(MAX_TERMS + 1)).unwrap_err().message, "more than 512 terms");

    assert!(parse_ends(&"a".repeat(MAX_BYTES)).is_ok());
    let error = parse_ends(&"a".repeat(MAX_BYTES + 1)).unwrap_err();
    assert_eq!(error.message, "the text is longer than 65536 bytes");
    // Messages stay short however long the word is.
    assert!(parse(&format!("a -> b:{}", "x".repeat(60_000))).unwrap_err().message.len() < 100);
}
