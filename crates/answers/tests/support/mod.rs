//! What the tests of fixes share: questions with a fix, and what has to hold of one that is proved.

use answers::explain::{Explainer, Explanation, Fix, Options};
use answers::question;
use engine::{Network, Verdict};
use model::Change;

pub(crate) fn explain(network: &Network, question: &str) -> Explanation {
    let options = Options { fix: true, ..Options::default() };
    let question = question::parse(question).unwrap();
    Explainer::new(network, None, options).explain(&question).unwrap()
}

pub(crate) fn fix(network: &Network, question: &str) -> Fix {
    explain(network, question).fix.unwrap_or_else(|| panic!("{question}: nothing is blocked"))
}

/// The changes of a fix that is proved and works, no part of which is idle.
pub(crate) fn mended(network: &Network, question: &str) -> (Vec<String>, Fix) {
    let fix = fix(network, question);
    assert!(fix.proved && fix.advice.is_empty(), "{question}: {fix:?}");
    let verdict = |changes: &[Change]| explain(&network.after(changes).unwrap(), question).verdict;
    assert_eq!(verdict(&fix.changes), Verdict::Allowed, "{question}: {fix:?}");
    for position in 0..fix.changes.len() {
        let mut fewer = fix.changes.clone();
        let idle = fewer.remove(position);
        assert_ne!(verdict(&fewer), Verdict::Allowed, "{question}: {idle} is idle");
    }
    (fix.changes.iter().map(Change::to_string).collect(), fix)
}
