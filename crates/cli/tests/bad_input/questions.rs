//! Questions that cannot be answered, or not as they were meant.

use super::*;

fn ask(export: &str, arguments: &[&str]) -> Said {
    let folder = scenario(export);
    explain(&[arguments, &["-i", folder.to_str().unwrap()]].concat())
}

#[test]
fn a_question_that_means_nothing_is_refused() {
    for (question, parts) in [
        ("", &["expected a source, found the end", "question:1:1", "^"][..]),
        ("web-1", &["expected `->`, found the end", "`source -> destination:service`"]),
        ("internet web-1:80", &["expected `->`, found `web-1`", "question:1:10", "needs quotes"]),
        ("internet -> -> web-1", &["expected a destination, found `->`", "question:1:13"]),
        (
            "internet -> wbe-1:80",
            &["nothing is called `wbe-1`", "question:1:13", "^^^^^", "did you mean `web-1`?"],
        ),
        ("internet -> web-1:htp", &["unknown service `htp`", "question:1:19", "did you mean `http`?"]),
        ("internet -> web-1:99999", &["`99999` is out of range for a port, 0-65535", "question:1:19"]),
        ("internet -> sg:nobody:80", &["nothing matches `sg:nobody`", "question:1:13"]),
        ("me -> web-1:80", &["nobody said which address `me` is", "question:1:1", "--me ADDRESS"]),
        ("10.0.0.0/33 -> web-1:80", &["question:1:", "^"]),
        ("internet -> i-00000000000000000:80", &["nothing is called `i-00000000000000000`"]),
        (&"(".repeat(100_000), &["question:1:", "^"]),
    ] {
        let said = ask("diagram-a/export", &[question]);
        said.refused(parts);
    }
}

#[test]
fn a_question_from_standard_input_may_hold_anything() {
    let folder = scenario("diagram-a/export");
    for line in ["internet -> web-1:80\0", "\u{1b}[31m -> web-1:80", "→ -> ←:80", "internet -> \"web-1:80"]
    {
        let said = explain_from(&["--questions", "-", "-i", folder.to_str().unwrap()], line.as_bytes());
        said.refused(&["error: ", "standard input:1:", "^"]);
        assert!(!said.error.contains(['\0', '\u{1b}']), "{}", said.error);
    }
}

#[test]
fn an_ambiguous_name_has_candidates() {
    let export = Export::new().all(INSTANCES, |reservations| {
        let mut second: Value = serde_json::from_str(
            &reservations[0].to_string().replace("i-0398f5f1f1ef8370b", "i-second").replace("eni-", "eni-9"),
        )
        .unwrap();
        second["ReservationId"] = json!("r-second");
        reservations.push(second);
    });
    export.said().refused(&["`web-1`", "question:1:13", "i-0398f5f1f1ef8370b", "i-second"]);
}

#[test]
fn between_strangers_nothing_is_decided() {
    for question in ["internet -> 8.8.8.8:53", "8.8.8.8 -> 198.51.100.7:443", "internet -> 192.0.2.0/24:80"] {
        let said = ask("diagram-a/export", &[question]);
        said.undecided();
        assert!(said.out.contains("neither end is an interface of the export"), "{}", said.out);
    }
}

#[test]
fn bits_behind_a_prefix_are_not_silently_dropped() {
    // The answer says what was asked: the whole block, not the address.
    let said = ask("diagram-a/export", &["198.51.100.7/24 -> web-1:80"]);
    said.works();
    assert!(said.out.starts_with("OK  198.51.100.0/24 -> web-1:tcp/80\n"), "{}", said.out);
}

#[test]
fn options_are_checked_before_anything_is_read() {
    let question = "internet -> web-1:80";
    for (arguments, parts) in [
        (
            &[question, "--client", "linx"][..],
            &["--client", "expected one of linux", "did you mean `linux`?"][..],
        ),
        (&[question, "--client", "teapot"], &["expected one of linux"]),
        (&[question, "--me", "home"], &["'home' for '--me <ADDRESS>'"]),
        (&[question, "--format", "xml"], &["--format", "text, json, jsonl, md"]),
        (&[question, "--questions", "x"], &["cannot be used with"]),
        (&[question, "-q", "-v"], &["cannot be used with"]),
        (&[], &["<QUESTION>"]),
    ] {
        ask("diagram-a/export", arguments).refused(parts);
    }
    explain(&[question]).refused(&["--input <PATH>"]);
    // A typing error does not wait for the input.
    explain(&["internet web-1:80", "-i", "/nowhere"]).refused(&["expected `->`"]);
}

#[test]
fn a_file_of_questions_names_the_lines_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("questions");
    let path = path.to_str().unwrap();
    let answer = |contents: &[u8]| {
        fs::write(path, contents).unwrap();
        ask("diagram-a/export", &["--questions", path])
    };
    let said = answer(b"internet -> web-1:80\n\n# comment\ninternet -> -> x\nweb-1 -> internet:http\nfoo\n");
    said.refused(&["questions:4:13", "questions:6:4", "error: 2 questions could not be read"]);
    let said = answer(b"internet -> web-1:80\ninternet -> wbe-1:80\n");
    said.refused(&["nothing is called `wbe-1`", "questions:2:13", "did you mean `web-1`?"]);
    for empty in ["", "\n \n", "# only a comment\n"] {
        answer(empty.as_bytes()).refused(&["questions has no question"]);
    }
    answer(b"\xff\xfei\0").refused(&["questions could not be read"]);
    let said = answer("\u{feff}internet -> web-1:80\r\n".as_bytes());
    said.works();
    fs::remove_file(path).unwrap();
    ask("diagram-a/export", &["--questions", path]).refused(&["questions could not be read: No such file"]);
}
