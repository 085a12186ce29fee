//! The parameters of a list request.

use consent::Timestamp;
use store::EntryOrder;

use crate::api::ajo::error::ApiError;
use crate::http::paging::{self, Params, last};

/// Entries of a page, unless said otherwise.
const LIMIT: usize = 20;
/// Most entries of a page; who asks for more gets so many and the link to the next.
const LIMIT_MAX: usize = 1_000;
/// Microseconds of a millisecond: times are given in milliseconds here.
const MILLI: i64 = 1_000;

/// `type`: which of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListType {
    /// `client`: suppressed.
    Client,
    /// `allowed`
    Allowed,
}

impl ListType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Allowed => "allowed",
        }
    }

    /// `client` unless said otherwise.
    pub fn of(params: &Params) -> Result<Self, ApiError> {
        match last(params, "type").map(str::to_ascii_lowercase).as_deref() {
            None | Some("client") => Ok(Self::Client),
            Some("allowed") => Ok(Self::Allowed),
            Some(_) => Err(ApiError::bad("type is `client` or `allowed`")),
        }
    }
}

/// `limit`
pub(super) fn limit(params: &Params) -> Result<usize, ApiError> {
    paging::limit(params, LIMIT, LIMIT_MAX).ok_or_else(|| ApiError::bad("limit is a positive number"))
}

/// `orderby`, as its name and whether the greatest comes first. A `+` arrives as a space, where it wasn't escaped.
pub(super) fn order(params: &Params, unless_said: &str) -> (String, bool) {
    let text = last(params, "orderby").unwrap_or(unless_said);
    let (descending, name) = match text.chars().next() {
        Some('-') => (true, &text[1..]),
        Some('+' | ' ') => (false, &text[1..]),
        // Without a sign: descending, says the reference.
        _ => (true, text),
    };
    (name.trim().to_ascii_lowercase(), descending)
}

/// A list request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub list: ListType,
    pub order: EntryOrder,
    /// `orderby` as answers name it.
    pub orderby: String,
    pub limit: usize,
    /// The store's cursor.
    pub after: Option<String>,
    /// Only those added at or after this.
    pub from: Option<Timestamp>,
    /// Only those added before this.
    pub before: Option<Timestamp>,
    /// A filter that nothing here passes, such as another channel.
    pub nothing: bool,
}

impl ListQuery {
    pub fn parse(params: &Params) -> Result<Self, ApiError> {
        let (name, descending) = order(params, "-creationdate");
        let order = match (name.as_str(), descending) {
            ("creationdate" | "suppresseddate", true) => EntryOrder::Newest,
            ("creationdate" | "suppresseddate", false) => EntryOrder::Oldest,
            // All entities of a route have the same type.
            ("entityvalue" | "entitytype", false) => EntryOrder::Value,
            ("entityvalue" | "entitytype", true) => EntryOrder::ValueDescending,
            _ => return Err(ApiError::bad("orderby is creationdate or entityvalue, with - or + before it")),
        };
        let mut query = Self {
            list: ListType::of(params)?,
            order,
            orderby: format!("{}{name}", if descending { "-" } else { "+" }),
            limit: limit(params)?,
            after: None,
            from: None,
            before: None,
            nothing: false,
        };
        for (_, filter) in params.iter().filter(|(named, _)| named == "property") {
            query.filter(filter)?;
        }
        if let Some(start) = last(params, "start").filter(|start| !start.is_empty()) {
            query.start(start);
        }
        Ok(query)
    }

    /// `start` as an answer gave it; a bare time, as in the reference's example, means from then on.
    fn start(&mut self, start: &str) {
        let time = start.parse::<i64>().ok();
        match (time, self.order) {
            (Some(time), EntryOrder::Newest) => self.narrow(None, Some(time.saturating_add(1))),
            (Some(time), EntryOrder::Oldest) => self.narrow(Some(time), None),
            _ => self.after = Some(start.to_owned()),
        }
    }

