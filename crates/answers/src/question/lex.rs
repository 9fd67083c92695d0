//! Text into tokens.
//!
//! The lexer keeps whether white space stood before each token, because the grammar asks: `a - b` is
//! a difference and `a-b` a name, `sg:web` a selector and `sg : 22` a name and a service.

use std::ops::Range;

use super::{MAX_BYTES, QuestionError, SetOp, address, shown};

/// What a token is; words borrow from the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A run of plain characters: a name, a glob, a service, a keyword, an IPv4 address.
    Word(&'a str),
    /// What stood in quotes, with its escapes undone.
    Quoted(String),
    /// What stood in square brackets.
    Bracketed(Piece<'a>),
    /// A run with colons that is, or was meant as, an IPv6 address.
    Ipv6(&'a str),
    Op(SetOp),
    Arrow,
    Colon,
    Comma,
    Equals,
    Open,
    Close,
    /// The end of the text.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lexeme<'a> {
    pub(super) token: Token<'a>,
    pub(super) span: Range<usize>,
    /// Whether white space stood before it. The ends of the text count as white space.
    pub(super) space_before: bool,
}

impl<'a> Lexeme<'a> {
    /// The plain word it is, if it is one.
    pub(super) fn word(&self) -> Option<Piece<'a>> {
        match self.token {
            Token::Word(text) => Some(Piece::new(text, self.span.start)),
            _ => None,
        }
    }
}

/// A piece of the text that remembers where it started, so that parts of it have spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl<'a> Piece<'a> {
    pub(super) fn new(text: &'a str, start: usize) -> Self {
        Self { text, start }
    }

    pub(super) fn span(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The pieces before and after the first `separator`, which must be one byte long.
    pub(super) fn split_once(self, separator: char) -> Option<(Self, Self)> {
        let (before, after) = self.text.split_once(separator)?;
        Some(self.around(before, after))
    }

    /// The pieces before and after the last `separator`, which must be one byte long.
    pub(super) fn rsplit_once(self, separator: char) -> Option<(Self, Self)> {
        let (before, after) = self.text.rsplit_once(separator)?;
        Some(self.around(before, after))
    }

    fn around(self, before: &'a str, after: &'a str) -> (Self, Self) {
        let after_start = self.start + before.len() + 1;
        (Piece::new(before, self.start), Piece::new(after, after_start))
    }
}

/// The tokens of a text. The last one is always [`Token::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Lexeme<'_>>, QuestionError> {
    if text.len() > MAX_BYTES {
        return Err(QuestionError::new(0..text.len(), format!("the text is longer than {MAX_BYTES} bytes")));
    }
    let mut lexemes: Vec<Lexeme<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let after_space = text.get(at..).unwrap_or_default();
        let rest = after_space.trim_start();
        let space_before = at == 0 || rest.is_empty() || rest.len() < after_space.len();
        at = text.len() - rest.len();

        // Only here can an address start. The `a:22` of `sg:a:22` goes with what is before it.
        let starts_term = space_before
            || lexemes
                .last()
                .is_none_or(|last| matches!(last.token, Token::Open | Token::Arrow | Token::Op(_)));
        let (token, length) = next(Piece::new(rest, at), starts_term)?;

        let done = token == Token::End;
        lexemes.push(Lexeme { token, span: at..at + length, space_before });
        if done {
            return Ok(lexemes);
        }
        at += length;
    }
}

/// The token at the start of `rest` and its length in bytes.
fn next(rest: Piece<'_>, starts_term: bool) -> Result<(Token<'_>, usize), QuestionError> {
    let Some(first) = rest.text.chars().next() else {
        return Ok((Token::End, 0));
    };
    let token = match first {
        '"' => return quoted(rest),
        '[' if starts_term => return bracketed(rest),
        '→' => Token::Arrow,
        '-' if rest.text.starts_with("->") => return Ok((Token::Arrow, 2)),
        _ if starts_term && address::resembles_ipv6(run(rest.text, true)) => {
            let run = run(rest.text, true);
            return Ok((Token::Ipv6(run), run.len()));
        }
        ':' => Token::Colon,
        ',' => Token::Comma,
        '=' => Token::Equals,
        '(' => Token::Open,
        ')' => Token::Close,
        '|' => Token::Op(SetOp::Union),
        '&' => Token::Op(SetOp::Intersection),
        _ => match run(rest.text, false) {
            "-" => Token::Op(SetOp::Difference),
            word => return Ok((Token::Word(word), word.len())),
        },
    };
    Ok((token, first.len_utf8()))
}

