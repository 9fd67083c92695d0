//! Characters that cannot be seen or that a format cannot hold, by name.
//!
//! Names come from tags of resources, which anybody may write. A character that ends a line, moves the cursor or turns
//! the direction of reading would let a name say what it does not, and XML has no way to write most of them.

use std::borrow::Cow;

/// A text in which each such character is its name, such as `\u{1b}`; line breaks and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut named = String::with_capacity(text.len());
    for letter in text.chars() {
        if hidden(letter) { named.extend(letter.escape_default()) } else { named.push(letter) }
    }
    Cow::Owned(named)
}

fn hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        // Turn the direction of reading: Unicode's bidirectional formatting characters.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        // Lines end here for some readers.
        '\u{2028}' | '\u{2029}' => true,
        // Not in XML.
        '\u{fffe}' | '\u{ffff}' => true,
        letter => letter.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named() {
        assert_eq!(visible("web-1 \u{e5} \u{1f600}\n\tb"), "web-1 \u{e5} \u{1f600}\n\tb");
        assert_eq!(visible("\u{1b}[31mred\r\u{0}\u{7f}\u{85}"), "\\u{1b}[31mred\\r\\u{0}\\u{7f}\\u{85}");
        assert_eq!(visible("a\u{202e}b\u{2028}c\u{ffff}"), "a\\u{202e}b\\u{2028}c\\u{ffff}");
    }
}
