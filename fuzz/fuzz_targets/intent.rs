//! Any text as `portcullis.yaml`. Nothing panics, errors have their place in the text, and what it says of `me` does
//! not depend on what else it says.

#![no_main]

use answers::intent::{Intent, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file_of = |_: &str| Ok("203.0.113.0/24\n".to_owned());
    match parse("portcullis.yaml", text, &file_of) {
        Ok(Intent { me: Some(me), .. }) => {
            let alone = parse("portcullis.yaml", &format!("me: \"{me}\"\n"), &file_of);
            assert_eq!(alone, Ok(Intent { me: Some(me), ..Intent::default() }));
        }
        Ok(Intent { me: None, .. }) => {}
        Err(errors) => {
            for error in errors {
                assert!(error.place.line > 0 && !error.message.is_empty(), "{error:?}");
            }
        }
    }
});
