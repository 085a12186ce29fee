//! The recipient's language: which one, and the texts and dates in it.

mod sources;

use std::sync::{Arc, PoisonError, RwLock};

use consent::Timestamp;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

pub(crate) use self::sources::SOURCES;

pub(crate) type Bundle = FluentBundle<FluentResource>;

/// Longest Accept-Language header that is read, in bytes.
const ACCEPT_LANGUAGE_BYTES_MAX: usize = 256;

/// Languages written from right to left.
const RIGHT_TO_LEFT: [&str; 6] = ["ar", "dv", "fa", "he", "ur", "yi"];

/// One language.
pub struct Locale {
    /// BCP 47 tag, for `lang`.
    pub tag: &'static str,
    bundle: Bundle,
    /// What is shown where a text is missing.
    english: Option<Arc<Locale>>,
    /// These texts with a brand's own words in place of some.
    brand: RwLock<Option<Bundle>>,
}

impl Locale {
    /// `ltr` or `rtl`, for `dir`.
    pub fn direction(&self) -> &'static str {
        if RIGHT_TO_LEFT.contains(&self.tag) { "rtl" } else { "ltr" }
    }

    /// A text, in English if this language has none; `None` if there is none of that name or an argument is missing.
    pub fn text(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        // A brand's text that can't be shown gives way to ours (I3).
        let own = self.brand_text(key, args).or_else(|| self.own_text(key, args));
        own.or_else(|| self.english.as_ref()?.text(key, args))
    }

    fn brand_text(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let brand = self.brand.read().unwrap_or_else(PoisonError::into_inner);
        format(brand.as_ref()?, key, args)
    }

    fn own_text(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        format(&self.bundle, key, args)
    }

    /// A day in this language, in a time zone (IANA name; UTC if unknown). `None` for a moment that has no date.
    pub fn date(&self, at: Timestamp, time_zone: Option<&str>) -> Option<String> {
        let moment = jiff::Timestamp::from_microsecond(at.0).ok()?;
        let zone =
            time_zone.and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or(jiff::tz::TimeZone::UTC);
        let date = moment.to_zoned(zone).date();
        let mut args = FluentArgs::new();
        args.set("month", self.text(&format!("month-{}", date.month()), &FluentArgs::new())?);
        args.set("day", date.day().to_string());
        args.set("year", date.year().to_string());
        self.text("date", &args)
    }
}

/// All languages, English first.
pub struct Locales(Vec<Arc<Locale>>);

impl Default for Locales {
    fn default() -> Self {
        Self::new()
    }
}

impl Locales {
    /// Reads the texts, which are compiled in.
    pub fn new() -> Self {
        let english = Arc::new(locale("en", None));
        let mut locales = vec![Arc::clone(&english)];
        for (tag, _) in SOURCES {
            if locales.iter().all(|locale| locale.tag != *tag) {
                locales.push(Arc::new(locale(tag, Some(Arc::clone(&english)))));
            }
        }
        Self(locales)
    }

    /// Puts a brand's texts in the place of those before, by tag.
    pub(crate) fn dress(&self, mut brand: std::collections::BTreeMap<String, Bundle>) {
        for locale in &self.0 {
            let texts = brand.remove(locale.tag);
            *locale.brand.write().unwrap_or_else(PoisonError::into_inner) = texts;
        }
    }

    /// The language of that tag, or English.
    pub fn get(&self, tag: &str) -> &Locale {
        self.find(tag).unwrap_or(&self.0[0])
    }

    /// The first of the wanted languages (BCP 47 tags, best first) that there is, else the browser's, else English.
    pub fn choose(&self, wanted: [Option<&str>; 2], accept_language: Option<&str>) -> &Locale {
        let wanted = wanted.into_iter().flatten().find_map(|tag| self.find(tag));
        wanted.or_else(|| self.accepted(accept_language?)).unwrap_or(&self.0[0])
    }

    /// By the primary subtag: `de-AT` is German. POSIX spellings (`de_AT`) are in use in customer data.
    fn find(&self, tag: &str) -> Option<&Locale> {
        let primary = tag.trim().split(['-', '_']).next()?;
        self.0.iter().find(|locale| locale.tag.eq_ignore_ascii_case(primary)).map(|locale| &**locale)
    }

    /// Reads Accept-Language (RFC 9110 §12.5.4).
    fn accepted(&self, header: &str) -> Option<&Locale> {
        let header = header.get(..ACCEPT_LANGUAGE_BYTES_MAX).unwrap_or(header);
        let weighed = header.split(',').filter_map(|item| {
            let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
            (weight > 0.0).then_some((self.find(tag)?, weight))
        });
        // Of equal weights the first one counts.
        weighed.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(locale, _)| locale)
    }
}

