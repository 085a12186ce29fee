//! The decision: may this message go to this recipient? Pure, first hit wins, fail closed.
//!
//! The rows are those of the decision table; each row's number stands in the [`Trace`].

mod facts;
mod outcome;
#[cfg(test)]
mod tests;

pub use facts::{Allow, Limit, ListState, Message, Reach, Recipient, Rules, Suppressed};
pub use outcome::{Basis, Deferral, Detail, Exclusion, Reason};

use crate::jurisdiction::{Country, opt_in_required};
use crate::{Category, Channel, Choice, Field};

/// May it go?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, on this basis.
    Permit(Basis),
    /// Not yet.
    Defer(Deferral),
    /// No, for this reason.
    Exclude(Exclusion),
}

/// Which recorded value a row read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// A field of the profile.
    Profile(Field),
    /// A field of the address.
    Identity(Field),
    /// The value for the bound list.
    Subscription,
    /// The workspace's default.
    Default,
    /// No default, since nobody at the brand brought the person in ([`crate::ConsentWord::NO_DEFAULT`]).
    NoDefault,
}

/// One row of the decision table, as it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The row's number, 1 to 15.
    pub row: u8,
    /// What was tested.
    pub test: &'static str,
    /// The value read, if the row read a choice.
    pub value: Option<(Read, Choice)>,
    /// Whether it ended the walk.
    pub outcome: Option<Decision>,
}

/// The rows walked, in order; the last one holds the decision.
pub type Trace = smallvec::SmallVec<[Step; 16]>;

/// Row 10 for somebody of whom nothing counts and who isn't the brand's ([`crate::ConsentWord::NO_DEFAULT`]).
const BROUGHT_IN: &str = "brought in by import or API, or said yes";

/// Decides. Allocates nothing; in the common case a handful of mask tests.
pub fn decide(recipient: &Recipient, message: &Message, rules: &Rules) -> Decision {
    walk(recipient, message, rules, &mut |_| ())
}

/// Decides, and tells how: the same walk as [`decide`], with each row noted.
pub fn explain(recipient: &Recipient, message: &Message, rules: &Rules) -> (Decision, Trace) {
    let mut trace = Trace::new();
    let decision = walk(recipient, message, rules, &mut |step| trace.push(step));
    (decision, trace)
}

fn walk(recipient: &Recipient, message: &Message, rules: &Rules, note: &mut impl FnMut(Step)) -> Decision {
    let permitted = rows(recipient, message, rules, note);
    let limited = permitted.and_then(|permitted| within_limits(recipient, note).map(|()| permitted));
    match limited {
        Ok((basis, value)) => {
            let outcome = Some(Decision::Permit(basis));
            note(Step { row: 15, test: "every row passed", value, outcome });
            Decision::Permit(basis)
        }
        Err(withheld) => withheld,
    }
}

