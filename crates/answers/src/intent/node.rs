//! Typed access to YAML: what is not what its key takes becomes an error at its place, and reading goes on.

use model::Location;
use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, YamlData};

use super::{IntentError, comment};
use crate::question::{self, Ends, Question, QuestionError, shown};
use crate::suggest::closest;

/// The longest file that is read, in bytes.
const MAX_BYTES: usize = 16 << 20;
/// How deep brackets may nest: whoever drops a tree recurses.
const MAX_DEPTH: usize = 64;

/// A file that is being read, and what was wrong with it so far.
pub(super) struct Reader<'t> {
    pub(super) file: &'t str,
    text: &'t str,
    pub(super) errors: Vec<IntentError>,
}

/// A key, its place and its value.
pub(super) type Field<'n, 't> = (&'n str, &'n MarkedYaml<'t>, &'n MarkedYaml<'t>);

impl<'t> Reader<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Reader<'t> {
        Reader { file, text, errors: Vec::new() }
    }

    /// The file's document; `None` if it is empty or no YAML.
    pub(super) fn document(&mut self) -> Option<MarkedYaml<'t>> {
        let start = Location { file: self.file.to_owned(), line: 1, column: 1 };
        let depth = self.text.bytes().scan(0usize, |depth, byte| {
            match byte {
                b'[' | b'{' => *depth += 1,
                b']' | b'}' => *depth = depth.saturating_sub(1),
                _ => {}
            }
            Some(*depth)
        });
        let indented =
            self.text.lines().map(|line| line.bytes().take_while(|byte| b" -?".contains(byte)).count());
        if self.text.len() > MAX_BYTES || depth.chain(indented).any(|depth| depth > MAX_DEPTH) {
            let message = format!("longer than {} MiB, or nested deeper than {MAX_DEPTH}", MAX_BYTES >> 20);
            self.errors.push(IntentError { place: start, width: 1, message, help: None });
            return None;
        }
        let mut documents = match MarkedYaml::load_from_str(self.text) {
            Ok(documents) => documents,
            Err(error) => {
                let place = self.location(*error.marker());
                let message = format!("no YAML: {}", error.info());
                let help = self
                    .text
                    .contains('\t')
                    .then(|| "YAML is indented with spaces, not with tabs".to_owned());
                self.errors.push(IntentError { place, width: 1, message, help });
                return None;
            }
        };
        if let Some(second) = documents.get(1) {
            let place = self.location(second.span.start);
            let message = "expected one document, found another behind `---`".to_owned();
            self.errors.push(IntentError { place, width: 1, message, help: None });
        }
        (!documents.is_empty()).then(|| documents.swap_remove(0))
    }

    pub(super) fn location(&self, marker: Marker) -> Location {
        Location { file: self.file.to_owned(), line: marker.line(), column: marker.col() + 1 }
    }

    pub(super) fn place(&self, node: &MarkedYaml<'_>) -> Location {
        self.location(node.span.start)
    }

    pub(super) fn error(&mut self, node: &MarkedYaml<'_>, message: impl Into<String>, help: Option<String>) {
        let (start, end) = (node.span.start, node.span.end);
        let width = if start.line() == end.line() { end.col().saturating_sub(start.col()).max(1) } else { 1 };
        self.errors.push(IntentError { place: self.location(start), width, message: message.into(), help });
    }

    /// An error within a text of the file.
    pub(super) fn error_in(&mut self, node: &MarkedYaml<'_>, text: &str, error: QuestionError) {
        let QuestionError { span, message, help } = error;
        let before = text.get(..span.start).map_or(0, |before| before.chars().count());
        let width = text.get(span).map_or(1, |words| words.chars().count().max(1));
        // Where the text is written with escapes, or over several lines, only its beginning is known.
        let (place, width) = match self.words(node, text) {
            Some(mut place) => {
                place.column += before;
                (place, width)
            }
            None => (self.place(node), 1),
        };
        self.errors.push(IntentError { place, width, message, help });
    }

    /// Where the text of a scalar begins, if it is written in one line as it is.
    pub(super) fn words(&self, node: &MarkedYaml<'_>, text: &str) -> Option<Location> {
        let start = node.span.start;
        let line = self.text.lines().nth(start.line().checked_sub(1)?)?;
        let rest: String = line.chars().skip(start.col()).collect();
        let quoted = usize::from(rest.starts_with(['"', '\'']));
        let mut place = self.location(start);
        place.column += quoted;
        rest.get(quoted..).is_some_and(|rest| rest.starts_with(text)).then_some(place)
    }

    /// The text of a scalar. Numbers are texts too: `id: 7`.
    pub(super) fn text(&mut self, node: &MarkedYaml<'_>, wanted: &str) -> Option<String> {
        match &node.data {
            YamlData::Value(Scalar::String(text)) => Some(text.clone().into_owned()),
            YamlData::Value(Scalar::Integer(number)) => Some(number.to_string()),
            YamlData::Value(Scalar::Boolean(_) | Scalar::FloatingPoint(_)) => {
                let help = "put it in quotes if it is meant as a text".to_owned();
                self.error(node, format!("expected {wanted}, found {}", kind(node)), Some(help));
                None
            }
            _ => {
                self.error(node, format!("expected {wanted}, found {}", kind(node)), None);
                None
            }
        }
    }

    /// The items of a list; nothing is an empty one.
    pub(super) fn list<'n>(&mut self, node: &'n MarkedYaml<'t>, key: &str) -> &'n [MarkedYaml<'t>] {
        match &node.data {
            YamlData::Sequence(items) => items,
            YamlData::Value(Scalar::Null) => &[],
            _ => {
                let help = format!("write `{key}: [..]`, or an item a line, each behind `- `");
                self.error(node, format!("`{key}`: expected a list, found {}", kind(node)), Some(help));
                &[]
            }
        }
    }

    /// The fields of a mapping with any keys; nothing is an empty one.
    pub(super) fn mapping<'n>(&mut self, node: &'n MarkedYaml<'t>, what: &str) -> Vec<Field<'n, 't>> {
        let mut fields = Vec::new();
        match &node.data {
            YamlData::Mapping(mapping) => {
                for (key, value) in mapping {
                    match &key.data {
                        YamlData::Value(Scalar::String(name)) => fields.push((&**name, key, value)),
                        _ => self.error(key, format!("expected a name as key, found {}", kind(key)), None),
                    }
                }
            }
            YamlData::Value(Scalar::Null) => {}
            _ => self.error(node, format!("{what}: expected `key: value`, found {}", kind(node)), None),
        }
        fields
    }

    /// The fields of a mapping; keys that are not known are errors.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n MarkedYaml<'t>,
        what: &str,
        known: &[&str],
    ) -> Vec<Field<'n, 't>> {
        let mut fields = self.mapping(node, what);
        fields.retain(|(name, key, _)| {
            let is_known = known.contains(name);
            if !is_known {
                let help = match closest(name, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the keys are {}", known.join(", ")),
                };
                self.error(key, format!("unknown key {} in {what}", shown(name)), Some(help));
            }
            is_known
        });
        fields
    }

    /// A flow, as questions are written.
    pub(super) fn question(&mut self, node: &MarkedYaml<'_>, text: &str) -> Option<Question> {
        match question::parse(text) {
            Ok(question) => {
                if let Some(within) = &question.within {
                    let message = "`within` is understood but not checked";
                    let error = QuestionError::new(within.span.clone(), message);
                    self.error_in(
                        node,
                        text,
                        error.help("leave it out; a flow for a while goes below `temporary`"),
                    );
                    return None;
                }
                Some(question)
            }
            Err(error) => {
                self.error_in(node, text, error);
                None
            }
        }
    }

    /// Ends, as questions are written.
    pub(super) fn ends(&mut self, node: &MarkedYaml<'_>, text: &str) -> Option<Ends> {
        match question::parse_ends(text) {
            Ok(ends) => Some(ends),
            Err(error) => {
                self.error_in(node, text, error);
                None
            }
        }
    }

    /// The reason in a comment behind a value.
    pub(super) fn comment(&self, node: &MarkedYaml<'_>) -> Option<String> {
        comment::why(self.text, node.span.end.line(), node.span.end.col())
    }
}

/// What something is, for errors.
fn kind(node: &MarkedYaml<'_>) -> String {
    match &node.data {
        YamlData::Value(Scalar::Null) => "nothing".to_owned(),
        YamlData::Value(Scalar::Boolean(value)) => shown(&value.to_string()),
        YamlData::Value(Scalar::Integer(value)) => shown(&value.to_string()),
        YamlData::Value(Scalar::FloatingPoint(value)) => shown(&value.to_string()),
        YamlData::Value(Scalar::String(text)) => shown(text),
        YamlData::Sequence(_) => "a list".to_owned(),
        YamlData::Mapping(_) => "`key: value`".to_owned(),
        YamlData::Tagged(tag, _) => shown(&format!("!{}", tag.suffix)),
        YamlData::Alias(_) | YamlData::Representation(..) | YamlData::BadValue => {
            "something that is not understood".to_owned()
        }
    }
}
