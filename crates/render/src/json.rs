//! JSON: one object an answer, with a schema version.

use answers::explain::{Explanation, HealthCheck};
use serde::Serialize;

/// The version of the answer's shape. It changes when a field is renamed, removed or changes its meaning; new fields
/// do not change it.
pub const SCHEMA: &str = "portcullis.explain/1";

#[derive(Serialize)]
struct Versioned<'a> {
    schema: &'static str,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

/// An answer as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn to_json(explanations: &[Explanation]) -> serde_json::Result<String> {
    let versioned: Vec<_> =
        explanations.iter().map(|explanation| Versioned { schema: SCHEMA, explanation }).collect();
    match versioned.as_slice() {
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    }
}

/// An answer as one line of JSON.
///
/// # Errors
/// As [`to_json`].
pub fn to_json_line(explanation: &Explanation) -> serde_json::Result<String> {
    serde_json::to_string(&Versioned { schema: SCHEMA, explanation })
}

/// The version of the shape of health checks; see [`SCHEMA`].
pub const HEALTH_CHECK_SCHEMA: &str = "portcullis.health-check/1";

#[derive(Serialize)]
struct VersionedHealthCheck<'a> {
    schema: &'static str,
    #[serde(flatten)]
    health: &'a HealthCheck,
}

/// Health checks as indented JSON.
///
/// # Errors
/// As [`to_json`].
pub fn health_check_json(health: &HealthCheck) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&VersionedHealthCheck { schema: HEALTH_CHECK_SCHEMA, health })
}

/// Health checks as one line of JSON.
///
/// # Errors
/// As [`to_json`].
pub fn health_check_json_line(health: &HealthCheck) -> serde_json::Result<String> {
    serde_json::to_string(&VersionedHealthCheck { schema: HEALTH_CHECK_SCHEMA, health })
}
