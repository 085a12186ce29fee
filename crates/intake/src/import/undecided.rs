//! What must be decided before a file goes in.

use std::fmt;

/// A column, or the file itself, of which nobody has said how it is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Question {
    /// The column; `None` for the file.
    pub column: Option<String>,
    /// What makes it a question.
    pub why: String,
    /// Its values with their counts, the most frequent first.
    pub values: Vec<(String, u64)>,
    /// How it would be read, as arguments (`--map`, `Status=consent.email:...`).
    pub proposal: Vec<String>,
    /// How it is passed over, as arguments.
    pub way_out: Vec<String>,
    /// What can be said where nothing is proposed; the operator has to know.
    pub answers: Vec<Answer>,
}

/// One of several answers that a question has.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Answer {
    /// What it says.
    pub what: String,
    /// How it is said.
    pub arguments: Vec<String>,
}

/// Why an import stopped before anything was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Undecided {
    /// The questions.
    pub questions: Vec<Question>,
    /// Further arguments that reading the file well takes.
    pub besides: Vec<String>,
}

/// Most values that are shown of a column.
const SHOWN: usize = 8;

impl Undecided {
    /// All arguments with which the import would go on.
    pub fn arguments(&self) -> Vec<String> {
        self.besides
            .iter()
            .chain(self.questions.iter().flat_map(|question| &question.proposal))
            .cloned()
            .collect()
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was imported, because it isn't said how this is read:")?;
        for question in &self.questions {
            match &question.column {
                Some(column) => write!(f, "\n  column `{}`: {}", super::row::excerpt(column), question.why)?,
                None => write!(f, "\n  the file: {}", question.why)?,
            }
            if !question.values.is_empty() {
                f.write_str("; values: ")?;
                for (at, (value, count)) in question.values.iter().take(SHOWN).enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}\"{}\" {count} times", super::row::excerpt(value))?;
                }
                if question.values.len() > SHOWN {
                    write!(f, ", and {} more", question.values.len() - SHOWN)?;
                }
            }
            if !question.proposal.is_empty() {
                write!(f, "; use {}", words(&question.proposal))?;
            }
            for (at, answer) in question.answers.iter().enumerate() {
                let separator = if at == 0 { "; say" } else { "," };
                write!(f, "{separator} {} ({})", answer.arguments.join(" "), answer.what)?;
            }
            if !question.way_out.is_empty() {
                write!(f, ", or {}", words(&question.way_out))?;
            }
        }
        Ok(())
    }
}

/// Arguments as they are typed into a shell.
pub fn words(arguments: &[String]) -> String {
    arguments.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" ")
}

/// An argument as it is typed into a shell.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if argument.starts_with("--") && argument.chars().all(plain)
        || !argument.is_empty() && argument.chars().all(plain) && !argument.contains('=')
    {
        argument.to_owned()
    } else if argument.contains(['"', '$', '`', '\\', '!']) {
        format!("'{}'", argument.replace('\'', r"'\''"))
    } else {
        format!("\"{argument}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_can_be_copied_into_a_shell() {
        for (argument, typed) in [
            ("--map", "--map"),
            ("Status=consent.email:Ja=y", "\"Status=consent.email:Ja=y\""),
            ("it's=email", "\"it's=email\""),
            ("a\"b=email", "'a\"b=email'"),
            ("$x's=email", r"'$x'\''s=email'"),
            ("windows-1252", "windows-1252"),
        ] {
            assert_eq!(quoted(argument), typed);
        }
    }
}
