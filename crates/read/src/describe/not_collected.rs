//! What our own collector could not collect: `not-collected.json`, beside the answers that it has.

use model::Problem;

use crate::object::Object;
use crate::snapshot::Context;

pub(super) fn read(object: Object<'_>, _: &mut Context<'_>) {
    let Some(call) = object.required_text("call") else { return };
    let message = format!("`aws {}` gave no answer: what depends on it is undecided", line(call));
    let problem = Problem::warning(object.origin(), message);
    object.report(match object.text("error") {
        Some(error) => {
            problem.help(format!("the AWS CLI said `{}`; once that is mended, collect again", line(error)))
        }
        None => problem,
    });
}

/// A text of the file within a message, which is one line.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, read};

    #[test]
    fn what_was_not_collected_is_named() {
        let snapshot = read(
            r#"{"NotCollected":[{"call":"ec2 describe-network-acls","error":"AccessDenied: no"},{"call":"x"},{}]}"#,
        );
        assert_eq!(
            problems(&snapshot),
            [
                "warning a.json:1:18: `aws ec2 describe-network-acls` gave no answer: what depends on it is undecided",
                "warning a.json:1:82: `aws x` gave no answer: what depends on it is undecided",
                "error a.json:1:95: expected `call` in this object, found none",
            ]
        );
    }
}
