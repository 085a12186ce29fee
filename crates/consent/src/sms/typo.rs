//! How far a word is from another.

/// Whether `one` becomes `other` by at most `most` letters added, left out, changed or two neighbours swapped
/// (Damerau-Levenshtein, each place edited once). For short words: time is the product of the lengths.
pub(super) fn within(one: &str, other: &str, most: usize) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return false;
    }
    let width = other.len() + 1;
    let mut row_before = vec![0; width];
    let mut row_above: Vec<usize> = (0..width).collect();
    for (at, &left) in one.iter().enumerate() {
        let mut line = vec![at + 1; width];
        for (column, &right) in other.iter().enumerate() {
            let changed = row_above[column] + usize::from(left != right);
            let mut least = changed.min(row_above[column + 1] + 1).min(line[column] + 1);
            if at > 0 && column > 0 && left == other[column - 1] && one[at - 1] == right {
                least = least.min(row_before[column - 1] + 1);
            }
            line[column + 1] = least;
        }
        if line.iter().all(|&distance| distance > most) {
            return false;
        }
        row_before = std::mem::replace(&mut row_above, line);
    }
    row_above[width - 1] <= most
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
        assert!(within("unsuscrib", "unsubscribe", 2));
        assert!(!within("unsuscrib", "unsubscribe", 1));
    }
}
