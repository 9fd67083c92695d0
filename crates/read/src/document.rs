//! A file as a tree of JSON values, each with its place.
//!
//! Strict JSON: what the AWS CLI prints and nothing more lenient, so that a file that was damaged on its way is
//! noticed and not guessed at. The parser is `jsonc-parser` with every extension off; this module adds what that
//! leaves open: a limit on nesting, keys that are given twice, and words for people.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, parse_to_ast};
use model::{FileId, Origin, Problem, Severity};

/// How deep lists and objects may lie in each other. The deepest answer of EC2 has about ten levels.
pub(crate) const MAX_DEPTH: usize = 100;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses a file; `None` if there is nothing in it but white space.
pub(crate) fn parse(file: FileId, text: &str) -> Result<Option<Value<'_>>, Problem> {
    if u32::try_from(text.len()).is_err() {
        return Err(too_big(file));
    }
    let Some(start) = text.bytes().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) else {
        return Ok(None);
    };
    // Garbage is refused by its first byte: a gigabyte of it costs nothing.
    if !text.bytes().nth(start).is_some_and(|byte| matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
    {
        let found = text.get(start..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        let message = format!("this is not JSON: expected `{{` or `[`, found `{}`", found.escape_default());
        return Err(fatal(origin(file, start, start + found.len_utf8()), message).help(SAVE_AGAIN));
    }
    let value = parse_to_ast(text, &CollectOptions::default(), &STRICT)
        .map_err(|error| explain(file, text, &error))?
        .value;
    if let Some(value) = &value {
        check(file, value, 1)?;
    }
    Ok(value)
}

/// A file whose places do not fit the model.
pub(crate) fn too_big(file: FileId) -> Problem {
    fatal(origin(file, 0, 0), "the file is larger than 4 GiB").help("split it, for example by region or by VPC")
}

const SAVE_AGAIN: &str = "save the answer of the AWS CLI again, with `--output json`";

fn fatal(origin: Origin, message: impl Into<String>) -> Problem {
    Problem::new(Severity::Fatal, origin, message)
}

/// The place of a range of bytes. A file's length was checked to fit.
pub(crate) fn origin(file: FileId, start: usize, end: usize) -> Origin {
    let narrow = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Origin { file, start: narrow(start), end: narrow(end) }
}

/// Refuses what readers could misunderstand: deep nesting, and a key given twice in one object, of which each tool
/// takes another.
fn check(file: FileId, value: &Value<'_>, depth: usize) -> Result<(), Problem> {
    if depth > MAX_DEPTH && matches!(value, Value::Object(_) | Value::Array(_)) {
        return Err(too_deep(file, value.start()));
    }
    match value {
        Value::Object(object) => {
            // A set of 64 bits finds most objects without a repeated key; only the others are compared key by key.
            let mut seen = 0_u64;
            let mut doubt = false;
            for property in &object.properties {
                let key = property.name.as_str().as_bytes();
                let (first, last) = (key.first().copied().unwrap_or(0), key.last().copied().unwrap_or(0));
                let bit = 1 << ((key.len() * 7 + usize::from(first) * 3 + usize::from(last)) % 64);
                doubt |= seen & bit != 0;
                seen |= bit;
                if matches!(property.value, Value::Object(_) | Value::Array(_)) {
                    check(file, &property.value, depth + 1)?;
                }
            }
            if doubt { repeated_key(file, object) } else { Ok(()) }
        }
        Value::Array(array) => array.elements.iter().try_for_each(|element| match element {
            Value::Object(_) | Value::Array(_) => check(file, element, depth + 1),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

fn repeated_key(file: FileId, object: &jsonc_parser::ast::Object<'_>) -> Result<(), Problem> {
    let mut keys: Vec<_> = object.properties.iter().map(|property| (property.name.as_str(), property.start())).collect();
    keys.sort_unstable();
    for pair in keys.windows(2) {
        if let [(first, _), (second, at)] = pair
            && first == second
        {
            let message = format!("`{}` is given twice in one object", second.escape_debug());
            let place = origin(file, *at, *at + 1);
            return Err(fatal(place, message).help("it is unclear which of the two holds; remove one"));
        }
    }
    Ok(())
}

fn too_deep(file: FileId, at: usize) -> Problem {
    fatal(origin(file, at, at + 1), format!("lists and objects are nested deeper than {MAX_DEPTH} levels"))
        .help("no answer of AWS is; is this the right file?")
}

/// The parser's error as a problem. A file that ends too early is by far the likeliest damage, and is named so.
fn explain(file: FileId, text: &str, error: &ParseError) -> Problem {
    let range = error.range();
    let end = text.trim_end_matches([' ', '\t', '\n', '\r']).len();
    let kind = error.kind();
    let cut = match kind {
        ParseErrorKind::UnterminatedObject | ParseErrorKind::UnterminatedArray => true,
        ParseErrorKind::String(ParseStringErrorKind::UnterminatedStringLiteral) => true,
        ParseErrorKind::NestingDepthExceeded => return too_deep(file, range.start),
        // A comma, colon, key or value is missing because nothing follows.
        _ => range.start >= end || (range.end >= end && text.starts_with(['{', '['])),
    };
    if cut {
        let message = match kind {
            ParseErrorKind::String(_) => "the file is cut: it ends inside a string",
            _ => "the file is cut: it ends inside a list or an object",
        };
        return fatal(origin(file, end, end), message).help(SAVE_AGAIN);
    }
    let words = match kind {
        ParseErrorKind::ExpectedColonAfterObjectKey => "expected `:` after this key".to_owned(),
        ParseErrorKind::ExpectedObjectValue => "expected a value after `:`".to_owned(),
        ParseErrorKind::ExpectedComma => "expected `,` or the end of the list or object".to_owned(),
        ParseErrorKind::MultipleRootJsonValues => "expected the end of the file after the first value".to_owned(),
        ParseErrorKind::ExpectedStringObjectProperty | ParseErrorKind::UnexpectedTokenInObject => {
            "expected a key in double quotes".to_owned()
        }
        other => {
            let words = other.to_string();
            let mut letters = words.chars();
            letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
        }
    };
    let place = origin(file, range.start.min(text.len()), range.end.min(text.len()));
    fatal(place, format!("this is not JSON: {words}")).help(SAVE_AGAIN)
}
