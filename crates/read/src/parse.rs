//! Strict JSON to a [`Tree`].
//!
//! Strict: what the AWS CLI prints and nothing more lenient, so that a file that was damaged on its way is noticed
//! and not guessed at. Without recursion, so that no text overflows the stack. Beyond the grammar it refuses deep
//! nesting, and a key that one object has twice, of which each tool takes another.

use model::{FileId, Origin, Problem, Severity};

use crate::object::shown;
use crate::pieces::Pieces;
use crate::scan;
use crate::tree::{Kind, Node, Tree};

/// How deep lists and objects may lie in each other. The deepest answer of EC2 has about ten levels.
const MAX_DEPTH: usize = 100;
/// Up to how many keys an object's keys are compared one by one.
const FEW_KEYS: usize = 64;

const SAVE_AGAIN: &str = "save the answer of the AWS CLI again, with `--output json`";

/// Parses a file; `None` if there is nothing in it but white space. The list that `pieces` reads is left empty.
pub(crate) fn parse<'t>(
    file: FileId,
    text: &'t str,
    pieces: Option<&mut Pieces<'t>>,
) -> Result<Option<Tree<'t>>, Problem> {
    Parser { pieces, ..Parser::new(text) }.run().map_err(|stop| {
        let origin = Origin { file, start: narrow(stop.start), end: narrow(stop.end) };
        Problem::new(Severity::Fatal, origin, stop.message).help(stop.help)
    })
}

/// Why a text is refused, and where.
struct Stop {
    start: usize,
    end: usize,
    message: String,
    help: &'static str,
}

/// A list or object that has begun and not ended.
struct Level {
    node: u32,
    is_object: bool,
    /// How many keys the levels around it have.
    keys: usize,
}

pub(crate) struct Parser<'t, 'p> {
    text: &'t str,
    at: usize,
    nodes: Vec<Node>,
    decoded: Vec<Box<str>>,
    levels: Vec<Level>,
    /// The keys of all open objects, each with a number that is another for most other keys.
    keys: Vec<(u64, u32)>,
    pieces: Option<&'p mut Pieces<'t>>,
    in_pieces: Option<u32>,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Places fit: a longer text is refused before it is parsed.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<'t, 'p> Parser<'t, 'p> {
    pub(crate) fn new(text: &'t str) -> Parser<'t, 'p> {
        Parser {
            text,
            at: 0,
            nodes: Vec::new(),
            decoded: Vec::new(),
            levels: Vec::new(),
            keys: Vec::new(),
            pieces: None,
            in_pieces: None,
        }
    }

    fn run(mut self) -> Result<Option<Tree<'t>>, Stop> {
        self.space();
        if self.peek().is_none() {
            return Ok(None);
        }
        self.whole()?;
        self.space();
        match self.peek() {
            None => Ok(Some(self.tree())),
            Some(_) => Err(self.expected("the end of the file")),
        }
    }

