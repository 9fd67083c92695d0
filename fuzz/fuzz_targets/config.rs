//! Any text as `portcullis.yaml`. Nothing panics, and what it says of `me` does not depend on what else it says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use read::Config;

fuzz_target!(|text: &str| match Config::parse(text) {
    Ok(Config { me: Some(me) }) => {
        let alone = Config::parse(&format!("me: \"{me}\"\n"));
        assert_eq!(alone, Ok(Config { me: Some(me) }));
    }
    Ok(Config { me: None }) => {}
    Err(error) => assert!(error.line > 0 && !error.message.is_empty(), "{error:?}"),
});
