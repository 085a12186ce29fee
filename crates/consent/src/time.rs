//! Time and randomness, both handed in from outside.

use std::fmt;
use std::time::Duration;

/// A moment: microseconds since 1970-01-01T00:00:00Z, as the store keeps it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A text that is no date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time; use RFC 3339, e.g. 2026-05-03T14:00:00Z, or a date, e.g. 2026-05-03")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// Before every dated moment: the time of a value that came without one.
    pub const UNDATED: Self = Self(i64::MIN);

    /// This moment plus a duration, stopping at the far end of time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it isn't.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Parses ISO 8601 / RFC 3339 with an offset, or a bare date or date-time, which count as UTC.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let text = text.trim();
        if let Some(moment) = plain(text.as_bytes()) {
            return Ok(moment);
        }
        let utc = jiff::tz::TimeZone::UTC;
        let zoned = |civil: jiff::civil::DateTime| civil.to_zoned(utc.clone()).map(|zoned| zoned.timestamp());
        text.parse::<jiff::Timestamp>()
            .or_else(|_| text.parse::<jiff::civil::DateTime>().and_then(zoned))
            .map(|moment| Self(moment.as_microsecond()))
            .map_err(|_| InvalidTimestamp)
    }
}

/// Reads `2026-05-03` and `2026-05-03 14:00:00`, also with `T` and `Z`, which is what nearly all files hold; `None` says nothing.
/// The general parser takes ten times as long, and twice that for a date without a time.
fn plain(text: &[u8]) -> Option<Timestamp> {
    let number = |digits: &[u8]| -> Option<i64> {
        let digit =
            |value: i64, byte: &u8| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'));
        digits.iter().try_fold(0, digit)
    };
    let (date, time) = text.split_at_checked(10)?;
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let (year, month, day) = (number(y)?, number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    let date = jiff::civil::Date::new(year as i16, month as i8, day as i8).ok()?;
    let seconds = match time.strip_suffix(b"Z").unwrap_or(time) {
        [] if time.is_empty() => 0,
        [b'T' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] => {
            let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
            if hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            (hour * 60 + minute) * 60 + second
        }
        _ => return None,
    };
    // Days from the first of March of the year 0, so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 153 + 2) / 5
        + i64::from(date.day())
        - 1;
    Some(Timestamp(((days - EPOCH_DAYS) * 86_400 + seconds) * 1_000_000))
}

/// 1970-01-01, in days from the first of March of the year 0.
const EPOCH_DAYS: i64 = 719_468;

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC; `undated` for [`Timestamp::UNDATED`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => f.write_str("undated"),
        }
    }
}

/// Where time comes from. The binary passes the system's; tests pass one that they turn by hand.
pub trait Clock: Send + Sync {
    /// Wall-clock time.
    fn now(&self) -> Timestamp;

    /// Time that never goes backwards, from an arbitrary start. Leases are measured with it.
    fn monotonic(&self) -> Duration;
}

/// Where randomness comes from (salts, keys). The binary passes the operating system's.
pub trait Entropy: Send + Sync {
    /// Fills the whole slice with random bytes fit for keys.
    fn fill(&self, bytes: &mut [u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_consent_documents_hold() {
        let moment = Timestamp::parse("2019-01-01T15:52:25+00:00").unwrap();
        assert_eq!(moment.to_string(), "2019-01-01T15:52:25Z");
        assert_eq!(Timestamp::parse("2019-01-01T16:52:25+01:00").unwrap(), moment);
        assert_eq!(Timestamp::parse("2019-01-01").unwrap().to_string(), "2019-01-01T00:00:00Z");
        assert_eq!(Timestamp::parse("2019-01-01 10:00").unwrap().to_string(), "2019-01-01T10:00:00Z");
        for bad in ["", "yesterday", "01/02/2019", "2019-13-01", "1546357945"] {
            assert_eq!(Timestamp::parse(bad), Err(InvalidTimestamp), "{bad:?}");
        }
        assert_eq!(Timestamp::UNDATED.to_string(), "undated");
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_one_does(
            date in "[0-9]{4}-[01][0-9]-[0-3][0-9]",
            time in "([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9])?)?",
            zone in "[Zz]?",
        ) {
            let text = format!("{date}{time}{zone}");
            if let Some(moment) = plain(text.as_bytes()) {
                let zoned = text.parse::<jiff::Timestamp>().or_else(|_| {
                    text.parse::<jiff::civil::DateTime>()?.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp())
                });
                proptest::prop_assert_eq!(zoned.map(jiff::Timestamp::as_microsecond).ok(), Some(moment.0));
            }
        }
    }

    #[test]
    fn every_day_has_its_number() {
        let mut date = jiff::civil::Date::constant(1, 1, 1);
        let utc = jiff::tz::TimeZone::UTC;
        while let Ok(next) = date.tomorrow() {
            let moment = date.to_zoned(utc.clone()).unwrap().timestamp();
            assert_eq!(
                plain(date.to_string().as_bytes()),
                Some(Timestamp(moment.as_microsecond())),
                "{date}"
            );
            date = if date.year() > 1800 && date.year() < 2200 {
                next
            } else {
                date.saturating_add(jiff::Span::new().days(97))
            };
            if date.year() == 9999 {
                break;
            }
        }
    }
}
