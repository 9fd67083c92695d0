//! Answers to what people and programs read: text, JSON, Markdown, AWS CLI lines, Terraform, diagnostics.
//!
//! Only this crate knows colours and formats; it decides nothing about a network.

mod audit;
mod aws_cli;
mod block;
mod diagnostics;
mod diff;
mod diff_markdown;
mod diff_report;
mod exposure;
mod exposure_markdown;
mod grant;
mod health_check;
mod html;
mod intent;
mod intent_report;
mod json;
mod markdown;
mod matrix;
mod plan;
mod reach;
pub mod report;
mod show;
mod style;
mod synth;
mod terraform;
mod text;
mod tighten;
mod visible;

pub use audit::{AUDIT_SCHEMA, audit, audit_json, audit_report, rule_list, rule_page, rules_page};
pub use aws_cli::aws_cli;
pub use block::{BLOCK_SCHEMA, block, block_json, blocked, blocked_json};
pub use diagnostics::{intent_errors, problems, question_error};
pub use diff::{DIFF_SCHEMA, diff, diff_json};
pub use diff_markdown::diff_markdown;
pub use diff_report::diff_report;
pub use exposure::{EXPOSURE_SCHEMA, exposure, exposure_json};
pub use exposure_markdown::exposure_markdown;
pub use grant::{
    GRANT_SCHEMA, expiries, expiries_cli, expiries_json, expiries_terraform, grant, grant_cli, grant_json,
    grant_terraform,
};
pub use health_check::health_check;
pub use intent::{TEST_SCHEMA, test, test_json};
pub use intent_report::test_report;
pub use json::{
    HEALTH_CHECK_SCHEMA, SCHEMA, health_check_json, health_check_json_line, to_json, to_json_line,
};
pub use markdown::markdown;
pub use matrix::{
    MATRIX_SCHEMA, expanded_csv, expanded_json, grouped_csv, grouped_json, grouped_text, matrix_csv,
    matrix_html, matrix_json, matrix_text,
};
pub use plan::{changes_cli, changes_terraform};
pub use reach::{REACH_SCHEMA, Reached, reach_json, reach_text};
pub use show::{SHOW_SCHEMA, show, show_json};
pub use style::Style;
pub use synth::{
    SYNTH_SCHEMA, Synthesised, synth_aws_cli, synth_cloudformation, synth_json, synth_terraform, synth_text,
};
pub use terraform::terraform;
pub use text::{FixForm, text};
pub use tighten::{TIGHTEN_SCHEMA, tighten, tighten_json};

/// The version of the shape of `portcullis lab counters`, which the lab prints itself.
pub const LAB_COUNTERS_SCHEMA: &str = "portcullis.lab-counters/1";
/// The version of the shape of `portcullis lab status`, which the lab prints itself.
pub const LAB_STATUS_SCHEMA: &str = "portcullis.lab-status/1";

/// The versions of the shapes of all JSON that is printed.
pub const SCHEMAS: &[&str] = &[
    SCHEMA,
    HEALTH_CHECK_SCHEMA,
    REACH_SCHEMA,
    MATRIX_SCHEMA,
    EXPOSURE_SCHEMA,
    SHOW_SCHEMA,
    TEST_SCHEMA,
    AUDIT_SCHEMA,
    DIFF_SCHEMA,
    SYNTH_SCHEMA,
    TIGHTEN_SCHEMA,
    BLOCK_SCHEMA,
    GRANT_SCHEMA,
    report::CASE_SCHEMA,
    LAB_COUNTERS_SCHEMA,
    LAB_STATUS_SCHEMA,
];
