//! Cells that a spreadsheet would take for a formula.
//!
//! Comments come from bounce texts and other programs, and an address may begin with `=`. Such a cell gets an
//! apostrophe in front, which reading takes off again; a cell that has apostrophes in front of such a character already
//! gets one more, so that every cell comes back as it was.

use std::borrow::Cow;

/// What a formula begins with: ASCII, and the wide forms that East Asian versions take for the same.
const FORMULA_STARTS: [&str; 11] =
    ["=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}"];

/// Whether a spreadsheet might read it as a formula, once apostrophes and spaces in front are off.
pub(crate) fn is_formula(cell: &[u8]) -> bool {
    let start = cell.iter().position(|byte| !matches!(byte, b'\'' | b' ')).unwrap_or(cell.len());
    FORMULA_STARTS.iter().any(|formula| cell[start..].starts_with(formula.as_bytes()))
}

/// The cell as it is written.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if is_formula(cell.as_bytes()) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before [`guarded`].
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell.as_bytes())).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_every_cell_comes_back() {
        for (cell, written) in [
            ("=1+1@example.com", "'=1+1@example.com"),
            ("'=1@example.com", "''=1@example.com"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-dash@example.com", "'-dash@example.com"),
            ("+4930123456", "'+4930123456"),
            ("\tx", "'\tx"),
            ("  =x", "'  =x"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("'quoted'", "'quoted'"),
            ("ann@example.com", "ann@example.com"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), written);
            assert_eq!(unguarded(written), cell);
        }
    }

    proptest! {
        #[test]
        fn every_cell_comes_back(cell in "[' ]{0,3}[=+\\-@\t\r\n＝a]?\\PC{0,8}") {
            let written = guarded(&cell);
            prop_assert!(!FORMULA_STARTS.iter().any(|start| written.starts_with(start)));
            prop_assert_eq!(unguarded(&written), &cell[..]);
        }
    }
}
