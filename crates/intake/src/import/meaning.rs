//! What the values of a column about consent mean.

use consent::Choice;
use smallvec::{SmallVec, smallvec};
use store::SuppressionCategory;

use super::recognise::{Said, key, means_nothing, said, telling, tokens};
use super::row::excerpt;

/// What a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Choice(Choice),
    /// Says nothing about consent.
    Nothing,
    /// The address goes on the suppression list.
    Suppress(SuppressionCategory),
}

/// The values of a column with what each means; without any, the column's values are our own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    pairs: Vec<(String, Means)>,
    rest: Option<Means>,
}

/// A value that can't be taken, with what binds of it all the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) binds: Option<Means>,
    pub(super) reason: String,
}

impl Means {
    /// As `--map` spells it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(match text.trim() {
            "-" | "" => Self::Nothing,
            "hard" | "bounced" => Self::Suppress(SuppressionCategory::Hard),
            "soft" => Self::Suppress(SuppressionCategory::Soft),
            "complaint" => Self::Suppress(SuppressionCategory::Complaint),
            "manual" | "suppressed" => Self::Suppress(SuppressionCategory::Manual),
            text => Self::Choice(text.parse().map_err(|error| {
                format!(
                    "\"{}\" is {error}; or hard, complaint or manual to suppress the address, - for nothing",
                    excerpt(text)
                )
            })?),
        })
    }

    /// As [`Self::parse`] reads it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "-",
            Self::Choice(choice) => choice.as_str(),
            Self::Suppress(category) => category.as_str(),
        }
    }

    /// The more, the less is sent.
    pub(super) fn strictness(self) -> u8 {
        match self {
            Self::Suppress(_) => 7,
            Self::Choice(Choice::No) => 6,
            Self::Choice(Choice::DefaultNo) => 5,
            Self::Choice(Choice::Pending) => 4,
            Self::Choice(Choice::Unknown) => 3,
            Self::Nothing => 2,
            Self::Choice(choice) if choice.is_named_basis() => 1,
            Self::Choice(_) => 0,
        }
    }

    /// Whether it withholds.
    pub(super) fn withholds(self) -> bool {
        self.strictness() >= 4
    }

    /// What a word says in a column about consent, where that is no yes: a yes is never guessed.
    pub(super) fn of_word(said: Said) -> Option<Self> {
        Some(match said {
            Said::Refused | Said::No => Self::Choice(Choice::No),
            Said::Never => Self::Choice(Choice::DefaultNo),
            Said::Pending => Self::Choice(Choice::Pending),
            Said::Bounced => Self::Suppress(SuppressionCategory::Hard),
            Said::Complained => Self::Suppress(SuppressionCategory::Complaint),
            Said::Agreed | Said::Yes | Said::Unrelated => return None,
        })
    }
}

impl Values {
    /// Reads `yes=n,no=y,*=dn`; a value with a comma or `=` in it stands in quotes.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut values = Self::default();
        for pair in pairs(text) {
            let (value, means) = pair
                .rsplit_once('=')
                .ok_or_else(|| format!("`{}`: write VALUE=CHOICE, e.g. yes=n", excerpt(pair)))?;
            let means = Means::parse(means)?;
            match value.trim().trim_matches('"') {
                "*" => values.rest = Some(means),
                value => values.pairs.push((key(value), means)),
            }
        }
        if values == Self::default() {
            return Err("no values after the `:`; write e.g. consent.email:yes=y,no=n".to_owned());
        }
        Ok(values)
    }

    /// Values that all mean one thing.
    pub(super) fn all(means: Means) -> Self {
        Self { pairs: Vec::new(), rest: Some(means) }
    }

    fn are_ours(&self) -> bool {
        self.pairs.is_empty() && self.rest.is_none()
    }

    /// Whether any of them withholds.
    pub(super) fn can_withhold(&self) -> bool {
        self.are_ours() || self.pairs.iter().map(|(_, means)| *means).chain(self.rest).any(Means::withholds)
    }

    /// What a cell that isn't empty means; of a list (`["HARD_BOUNCE","UNSUBSCRIBE"]`) each item.
    pub(super) fn read(&self, cell: &str) -> Result<SmallVec<[Means; 2]>, Unread> {
        if self.are_ours() {
            return ours(cell).map(|means| smallvec![means]);
        }
        let listed = |text: &str| {
            let wanted = key(text);
            self.pairs.iter().find(|(value, _)| *value == wanted).map(|(_, means)| *means)
        };
        if let Some(means) = listed(cell) {
            return Ok(smallvec![means]);
        }
        let items: SmallVec<[Means; 2]> =
            tokens(cell).filter_map(|item| listed(item).or_else(|| self.refused(item))).collect();
        if !items.is_empty() {
            return Ok(items);
        }
        if means_nothing(cell) {
            return Ok(smallvec![Means::Nothing]);
        }
        let refused = self.refused(cell);
        match (self.rest, refused) {
            (Some(rest), Some(refused)) if !rest.withholds() => Ok(smallvec![refused]),
            (Some(rest), _) => Ok(smallvec![rest]),
            (None, Some(refused)) => Ok(smallvec![refused]),
            (None, None) => Err(Unread {
                binds: None,
                reason: format!("\"{}\" isn't one of the values that are mapped", excerpt(cell)),
            }),
        }
    }

    /// What a word of refusal means that isn't mapped.
    fn refused(&self, cell: &str) -> Option<Means> {
        if let Some(choice) = cell.parse().ok().filter(|choice: &Choice| choice.is_no()) {
            return Some(Means::Choice(choice));
        }
        // In a column of refusals a plain no says that there is none.
        let yes_refuses = |(value, means): &(String, Means)| {
            matches!(said(value), Some(Said::Yes | Said::Refused)) && means.withholds()
        };
        let inverted = self.pairs.iter().any(yes_refuses);
        match said(cell).or_else(|| telling(cell))? {
            Said::No if inverted || self.pairs.is_empty() => None,
            said => Means::of_word(said),
        }
    }
}