    /// One `property` filter: `creationdate<1631739725150`, `channel==email`.
    fn filter(&mut self, filter: &str) -> Result<(), ApiError> {
        let refuse = || ApiError::bad("property filters by creationdate (<, <=, =, >=, >) or channel (=)");
        let at = filter.find(['<', '>', '=']).ok_or_else(refuse)?;
        let (name, rest) = filter.split_at(at);
        let value = rest.trim_start_matches(['<', '>', '=']);
        let operator = &rest[..rest.len() - value.len()];
        match name.trim().to_ascii_lowercase().as_str() {
            "creationdate" => {
                let time = value.trim().parse::<i64>().map_err(|_| refuse())?;
                let next = time.saturating_add(1);
                match operator {
                    "<" => self.narrow(None, Some(time)),
                    "<=" => self.narrow(None, Some(next)),
                    ">" => self.narrow(Some(next), None),
                    ">=" => self.narrow(Some(time), None),
                    "=" | "==" => self.narrow(Some(time), Some(next)),
                    _ => return Err(refuse()),
                }
            }
            "channel" if matches!(operator, "=" | "==") => {
                self.nothing |= !value.trim().eq_ignore_ascii_case("email");
            }
            _ => return Err(refuse()),
        }
        Ok(())
    }

    /// Narrows the times, given in milliseconds; the end isn't in.
    fn narrow(&mut self, from: Option<i64>, before: Option<i64>) {
        let moment = |time: i64| Timestamp(time.saturating_mul(MILLI));
        self.from = self.from.max(from.map(moment));
        if let Some(before) = before.map(moment) {
            self.before = Some(self.before.map_or(before, |held| held.min(before)));
        }
    }
}

/// Where a list of this interface is: behind the base URL, as the reference has it, and behind the path of the public one.
pub(super) fn place(base: &str, list: &str) -> String {
    format!("{base}/config/suppression/{list}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<ListQuery, ApiError> {
        ListQuery::parse(
            &pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn parameters_mean_what_the_reference_says() {
        let plain = parse(&[]).unwrap();
        assert_eq!((plain.list, plain.order, plain.limit), (ListType::Client, EntryOrder::Newest, 20));
        assert_eq!(plain.orderby, "-creationdate");
        for (orderby, order) in [
            ("+creationdate", EntryOrder::Oldest),
            (" creationdate", EntryOrder::Oldest),
            ("creationdate", EntryOrder::Newest),
            ("+entityvalue", EntryOrder::Value),
            ("-entityvalue", EntryOrder::ValueDescending),
        ] {
            assert_eq!(parse(&[("orderby", orderby)]).unwrap().order, order, "{orderby}");
        }
        assert_eq!(parse(&[("type", "ALLOWED")]).unwrap().list, ListType::Allowed);
        assert_eq!(parse(&[("limit", "5000")]).unwrap().limit, LIMIT_MAX);
        let between = parse(&[("property", "creationdate<=20"), ("property", "creationdate>10")]).unwrap();
        assert_eq!((between.from, between.before), (Some(Timestamp(11_000)), Some(Timestamp(21_000))));
        assert!(parse(&[("property", "channel==sms")]).unwrap().nothing);
        assert!(!parse(&[("property", "channel==email")]).unwrap().nothing);
        let from = parse(&[("start", "1631739725150")]).unwrap();
        assert_eq!((from.before, from.after), (Some(Timestamp(1_631_739_725_151_000)), None));
        assert_eq!(parse(&[("start", "eyJ")]).unwrap().after.as_deref(), Some("eyJ"));
        for bad in [
            ("type", "global"),
            ("limit", "0"),
            ("limit", "-1"),
            ("orderby", "-suppresseduser"),
            ("property", "color==red"),
            ("property", "creationdate<soon"),
            ("property", "creationdate=<5"),
            ("property", "creationdate"),
            ("property", "channel<email"),
        ] {
            assert!(parse(&[bad]).is_err(), "{bad:?}");
        }
    }
}
