//! Words for people on standard error, data on standard output.

use std::io::Write;

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
    /// `import profiles`: some rows were rejected.
    SomeRejected = 6,
    /// `import profiles`: nothing was written, because it isn't said how the file is read.
    Undecided = 7,
    /// `intake`: the command line is wrong (EX_USAGE of sysexits).
    Usage = 64,
    /// `intake`: to be tried again (EX_TEMPFAIL of sysexits).
    TryAgain = 75,
}

/// An error that says what went wrong and, on a line of its own, what to do.
pub fn fail(what: impl std::fmt::Display, hint: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{what}\nhint: {hint}")
}

/// Prints a line of data. A reader that has gone away (`| head`) isn't an error.
pub fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints data as JSON if asked for, else the sentence.
pub fn data(json: bool, value: &serde_json::Value, words: impl FnOnce() -> String) {
    if json { line(value) } else { line(words()) }
}

/// Says something to the person who typed the command.
pub fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
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
    fn numbers_are_grouped() {
        assert_eq!(super::grouped(7), "7");
        assert_eq!(super::grouped(1_234), "1,234");
        assert_eq!(super::grouped(1_234_567), "1,234,567");
    }
}
