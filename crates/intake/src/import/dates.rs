//! Dates and times as programs and spreadsheets write them.

use consent::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::recognise::squashed;

/// How dates are written that can be read in two ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DateFormat {
    /// Whatever can be read in one way only.
    #[default]
    Plain,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
    /// A pattern as of strftime, e.g. `%d.%m.%Y %H:%M`.
    Pattern(String),
}

impl std::str::FromStr for DateFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "iso" | "ymd" | "epoch" | "auto" => Ok(Self::Plain),
            "dmy" | "dd/mm/yyyy" | "dd.mm.yyyy" | "dd-mm-yyyy" => Ok(Self::DayFirst),
            "mdy" | "mm/dd/yyyy" | "mm-dd-yyyy" => Ok(Self::MonthFirst),
            _ if text.contains('%') => Ok(Self::Pattern(text.to_owned())),
            _ => Err("use dmy, mdy, iso, or a pattern such as \"%d.%m.%Y %H:%M\"".to_owned()),
        }
    }
}

/// What the dates of a whole column say about the order of day and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    day_first: bool,
    month_first: bool,
    /// One of them can be read in both ways, with another date each.
    ambiguous: bool,
    /// Dates, and other values.
    pub(super) dates: u64,
    pub(super) others: u64,
}

impl Default for Order {
    fn default() -> Self {
        Self { day_first: true, month_first: true, ambiguous: false, dates: 0, others: 0 }
    }
}

impl Order {
    /// Takes one value into account.
    pub(super) fn see(&mut self, text: &str) {
        if is_short(text) && in_one_way(text.trim()).is_some() {
            self.dates += 1;
            return;
        }
        let (day_first, month_first) =
            (parse(text, &DateFormat::DayFirst), parse(text, &DateFormat::MonthFirst));
        match (day_first, month_first) {
            (None, None) => self.others += 1,
            (one, other) => {
                self.dates += 1;
                self.day_first &= one.is_some();
                self.month_first &= other.is_some();
                self.ambiguous |= one.is_some() && other.is_some() && one != other;
            }
        }
    }

    /// The order in which the column's dates are written; `None` if they can be read in both.
    pub(super) fn format(&self) -> Option<DateFormat> {
        match (self.ambiguous, self.day_first, self.month_first) {
            (true, true, true) => None,
            (_, true, false) => Some(DateFormat::DayFirst),
            (_, false, true) => Some(DateFormat::MonthFirst),
            _ => Some(DateFormat::Plain),
        }
    }

    /// Whether nearly all values are dates.
    pub(super) fn mostly_dates(&self) -> bool {
        self.dates > 0 && self.others * 10 <= self.dates
    }
}

/// Reads a date, with a time or without; without a zone it counts as UTC.
pub(super) fn parse(text: &str, format: &DateFormat) -> Option<Timestamp> {
    if !is_short(text) {
        return None;
    }
    let text = text.trim();
    if let DateFormat::Pattern(pattern) = format {
        return by_pattern(pattern, text);
    }
    in_one_way(text).or_else(|| written(text, format))
}

/// Whether a text is short enough for a date.
fn is_short(text: &str) -> bool {
    text.trim().len() <= 64
}

/// A date whose day and month nobody could mistake for each other.
fn in_one_way(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok().or_else(|| epoch(text))
}

fn by_pattern(pattern: &str, text: &str) -> Option<Timestamp> {
    let parsed = jiff::fmt::strtime::parse(pattern, text).ok()?;
    if let Ok(moment) = parsed.to_timestamp() {
        return Some(Timestamp(moment.as_microsecond()));
    }
    let civil = parsed.to_datetime().or_else(|_| parsed.to_date().map(|date| date.at(0, 0, 0, 0))).ok()?;
    utc(civil, 0)
}

fn utc(civil: DateTime, offset_seconds: i64) -> Option<Timestamp> {
    let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp(moment.as_microsecond() - offset_seconds * 1_000_000))
}

