//! What `matrix` prints: one file a format.

mod expanded;
mod json;

pub use expanded::expanded_json;
pub use json::matrix_json;

/// The version of the shape of the JSON. It changes when a field is renamed, removed or changes its meaning; new fields
/// do not change it.
pub const MATRIX_SCHEMA: &str = "portcullis.matrix/1";
