//! Any text as a question. Nothing panics, errors point into the text, and what is understood reads back from its
//! canonical form as the same question.

#![no_main]

use answers::question::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match parse(text) {
    Ok(question) => {
        let canonical = question.to_string();
        let again = parse(&canonical).unwrap_or_else(|error| panic!("{canonical:?}: {error}"));
        assert_eq!(canonical, again.to_string());
        assert_eq!(question.services.len(), again.services.len());
    }
    Err(error) => {
        assert!(text.get(error.span.clone()).is_some(), "{:?} in {text:?}", error.span);
        assert!(!error.message.is_empty());
    }
});