/// Seconds or milliseconds since 1970, between 2000 and 2100; or eight digits, year first.
fn epoch(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    let seconds = 946_684_800..4_102_444_800;
    match text.len() {
        9 | 10 if seconds.contains(&number) => Some(Timestamp(number * 1_000_000)),
        12 | 13 if seconds.contains(&(number / 1000)) => Some(Timestamp(number * 1000)),
        8 => {
            let part = |at: std::ops::Range<usize>| text[at].parse::<i16>().ok();
            date(part(0..4)?, part(4..6)?, part(6..8)?).and_then(|date| utc(date.at(0, 0, 0, 0), 0))
        }
        _ => None,
    }
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    if !(1900..=2200).contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn written(text: &str, format: &DateFormat) -> Option<Timestamp> {
    let mut tokens: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == ',' || c == 'T')
        .filter(|token| !token.is_empty())
        .collect();
    // `Thu, 19 Jun 2025`: the day of the week says nothing.
    if tokens.len() > 3 && tokens[0].chars().all(char::is_alphabetic) && month(tokens[0]).is_none() {
        tokens.remove(0);
    }
    let (date, used) = numeric(tokens.first()?, format).map(|date| (date, 1)).or_else(|| named(&tokens))?;
    let (time, offset) = time(&tokens[used..])?;
    utc(date.to_datetime(time), offset)
}

/// `19.06.2025`, `06/19/2025`, `2025/06/19`, `19-Jun-2025`.
fn numeric(token: &str, format: &DateFormat) -> Option<Date> {
    let separator = token.chars().find(|c| ['.', '/', '-'].contains(c))?;
    let parts: Vec<&str> = token.split(separator).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts[..] else { return None };
    let number = |text: &str| if text.len() <= 4 { text.parse::<i16>().ok() } else { None };
    if let Some(month) = month(second).filter(|_| second.chars().all(char::is_alphabetic)) {
        return date(number(third)?, month, number(first)?);
    }
    let (one, two, three) = (number(first)?, number(second)?, number(third)?);
    if first.len() == 4 {
        return date(one, two, three);
    }
    if third.len() != 4 {
        return None;
    }
    // With points between, the day comes first wherever that is the custom.
    match format {
        DateFormat::DayFirst => date(three, two, one),
        DateFormat::MonthFirst if separator != '.' => date(three, one, two),
        _ if separator == '.' => date(three, two, one),
        _ => {
            let (day_first, month_first) = (date(three, two, one), date(three, one, two));
            match (day_first, month_first) {
                (Some(one), Some(other)) => (one == other).then_some(one),
                (one, other) => one.or(other),
            }
        }
    }
}

/// `19 June 2025`, `June 19 2025`, `19. Juni 2025`, `19 de junio de 2025`.
fn named(tokens: &[&str]) -> Option<(Date, usize)> {
    let mut used = 0;
    let mut parts = Vec::with_capacity(3);
    for token in tokens {
        used += 1;
        if !["de", "of", "del", "den"].contains(token) {
            parts.push(token.trim_end_matches(['.', 'º', 'ª']));
        }
        if parts.len() == 3 {
            break;
        }
    }
    let [first, second, year] = parts[..] else { return None };
    let year: i16 = if year.len() == 4 { year.parse().ok()? } else { return None };
    let ordinal = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<i16>().ok();
    let date = match (month(first), month(second)) {
        (Some(month), None) => date(year, month, ordinal(second)?)?,
        (None, Some(month)) => date(year, month, ordinal(first)?)?,
        _ => return None,
    };
    Some((date, used))
}

