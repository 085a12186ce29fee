//! What people write beside an entry.

/// Longest comment that is kept, in bytes; what is longer is cut.
pub const COMMENT_LENGTH_MAX: usize = 200;

/// A comment or a name as the store takes it: one line, without control characters, cut at [`COMMENT_LENGTH_MAX`].
pub fn note(text: &str) -> String {
    let clean: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut end = clean.len().min(COMMENT_LENGTH_MAX);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean[..end].trim_end().to_owned()
}
