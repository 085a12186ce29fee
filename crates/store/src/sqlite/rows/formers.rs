//! Whether any address may be kept under a former key. Imports ask that of every new number; that nobody has a key of that
//! kind is true of most databases, and one look at the index tells it for all numbers of a country.

use rusqlite::Connection;

use crate::error::Result;

/// Most kinds that are remembered.
const KINDS_MAX: usize = 64;

/// What one operation has found out.
#[derive(Default)]
pub(super) struct Formers {
    /// Namespace and beginning of keys, and whether there are any.
    kinds: Vec<(i64, String, bool)>,
}

impl Formers {
    /// Whether there may be an address with this former key of a key.
    pub fn may_have(
        &mut self,
        conn: &Connection,
        (workspace, namespace): (i64, i64),
        key: &str,
        former: &str,
    ) -> Result<bool> {
        const ANY: &str = "SELECT EXISTS (SELECT 1 FROM address
            WHERE workspace = ?1 AND namespace = ?2 AND key >= ?3 AND key < ?4)";
        let Some((start, end)) = kind(key, former) else { return Ok(true) };
        let known = self.kinds.iter().find(|(of, known, _)| *of == namespace && known == start);
        if let Some((_, _, any)) = known {
            return Ok(*any);
        }
        if self.kinds.len() >= KINDS_MAX {
            return Ok(true);
        }
        let any = conn
            .prepare_cached(ANY)?
            .query_row((workspace, namespace, start, end), |row| row.get::<_, bool>(0))?;
        self.kinds.push((namespace, start.to_owned(), any));
        Ok(any)
    }

    /// Takes a new address into account.
    pub fn note(&mut self, namespace: i64, key: &str) {
        for (of, start, any) in &mut self.kinds {
            *any |= *of == namespace && key.starts_with(start.as_str());
        }
    }
}

/// What former keys of this kind begin with, up to and with what was put into the key; and the first text behind all of them.
fn kind<'f>(key: &str, former: &'f str) -> Option<(&'f str, String)> {
    let same = key.bytes().zip(former.bytes()).take_while(|(one, other)| one == other).count();
    let start = former.get(..same + former.len().checked_sub(key.len())?)?;
    let (last, before) = start.as_bytes().split_last()?;
    let end = before.iter().copied().chain([last.checked_add(1)?]).collect();
    Some((start, String::from_utf8(end).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_keys_of_a_country_are_of_one_kind() {
        for (key, former, start, end) in [
            ("+4915112345", "+49015112345", "+490", "+491"),
            ("+201012345", "+2001012345", "+200", "+201"),
            ("+3612345", "+360612345", "+3606", "+3607"),
        ] {
            assert_eq!(kind(key, former), Some((start, end.to_owned())));
        }
        for (key, former) in [("+491", "+49"), ("", ""), ("+1", "+1\u{7f}")] {
            assert_eq!(kind(key, former), None, "{key} {former}");
        }
    }
}
