//! Why a call gave no answer, from what the AWS CLI says.

use std::time::Duration;

/// A call without a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(super) why: Why,
    /// One line for people.
    pub(super) message: String,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The credentials do not permit it.
    Denied,
    /// Anything else.
    Failed,
    /// Whoever started portcullis wants it to end.
    Interrupted,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        Failure { why: Why::Failed, message: message.into() }
    }

    pub(super) fn interrupted() -> Failure {
        Failure { why: Why::Interrupted, message: "interrupted".into() }
    }

    pub(super) fn timed_out(timeout: Duration) -> Failure {
        Failure::new(format!("no answer within {} s; --timeout allows more", timeout.as_secs()))
    }

    /// From the CLI's exit code and its standard error.
    pub(super) fn read(code: Option<i32>, stderr: &str) -> Failure {
        // 252 is "the command line is wrong": ours is right for the versions that know the call.
        if stderr.contains("nvalid choice") {
            return Failure::new("this version of the AWS CLI does not know the call; a newer one does");
        }
        let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let Some(line) = lines().find(|line| line.contains("rror")).or_else(|| lines().next()) else {
            return Failure::new(code.map_or_else(
                || "aws was killed".into(),
                |code| format!("aws ended with status {code} and said nothing"),
            ));
        };
        let Some((error, said)) = service_error(line) else { return Failure::new(line) };
        let denied =
            ["AccessDenied", "Unauthorized", "NotAuthorized"].iter().any(|word| error.contains(word));
        Failure { why: if denied { Why::Denied } else { Why::Failed }, message: format!("{error}: {said}") }
    }
}

/// The code and the message of `An error occurred (CODE) when calling the X operation: MESSAGE`.
fn service_error(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("An error occurred (")?;
    let (code, rest) = rest.split_once(')')?;
    // After several tries it says ` operation (reached max retries: 4): MESSAGE`.
    let (_, rest) = rest.split_once(" operation")?;
    let (_, message) = rest.split_once(if rest.starts_with(" (") { "): " } else { ": " })?;
    // Hundreds of letters that only AWS can read.
    let message = message.split("Encoded authorization failure message").next().unwrap_or(message);
    Some((code, message.trim()))
}

#[cfg(test)]
mod tests {
    use super::{Failure, Why};

    #[test]
    fn what_the_cli_says_becomes_one_line() {
        for (stderr, why, message) in [
            (
                "\nAn error occurred (UnauthorizedOperation) when calling the DescribeVpcs operation: You are not \
                 authorized. Encoded authorization failure message: abcdef\n",
                Why::Denied,
                "UnauthorizedOperation: You are not authorized.",
            ),
            (
                "aws: [ERROR]: An error occurred (AccessDeniedException) when calling the ListFirewalls operation: no",
                Why::Denied,
                "AccessDeniedException: no",
            ),
            (
                "\nAn error occurred (ExpiredToken) when calling the DescribeVpcs operation: it is expired\n",
                Why::Failed,
                "ExpiredToken: it is expired",
            ),
            (
                "\nAn error occurred (Throttling) when calling the X operation (reached max retries: 4): too fast\n",
                Why::Failed,
                "Throttling: too fast",
            ),
            (
                "usage: aws [options]\n\naws: error: argument operation: Invalid choice, valid choices are:\n",
                Why::Failed,
                "this version of the AWS CLI does not know the call; a newer one does",
            ),
            ("warning\nCould not connect to the endpoint URL: \"x\"", Why::Failed, "warning"),
            ("", Why::Failed, "aws ended with status 254 and said nothing"),
        ] {
            let expected = Failure { why, message: message.into() };
            assert_eq!(Failure::read(Some(254), stderr), expected, "{stderr}");
        }
    }
}
