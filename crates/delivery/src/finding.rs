//! What is wrong with content that was to go out.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Finding {
    /// Where: `subject`, `html`, `text`, `fallback.html`, `configuration.public_url`, ...
    pub part: String,
    /// What, and how to mend it.
    pub problem: String,
}

/// The content can't go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PublishError {
    /// What is wrong, sorted.
    pub findings: Vec<Finding>,
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the content can't be published")?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n  {}: {}", finding.part, finding.problem))
    }
}
