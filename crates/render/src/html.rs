//! What our HTML files have in common: text that means itself, and colours for light and dark.

use crate::visible::visible;

/// Colours by what they say, for both schemes, and the text.
pub(crate) const COLOURS: &str = "\
:root { color-scheme: light dark; --fg: #1b1f24; --bg: #fff; --dim: #6a737d; --line: #d8dee4; --yes: #d6f5df; --part: #fff3c4; --may: #e6e6fa; --no: #ffdcd7; --head: #f3f5f7 }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --bg: #14181d; --dim: #8b949e; --line: #30363d; --yes: #12381f; --part: #453700; --may: #2b2b50; --no: #4c1a1a; --head: #1c2229 } }
body { font: 14px/1.4 system-ui, sans-serif; color: var(--fg); background: var(--bg) }
";

/// Text that means itself, between tags and in quotes; what cannot be seen is named.
pub(crate) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(visible(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(
            escaped("<script>alert('\"&')</script>"),
            "&lt;script&gt;alert(&apos;&quot;&amp;&apos;)&lt;/script&gt;"
        );
    }
}