/// Reads a value of a column that holds our own choices. Words of refusal count in any language: whoever wrote them
/// doesn't want mail, while a yes is never guessed.
pub(super) fn ours(cell: &str) -> Result<Means, Unread> {
    cell.parse().map(Means::Choice).or_else(|error| {
        let text = excerpt(cell);
        let said = said(cell).or_else(|| telling(cell)).filter(|said| *said != Said::Unrelated);
        match said.map(|said| (said, Means::of_word(said))) {
            Some((_, Some(means))) => Ok(means),
            Some((_, None)) => Err(format!(
                "\"{text}\" is {error}; an express yes is spelled y, or mapped: --map \"COLUMN=consent.email:{text}=y\""
            )),
            None if means_nothing(cell) => Ok(Means::Nothing),
            None => Err(format!("\"{text}\" is {error}")),
        }
        .map_err(|reason| Unread { binds: None, reason })
    })
}

/// Splits at commas outside of quotes.
fn pairs(text: &str) -> impl Iterator<Item = &str> {
    let mut open = false;
    text.split(move |c| {
        if c == '"' {
            open = !open;
        }
        c == ',' && !open
    })
    .map(str::trim)
    .filter(|pair| !pair.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: Means = Means::Choice(Choice::No);
    const YES: Means = Means::Choice(Choice::Yes);
    const HARD: Means = Means::Suppress(SuppressionCategory::Hard);

    fn read(values: &Values, cell: &str) -> Result<Vec<Means>, Unread> {
        values.read(cell).map(SmallVec::into_vec)
    }

    #[test]
    fn mapped_values_mean_what_the_map_says() {
        let inverted = Values::parse("yes=n,no=y").unwrap();
        assert_eq!(read(&inverted, "Yes"), Ok(vec![NO]));
        assert_eq!(read(&inverted, "NO"), Ok(vec![YES]));
        assert_eq!(read(&inverted, "unsubscribed"), Ok(vec![NO]));
        assert!(read(&inverted, "maybe").is_err());
        let only_yes = Values::parse("yes=n").unwrap();
        assert!(read(&only_yes, "no").is_err(), "not opted out is no refusal");
        let permission = Values::parse("Ja=y").unwrap();
        assert_eq!(read(&permission, "ja"), Ok(vec![YES]));
        assert_eq!(read(&permission, "Nein"), Ok(vec![NO]));
        assert!(read(&permission, "yes").is_err(), "a yes is never guessed");
    }

    #[test]
    fn the_rest_never_hides_a_refusal() {
        let rest = Values::parse("active=y,*=-").unwrap();
        assert_eq!(read(&rest, "open"), Ok(vec![Means::Nothing]));
        assert_eq!(read(&rest, "abgemeldet"), Ok(vec![NO]));
        assert_eq!(read(&rest, "-"), Ok(vec![Means::Nothing]));
        let reason = Values::parse("*=hard").unwrap();
        assert_eq!(read(&reason, "550 5.1.1 no such user"), Ok(vec![HARD]));
        assert_eq!(read(&reason, "[]"), Ok(vec![Means::Nothing]));
    }

    #[test]
    fn of_a_list_each_item_counts() {
        let values = Values::parse("unsubscribe=n,hard bounce=hard,subscribed=y").unwrap();
        assert_eq!(read(&values, r#"["UNSUBSCRIBE"]"#), Ok(vec![NO]));
        assert_eq!(read(&values, r#"["HARD_BOUNCE","UNSUBSCRIBE"]"#), Ok(vec![HARD, NO]));
        let tags = Values::parse("unsubscribed=n,*=-").unwrap();
        assert_eq!(read(&tags, "VIP, unsubscribed"), Ok(vec![NO]));
        assert_eq!(read(&tags, "VIP, pro"), Ok(vec![Means::Nothing]));
    }

    #[test]
    fn in_our_own_columns_refusals_bind_in_any_language() {
        for cell in ["n", "Nein", "non", "No", "abgemeldet", "opt-out", "do not contact", "false", "0"] {
            assert_eq!(ours(cell), Ok(NO), "{cell}");
        }
        assert_eq!(ours("cleaned"), Ok(HARD));
        for cell in ["Ja", "yes", "subscribed", "maybe", "true"] {
            assert!(ours(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn maps_are_checked() {
        for text in ["yes", "yes=maybe", "", "*"] {
            assert!(Values::parse(text).is_err(), "{text}");
        }
        let quoted = Values::parse("\"a,b=c\"=n,x=y").unwrap();
        assert_eq!(read(&quoted, "A, B = C"), Ok(vec![NO]));
    }
}
