//! Cells that a spreadsheet would take for a formula.
//!
//! Comments come from bounce texts and other programs, and an address may begin with `=`. Such a cell gets an
//! apostrophe in front, which the import takes off again; a cell that has apostrophes in front of such a character
//! already gets one more, so that every cell comes back as it was. Phone numbers stay as they are: `+4930123456` is a
//! number to a spreadsheet and nothing worse, and other programs read it as it stands.

use std::borrow::Cow;

/// Whether a spreadsheet might read it as a formula, once apostrophes in front are off.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The cell as it is written.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before [`guarded`].
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_every_cell_comes_back() {
        for (cell, written) in [
            ("=1+1@example.com", "'=1+1@example.com"),
            ("'=1@example.com", "''=1@example.com"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-dash@example.com", "'-dash@example.com"),
            ("\tx", "'\tx"),
            ("'quoted'", "'quoted'"),
            ("ann@example.com", "ann@example.com"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), written);
            assert_eq!(unguarded(written), cell);
        }
    }
}
