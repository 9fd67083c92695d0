//! `# why: ...` behind a line of YAML: parsers drop comments, so this looks at the text.

/// The reason that a comment behind a value gives. `line` counts from 1, `column` in characters from 0: where the value
/// ends.
pub(super) fn why(text: &str, line: usize, column: usize) -> Option<String> {
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let rest: String = line.chars().skip(column).collect();
    let (between, comment) = rest.split_once('#')?;
    // Behind the last value of a line there is nothing else; in a list within brackets a comma, or what closes it.
    let only_closing =
        between.chars().all(|c| c.is_whitespace() || matches!(c, ',' | ']' | '}' | '"' | '\''));
    let why = comment.trim().strip_prefix("why:")?.trim();
    (only_closing && !why.is_empty()).then(|| why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::why;

    #[test]
    fn reasons_behind_lines() {
        let text = "- a -> b   # why: the shop\n- c -> d # other\n- [e, f]  #why: both";
        assert_eq!(why(text, 1, 8).as_deref(), Some("the shop"));
        assert_eq!(why(text, 2, 8), None);
        assert_eq!(why(text, 3, 7).as_deref(), Some("both"));
        assert_eq!(why(text, 3, 4), None, "of the list, not of its first");
        assert_eq!(why(text, 4, 0), None);
    }
}
