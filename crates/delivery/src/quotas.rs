//! How many messages strangers can have sent, by typing addresses on a page. docs/subscribe.md has the arithmetic.
//!
//! Nobody can tell a stranger from the owner of an address. So what is counted is apportioned: each kind of message has
//! its own quota, one client network has less of it than there is, and a part of each day's budget is kept for addresses
//! that are known already. What a stranger uses up is then not what the owner needs.

use std::net::IpAddr;
use std::time::Duration;

use consent::jurisdiction::Country;
use consent::{Address, ListId, Namespace};
use store::Quota;

const HOUR: Duration = Duration::from_hours(1);
/// Unknown addresses get this part of a day's budget at most, in percent.
const STRANGERS_PERCENT: u32 = 80;
/// From this part of a day's budget on, an operator is told, in percent.
const ALARM_PERCENT: u64 = 80;
/// Mails a day to unknown addresses of one domain, unless it is a large provider's.
const PER_DOMAIN: u32 = 30;
/// Mails, and texts, a day that one client network can have sent.
const PER_NETWORK: [u32; 2] = [60, 5];
/// Texts a day to unknown numbers that differ in the last two, and the last four, digits only: whoever earns by texts has numbers in a row.
const PER_RANGE: [(usize, u32); 2] = [(2, 4), (4, 20)];

/// What a message is for. Each has quotas of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The link that confirms that somebody joins a list, or that somebody joined.
    Confirm(Option<ListId>),
    /// The link to the page of choices.
    Choices,
    /// That somebody is on the list already.
    Known,
}

/// What all nodes may send for strangers within a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrangerLimits {
    /// Mails.
    pub mails_per_day: u32,
    /// Texts.
    pub texts_per_day: u32,
    /// Where texts go.
    pub text_countries: Vec<Country>,
}

/// Somebody that a message would go to.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// To which address.
    pub to: &'a Address,
    /// What for.
    pub occasion: Occasion,
    /// Whether we know the address.
    pub known: bool,
    /// Who asked, if that is known.
    pub asked_from: Option<IpAddr>,
}

/// How much of a day's budget is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetUse {
    /// `mails` or `texts`.
    pub what: &'static str,
    /// Sent within the last 24 hours.
    pub sent: u64,
    /// What may be.
    pub most: u32,
    /// Not sent within the last 24 hours, since a budget, not an address's own quota, was used up.
    pub withheld: u64,
}

impl BudgetUse {
    /// Whether an operator should look.
    pub fn is_alarming(&self) -> bool {
        self.withheld > 0 || self.sent * 100 >= u64::from(self.most) * ALARM_PERCENT
    }
}

impl StrangerLimits {
    /// Mails a day, unless said otherwise.
    pub const MAILS_PER_DAY: u32 = 2_000;
    /// Texts a day, unless said otherwise.
    pub const TEXTS_PER_DAY: u32 = 100;

    /// Texts to nowhere yet.
    pub const fn new() -> Self {
        Self {
            mails_per_day: Self::MAILS_PER_DAY,
            texts_per_day: Self::TEXTS_PER_DAY,
            text_countries: Vec::new(),
        }
    }

    /// Whether a stranger may have anything sent there at all. Told by the address alone.
    pub fn reaches(&self, to: &Address) -> bool {
        match to.namespace() {
            Namespace::Email => true,
            Namespace::Phone => {
                to.texted_country().is_some_and(|country| self.text_countries.contains(&country))
            }
            Namespace::Push | Namespace::Custom(_) => false,
        }
    }

    /// What a message counts towards, the address's own quotas first; and the place of the first that is a budget of all.
    pub fn quotas(&self, wanted: &Wanted<'_>) -> (Vec<Quota>, usize) {
        let mut quotas = own(wanted);
        let shared = quotas.len();
        quotas.extend(if *wanted.to.namespace() == Namespace::Phone {
            self.texts(wanted)
        } else {
            self.mails(wanted)
        });
        (quotas, shared)
    }

    fn mails(&self, wanted: &Wanted<'_>) -> Vec<Quota> {
        let mut quotas = Vec::new();
        if let Some(network) = network(wanted) {
            quotas.push(Quota::a_day(format!("mails from {network}"), PER_NETWORK[0]));
        }
        if !wanted.known {
            if let Some(domain) = wanted.to.private_domain() {
                quotas.push(Quota::a_day(format!("mails to domain {domain}"), PER_DOMAIN));
            }
            quotas.push(Quota::a_day("mails to strangers", share(self.mails_per_day)));
        }
        quotas.push(Quota::a_day("mails", self.mails_per_day));
        quotas
    }