/// A time and how many seconds its zone is ahead of UTC; midnight without one.
fn time(tokens: &[&str]) -> Option<(Time, i64)> {
    let Some((clock, rest)) = tokens.split_first() else { return Some((Time::midnight(), 0)) };
    let lower = clock.to_ascii_lowercase();
    let (lower, glued) = split_zone(&lower);
    let afternoon = |text: &str| match text.to_ascii_lowercase().replace('.', "").as_str() {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    };
    let (digits, mut half) = match lower.strip_suffix("am").map(|digits| (digits, false)) {
        Some((digits, half)) => (digits, Some(half)),
        None => lower.strip_suffix("pm").map_or((lower, None), |digits| (digits, Some(true))),
    };
    let mut rest = rest;
    if half.is_none()
        && let Some((next, after)) = rest.split_first()
        && let Some(said) = afternoon(next)
    {
        (half, rest) = (Some(said), after);
    }
    let digits = digits.split('.').next().unwrap_or(digits);
    let mut parts = digits.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let hour = match half {
        Some(true) if hour < 12 => hour + 12,
        Some(false) if hour == 12 => 0,
        _ => hour,
    };
    let zone = glued.map(str::to_owned).or_else(|| rest.first().map(|zone| (*zone).to_owned()));
    let offset = zone.map_or(Some(0), |zone| offset(&zone))?;
    Some((Time::new(hour, minute, second, 0).ok()?, offset))
}

/// `07:22:11+02:00`, `07:22z`
fn split_zone(clock: &str) -> (&str, Option<&str>) {
    match clock.find(['+', '-', 'z']) {
        Some(at) => (&clock[..at], Some(&clock[at..])),
        None => (clock, None),
    }
}

fn offset(zone: &str) -> Option<i64> {
    let zone = zone.trim_matches(['(', ')']).to_ascii_lowercase();
    if ["z", "utc", "gmt", "uhr"].contains(&zone.as_str()) {
        return Some(0);
    }
    let (sign, digits) = match zone.as_bytes().first()? {
        b'+' => (1, &zone[1..]),
        b'-' => (-1, &zone[1..]),
        _ => return None,
    };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let number = |at: std::ops::Range<usize>| digits.get(at).and_then(|part| part.parse::<i64>().ok());
    match digits.len() {
        2 => Some(sign * number(0..2)? * 3600),
        4 => Some(sign * (number(0..2)? * 3600 + number(2..4)? * 60)),
        _ => None,
    }
}

/// Names of the months in English, German, French, Spanish, Italian, Portuguese, Dutch, the Nordic languages, Finnish, Polish
/// and Czech, in the forms that dates have.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "januar", "janvier", "enero", "gennaio", "janeiro", "januari", "tammikuu", "stycznia",
        "ledna",
    ],
    &[
        "february",
        "februar",
        "fevrier",
        "febrero",
        "febbraio",
        "fevereiro",
        "februari",
        "helmikuu",
        "lutego",
        "unora",
    ],
    &["march", "marz", "maerz", "mars", "marzo", "marco", "maart", "marts", "maaliskuu", "marca", "brezna"],
    &["april", "avril", "abril", "aprile", "huhtikuu", "kwietnia", "dubna"],
    &["may", "mai", "mayo", "maggio", "maio", "mei", "maj", "toukokuu", "maja", "kvetna"],
    &["june", "juni", "juin", "junio", "giugno", "junho", "kesakuu", "czerwca", "cervna"],
    &["july", "juli", "juillet", "julio", "luglio", "julho", "heinakuu", "lipca", "cervence"],
    &["august", "aout", "agosto", "augustus", "augusti", "elokuu", "sierpnia", "srpna"],
    &["september", "septembre", "septiembre", "settembre", "setembro", "syyskuu", "wrzesnia", "zari"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro", "lokakuu", "pazdziernika", "rijna"],
    &["november", "novembre", "noviembre", "novembro", "marraskuu", "listopada", "listopadu"],
    &[
        "december",
        "dezember",
        "decembre",
        "diciembre",
        "dicembre",
        "dezembro",
        "joulukuu",
        "grudnia",
        "prosince",
    ],
];

