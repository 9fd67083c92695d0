//! States of things and of what they are attached to.

use crate::object::{Object, shown};

/// Whether the state under `key` is the first of `states`, which is the one in force. `None` is a state that AWS does
/// not document: nobody can say whether it is in force. Where no state is printed, what is listed is in force.
pub(super) fn in_force(object: Object<'_>, key: &'static str, states: &[&str]) -> Option<bool> {
    let Some(text) = object.text(key) else {
        return (!object.has(key)).then_some(true);
    };
    let position = states.iter().position(|state| text.eq_ignore_ascii_case(state));
    if position.is_none() {
        let (first, found) = (states.first().copied().unwrap_or_default(), shown(text));
        object.error(format!("expected a state such as `{first}` for `{key}`, found `{found}`"));
    }
    Some(position? == 0)
}

/// Whether a thing is there for packets; the real CLI prints states of some in lower case (S9.13).
pub(super) fn is_available(object: Object<'_>) -> bool {
    object.text("State").is_none_or(|state| state.eq_ignore_ascii_case("available"))
}
