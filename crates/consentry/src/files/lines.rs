//! On which line of a file what stands.

use std::collections::HashMap;

/// Lines by JSON pointer.
#[derive(Debug, Default)]
pub struct Lines(HashMap<String, usize>);

impl Lines {
    /// Notes a place, from 1. The first one counts.
    pub fn note(&mut self, pointer: String, line: usize) {
        self.0.entry(pointer).or_insert(line);
    }

    /// The line of a place, or of what it stands in. A key that leads to a file is where the file's text would be.
    pub fn of(&self, pointer: &str) -> Option<usize> {
        let mut rest = pointer;
        loop {
            let found = self.0.get(rest).or_else(|| self.0.get(&format!("{rest}_file")));
            if let Some(line) = found {
                return Some(*line);
            }
            let (before, _) = rest.rsplit_once('/')?;
            rest = before;
        }
    }
}

/// A part of a JSON pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