/// The longest start of `rest` that no other token cuts short. Never empty where a word can start.
fn run(rest: &str, with_colons: bool) -> &str {
    let ends_word = |(at, c): &(usize, char)| match c {
        '(' | ')' | ',' | '"' | '|' | '&' | '=' | '→' => true,
        ':' => !with_colons,
        '-' => rest.get(*at..).is_some_and(|rest| rest.starts_with("->")),
        _ => c.is_whitespace(),
    };
    rest.char_indices().find(ends_word).and_then(|(end, _)| rest.get(..end)).unwrap_or(rest)
}

fn quoted(rest: Piece<'_>) -> Result<(Token<'_>, usize), QuestionError> {
    let mut content = String::new();
    let mut chars = rest.text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Quoted(content), at + 1)),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => content.push(escaped),
                Some((after, other)) => {
                    let span = rest.start + at..rest.start + after + other.len_utf8();
                    return Err(QuestionError::new(
                        span,
                        format!("unknown escape {}", shown(&format!("\\{other}"))),
                    )
                    .help("inside quotes write `\\\"` for a quote and `\\\\` for a backslash"));
                }
                None => break,
            },
            _ => content.push(c),
        }
    }
    Err(QuestionError::new(rest.start..rest.start + 1, "this quote is not closed"))
}

fn bracketed(rest: Piece<'_>) -> Result<(Token<'_>, usize), QuestionError> {
    match rest.split_once(']') {
        Some((open, _)) => {
            let text = open.text.strip_prefix('[').unwrap_or(open.text);
            let content = Piece::new(text, open.start + 1);
            Ok((Token::Bracketed(content), open.text.len() + 1))
        }
        None => Err(QuestionError::new(rest.start..rest.start + 1, "this bracket is not closed")),
    }
}

impl Token<'_> {
    /// What a message says was found.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Word(text) | Self::Ipv6(text) => shown(text),
            Self::Quoted(text) => shown(&format!("\"{text}\"")),
            Self::Bracketed(piece) => shown(&format!("[{}]", piece.text)),
            Self::Op(op) => shown(op.symbol()),
            Self::Arrow => shown("->"),
            Self::Colon => shown(":"),
            Self::Comma => shown(","),
            Self::Equals => shown("="),
            Self::Open => shown("("),
            Self::Close => shown(")"),
            Self::End => "the end".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Token::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut tokens: Vec<_> = lex(text).unwrap().into_iter().map(|lexeme| lexeme.token).collect();
        assert_eq!(tokens.pop(), Some(End));
        tokens
    }

    #[test]
    fn words_hold_hyphens_and_end_at_arrows() {
        assert_eq!(tokens("web-1->db"), [Word("web-1"), Arrow, Word("db")]);
        assert_eq!(tokens("web-1→db"), [Word("web-1"), Arrow, Word("db")]);
        assert_eq!(
            tokens("a - b|c"),
            [Word("a"), Op(SetOp::Difference), Word("b"), Op(SetOp::Union), Word("c")]
        );
        assert_eq!(tokens("a -1"), [Word("a"), Word("-1")]);
    }

    #[test]
    fn colons_split_words_unless_they_belong_to_an_address() {
        assert_eq!(tokens("sg:web:22"), [Word("sg"), Colon, Word("web"), Colon, Word("22")]);
        assert_eq!(tokens("db:a:443"), [Word("db"), Colon, Word("a"), Colon, Word("443")]);
        assert_eq!(tokens("cafe:80"), [Word("cafe"), Colon, Word("80")]);
        assert_eq!(tokens("::/0"), [Ipv6("::/0")]);
        assert_eq!(tokens("(::1)"), [Open, Ipv6("::1"), Close]);
        assert_eq!(tokens("2001:db8::9 : 443"), [Ipv6("2001:db8::9"), Colon, Word("443")]);
        assert_eq!(tokens("[::1]:22"), [Bracketed(Piece { text: "::1", start: 1 }), Colon, Word("22")]);
        assert_eq!(tokens("sg:[ab]*"), [Word("sg"), Colon, Word("[ab]*")]);
    }

    #[test]
    fn quotes_hide_everything() {
        assert_eq!(tokens(r#"sg:"a -> \"b\\""#), [Word("sg"), Colon, Quoted(r#"a -> "b\"#.to_owned())]);
        assert_eq!(
            tokens(r#"tag:"a:b"="x y""#),
            [Word("tag"), Colon, Quoted("a:b".to_owned()), Equals, Quoted("x y".to_owned())]
        );
    }

    #[test]
    fn white_space_is_remembered() {
        let spaces: Vec<_> = lex("a: b").unwrap().iter().map(|lexeme| lexeme.space_before).collect();
        assert_eq!(spaces, [true, false, true, true]);
    }
}
