//! `portcullis explain --health-check TG`: the checks of a target group, every node with every target.

use answers::explain::Explainer;
use engine::Verdict;
use render::{FixForm, Style};

use super::explain::Format;
use crate::output;

/// Prints the checks of the target group with a name or id, and says how they end.
///
/// # Errors
/// If nothing or several things are called so, or the output cannot be written.
pub(crate) fn run(
    explainer: &Explainer<'_>,
    name: &str,
    format: Format,
    form: FixForm,
    style: Style,
) -> anyhow::Result<Verdict> {
    let group = explainer.target_group(name).map_err(anyhow::Error::msg)?;
    let health = explainer.health_check(group);
    let text = match format {
        Format::Json => render::health_check_json(&health)? + "\n",
        Format::Jsonl => render::health_check_json_line(&health)? + "\n",
        Format::Text | Format::Md => render::health_check(&health, form, style),
    };
    output::print(&text)?;
    Ok(health.verdict)
}