/// A text of a bundle; `None` if there is none of that name or an argument is missing.
pub(crate) fn format(bundle: &Bundle, key: &str, args: &FluentArgs<'_>) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

fn locale(tag: &'static str, english: Option<Arc<Locale>>) -> Locale {
    Locale { tag, bundle: bundle(tag), english, brand: RwLock::new(None) }
}

/// The texts of a language.
pub(crate) fn bundle(tag: &'static str) -> Bundle {
    let language = tag.parse().expect("the tags are well-formed");
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks around arguments matter where directions mix; elsewhere they only end up in what people copy.
    bundle.set_use_isolating(RIGHT_TO_LEFT.contains(&tag));
    for (_, source) in SOURCES.iter().filter(|(of, _)| *of == tag) {
        let resource = FluentResource::try_new((*source).to_owned()).expect("a test reads every file");
        bundle.add_resource(resource).expect("a test reads every file");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a language, by file.
    fn keys(tag: &str) -> Vec<Vec<&'static str>> {
        let of_file = |source: &'static str| {
            let begin = source.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
            begin.filter_map(|line| line.split(" =").next()).collect()
        };
        SOURCES.iter().filter(|(of, _)| *of == tag).map(|(_, source)| of_file(source)).collect()
    }

    #[test]
    fn every_language_has_every_text_for_every_case() {
        let locales = Locales::new();
        let english = keys("en");
        assert!(english.concat().len() > 60);
        for locale in &locales.0 {
            let tag = locale.tag;
            for (own, english) in keys(tag).iter().zip(&english) {
                assert_eq!(own, english, "{tag}");
            }
            for key in keys(tag).concat() {
                for level in ["any", "channel", "identity", "subscription"] {
                    for channel in ["email", "sms", "push", "whatsApp"] {
                        let mut args = FluentArgs::new();
                        for (name, value) in [
                            ("level", level),
                            ("channel", channel),
                            ("brand", "Lumen"),
                            ("address", "a…@example.com"),
                            ("list", "news"),
                            ("date", "3"),
                            ("value", "LI"),
                            ("day", "3"),
                            ("month", "5"),
                            ("year", "2026"),
                            ("url", "https://mail.example.com/c/x"),
                        ] {
                            args.set(name, value);
                        }
                        args.set("days", 30);
                        args.set("hours", 48);
                        let text = locale.own_text(key, &args);
                        assert!(text.is_some_and(|text| !text.is_empty()), "{tag} {key}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_language_lacks_is_english() {
        let english = Arc::new(locale("en", None));
        let mut danish = locale("da", Some(english));
        let own = FluentResource::try_new("yes = Ja\nsent-to = Til { $nobody }\n".to_owned()).unwrap();
        danish.bundle.add_resource(own).unwrap();
        let mut args = FluentArgs::new();
        args.set("address", "a…@example.com");
        let text = |key| danish.text(key, &args);
        assert_eq!(text("yes").as_deref(), Some("Ja"));
        assert_eq!(text("no").as_deref(), Some("No"));
        assert_eq!(text("sent-to").as_deref(), Some("Sent to a…@example.com"));
        assert_eq!(text("nothing"), None);
    }

    #[test]
    fn message_then_profile_then_browser_then_english() {
        let locales = Locales::new();
        let choose = |message, profile, browser| locales.choose([message, profile], browser).tag;
        assert_eq!(choose(Some("de-AT"), Some("fr"), Some("es")), "de");
        assert_eq!(choose(Some("xx"), Some("fr_CA"), Some("es")), "fr");
        assert_eq!(choose(None, None, Some("pt, es;q=0.5, de;q=0.8")), "de");
        assert_eq!(choose(None, None, Some("de;q=0, *")), "en");
        assert_eq!(choose(None, None, Some("\u{1f600};;q=,,")), "en");
        assert_eq!(choose(None, None, None), "en");
    }

    #[test]
    fn dates_are_the_readers() {
        let locales = Locales::new();
        let at = Timestamp::parse("2026-05-03T23:30:00Z").unwrap();
        let date = |tag, zone| locales.get(tag).date(at, zone).unwrap();
        assert_eq!(date("en", None), "3 May 2026");
        assert_eq!(date("de", Some("Europe/Berlin")), "4. Mai 2026");
        assert_eq!(date("es", Some("nowhere")), "3 de mayo de 2026");
        assert_eq!(date("fr", Some("America/New_York")), "3 mai 2026");
        assert_eq!(locales.get("en").date(Timestamp::UNDATED, None), None);
    }
}