/// Notes a row, and ends the walk if it failed.
fn row(
    note: &mut impl FnMut(Step),
    (number, test): (u8, &'static str),
    value: Option<(Read, Choice)>,
    failed: Option<Decision>,
) -> Result<(), Decision> {
    note(Step { row: number, test, value, outcome: failed });
    failed.map_or(Ok(()), Err)
}

/// What permits a message, and the choice it was read from.
type Permitted = (Basis, Option<(Read, Choice)>);

/// The decision table up to row 13, a line per row.
fn rows(
    recipient: &Recipient,
    message: &Message,
    rules: &Rules,
    note: &mut impl FnMut(Step),
) -> Result<Permitted, Decision> {
    let channel = message.channel;
    let mut row = |number, test, value, failed: Option<Reason>| {
        row(note, (number, test), value, failed.map(|reason| Decision::Exclude(Exclusion::of(reason))))
    };
    row(1, "the address is well-formed", None, unreachable_reason(recipient.reach))?;
    row(2, "neither address nor domain is suppressed", None, suppression_reason(recipient, message))?;
    let not_allowed = (recipient.allow == Allow::NotListed).then_some(Reason::NotAllowed);
    row(3, "the allow list is off or holds the address", None, not_allowed)?;
    let blocked = recipient.sender_blocked.then_some(Reason::SenderBlocked);
    row(4, "the sender isn't blocked", None, blocked)?;
    if message.category == Category::Transactional {
        row(5, "the message is transactional", None, None)?;
        return Ok((Basis::Transactional, None));
    }
    let any = (Read::Profile(Field::Any), recipient.profile.get(Field::Any));
    row(6, "not opted out of all marketing", Some(any), refused(any, Reason::OptedOutAll))?;
    let of_channel = (Read::Profile(channel.field()), recipient.profile.channel(channel));
    row(7, "not opted out of the channel", Some(of_channel), refused(of_channel, Reason::OptedOutChannel))?;
    let identity = (Read::Identity(channel.field()), recipient.identity.channel(channel));
    let identity_any = (Read::Identity(Field::Any), recipient.identity.get(Field::Any));
    let at_address = if identity_any.1.is_no() { identity_any } else { identity };
    row(8, "not opted out for the address", Some(at_address), refused(at_address, Reason::OptedOutAddress))?;
    let held = recipient.held.then_some(Reason::HeldForReview);
    row(8, "no reply from the address waits to be read", None, held)?;
    if let Some(list) = message.list {
        let value = (Read::Subscription, recipient.subscription);
        row(9, "subscribed to the list, which is live", Some(value), list_reason(list, value.1, rules))?;
    }
    // The address's own `any` is about all channels: what the person said of this one comes before it.
    let counts = [identity, of_channel, identity_any, any].into_iter().find(|(_, choice)| choice.counts());
    let default = (Read::Default, rules.default_for(channel));
    let counting = counting_choice(recipient, message, rules, counts, default, &mut row)?;
    // The list's yes isn't an opt-in to the channel: with it nobody gets what they wouldn't get without the flag.
    let lawful = if counting.0 == Read::Subscription { default } else { counting };
    let opt_in =
        rules.jurisdiction_pack.then(|| opt_in_reason(recipient.country, channel, lawful.1)).flatten();
    row(11, "the law there is met", Some(lawful), opt_in)?;
    let (paused, paced) = (recipient.paused, recipient.paced);
    if let Some(policy) = recipient.policy {
        let refused = Exclusion { reason: Reason::PolicyRefused, detail: policy };
        self::row(note, (12, "every policy holds"), None, Some(Decision::Exclude(refused)))?;
    }
    let mut row = |test, failed: Option<Reason>| {
        let failed = failed.map(|reason| Decision::Exclude(Exclusion::of(reason)));
        self::row(note, (13, test), None, failed)
    };
    // After every opt-out: a report names the opt-out where there is one, never the preference.
    row("no pause was asked for", paused.then_some(Reason::Paused))?;
    row("fewer messages lately than asked for", paced.then_some(Reason::Capped))?;
    let basis =
        if counting.0 == Read::Default { Basis::Default(counting.1) } else { Basis::Choice(counting.1) };
    Ok((basis, Some(counting)))
}

/// Rows 14 and 15. Whoever one of them leaves out isn't made to wait for the other; of two waits the longer counts.
fn within_limits(recipient: &Recipient, note: &mut impl FnMut(Step)) -> Result<(), Decision> {
    if (recipient.cap, recipient.quiet) == (Limit::Within, Limit::Within) {
        return Ok(());
    }
    let limits = [
        ((14, "within the frequency caps"), Reason::FrequencyCapped, recipient.cap),
        ((15, "no quiet hours there"), Reason::QuietHours, recipient.quiet),
    ];
    let mut wait: Option<((u8, &'static str), Deferral)> = None;
    for (named, reason, limit) in limits {
        match limit {
            Limit::Within => {}
            Limit::Over(detail) => {
                row(note, named, None, Some(Decision::Exclude(Exclusion { reason, detail })))?;
            }
            Limit::Until(until, detail) => {
                let deferral = Deferral { until, cause: Exclusion { reason, detail } };
                if wait.is_none_or(|(_, other)| other.until < until) {
                    wait = Some((named, deferral));
                }
            }
        }
    }
    let Some((named, deferral)) = wait else { return Ok(()) };
    row(note, named, None, Some(Decision::Defer(deferral)))
}

/// Row 10: the choice that counts, which permits.
fn counting_choice(
    recipient: &Recipient,
    message: &Message,
    rules: &Rules,
    counts: Option<(Read, Choice)>,
    default: (Read, Choice),
    row: &mut impl FnMut(u8, &'static str, Option<(Read, Choice)>, Option<Reason>) -> Result<(), Decision>,
) -> Result<(Read, Choice), Decision> {
    if counts.is_some() || recipient.profile.has_default() {
        let counting = counts.unwrap_or(default);
        row(10, "the choice that counts permits", Some(counting), consent_reason(counting, rules))?;
        return Ok(counting);
    }
    // An express subscription permits the list's messages alone, and those only where the default would permit them to
    // anybody else.
    let subscribed = message.list.is_some() && recipient.subscription == Choice::Yes;
    let unasked = (!subscribed).then_some(Reason::NoConsent);
    row(10, BROUGHT_IN, Some((Read::NoDefault, Choice::Unset)), unasked)?;
    row(10, "the default permits, too", Some(default), consent_reason(default, rules))?;
    Ok((Read::Subscription, recipient.subscription))
}

const fn unreachable_reason(reach: Reach) -> Option<Reason> {
    match reach {
        Reach::Reachable => None,
        Reach::Missing => Some(Reason::AddressMissing),
        Reach::Malformed => Some(Reason::AddressMalformed),
        Reach::TokenDead => Some(Reason::TokenDead),
    }
}

fn suppression_reason(recipient: &Recipient, message: &Message) -> Option<Reason> {
    let after_complaint = message.after_complaint && message.category == Category::Transactional;
    match recipient.suppressed {
        Suppressed::No => None,
        Suppressed::Complaint if after_complaint => None,
        Suppressed::Address | Suppressed::Complaint => Some(Reason::AddressSuppressed),
        Suppressed::Domain => Some(Reason::DomainSuppressed),
    }
}

fn refused((_, choice): (Read, Choice), reason: Reason) -> Option<Reason> {
    choice.is_no().then_some(reason)
}

/// Row 9. `dy` and a named basis subscribe as `y` does; unset and `u` don't.
fn list_reason(state: ListState, value: Choice, rules: &Rules) -> Option<Reason> {
    match value {
        _ if state != ListState::Live => Some(Reason::ListNotLive),
        Choice::No | Choice::DefaultNo => Some(Reason::UnsubscribedFromList),
        Choice::Pending => Some(Reason::PendingVerification),
        Choice::Unset | Choice::Unknown => Some(Reason::NotSubscribed),
        Choice::Yes | Choice::DefaultYes => None,
        _ => (!rules.named_basis_permits).then_some(Reason::NotSubscribed),
    }
}

/// Row 10. An empty choice under an empty default is consent; a default of `u` is not (I9).
fn consent_reason((read, choice): (Read, Choice), rules: &Rules) -> Option<Reason> {
    match choice {
        Choice::Yes | Choice::DefaultYes => None,
        Choice::Unset if read == Read::Default => None,
        Choice::Pending => Some(Reason::PendingVerification),
        choice if choice.is_named_basis() && rules.named_basis_permits => None,
        _ => Some(Reason::NoConsent),
    }
}

/// Row 11. A default isn't an express choice, so `dy` doesn't do where an opt-in is asked, nor does an empty value.
fn opt_in_reason(country: Option<Country>, channel: Channel, choice: Choice) -> Option<Reason> {
    let express = choice == Choice::Yes || choice.is_named_basis();
    (!express && opt_in_required(country, channel)).then_some(Reason::OptInRequired)
}
