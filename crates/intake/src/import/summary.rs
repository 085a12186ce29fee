//! What became of a file.

use std::collections::BTreeMap;

/// What became of a file's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows in the file, without the header.
    pub read: u64,
    /// New profiles.
    pub created: u64,
    /// Profiles changed.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows in the rejects.
    pub rejected: u64,
    /// Rows that went in without a part of them, such as a phone number that can't be read.
    pub incomplete: u64,
    /// Addresses put on the suppression list that weren't on it.
    pub suppressed: u64,
}

/// Most reasons that are counted one by one.
const REASONS_MAX: usize = 100;

/// An import, as it went.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The import's id, by which it can be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// Counts of rows.
    #[serde(flatten)]
    pub summary: Summary,
    /// Why rows were rejected, and how many for each reason.
    pub rejected_for: BTreeMap<String, u64>,
    /// What was left out of rows that went in.
    pub left_out: BTreeMap<String, u64>,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

impl Report {
    pub(super) fn rejected(&mut self, reason: &str) {
        self.summary.rejected += 1;
        count(&mut self.rejected_for, reason);
    }

    pub(super) fn incomplete(&mut self, reasons: &[String]) {
        if !reasons.is_empty() {
            self.summary.incomplete += 1;
            for reason in reasons {
                count(&mut self.left_out, reason);
            }
        }
    }
}

fn count(reasons: &mut BTreeMap<String, u64>, reason: &str) {
    let kind = kind(reason);
    let kind = if reasons.len() < REASONS_MAX || reasons.contains_key(&kind) {
        kind
    } else {
        "other reasons".to_owned()
    };
    *reasons.entry(kind).or_default() += 1;
}

/// A reason without what differs from row to row: quoted texts and numbers.
fn kind(reason: &str) -> String {
    let mut kind = String::with_capacity(reason.len());
    let mut letters = reason.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' => {
                kind.push_str("\"…\"");
                letters.by_ref().find(|c| *c == '"');
            }
            c if c.is_ascii_digit()
                && !kind.ends_with(|last: char| last.is_alphanumeric() || last == '-') =>
            {
                kind.push('…');
                while letters.next_if(char::is_ascii_digit).is_some() {}
            }
            c => kind.push(c),
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_by_their_kind() {
        let mut report = Report::default();
        report.rejected("consent.email: \"maybe\" is not a consent choice");
        report.rejected("consent.email: \"perhaps\" is not a consent choice");
        report.rejected("2 fields where the header has 4");
        report.incomplete(&["phone: not a phone number".to_owned()]);
        assert_eq!(report.summary.rejected, 3);
        assert_eq!(report.rejected_for["consent.email: \"…\" is not a consent choice"], 2);
        assert_eq!(report.rejected_for["… fields where the header has …"], 1);
        assert_eq!(report.left_out.len(), 1);
    }
}
