//! Words for people on standard error, data on standard output.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

use service::{Fault, Kind, Problem};

/// What stands between what went wrong and what to do about it.
const HINT: &str = "\nhint: ";

/// How a command ended; the codes stand in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; for `check`: permit.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// `check`: exclude.
    Excluded = 3,
    /// `campaign run`: messages in doubt or waiting.
    Unfinished = 4,
    /// `campaign run`: refused by the publish check.
    Refused = 5,
    /// `campaign run`: stopped, since the relay refuses everybody's mail.
    RelayRefuses = 6,
    /// `import profiles`, `suppression import` and `allow import`: some rows were rejected.
    SomeRejected = 7,
    /// `import profiles`: nothing was written, because it isn't said how the file is read.
    Undecided = 8,
    /// `intake`: the command line is wrong (EX_USAGE of sysexits).
    Usage = 64,
    /// `intake`: to be tried again (EX_TEMPFAIL of sysexits).
    TryAgain = 75,
}

/// An error that says what went wrong and, on a line of its own, what to do.
pub fn fail(what: impl std::fmt::Display, hint: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{what}{HINT}{hint}")
}

/// A use case's error, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Failure {
    problem: Problem,
    text: String,
}

/// A use case's error as the command's.
#[allow(clippy::needless_pass_by_value, reason = "`map_err` hands errors over")]
pub fn told(error: impl Fault) -> anyhow::Error {
    Failure { problem: error.problem(), text: error.to_string() }.into()
}

/// A use case's error as the command's, in other words.
pub fn told_as(error: &impl Fault, text: String) -> anyhow::Error {
    Failure { problem: error.problem(), text }.into()
}

/// A use case's error as the command's, with what to do about it.
#[allow(clippy::needless_pass_by_value, reason = "`map_err` hands errors over")]
pub fn refused(error: impl Fault, hint: impl std::fmt::Display) -> anyhow::Error {
    Failure { problem: error.problem(), text: format!("{error}{HINT}{hint}") }.into()
}

/// A use case's error as the command's, with the file that it is about and what to do about it.
#[allow(clippy::needless_pass_by_value, reason = "`map_err` hands errors over")]
pub fn refused_file(file: impl std::fmt::Display, error: impl Fault, hint: Option<String>) -> anyhow::Error {
    let hint = hint.map(|hint| format!("{HINT}{hint}")).unwrap_or_default();
    Failure { problem: error.problem(), text: format!("{file}: {error}{hint}") }.into()
}

/// Says why a command failed: a sentence, or with `--json` problem details (RFC 9457) on a line.
pub fn failure(json: bool, error: &anyhow::Error) {
    let text = format!("{error:#}");
    if json {
        say(shown_json(&problem_details(error, &text)));
    } else {
        say(format_args!("error: {text}"));
    }
}

fn problem_details(error: &anyhow::Error, text: &str) -> serde_json::Value {
    let other = || {
        let store = error.chain().find_map(|cause| cause.downcast_ref::<store::StoreError>());
        store.map_or_else(|| Problem::new(Kind::Internal, "failed"), Fault::problem)
    };
    let told = error.downcast_ref::<Failure>();
    let problem = told.map_or_else(other, |failure| failure.problem.clone());
    details(&problem, text)
}

/// Problem details of a sentence, which may end with a hint.
pub fn details(problem: &Problem, text: &str) -> serde_json::Value {
    let (detail, hint) = text.split_once(HINT).map_or((text, None), |(text, hint)| (text, Some(hint)));
    let mut value = serde_json::json!({
        "type": format!("urn:consentry:problem:{}", problem.code),
        "title": problem.code.replace('-', " "),
        "status": problem.kind.status(),
        "detail": detail,
    });
    if let Some(hint) = hint {
        value["hint"] = hint.into();
    }
    if let Some(pointer) = &problem.pointer {
        value["errors"] = serde_json::json!([{ "pointer": pointer, "detail": detail }]);
    }
    value
}

/// Prints what a use case answers: as JSON if asked for, else in words.
pub fn answer<T: serde::Serialize>(json: bool, out: &T, words: impl FnOnce(&T) -> String) {
    if json { self::json(&serde_json::json!(out)) } else { line(words(out)) }
}

/// Prints a line of data. A reader that has gone away (`| head`) isn't an error.
pub fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{}", shown(&text.to_string()));
}

/// Prints data as JSON if asked for, else the sentence.
pub fn data(json: bool, value: &serde_json::Value, words: impl FnOnce() -> String) {
    if json { self::json(value) } else { line(words()) }
}

/// Prints a line of JSON.
pub fn json(value: &serde_json::Value) {
    let _ = writeln!(std::io::stdout(), "{}", shown_json(value));
}

/// Prints what another program reads: as it stands, unless it goes to a terminal.
pub fn document(text: &str) {
    let mut output = file();
    let _ = writeln!(output, "{text}").and_then(|()| output.flush());
}

/// Standard output for what another program reads; as [`shown`] where it goes to a terminal.
pub fn file() -> Box<dyn Write + Send> {
    let output = std::io::stdout();
    if output.is_terminal() { Box::new(Shown { output, line: Vec::new() }) } else { Box::new(output) }
}

/// Says something to the person who typed the command.
pub fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{}", shown(&text.to_string()));
}

/// A text as a terminal may show it. What others wrote must not steer the terminal, turn its lines around or hide in it:
/// such a character is shown by its number, `\u{202e}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown.into()
}

/// JSON on a line, in which such characters are escaped as JSON has it.
pub fn shown_json(value: &serde_json::Value) -> String {
    let text = value.to_string();
    if !text.contains(steers) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Controls other than line ends and tabs, marks of direction, and what takes no room.
fn steers(c: char) -> bool {
    match c {
        // The last of these choose the look of a sign before them: `✔️`.
        '\n' | '\t' | '\u{fe00}'..='\u{fe0f}' => false,
        '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
        c => c.is_control() || consent::is_invisible(c),
    }
}

/// Shows what is written to it, line by line.
struct Shown<W: Write> {
    output: W,
    line: Vec<u8>,
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.output.write_all(shown(&String::from_utf8_lossy(&line)).as_bytes())?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.output.flush()
    }
}

/// A number with its thousands grouped: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_others_wrote_steers_nothing() {
        for (text, shown) in [
            ("Zoë, “quoted”\tand\nlines 🎉", "Zoë, “quoted”\tand\nlines 🎉"),
            ("\u{1b}[2Jgone\u{7}", "\\u{1b}[2Jgone\\u{7}"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{200b}e", "a\\u{202e}b\\u{2066}c\\u{200f}d\\u{200b}e"),
            ("a\u{115f}b\u{3164}", "a\\u{115f}b\\u{3164}"),
            ("\u{9b}31m\r\u{7f}\u{feff}", "\\u{9b}31m\\u{d}\\u{7f}\\u{feff}"),
        ] {
            assert_eq!(super::shown(text), shown);
            let value = serde_json::json!({ "text": text });
            let json = super::shown_json(&value);
            assert!(!json.contains(super::steers), "{json}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
            let mut file = super::Shown { output: Vec::new(), line: Vec::new() };
            std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes()).unwrap();
            assert_eq!(String::from_utf8(file.output).unwrap(), format!("{shown}\n"));
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(super::grouped(7), "7");
        assert_eq!(super::grouped(1_234), "1,234");
        assert_eq!(super::grouped(1_234_567), "1,234,567");
    }
}
