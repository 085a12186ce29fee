//! How far a word is from another.

/// Whether `one` becomes `other` by at most `most` letters added, left out, changed or two neighbours swapped
/// (Damerau-Levenshtein, each place edited once). The lengths are compared first: strsim takes the time of their product,
/// whatever it is handed.
pub(super) fn within(one: &str, other: &str, most: usize) -> bool {
    one.chars().count().abs_diff(other.chars().count()) <= most && strsim::osa_distance(one, other) <= most
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn counts_what_fingers_do() {
        for typed in ["stpo", "sotp", "sto", "stopp", "stip", "stop"] {
            assert!(within(typed, "stop", 1), "{typed}");
        }
        for other in ["post", "st", "stock", "", "pots"] {
            assert!(!within(other, "stop", 1), "{other}");
        }
        assert!(!within(&"stop".repeat(100_000), "stop", 1));
        assert!(within("unsuscrib", "unsubscribe", 2));
        assert!(!within("unsuscrib", "unsubscribe", 1));
    }
}
