//! What was found out about a way out, and how it is told.

use serde::Serialize;
use serde_json::{Value, json};

/// How a way out did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does what it should.
    Works,
    /// It opts out, and something about it should be mended.
    Flawed,
    /// Who takes it isn't opted out, or not as promised.
    Fails,
    /// Nothing is known.
    NotChecked,
}

impl Verdict {
    /// The mark in front of a line; never the only thing that tells.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Works => "●",
            Self::Flawed => "◐",
            Self::Fails => "✗",
            Self::NotChecked => "○",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Flawed => "works, but",
            Self::Fails => "DOES NOT WORK",
            Self::NotChecked => "not checked",
        }
    }
}

/// One way out, or one thing about a message, and what was found out about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// For programs: `one_click`, `page`, `mailto`, ...
    pub kind: &'static str,
    /// For people: which it is.
    pub label: String,
    /// How it did.
    pub verdict: Verdict,
    /// What happened, after the verdict's own words.
    pub words: String,
    /// For programs: what is wrong.
    pub problem: Option<&'static str>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// What is worth knowing besides.
    pub notes: Vec<String>,
    /// From the first byte of the request until the opt-out was in force, in milliseconds.
    pub millis: Option<u64>,
    /// Where it leads.
    pub url: Option<String>,
    /// The ledger entries that it made, those that took it back included.
    pub entries: Vec<String>,
}

impl Way {
    fn new(kind: &'static str, label: impl Into<String>, verdict: Verdict, words: impl Into<String>) -> Self {
        Self {
            kind,
            label: label.into(),
            verdict,
            words: words.into(),
            problem: None,
            hints: Vec::new(),
            notes: Vec::new(),
            millis: None,
            url: None,
            entries: Vec::new(),
        }
    }

    /// It works.
    pub fn works(kind: &'static str, label: impl Into<String>, words: impl Into<String>) -> Self {
        Self::new(kind, label, Verdict::Works, words)
    }

    /// It works, and something should be mended.
    pub fn flawed(
        kind: &'static str,
        label: impl Into<String>,
        problem: &'static str,
        words: impl Into<String>,
    ) -> Self {
        Self { problem: Some(problem), ..Self::new(kind, label, Verdict::Flawed, words) }
    }

    /// It doesn't work.
    pub fn fails(
        kind: &'static str,
        label: impl Into<String>,
        problem: &'static str,
        words: impl Into<String>,
    ) -> Self {
        Self { problem: Some(problem), ..Self::new(kind, label, Verdict::Fails, words) }
    }

    /// It wasn't checked.
    pub fn not_checked(kind: &'static str, label: impl Into<String>, words: impl Into<String>) -> Self {
        Self::new(kind, label, Verdict::NotChecked, words)
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says what is worth knowing.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says where it leads.
    #[must_use]
    pub fn at(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The line, and those below it.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let pad = width.saturating_sub(self.label.chars().count());
        let said = self.verdict.in_words();
        let words = if self.words.is_empty() { said.to_owned() } else { format!("{said}: {}", self.words) };
        // "works, but opted out ...": the colon would part what belongs together.
        let words = if self.verdict == Verdict::Flawed { words.replacen("but:", "but", 1) } else { words };
        let first = format!("  {} {}{}  {words}", self.verdict.mark(), self.label, " ".repeat(pad));
        let hints = self.hints.iter().map(|hint| format!("      hint: {hint}"));
        let notes = self.notes.iter().map(|note| format!("      note: {note}"));
        std::iter::once(first).chain(notes).chain(hints).collect()
    }

    /// All of it, for programs.
    pub fn describe(&self) -> Value {
        json!({
            "kind": self.kind,
            "what": self.label,
            "verdict": self.verdict,
            "words": self.words,
            "problem": self.problem,
            "hints": self.hints,
            "notes": self.notes,
            "millis": self.millis,
            "url": self.url,
            "entries": self.entries,
        })
    }
}

/// How many did how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sum {
    /// That work.
    pub work: usize,
    /// That work, and should be mended.
    pub flawed: usize,
    /// That don't.
    pub fail: usize,
    /// That weren't checked.
    pub not_checked: usize,
}

impl Sum {
    /// Counts.
    pub fn of<'w>(ways: impl Iterator<Item = &'w Way>) -> Self {
        ways.fold(Self::default(), |mut sum, way| {
            match way.verdict {
                Verdict::Works => sum.work += 1,
                Verdict::Flawed => sum.flawed += 1,
                Verdict::Fails => sum.fail += 1,
                Verdict::NotChecked => sum.not_checked += 1,
            }
            sum
        })
    }

    /// In words: `14 checks: 11 work, 1 works but should be mended, 2 don't work, 1 was not checked`.
    pub fn in_words(self) -> String {
        let Self { work, flawed, fail, not_checked } = self;
        let total = work + flawed + fail + not_checked;
        let count = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let parts: Vec<String> = [
            count(work, "works", "work"),
            count(flawed, "works but should be mended", "work but should be mended"),
            count(fail, "DOES NOT WORK", "DO NOT WORK"),
            count(not_checked, "was not checked", "were not checked"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let checks = if total == 1 { "1 check" } else { &format!("{total} checks") };
        if parts.is_empty() {
            "nothing was checked".to_owned()
        } else {
            format!("{checks}: {}", parts.join(", "))
        }
    }
}

/// A time in words.
pub fn in_words(time: std::time::Duration) -> String {
    let millis = time.as_millis();
    if millis < 1_000 { format!("{} ms", millis.max(1)) } else { format!("{:.1} s", time.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_told_in_words_too() {
        let works = Way::works("page", "page", "opted out in 4 ms").note("n").hint("h");
        assert_eq!(
            works.lines(6),
            ["  ● page    works: opted out in 4 ms", "      note: n", "      hint: h"]
        );
        let flawed = Way::flawed("page", "page", "x", "the page is old");
        assert_eq!(flawed.lines(4), ["  ◐ page  works, but the page is old"]);
        assert_eq!(Way::fails("p", "page", "x", "no").lines(4), ["  ✗ page  DOES NOT WORK: no"]);
        assert_eq!(Way::not_checked("p", "page", "").lines(4), ["  ○ page  not checked"]);
        assert_eq!(Way::fails("p", "page", "x", "no").describe()["verdict"], "fails");
        let ways = [works, flawed, Way::fails("p", "q", "x", "y")];
        assert_eq!(
            Sum::of(ways.iter()).in_words(),
            "3 checks: 1 works, 1 works but should be mended, 1 DOES NOT WORK"
        );
        assert_eq!(Sum::default().in_words(), "nothing was checked");
    }
}