/// The month that a name, or its first three letters or more, stands for in one way.
fn month(text: &str) -> Option<i16> {
    let name = squashed(text);
    if name.len() < 3 || !name.chars().all(char::is_alphabetic) {
        return None;
    }
    let fits = |names: &&[&str]| names.iter().any(|known| known.starts_with(&name));
    let mut found = MONTHS.iter().enumerate().filter(|(_, names)| fits(names));
    let (at, _) = found.next()?;
    found.next().is_none().then_some(at as i16 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: &DateFormat) -> String {
        parse(text, format).map_or_else(|| "none".to_owned(), |moment| moment.to_string())
    }

    #[test]
    fn dates_of_one_reading_are_read() {
        for (text, moment) in [
            ("2025-06-19 07:22:58", "2025-06-19T07:22:58Z"),
            ("2025-06-19T07:22:58Z", "2025-06-19T07:22:58Z"),
            ("2025/06/19 07:22", "2025-06-19T07:22:00Z"),
            ("19.06.2025 07:22", "2025-06-19T07:22:00Z"),
            ("19.6.2025", "2025-06-19T00:00:00Z"),
            ("9.6.2025, 7:22 Uhr", "2025-06-09T07:22:00Z"),
            ("06/19/2025 7:22 PM", "2025-06-19T19:22:00Z"),
            ("19/06/2025", "2025-06-19T00:00:00Z"),
            ("06/06/2025", "2025-06-06T00:00:00Z"),
            ("19 Jun 2025", "2025-06-19T00:00:00Z"),
            ("Jun 19, 2025 07:22:11 AM", "2025-06-19T07:22:11Z"),
            ("Thu, 19 Jun 2025 07:22:11 +0200", "2025-06-19T05:22:11Z"),
            ("19-Jun-2025", "2025-06-19T00:00:00Z"),
            ("19. Juni 2025", "2025-06-19T00:00:00Z"),
            ("19 de junio de 2025", "2025-06-19T00:00:00Z"),
            ("1750317778", "2025-06-19T07:22:58Z"),
            ("1750317778000", "2025-06-19T07:22:58Z"),
            ("20250619", "2025-06-19T00:00:00Z"),
        ] {
            assert_eq!(read(text, &DateFormat::Plain), moment, "{text}");
        }
        for text in
            ["", "yesterday", "03/04/2025", "31.02.2025", "12", "0", "19.06.25", "2025", "0170 1234567"]
        {
            assert_eq!(read(text, &DateFormat::Plain), "none", "{text}");
        }
    }

    #[test]
    fn the_order_is_said_or_found_in_the_whole_column() {
        assert_eq!(read("03/04/2025", &DateFormat::DayFirst), "2025-04-03T00:00:00Z");
        assert_eq!(read("03/04/2025", &DateFormat::MonthFirst), "2025-03-04T00:00:00Z");
        let pattern = "%d|%m|%Y %H:%M".parse().unwrap();
        assert_eq!(read("03|04|2025 10:00", &pattern), "2025-04-03T10:00:00Z");
        let order = |cells: &[&str]| {
            let mut order = Order::default();
            for cell in cells {
                order.see(cell);
            }
            order.format()
        };
        assert_eq!(order(&["03/04/2025", "25/04/2025"]), Some(DateFormat::DayFirst));
        assert_eq!(order(&["03/04/2025", "04/25/2025"]), Some(DateFormat::MonthFirst));
        assert_eq!(order(&["03/04/2025", "2025-04-03"]), None);
        assert_eq!(order(&["03/03/2025", "03.04.2025"]), Some(DateFormat::Plain));
        assert_eq!(order(&["25/04/2025", "04/25/2025"]), Some(DateFormat::Plain));
        assert_eq!(order(&[]), Some(DateFormat::Plain));
        assert!("soon".parse::<DateFormat>().is_err());
    }
}
