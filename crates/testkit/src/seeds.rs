//! Which random networks a test looks at.

use std::ops::RangeInclusive;

/// The seeds from 0 on, so many of them; or those that `PORTCULLIS_SEEDS=FROM-TO` asks for, to look at others than every run
/// looks at.
///
/// # Panics
/// If it asks for something else.
pub fn seeds(many: u64) -> RangeInclusive<u64> {
    let Some(text) = std::env::var_os("PORTCULLIS_SEEDS") else { return 0..=many.saturating_sub(1) };
    let text = text.into_string().expect("PORTCULLIS_SEEDS is text");
    let asked = text.split_once('-').and_then(|(from, to)| Some(from.parse().ok()?..=to.parse().ok()?));
    asked.expect("PORTCULLIS_SEEDS is FROM-TO, as 5000-5599")
}
