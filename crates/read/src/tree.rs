//! A JSON text as a tree in which every value knows its place.
//!
//! The tree is one flat list of small nodes in the order of the text; an object's keys and values alternate, and a
//! list or object knows where the node after its last one is. Nothing is copied out of the text but strings with
//! escapes, so a tree costs little more than reading the text once.

use model::{FileId, Origin};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    /// A string that the text holds as it is.
    Plain,
    /// A string that had escapes; `next` is its number among the decoded ones.
    Escaped,
    List,
    Object,
}

/// A value or key: 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) next: u32,
    pub(crate) kind: Kind,
}

/// A parsed file.
pub(crate) struct Tree<'t> {
    pub(crate) text: &'t str,
    pub(crate) nodes: Vec<Node>,
    pub(crate) decoded: Vec<Box<str>>,
    /// The list whose elements are in trees of their own.
    pub(crate) in_pieces: Option<u32>,
}

/// What stands for a node that is not there. INVARIANT: no number of a node leaves its tree, so it is never seen.
const NONE: Node = Node { start: 0, end: 0, next: 0, kind: Kind::Null };

impl Tree<'_> {
    pub(crate) fn node(&self, at: u32) -> Node {
        self.nodes.get(at as usize).copied().unwrap_or(NONE)
    }

    pub(crate) fn origin(&self, at: u32, file: FileId) -> Origin {
        let node = self.node(at);
        Origin { file, start: node.start, end: node.end }
    }

    /// The text of a string, of a number as written; empty for anything else.
    pub(crate) fn text(&self, at: u32) -> &str {
        let node = self.node(at);
        match node.kind {
            Kind::Plain => self.text.get(node.start as usize + 1..node.end as usize - 1).unwrap_or_default(),
            Kind::Escaped => self.decoded.get(node.next as usize).map_or("", |text| text),
            Kind::Number => self.text.get(node.start as usize..node.end as usize).unwrap_or_default(),
            _ => "",
        }
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn elements(&self, list: u32) -> impl Iterator<Item = u32> {
        let node = self.node(list);
        let end = if node.kind == Kind::List { node.next } else { 0 };
        let mut at = list + 1;
        std::iter::from_fn(move || {
            let element = at;
            (element < end).then(|| {
                at = self.after(element);
                element
            })
        })
    }

    /// The keys of an object and their values; none of anything else.
    pub(crate) fn properties(&self, object: u32) -> impl Iterator<Item = (u32, u32)> {
        let node = self.node(object);
        let end = if node.kind == Kind::Object { node.next } else { 0 };
        let mut at = object + 1;
        std::iter::from_fn(move || {
            let key = at;
            (key < end).then(|| {
                at = self.after(key + 1);
                (key, key + 1)
            })
        })
    }

    /// The value under a key.
    pub(crate) fn get(&self, object: u32, key: &str) -> Option<u32> {
        self.properties(object).find(|&(at, _)| self.is_text(at, key)).map(|(_, value)| value)
    }

    /// Whether a string is this text. Most are not, and their lengths say so.
    fn is_text(&self, at: u32, text: &str) -> bool {
        let node = self.node(at);
        if node.kind != Kind::Plain {
            return self.text(at) == text;
        }
        let (start, end) = (node.start as usize + 1, node.end as usize - 1);
        end - start == text.len() && self.text.as_bytes().get(start..end) == Some(text.as_bytes())
    }

    fn after(&self, at: u32) -> u32 {
        let node = self.node(at);
        if matches!(node.kind, Kind::List | Kind::Object) { node.next } else { at + 1 }
    }
}