    fn texts(&self, wanted: &Wanted<'_>) -> Vec<Quota> {
        let (number, most) = (wanted.to.for_limits(), self.texts_per_day);
        let mut quotas = Vec::new();
        if let Some(network) = network(wanted) {
            quotas.push(Quota::a_day(format!("texts from {network}"), PER_NETWORK[1]));
        }
        if !wanted.known {
            for (digits, at_most) in PER_RANGE {
                let range = &number[..number.len().saturating_sub(digits)];
                quotas.push(Quota::a_day(format!("texts to range {digits} {range}"), at_most));
            }
            if let Some(country) = wanted.to.texted_country().filter(|_| self.text_countries.len() > 1) {
                let key = format!("texts to country {}", country.as_str());
                quotas.push(Quota::a_day(key, most.div_ceil(2)));
            }
            quotas.push(Quota::a_day("texts to strangers", share(most)));
            quotas.push(an_hour("texts to strangers", most.div_ceil(4)));
        }
        quotas.push(Quota::a_day("texts", most));
        quotas
    }

    /// What [`Self::budget_use`] is made from, in its order.
    pub fn budgets(&self) -> Vec<Quota> {
        let named = |what: &str, most| [Quota::a_day(what, most), withheld(what)];
        [named("mails", self.mails_per_day), named("texts", self.texts_per_day)].concat()
    }

    /// How the day's budgets stand; `counts` belong to [`Self::budgets`].
    pub fn budget_use(&self, counts: &[u64]) -> Vec<BudgetUse> {
        let pairs = counts.chunks_exact(2);
        let named = [("mails", self.mails_per_day), ("texts", self.texts_per_day)];
        pairs
            .zip(named)
            .map(|(pair, (what, most))| BudgetUse { what, sent: pair[0], most, withheld: pair[1] })
            .collect()
    }
}

impl Default for StrangerLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts what a budget held back; never refuses.
pub fn withheld(what: &str) -> Quota {
    Quota::a_day(format!("{what} withheld"), u32::MAX)
}

/// The quotas of one mailbox or number.
fn own(wanted: &Wanted<'_>) -> Vec<Quota> {
    let to = wanted.to.for_limits();
    let is_text = *wanted.to.namespace() == Namespace::Phone;
    // Of one client network, of all within an hour, of all within a day. One network has less than there is in an hour, too.
    let (name, [of_network, hourly, daily]) = match (wanted.occasion, is_text) {
        (Occasion::Confirm(_), false) => ("confirm", [3, 4, 6]),
        (Occasion::Choices, false) => ("choices", [3, 4, 6]),
        (Occasion::Confirm(_), true) => ("confirm", [2, 3, 3]),
        (Occasion::Choices, true) => ("choices", [2, 3, 3]),
        (Occasion::Known, _) => ("known", [1, 2, 2]),
    };
    let mut quotas =
        vec![an_hour(&format!("{name} to {to}"), hourly), Quota::a_day(format!("{name} to {to}"), daily)];
    if let Some(network) = network(wanted) {
        quotas.push(Quota::a_day(format!("{name} to {to} from {network}"), of_network));
        if let Occasion::Confirm(Some(list)) = wanted.occasion {
            // The second is the one resend.
            quotas.push(Quota::a_day(format!("{name} {} to {to} from {network}", list.0), 2));
        }
    }
    quotas
}

fn an_hour(key: &str, at_most: u32) -> Quota {
    Quota { key: key.to_owned(), at_most, within: HOUR }
}

/// What unknown addresses get of a budget.
fn share(most: u32) -> u32 {
    u32::try_from(u64::from(most) * u64::from(STRANGERS_PERCENT) / 100).unwrap_or(most)
}

