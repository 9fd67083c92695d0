//! What is said about inputs that are damaged, wrong or incomplete: exact words at exact places.

#![expect(clippy::unwrap_used, reason = "a test that finds no place should stop")]

use model::Snapshot;
use read::Reader;

fn problems(snapshot: &Snapshot) -> Vec<String> {
    let words = |problem: &model::Problem| {
        let place = snapshot.sources.locate(problem.origin.unwrap()).unwrap();
        format!("{} {place}: {}", format!("{:?}", problem.severity).to_lowercase(), problem.message)
    };
    snapshot.problems.iter().map(words).collect()
}

fn of(text: impl AsRef<[u8]>) -> Vec<String> {
    let mut reader = Reader::new();
    reader.add_bytes("a.json", text.as_ref().to_vec());
    problems(&reader.finish())
}

const CUT: &str = "the file is cut: it ends inside a list or an object";

#[test]
fn text_that_is_not_json() {
    let mut wrong = Vec::new();
    for (text, place, message) in [
        // Cut at each kind of place.
        ("{\"Vpcs\": [", "1:11", CUT),
        ("{\"Vpcs\": [{\"VpcId\": \"vpc-1\"}\n", "1:29", CUT),
        ("{\"Vpcs\": [{\"VpcId\": \"vpc-1\"},\n   ", "1:30", CUT),
        ("{", "1:2", CUT),
        ("{\"Vpcs\"", "1:8", CUT),
        ("{\"Vpcs\":", "1:9", CUT),
        ("{\"a\": tr", "1:9", CUT),
        ("{\"a\": -", "1:8", CUT),
        ("{\"a\": 1.", "1:9", CUT),
        ("{\n \"Vpcs\": [{\"VpcId\": \"vpc-", "2:26", "the file is cut: it ends inside a string"),
        ("{\"a\": \"x\\", "1:10", CUT),
        // Not JSON at all.
        ("hello", "1:1", "this is not JSON: expected `{` or `[`, found `h`"),
        ("\0\0\0\0", "1:1", "this is not JSON: expected `{` or `[`, found `\\0`"),
        ("{\"Vpcs\": \0}", "1:10", "this is not JSON: expected a value, found `\\0`"),
        (
            "{\"Vpcs\": \"a\0\"}",
            "1:12",
            "this is not JSON: expected an escape such as `\\n` in a string, found `\\0`",
        ),
        (
            "{\"a\": \"x\ny\"}",
            "1:9",
            "this is not JSON: expected an escape such as `\\n` in a string, found `\\n`",
        ),
        (
            "An error occurred (UnauthorizedOperation)",
            "1:1",
            "this is not JSON: expected `{` or `[`, found `A`",
        ),
        ("<html>", "1:1", "this is not JSON: expected `{` or `[`, found `<`"),
        // What other parsers let pass.
        ("{\"Vpcs\": [1,]}", "1:13", "this is not JSON: expected a value, found `]`"),
        ("{\"Vpcs\": [],}", "1:13", "this is not JSON: expected a key in double quotes, found `}`"),
        ("{'Vpcs': []}", "1:2", "this is not JSON: expected a key in double quotes, found `'`"),
        ("{Vpcs: []}", "1:2", "this is not JSON: expected a key in double quotes, found `V`"),
        ("{\"Vpcs\": [] // none\n}", "1:13", "this is not JSON: expected `,` or `}`, found `/`"),
        ("{\"Vpcs\" []}", "1:9", "this is not JSON: expected `:`, found `[`"),
        ("{\"å\": [1 2]}", "1:10", "this is not JSON: expected `,` or `]`, found `2`"),
        ("[NaN]", "1:2", "this is not JSON: expected a value, found `N`"),
        ("[0x1F]", "1:3", "this is not JSON: expected `,` or `]`, found `x`"),
        ("[01]", "1:3", "this is not JSON: expected `,` or `]`, found `1`"),
        ("[+1]", "1:2", "this is not JSON: expected a value, found `+`"),
        ("[1.]", "1:4", "this is not JSON: expected a digit, found `]`"),
        ("[-]", "1:3", "this is not JSON: expected a digit, found `]`"),
        ("[True]", "1:2", "this is not JSON: expected a value, found `T`"),
        ("[trve]", "1:4", "this is not JSON: expected `true`, found `v`"),
        (
            "[\"\\x41\"]",
            "1:4",
            "this is not JSON: expected one of `\"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t`, `u` after `\\`, found `x`",
        ),
        ("[\"\\u12g4\"]", "1:7", "this is not JSON: expected four hexadecimal digits after `\\u`, found `g`"),
        ("[\"\\ud800\"]", "1:3", "this is not JSON: expected both halves of a surrogate pair"),
        ("[\u{a0}]", "1:2", "this is not JSON: expected a value, found `\u{a0}`"),
        // More than one answer in a file.
        (
            "{\"Vpcs\": []}\n{\"Subnets\": []}",
            "2:1",
            "this is not JSON: expected the end of the file, found `{`",
        ),
        ("{\"Vpcs\": []}]", "1:13", "this is not JSON: expected the end of the file, found `]`"),
        // A key that each tool reads in its own way.
        ("{\"Vpcs\": [],\n \"Vpcs\": []}", "2:2", "`Vpcs` is given twice in one object"),
        ("{\"Vpcs\": [], \"\\u0056pcs\": []}", "1:14", "`Vpcs` is given twice in one object"),
    ] {
        let (found, expected) = (of(text), [format!("fatal a.json:{place}: {message}")]);
        if found != expected {
            wrong.push(format!("{text:?}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(of(b"{\"Vpcs\":\n [\xff]}"), ["fatal a.json:2:3: this is not text: expected UTF-8"]);
    assert_eq!(of(b"\xff\xfe{\0}\0"), ["fatal a.json:1:1: the file is UTF-16; expected UTF-8"]);
}

#[test]
fn nesting_without_end() {
    let message = "lists and objects are nested deeper than 100 levels";
    assert_eq!(of("[".repeat(200) + &"]".repeat(200)), [format!("fatal a.json:1:101: {message}")]);
    assert_eq!(of("{\"a\":".repeat(1_000_000)), [format!("fatal a.json:1:501: {message}")]);
    assert_eq!(
        of("[".repeat(100) + &"]".repeat(100)),
        ["note a.json:1:1: there is nothing in this file; it is ignored"]
    );
}

#[test]
fn many_keys_are_compared_too() {
    let keys = |last: &str| {
        let keys: Vec<_> = (0..200).map(|key| format!("\"k{key}\":0")).collect();
        format!("{{{},\n\"{last}\":0}}", keys.join(","))
    };
    assert_eq!(of(keys("k7")), ["fatal a.json:2:1: `k7` is given twice in one object"]);
    assert_eq!(of(keys("k200")).len(), 1, "only that nothing is known");
}

#[test]
fn files_without_an_answer() {
    for (text, problem) in [
        ("", "warning a.json:1:1: the file is empty"),
        (" \r\n\t", "warning a.json:1:1: the file is empty"),
        ("\u{feff}", "warning a.json:1:1: the file is empty"),
        ("{}", "note a.json:1:1: there is nothing in this file; it is ignored"),
        ("[]", "note a.json:1:1: there is nothing in this file; it is ignored"),
        (" null", "note a.json:1:2: expected an object or a list in this file; it is ignored"),
        ("\"text\"", "note a.json:1:1: expected an object or a list in this file; it is ignored"),
        (
            "{\"Foo\": [{\"Bar\": 1}], \"version\": 4}",
            "note a.json:1:1: nothing in this file is known: `Foo`, `version`; it is ignored",
        ),
        (
            "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1}",
            "note a.json:1:1: nothing in this file is known: `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h` and 2 more; it is ignored",
        ),
        ("{\"Vpcs\": [],\n \"Foo\": [1], \"n\": 1}", "note a.json:2:2: not known, and ignored: `Foo`"),
    ] {
        assert_eq!(of(text), [problem], "{text:?}");
    }
}

#[test]
fn files_that_are_skipped_without_noise() {
    for text in [
        "{\"Vpcs\": [], \"ResponseMetadata\": {\"RequestId\": \"x\", \"RetryAttempts\": 0}}",
        "{\"FlowLogs\": [{\"FlowLogId\": \"fl-1\"}], \"NextToken\": \"\"}",
        "{\"Listeners\": [], \"NextMarker\": null}",
        "\u{feff}{\"Vpcs\": []}",
    ] {
        assert_eq!(of(text), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn a_cut_answer() {
    for (text, problem) in [
        (
            "{\"SecurityGroups\": [],\n\"NextToken\": \"abc\"}",
            "error a.json:2:14: the answer is cut: only one page of `SecurityGroups` was saved",
        ),
        (
            "{\"LoadBalancers\": [], \"NextMarker\": \"abc\"}",
            "error a.json:1:37: the answer is cut: only one page of `LoadBalancers` was saved",
        ),
    ] {
        assert_eq!(of(text), [problem]);
    }
}

#[test]
fn values_of_the_wrong_type() {
    for (text, problem) in [
        ("{\"Vpcs\": 7}", "error a.json:1:10: expected a list for `Vpcs`, found a number"),
        ("{\"Vpcs\": [7]}", "error a.json:1:11: expected an object for `Vpcs`, found a number"),
        ("{\"Vpcs\": [{}]}", "error a.json:1:11: expected `VpcId` in this object, found none"),
        ("{\"Vpcs\": [{\"VpcId\": null}]}", "error a.json:1:11: expected `VpcId` in this object, found none"),
        ("{\"Vpcs\": [{\"VpcId\": [1]}]}", "error a.json:1:21: expected a string for `VpcId`, found a list"),
        (
            "{\"Vpcs\": [{\"VpcId\": \"\"}]}",
            "error a.json:1:21: expected a value for `VpcId`, found an empty string",
        ),
        (
            "{\"Vpcs\": [{\"VpcId\": \"vpc-1\", \"Tags\": {}}]}",
            "error a.json:1:38: expected a list for `Tags`, found an object",
        ),
        (
            "{\"Subnets\": [{\"SubnetId\": \"subnet-1\"}]}",
            "error a.json:1:14: expected `VpcId` in this object, found none",
        ),
        (
            "{\"Subnets\": [{\"SubnetId\": \"subnet-1\", \"VpcId\": \"vpc-1\", \"CidrBlock\": \"10.0.0.0\"}]}",
            "error a.json:1:70: expected an IPv4 block such as `10.0.0.0/16` for `CidrBlock`, found `10.0.0.0`",
        ),
    ] {
        assert_eq!(of(text), [problem], "{text:?}");
    }
}

#[test]
fn long_and_odd_text_of_users_is_shown_on_one_line() {
    let text = format!("{{\"Vpcs\": [{{\"VpcId\": \"v\", \"CidrBlock\": \"a\\nb{}\"}}]}}", "x".repeat(100));
    let found = of(text);
    let shown = format!("a\\nb{}…", "x".repeat(77));
    assert_eq!(
        found,
        [format!(
            "error a.json:1:39: expected a block such as `10.0.0.0/16` for `CidrBlock`, found `{shown}`"
        )]
    );
}

/// A gigabyte of garbage is refused before anything is built from it; a few megabytes show that it is not read.
#[test]
fn garbage_is_refused_at_once() {
    let mut garbage = vec![0_u8; 1 << 24];
    assert_eq!(of(&garbage), ["fatal a.json:1:1: this is not JSON: expected `{` or `[`, found `\\0`"]);
    garbage.fill(0xfe);
    assert_eq!(of(&garbage).len(), 1);
    assert_eq!(of(vec![b'['; 1 << 24]).len(), 1);
}
