//! What `matrix` prints: one file a format.

mod cells;
mod expanded;
mod html;
mod json;
mod table;
mod text;
mod words;

pub(crate) use expanded::{Service, family_word};
pub(crate) use words::{count, services, together};

pub use cells::grouped_json;
pub use expanded::expanded_json;
pub use html::matrix_html;
pub use json::matrix_json;
pub use table::{expanded_csv, grouped_csv, matrix_csv};
pub use text::{grouped_text, matrix_text};

/// The version of the shape of the JSON. It changes when a field is renamed, removed or changes its meaning; new fields
/// do not change it.
pub const MATRIX_SCHEMA: &str = "portcullis.matrix/1";
