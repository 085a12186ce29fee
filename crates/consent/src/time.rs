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
        let utc = jiff::tz::TimeZone::UTC;
        let zoned = |civil: jiff::civil::DateTime| civil.to_zoned(utc.clone()).map(|zoned| zoned.timestamp());
        text.parse::<jiff::Timestamp>()
            .or_else(|_| text.parse::<jiff::civil::DateTime>().and_then(zoned))
            .map(|moment| Self(moment.as_microsecond()))
            .map_err(|_| InvalidTimestamp)
    }
}

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
}