    fn tree(self) -> Tree<'t> {
        Tree { text: self.text, nodes: self.nodes, decoded: self.decoded, in_pieces: self.in_pieces }
    }

    /// Parses elements of a list in the file's object: from the one that begins at a place to before the one that
    /// begins at another, or to the end of the list, of which it answers the closing bracket. `None` if there is an
    /// error, or no element begins there. The list is the tree's first value.
    pub(crate) fn elements(mut self, from: usize, to: usize) -> Option<(Tree<'t>, Option<usize>)> {
        self.at = from;
        let around = Level { node: 0, is_object: true, keys: 0 };
        self.levels.extend([around, Level { node: 0, is_object: false, keys: 0 }]);
        self.nodes.push(Node { start: narrow(from), end: 0, next: 0, kind: Kind::List });
        let mut end = None;
        while end.is_none() && self.at < to {
            self.whole().ok()?;
            self.space();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.space();
                }
                b']' => end = Some(self.at),
                _ => return None,
            }
        }
        if end.is_none() && self.at != to {
            return None;
        }
        let next = narrow(self.nodes.len());
        self.nodes.first_mut()?.next = next;
        Some((self.tree(), end))
    }

    /// A value and all that is in it.
    fn whole(&mut self) -> Result<(), Stop> {
        let around = self.levels.len();
        loop {
            self.value()?;
            // Each turn ends the list or object whose last element this was, or goes on to the next element.
            loop {
                let Some(level) = self.levels.get(around..).and_then(<[Level]>::last) else { return Ok(()) };
                let is_object = level.is_object;
                let is_first = narrow(self.nodes.len()) == level.node + 1;
                self.space();
                match (self.peek(), is_object) {
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.close()?;
                        continue;
                    }
                    _ if is_first => {}
                    (Some(b','), _) => {
                        self.at += 1;
                        self.space();
                    }
                    (_, true) => return Err(self.expected("`,` or `}`")),
                    (_, false) => return Err(self.expected("`,` or `]`")),
                }
                if is_object {
                    self.key()?;
                }
                break;
            }
        }
    }

    /// Leaves the elements of a list that has just begun to pieces, if it is one that they read.
    fn leave_to_pieces(&mut self) {
        let Some(&(_, key)) = self.keys.last().filter(|_| self.levels.len() == 2) else { return };
        let Some(pieces) = self.pieces.take() else { return };
        if let Some(end) = pieces.read(self.key_text(key), self.at) {
            self.in_pieces = Some(narrow(self.nodes.len()) - 1);
            self.at = end;
        }
        self.pieces = Some(pieces);
    }

    /// A value, or the beginning of one.
    fn value(&mut self) -> Result<(), Stop> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.open(Kind::Object),
            Some(b'[') => {
                self.open(Kind::List)?;
                self.leave_to_pieces();
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'n') => self.word("null", Kind::Null),
            _ if self.levels.is_empty() => Err(self.expected("`{` or `[`")),
            _ => Err(self.expected("a value")),
        }
    }

    fn open(&mut self, kind: Kind) -> Result<(), Stop> {
        if self.levels.len() == MAX_DEPTH {
            return Err(Stop {
                start: self.at,
                end: self.at + 1,
                message: format!("lists and objects are nested deeper than {MAX_DEPTH} levels"),
                help: "no answer of AWS is; is this the right file?",
            });
        }
        let level =
            Level { node: narrow(self.nodes.len()), is_object: kind == Kind::Object, keys: self.keys.len() };
        self.levels.push(level);
        self.nodes.push(Node { start: narrow(self.at), end: 0, next: 0, kind });
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.at += 1;
        let (end, next) = (narrow(self.at), narrow(self.nodes.len()));
        let Some(level) = self.levels.pop() else {
            return Ok(());
        };
        if let Some(node) = self.nodes.get_mut(level.node as usize) {
            node.end = end;
            node.next = next;
        }
        if self.keys.len() > level.keys + FEW_KEYS {
            let keys = self.keys.get(level.keys..).unwrap_or_default();
            let mut keys: Vec<_> = keys.iter().map(|&(_, key)| (self.key_text(key), key)).collect();
            keys.sort_unstable();
            let twice = keys.windows(2).find_map(|pair| match pair {
                [(first, _), (second, at)] if first == second => Some(*at),
                _ => None,
            });
            if let Some(key) = twice {
                return Err(self.twice(key));
            }
        }
        self.keys.truncate(level.keys);
        Ok(())
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Result<(), Stop> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let key = narrow(self.nodes.len());
        self.string()?;
        let first = self.levels.last().map_or(0, |level| level.keys);
        let others = self.keys.get(first..).unwrap_or_default();
        let text = self.key_text(key);
        let number = scan::number(text.as_bytes());
        let is_same = |&(other, at): &(u64, u32)| other == number && self.key_text(at) == text;
        if others.len() < FEW_KEYS && others.iter().any(is_same) {
            return Err(self.twice(key));
        }
        self.keys.push((number, key));
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn key_text(&self, key: u32) -> &str {
        let Some(node) = self.nodes.get(key as usize) else {
            return "";
        };
        match node.kind {
            Kind::Escaped => self.decoded.get(node.next as usize).map_or("", |text| text),
            _ => self.text.get(node.start as usize + 1..node.end as usize - 1).unwrap_or_default(),
        }
    }

    fn twice(&self, key: u32) -> Stop {
        let (start, end) = self.nodes.get(key as usize).map_or((0, 0), |node| (node.start, node.end));
        Stop {
            start: start as usize,
            end: end as usize,
            message: format!("`{}` is given twice in one object", shown(self.key_text(key))),
            help: "it is unclear which of the two holds; remove one",
        }
    }

    fn string(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            self.nodes.push(Node { start: narrow(start), end: narrow(self.at), next: 0, kind: Kind::Plain });
            return Ok(());
        }
        self.escaped(start)
    }

    /// A string whose first escape or wrong character is next.
    #[cold]
    fn escaped(&mut self, start: usize) -> Result<(), Stop> {
        let mut decoded = self.text.get(start + 1..self.at).unwrap_or_default().to_owned();
        loop {
            match self.peek() {
                None => return Err(self.cut("a string")),
                Some(b'"') => break,
                Some(b'\\') => decoded.push(self.escape()?),
                Some(..0x20) => return Err(self.expected("an escape such as `\\n` in a string")),
                Some(_) => {
                    let from = self.at;
                    self.plain();
                    decoded.push_str(self.text.get(from..self.at).unwrap_or_default());
                }
            }
        }
        self.at += 1;
        let next = narrow(self.decoded.len());
        self.decoded.push(decoded.into());
        self.nodes.push(Node { start: narrow(start), end: narrow(self.at), next, kind: Kind::Escaped });
        Ok(())
    }

    fn escape(&mut self) -> Result<char, Stop> {
        self.at += 1;
        let letter = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.expected("one of `\"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t`, `u` after `\\`")),
        };
        self.at += 1;
        Ok(letter)
    }

    /// `u` and four digits, or two such escapes for one character.
    fn unicode(&mut self) -> Result<char, Stop> {
        let start = self.at;
        let first = self.four_digits()?;
        let is_high = (0xd800..0xdc00).contains(&first);
        let code = if is_high && self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u") {
            self.at += 1;
            let second = self.four_digits()?;
            let is_low = (0xdc00..0xe000).contains(&second);
            if is_low { 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00) } else { first }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| Stop {
            start: start - 1,
            end: self.at,
            message: "this is not JSON: expected both halves of a surrogate pair".to_owned(),
            help: SAVE_AGAIN,
        })
    }

    fn four_digits(&mut self) -> Result<u32, Stop> {
        let mut code = 0;
        for _ in 0..4 {
            self.at += 1;
            match self.peek().and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return Err(self.expected("four hexadecimal digits after `\\u`")),
            }
        }
        self.at += 1;
        Ok(code)
    }

    fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.nodes.push(Node { start: narrow(start), end: narrow(self.at), next: 0, kind: Kind::Number });
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Stop> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.expected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), Stop> {
        let start = self.at;
        for letter in word.bytes() {
            if self.peek() != Some(letter) {
                return Err(self.expected(&format!("`{word}`")));
            }
            self.at += 1;
        }
        self.nodes.push(Node { start: narrow(start), end: narrow(self.at), next: 0, kind });
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes white space, of which more than half of an indented file consists.
    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
            while let Some(next) = self.eight() {
                let spaces = scan::spaces(next);
                self.at += spaces;
                if spaces < scan::WIDTH {
                    break;
                }
            }
        }
    }

    /// The next bytes, if there are so many.
    fn eight(&self) -> Option<[u8; scan::WIDTH]> {
        self.text.as_bytes().get(self.at..).and_then(<[u8]>::first_chunk).copied()
    }

    /// Passes what a string holds as it is.
    fn plain(&mut self) {
        while let Some(next) = self.eight() {
            let plain = scan::plain(next);
            self.at += plain;
            if plain < scan::WIDTH {
                return;
            }
        }
        while self.peek().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | ..0x20)) {
            self.at += 1;
        }
    }

    /// What is next is not what must come; a file that ends too early is by far the likeliest damage.
    #[cold]
    fn expected(&self, expected: &str) -> Stop {
        let Some(found) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
            return self.cut(if self.levels.is_empty() { "a value" } else { "a list or an object" });
        };
        Stop {
            start: self.at,
            end: self.at + found.len_utf8(),
            message: format!(
                "this is not JSON: expected {expected}, found `{}`",
                shown(found.encode_utf8(&mut [0; 4]))
            ),
            help: SAVE_AGAIN,
        }
    }

    fn cut(&self, inside: &str) -> Stop {
        let end = self.text.trim_end_matches([' ', '\n', '\r', '\t']).len();
        let message = format!("the file is cut: it ends inside {inside}");
        Stop { start: end, end, message, help: SAVE_AGAIN }
    }
}
