//! The recipient's language: which one, and the texts and dates in it.

mod names;
mod sources;

use std::sync::{Arc, PoisonError, RwLock};

use consent::Timestamp;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

pub(crate) use self::sources::SOURCES;

pub(crate) type Bundle = FluentBundle<FluentResource>;

/// Longest Accept-Language header that is read, in bytes.
const ACCEPT_LANGUAGE_BYTES_MAX: usize = 256;

/// Languages written from right to left.
const RIGHT_TO_LEFT: [&str; 6] = ["ar", "dv", "fa", "he", "ur", "yi"];

/// Other tags of the same language: Bokmål and Nynorsk (which Norwegians read alike), and Hebrew before 1989.
const ALIASES: [(&str, &str); 3] = [("nb", "no"), ("nn", "no"), ("iw", "he")];

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
    /// What the language calls itself.
    pub fn own_name(&self) -> &'static str {
        names::own_name(self.tag)
    }

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
        // A number, as French and Italian write the first day of a month in its own way.
        args.set("day", date.day());
        args.set("year", date.year().to_string());
        self.text("date", &args)
    }
}

/// All languages, English first, and their tags in the same order.
pub struct Locales(Vec<Arc<Locale>>, Vec<LanguageIdentifier>);

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
        let tags = locales.iter().filter_map(|locale| locale.tag.parse().ok()).collect();
        Self(locales, tags)
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

    /// All of them, English first.
    pub fn all(&self) -> impl Iterator<Item = &Locale> {
        self.0.iter().map(|locale| &**locale)
    }

    /// The first of the wanted languages (BCP 47 tags, best first) that there is, else the browser's, else English.
    pub fn choose<const N: usize>(
        &self,
        wanted: [Option<&str>; N],
        accept_language: Option<&str>,
    ) -> &Locale {
        let wanted = wanted.into_iter().flatten().find_map(|tag| self.find(tag));
        wanted.or_else(|| self.accepted(accept_language?)).unwrap_or(&self.0[0])
    }

    /// The tags of all languages.
    #[cfg(test)]
    pub(crate) fn tags(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|locale| locale.tag)
    }

    /// `de-AT` is German, `zh-TW` Chinese (in simplified signs, which are all there is).
    pub fn find(&self, tag: &str) -> Option<&Locale> {
        let wanted = [identifier(tag)?];
        let found = negotiate_languages(&wanted, &self.1, None, NegotiationStrategy::Lookup);
        let at = self.1.iter().position(|known| Some(&known) == found.first())?;
        self.0.get(at).map(|locale| &**locale)
    }

    /// Reads Accept-Language (RFC 9110 §12.5.4). The library's own reader leaves the weights out, so that it would choose a
    /// language that is refused (`q=0`).
    fn accepted(&self, header: &str) -> Option<&Locale> {
        let header = header.get(..ACCEPT_LANGUAGE_BYTES_MAX).unwrap_or(header);
        let weighed = header.split(',').filter_map(|item| {
            let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight: f32 = weight.trim().strip_prefix(['q', 'Q'])?.strip_prefix('=')?.parse().ok()?;
            (weight > 0.0).then_some((self.find(tag)?, weight))
        });
        // Of equal weights the first one counts.
        weighed.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(locale, _)| locale)
    }
}

/// A tag as it stands in requests and in customer data: besides BCP 47, POSIX spellings (`de_AT.UTF-8@euro`). Extensions
/// (`-u-co-phonebk`) say nothing of the texts, and where a part is none that exists the language still is.
fn identifier(tag: &str) -> Option<LanguageIdentifier> {
    let tag = tag.trim().split(['.', '@']).next()?;
    let parts: Vec<&str> = tag.split(['-', '_']).take_while(|part| part.len() > 1).collect();
    let mut read: LanguageIdentifier =
        parts.join("-").parse().or_else(|_| parts.first().copied().unwrap_or_default().parse()).ok()?;
    if let Some((_, tag)) = ALIASES.iter().find(|(alias, _)| read.language.as_str() == *alias) {
        read.language = tag.parse().ok()?;
    }
    Some(read)
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
mod tests;