/// The client's network: /24 of IPv4, /48 of IPv6, which is what one customer gets.
fn network(wanted: &Wanted<'_>) -> Option<String> {
    Some(match wanted.asked_from?.to_canonical() {
        IpAddr::V4(ip) => format!("4 {}", u32::from(ip) >> 8),
        IpAddr::V6(ip) => format!("6 {}", u128::from(ip) >> 80),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(to: &'a Address, occasion: Occasion, from: &str) -> Wanted<'a> {
        Wanted { to, occasion, known: false, asked_from: Some(from.parse().unwrap()) }
    }

    fn keys(quotas: &[Quota]) -> Vec<&str> {
        quotas.iter().map(|quota| quota.key.as_str()).collect()
    }

    #[test]
    fn tags_and_neighbours_count_together() {
        let limits = StrangerLimits::new();
        let [a, b, c] = ["Victim+1@shop.example", "victim+2@shop.example", "other@shop.example"]
            .map(|text| Address::guess(text).unwrap());
        let quotas = |to, from| limits.quotas(&wanted(to, Occasion::Choices, from));
        assert_eq!(quotas(&a, "192.0.2.1"), quotas(&b, "192.0.2.99"));
        assert_ne!(quotas(&a, "192.0.2.1").0[0], quotas(&c, "192.0.2.1").0[0]);
        assert_eq!(quotas(&a, "2001:db8:1:2::1"), quotas(&a, "2001:db8:1:ffff::2"));
        assert_ne!(quotas(&a, "2001:db8:1:2::1"), quotas(&a, "2001:db8:2::1"));
        assert!(keys(&quotas(&a, "192.0.2.1").0).contains(&"mails to domain shop.example"));
    }

    #[test]
    fn kinds_and_networks_have_quotas_of_their_own() {
        let to = Address::guess("ann@shop.example").unwrap();
        let own = |occasion, from| own(&wanted(&to, occasion, from));
        let (one, other) = (own(Occasion::Choices, "192.0.2.1"), own(Occasion::Choices, "198.51.100.1"));
        // One network alone can't use up what the address has, neither in a day nor in an hour.
        let phone = Address::guess("+4915112345678").unwrap();
        for to in [&to, &phone] {
            for occasion in [Occasion::Choices, Occasion::Confirm(None), Occasion::Known] {
                let quotas = super::own(&wanted(to, occasion, "192.0.2.1"));
                let (of_all, of_network) = quotas.split_at(2);
                assert!(of_all.iter().all(|quota| quota.at_most > of_network[0].at_most), "{quotas:?}");
            }
        }
        assert!(one[2] != other[2] && one[..2] == other[..2], "{one:?}");
        let confirm = own(Occasion::Confirm(Some(ListId(1))), "192.0.2.1");
        assert!(keys(&confirm).iter().all(|key| !keys(&one).contains(key)));
        assert_eq!(confirm.last().unwrap().at_most, 2);
    }

    #[test]
    fn texts_go_to_the_countries_that_were_named() {
        let country = |text: &str| text.parse().unwrap();
        let limits = StrangerLimits { text_countries: vec![country("DE")], ..StrangerLimits::new() };
        let reaches = |text: &str| limits.reaches(&Address::guess(text).unwrap());
        assert!(reaches("+4915112345678") && reaches("a@example.com"));
        assert!(!reaches("+436641234567") && !reaches("+4990012345678") && !reaches("+870773111632"));
        let numbers = ["+4915112345678", "+4915112345699"].map(|text| Address::guess(text).unwrap());
        let ranges = numbers.each_ref().map(|to| {
            let (quotas, own) = limits.quotas(&wanted(to, Occasion::Choices, "192.0.2.1"));
            quotas[own..].to_vec()
        });
        assert_eq!(ranges[0], ranges[1], "numbers in a row count together");
        let known =
            limits.quotas(&Wanted { known: true, ..wanted(&numbers[0], Occasion::Choices, "192.0.2.1") });
        assert_eq!(keys(&known.0[known.1..]), ["texts from 4 12582914", "texts"], "a part is kept for them");
    }

    #[test]
    fn a_budget_alarms_before_it_is_used_up() {
        let limits = StrangerLimits { mails_per_day: 10, ..StrangerLimits::new() };
        let of = |counts: [u64; 4]| limits.budget_use(&counts);
        let alarms = |counts| of(counts).iter().map(BudgetUse::is_alarming).collect::<Vec<_>>();
        assert_eq!(limits.budgets().len(), 4);
        assert_eq!(alarms([7, 0, 79, 0]), [false, false]);
        assert_eq!(alarms([8, 0, 0, 1]), [true, true]);
    }
}
