//! Who does something through an operators' interface.

use std::fmt;

use intake::suppression::note;

/// Who does something. It ends in the evidence of each change of consent, and in every record that says by whom it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody at a command line, with the name that the operating system knows them by, if it does.
    CommandLine {
        /// Their name.
        user: Option<String>,
    },
    /// A program with a key.
    Key {
        /// The key's name.
        name: String,
    },
    /// A user of the admin pages.
    User {
        /// Their name.
        name: String,
    },
    /// Consentry itself, such as a job that nobody started.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine { user: Some(user) } => write!(f, "cli:{user}"),
            Self::CommandLine { user: None } => f.write_str("cli"),
            Self::Key { name } => write!(f, "key:{name}"),
            Self::User { name } => write!(f, "user:{name}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl Actor {
    /// As records keep it: on one line, at most 200 bytes.
    pub fn note(&self) -> String {
        note(&self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_from_the_others_and_fits_on_a_line() {
        let actors = [
            (Actor::CommandLine { user: Some("ada".to_owned()) }, "cli:ada"),
            (Actor::CommandLine { user: None }, "cli"),
            (Actor::Key { name: "shop".to_owned() }, "key:shop"),
            (Actor::User { name: "ada@example.com".to_owned() }, "user:ada@example.com"),
            (Actor::System, "system"),
            (Actor::CommandLine { user: Some("a\nb".to_owned()) }, "cli:a b"),
        ];
        for (actor, noted) in actors {
            assert_eq!(actor.note(), noted);
        }
        assert!(Actor::User { name: "é".repeat(500) }.note().len() <= 200);
    }
}
