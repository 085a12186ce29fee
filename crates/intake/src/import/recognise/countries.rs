//! Countries by the names that people write.

use std::collections::HashMap;
use std::sync::LazyLock;

use consent::jurisdiction::Country;

use super::plain::squashed;

static COUNTRIES: LazyLock<HashMap<String, Option<Country>>> = LazyLock::new(|| {
    let mut countries: HashMap<String, Option<Country>> = HashMap::new();
    for line in include_str!("../data/countries.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((code, names)) = line.split_once('\t') else { continue };
        let Ok(country) = code.parse::<Country>() else { continue };
        for name in names.split('|').chain([code]) {
            // A name of two countries is none.
            countries
                .entry(squashed(name))
                .and_modify(|known| *known = known.filter(|known| *known == country))
                .or_insert(Some(country));
        }
    }
    countries
});

/// The country of a code of two or three letters, or of a name in one of many languages.
pub(in crate::import) fn country(text: &str) -> Option<Country> {
    let text = text.trim();
    let squashed = squashed(text);
    if let Some(known) = COUNTRIES.get(&squashed) {
        return *known;
    }
    // `Germany (DE)`, `DE - Deutschland`
    let mut parts = text.split(['(', ')', '-', '–', ',', '/']).map(str::trim).filter(|part| !part.is_empty());
    let first = parts.next().filter(|part| part.len() < text.len())?;
    let known = |part: &str| COUNTRIES.get(&self::squashed(part)).copied().flatten();
    known(first).or_else(|| parts.find_map(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_code_and_name() {
        for (text, code) in [
            ("DE", "DE"),
            ("de", "DE"),
            ("DEU", "DE"),
            ("Germany", "DE"),
            ("Deutschland", "DE"),
            ("Allemagne", "DE"),
            ("Österreich", "AT"),
            ("OSTERREICH", "AT"),
            ("United States", "US"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("Vereinigtes Königreich", "GB"),
            ("UK", "GB"),
            ("Suomi", "FI"),
            ("España", "ES"),
            ("Danmark", "DK"),
            ("Česko", "CZ"),
            ("Polska", "PL"),
            ("Россия", "RU"),
            ("日本", "JP"),
            ("Germany (DE)", "DE"),
            ("Nederland", "NL"),
            ("Brasil", "BR"),
            ("Italia", "IT"),
            ("Sverige", "SE"),
            ("Norge", "NO"),
            ("Türkiye", "TR"),
        ] {
            assert_eq!(
                country(text).map(|country| country.as_str().to_owned()).as_deref(),
                Some(code),
                "{text}"
            );
        }
        for text in ["", "Atlantis", "ZZ", "Kongo", "Europe"] {
            assert_eq!(country(text), None, "{text}");
        }
    }
}
