//! Files that cannot be read at all.

use super::*;

#[test]
fn a_file_may_be_cut_anywhere() {
    let text = Export::new().text(ACLS);
    for at in (1..text.len() - 2).step_by(97) {
        let said = Export::new().write(ACLS, &text[..at]).said();
        said.refused(&["error: the file is cut: it ends inside a", "describe-network-acls.json:", "^"]);
    }
}

#[test]
fn a_file_may_hold_anything() {
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        let text = Export::new().text(VPCS);
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    let binary: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for (contents, said) in [
        (b"[".repeat(200), "nested deeper than 100 levels\n --> "),
        (b"{\"a\":".repeat(200), "nested deeper than 100 levels\n --> "),
        (b"[".repeat(2_000_000), "nested deeper than 100 levels\n --> "),
        (binary, "this is not text: expected UTF-8\n --> "),
        (vec![0; 5000], "this is not JSON: expected `{` or `[`, found `\\0`\n --> "),
        (utf16(u16::to_le_bytes), "the file is UTF-16; expected UTF-8\n --> "),
        (utf16(u16::to_be_bytes), "the file is UTF-16; expected UTF-8\n --> "),
        (
            b"An error occurred (AccessDenied)".to_vec(),
            "this is not JSON: expected `{` or `[`, found `A`\n --> ",
        ),
        (br#"{"Vpcs":[],"Vpcs":[]}"#.to_vec(), "`Vpcs` is given twice in one object\n --> "),
        (br#"{"Vpcs":[]} {"#.to_vec(), "expected the end of the file, found `{`\n --> "),
    ] {
        let said_of = Export::new().write("zzz", contents).said();
        said_of.refused(&["error: ", said, "zzz.json:", "^", "error: the input could not be read"]);
        assert!(said_of.error.len() < 3000, "{}", said_of.error);
    }
}

#[test]
fn a_large_file_of_garbage_is_refused_soon() {
    for chunk in [&b"garbage "[..], b"\xfegarbage", b"[1],[2],"] {
        let said = Export::new().write("zzz", chunk.repeat(64 * 1024 * 1024 / chunk.len())).said();
        said.refused(&["error: this is not ", "zzz.json:1:"]);
        assert!(said.error.len() < 3000, "{}", said.error.len());
    }
}

#[test]
fn many_problems_are_not_all_shown() {
    let many = format!("{{\"Vpcs\":[\n{}{{}}]}}", "{\"VpcId\":7},\n".repeat(100_000));
    let said = Export::new().write("zzz", many).said();
    said.works();
    said.says(&["zzz.json:2:10", "and 99981 more"]);
    assert!(said.error.lines().count() < 200);
}

#[test]
fn a_file_with_nothing_in_it_is_no_answer_of_aws() {
    for contents in ["", " \n\t", "{}", "[]", "7", "\"text\"", "null", r#"{"Teapots":[{"Id":1}]}"#] {
        Export::new().write("zzz", contents).said().works();
        Export::new().write(ACLS, contents).said().undecided();
    }
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let export = Export::new();
    let text = format!("\u{feff}{}", export.text(ACLS));
    export.write(ACLS, text).said().works();
}

#[test]
fn a_folder_must_have_something_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&["error: no .json file below ", path]);
    fs::write(folder.path().join("notes.txt"), "{}").unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&["error: no .json file below ", path]);
    let missing = folder.path().join("missing");
    explain(&["a -> b:1", "-i", missing.to_str().unwrap()])
        .refused(&["missing could not be read: No such file"]);
    // What was wrong says why there is nothing.
    fs::write(folder.path().join("a.json"), r#"{"Teapots":[{"Id":1}]}"#).unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&[
        "a.json:1:1",
        "`Teapots`",
        "error: no VPC and no network interface in",
    ]);
    fs::write(folder.path().join("a.json"), r#"{"Vpcs":[{"VpcId":7}]}"#).unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&[
        "a.json:1:19",
        "^",
        "error: no VPC and no network interface in",
    ]);
    explain_from(&["a -> b:1", "-i", "-"], b"").refused(&["the file is empty", "no network interface in -"]);
    explain_from(&["a -> b:1", "-i", "-"], b"{\"Vpcs").refused(&["standard input:1:7", "the file is cut"]);
}
