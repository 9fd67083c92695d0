//! Any bytes as a file. Nothing panics, every place lies in the file, and what is refused as JSON is what
//! `serde_json` refuses too, apart from what `read` refuses on purpose.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// What `serde_json` lets pass and `read` does not.
const STRICTER: [&str; 3] = ["nested deeper", "given twice", "surrogate pair"];

fuzz_target!(|bytes: &[u8]| {
    let mut reader = read::Reader::new();
    reader.add_bytes("a.json", bytes.to_vec());
    let snapshot = reader.finish();
    fuzz::check_places(&snapshot);

    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_empty =
        std::str::from_utf8(text).is_ok_and(|text| text.trim_matches([' ', '\t', '\n', '\r']).is_empty());
    let ours = !fuzz::is_refused(&snapshot);
    let theirs = serde_json::from_slice::<serde_json::Value>(text);
    let stricter = snapshot.problems.iter().any(|p| STRICTER.iter().any(|words| p.message.contains(words)));
    match (ours, theirs) {
        (false, Ok(_)) => assert!(stricter, "refused: {:?}", snapshot.problems),
        (true, Err(error)) => assert!(is_empty, "not refused: {error}"),
        _ => {}
    }

    // A second, later reading of the same bytes changes nothing but the places.
    let mut reader = read::Reader::new();
    reader.add_bytes("a.json", bytes.to_vec());
    reader.next_layer();
    reader.add_bytes("b.json", bytes.to_vec());
    let twice = reader.finish();
    fuzz::check_places(&twice);
    assert_eq!(snapshot.security_groups.len(), twice.security_groups.len());
    assert_eq!(snapshot.network_interfaces.len(), twice.network_interfaces.len());
    assert_eq!(snapshot.others.len(), twice.others.len());
});
