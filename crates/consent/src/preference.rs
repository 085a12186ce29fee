//! What people ask for beside their choices: fewer messages, or none for a while. Consent comes first: a preference holds
//! back what a choice permits, and never permits anything.

use std::time::Duration;

use crate::Timestamp;
use crate::field::UnknownName;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// A message as often as was asked for is never exactly so many days after the one before: clocks are put forward in
/// spring, and a run takes its time. Without this a weekly newsletter would reach people every other week.
const GRACE: Duration = HOUR.saturating_mul(2);

/// How often marketing may come on one channel. The codes stand on disk: never reassigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Pace {
    /// As often as there is something.
    #[default]
    AsItComes = 0,
    /// At most one message in 7 days.
    Weekly = 1,
    /// At most one message in 30 days.
    Monthly = 2,
}

impl Pace {
    /// Every pace, in the order of its code: from the most messages to the fewest.
    pub const ALL: [Self; 3] = [Self::AsItComes, Self::Weekly, Self::Monthly];

    /// The pace for a code; `None` for a code never given out.
    pub const fn from_code(code: u8) -> Option<Self> {
        if (code as usize) < Self::ALL.len() { Some(Self::ALL[code as usize]) } else { None }
    }

    /// The code kept on disk.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// `as_it_comes`, `weekly` or `monthly`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsItComes => "as_it_comes",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// Days of which one may bring a message; `None`: all may.
    pub const fn days(self) -> Option<u16> {
        match self {
            Self::AsItComes => None,
            Self::Weekly => Some(7),
            Self::Monthly => Some(30),
        }
    }

    /// A message later than this moment counts at `now`, two hours less than the days back; `None`: none counts.
    pub fn counts_from(self, now: Timestamp) -> Option<Timestamp> {
        let window = DAY.saturating_mul(u32::from(self.days()?)).saturating_sub(GRACE);
        let micros = i64::try_from(window.as_micros()).unwrap_or(i64::MAX);
        Some(Timestamp(now.0.saturating_sub(micros)))
    }
}

impl std::str::FromStr for Pace {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = Self::ALL.into_iter().find(|pace| pace.as_str() == text);
        known.ok_or(UnknownName("as_it_comes, weekly, monthly"))
    }
}

/// How long a pause is, in days: 1 to 366. Whoever wants it longer wants to opt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PauseDays(u16);

/// A number of days that no pause has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a pause lasts 1 to 366 days")]
pub struct InvalidPause;

impl PauseDays {
    /// A month.
    pub const MONTH: Self = Self(30);
    /// Two months.
    pub const TWO_MONTHS: Self = Self(60);
    /// Three months.
    pub const THREE_MONTHS: Self = Self(90);
    /// The longest.
    pub const MAX: Self = Self(366);

    /// A pause of so many days.
    pub const fn new(days: u16) -> Result<Self, InvalidPause> {
        if days >= 1 && days <= Self::MAX.0 { Ok(Self(days)) } else { Err(InvalidPause) }
    }

    /// How many days.
    pub const fn days(self) -> u16 {
        self.0
    }

    /// When a pause that begins now is over.
    #[must_use]
    pub fn until(self, now: Timestamp) -> Timestamp {
        now.plus(DAY.saturating_mul(u32::from(self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_round_trip() {
        for (code, pace) in Pace::ALL.into_iter().enumerate() {
            assert_eq!((pace.code() as usize, Pace::from_code(pace.code())), (code, Some(pace)));
            assert_eq!(pace.as_str().parse(), Ok(pace));
        }
        assert_eq!(Pace::from_code(3), None);
        assert!("Weekly".parse::<Pace>().is_err());
    }

    #[test]
    fn a_pace_counts_back_by_its_days() {
        let (hour, now) = (3_600_000_000, Timestamp(1_777_816_800_000_000));
        assert_eq!(Pace::AsItComes.counts_from(now), None);
        assert_eq!(Pace::Weekly.counts_from(now), Some(Timestamp(now.0 - (7 * 24 - 2) * hour)));
        assert_eq!(Pace::Monthly.counts_from(now), Some(Timestamp(now.0 - (30 * 24 - 2) * hour)));
        assert_eq!(Pace::Weekly.counts_from(Timestamp::UNDATED), Some(Timestamp::UNDATED));
    }

    #[test]
    fn a_pause_ends() {
        assert_eq!(PauseDays::new(0), Err(InvalidPause));
        assert_eq!(PauseDays::new(367), Err(InvalidPause));
        let day = 24 * 3_600_000_000;
        assert_eq!(PauseDays::new(1).unwrap().until(Timestamp(5)), Timestamp(5 + day));
        assert_eq!(PauseDays::new(366), Ok(PauseDays::MAX));
        assert_eq!(PauseDays::THREE_MONTHS.until(Timestamp(0)), Timestamp(90 * day));
        assert_eq!(PauseDays::MAX.until(Timestamp(i64::MAX)), Timestamp(i64::MAX));
    }
}
