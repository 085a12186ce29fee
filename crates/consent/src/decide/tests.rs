use proptest::prelude::*;

use super::*;
use crate::{ConsentWord, Timestamp};

const EMAIL: Message =
    Message { channel: Channel::Email, category: Category::Marketing, list: None, after_complaint: false };

fn with_profile(sets: &[(Field, Choice)]) -> Recipient {
    let word = sets.iter().fold(ConsentWord::EMPTY, |word, (field, choice)| word.with(*field, *choice));
    Recipient { profile: word, ..Recipient::UNKNOWN }
}

fn check(recipient: &Recipient, message: &Message, rules: &Rules, expected: Decision) {
    assert_eq!(decide(recipient, message, rules), expected, "{recipient:?} {message:?} {rules:?}");
}

#[test]
fn an_empty_value_is_consent_unless_the_default_says_otherwise() {
    let mut rules = Rules::default();
    check(&Recipient::UNKNOWN, &EMAIL, &rules, Decision::Permit(Basis::Default(Choice::Unset)));
    for (default, expected) in [
        (Choice::No, Decision::Exclude(Exclusion::of(Reason::NoConsent))),
        (Choice::Unknown, Decision::Exclude(Exclusion::of(Reason::NoConsent))),
        (Choice::Pending, Decision::Exclude(Exclusion::of(Reason::PendingVerification))),
        (Choice::DefaultYes, Decision::Permit(Basis::Default(Choice::DefaultYes))),
        (Choice::Contract, Decision::Permit(Basis::Default(Choice::Contract))),
    ] {
        rules.defaults[0] = default;
        check(&Recipient::UNKNOWN, &EMAIL, &rules, expected);
        // `u` counts as empty.
        check(&with_profile(&[(Field::Email, Choice::Unknown)]), &EMAIL, &rules, expected);
        let sms = Message { channel: Channel::Sms, ..EMAIL };
        check(&Recipient::UNKNOWN, &sms, &rules, Decision::Permit(Basis::Default(Choice::Unset)));
    }
}

#[test]
fn each_row_in_its_turn() {
    let rules = Rules::default();
    let mut recipient = with_profile(&[(Field::Any, Choice::No), (Field::Email, Choice::DefaultNo)]);
    recipient.identity = ConsentWord::EMPTY.with(Field::Email, Choice::No);
    recipient.subscription = Choice::No;
    recipient.reach = Reach::Malformed;
    recipient.suppressed = Suppressed::Domain;
    recipient.allow = Allow::NotListed;
    recipient.sender_blocked = true;
    recipient.held = true;
    (recipient.paused, recipient.paced) = (true, true);
    let bound = Message { list: Some(ListState::Live), ..EMAIL };
    let mut expect = |reason, mend: fn(&mut Recipient)| {
        check(&recipient, &bound, &rules, Decision::Exclude(Exclusion::of(reason)));
        mend(&mut recipient);
    };
    expect(Reason::AddressMalformed, |r| r.reach = Reach::Reachable);
    expect(Reason::DomainSuppressed, |r| r.suppressed = Suppressed::Address);
    expect(Reason::AddressSuppressed, |r| r.suppressed = Suppressed::No);
    expect(Reason::NotAllowed, |r| r.allow = Allow::Listed);
    expect(Reason::SenderBlocked, |r| r.sender_blocked = false);
    expect(Reason::OptedOutAll, |r| r.profile = r.profile.with(Field::Any, Choice::Pending));
    expect(Reason::OptedOutChannel, |r| r.profile = r.profile.with(Field::Email, Choice::Unset));
    expect(Reason::OptedOutAddress, |r| r.identity = ConsentWord::EMPTY);
    expect(Reason::HeldForReview, |r| r.held = false);
    expect(Reason::UnsubscribedFromList, |r| r.subscription = Choice::Pending);
    expect(Reason::PendingVerification, |r| r.subscription = Choice::Unset);
    expect(Reason::NotSubscribed, |r| r.subscription = Choice::Yes);
    expect(Reason::PendingVerification, |r| r.identity = r.identity.with(Field::Email, Choice::Yes));
    expect(Reason::Paused, |r| r.paused = false);
    expect(Reason::Capped, |r| r.paced = false);
    check(&recipient, &bound, &rules, Decision::Permit(Basis::Choice(Choice::Yes)));
    let expired = Message { list: Some(ListState::Expired), ..EMAIL };
    check(&recipient, &expired, &rules, Decision::Exclude(Exclusion::of(Reason::ListNotLive)));
}

#[test]
fn policies_and_limits_come_after_the_opt_outs() {
    let rules = Rules::default();
    let mut recipient = with_profile(&[(Field::Email, Choice::No)]);
    recipient.policy = Some(Detail(5));
    recipient.cap = Limit::Until(Timestamp(80), Detail(6));
    recipient.quiet = Limit::Over(Detail(7));
    let cause = |reason, detail| Exclusion { reason, detail: Detail(detail) };
    check(&recipient, &EMAIL, &rules, Decision::Exclude(Exclusion::of(Reason::OptedOutChannel)));
    recipient.profile = ConsentWord::EMPTY;
    check(&recipient, &EMAIL, &rules, Decision::Exclude(cause(Reason::PolicyRefused, 5)));
    recipient.policy = None;
    // Whoever is left out in the end isn't kept waiting first.
    check(&recipient, &EMAIL, &rules, Decision::Exclude(cause(Reason::QuietHours, 7)));
    recipient.quiet = Limit::Until(Timestamp(90), Detail(8));
    let waits = |until, reason, detail| {
        Decision::Defer(Deferral { until: Timestamp(until), cause: cause(reason, detail) })
    };
    check(&recipient, &EMAIL, &rules, waits(90, Reason::QuietHours, 8));
    // A limit whose rule names transactional messages holds those back, too.
    let receipt = Message { category: Category::Transactional, ..EMAIL };
    check(&recipient, &receipt, &rules, waits(90, Reason::QuietHours, 8));
    recipient.quiet = Limit::Until(Timestamp(70), Detail(8));
    check(&recipient, &EMAIL, &rules, waits(80, Reason::FrequencyCapped, 6));
    (recipient.cap, recipient.quiet) = (Limit::Within, Limit::Within);
    check(&recipient, &EMAIL, &rules, Decision::Permit(Basis::Default(Choice::Unset)));
    check(&recipient, &receipt, &rules, Decision::Permit(Basis::Transactional));
}

#[test]
fn transactional_ignores_consent_but_not_suppression_or_blocks() {
    let rules = Rules::default();
    let receipt = Message { category: Category::Transactional, ..EMAIL };
    let mut recipient = with_profile(&[(Field::Any, Choice::No)]);
    recipient.held = true;
    (recipient.paused, recipient.paced) = (true, true);
    check(&recipient, &receipt, &rules, Decision::Permit(Basis::Transactional));
    recipient.sender_blocked = true;
    check(&recipient, &receipt, &rules, Decision::Exclude(Exclusion::of(Reason::SenderBlocked)));
    recipient.suppressed = Suppressed::Address;
    check(&recipient, &receipt, &rules, Decision::Exclude(Exclusion::of(Reason::AddressSuppressed)));
}

#[test]
fn after_a_complaint_only_transactional_mail_that_is_to_goes_out() {
    let rules = Rules::default();
    let receipt = Message { category: Category::Transactional, ..EMAIL };
    let excluded = Decision::Exclude(Exclusion::of(Reason::AddressSuppressed));
    let complained = Recipient { suppressed: Suppressed::Complaint, ..Recipient::UNKNOWN };
    check(&complained, &receipt, &rules, excluded);
    check(&complained, &EMAIL, &rules, excluded);
    check(&complained, &Message { after_complaint: true, ..EMAIL }, &rules, excluded);
    let receipt = Message { after_complaint: true, ..receipt };
    check(&complained, &receipt, &rules, Decision::Permit(Basis::Transactional));
    for (suppressed, reason) in [
        (Suppressed::Address, Exclusion::of(Reason::AddressSuppressed)),
        (Suppressed::Domain, Exclusion::of(Reason::DomainSuppressed)),
    ] {
        check(&Recipient { suppressed, ..complained }, &receipt, &rules, Decision::Exclude(reason));
    }
    let braked = Recipient { allow: Allow::NotListed, ..complained };
    check(&braked, &receipt, &rules, Decision::Exclude(Exclusion::of(Reason::NotAllowed)));
}

#[test]
fn the_jurisdiction_pack_wants_an_express_yes() {
    let rules = Rules { jurisdiction_pack: true, ..Rules::default() };
    let mut recipient = with_profile(&[(Field::Email, Choice::DefaultYes)]);
    check(&recipient, &EMAIL, &rules, Decision::Exclude(Exclusion::of(Reason::OptInRequired)));
    recipient.country = "DE".parse().ok();
    check(&recipient, &EMAIL, &rules, Decision::Exclude(Exclusion::of(Reason::OptInRequired)));
    recipient.profile = recipient.profile.with(Field::Email, Choice::LegitimateInterest);
    check(&recipient, &EMAIL, &rules, Decision::Permit(Basis::Choice(Choice::LegitimateInterest)));
    recipient.profile = ConsentWord::EMPTY;
    recipient.country = "US".parse().ok();
    check(&recipient, &EMAIL, &rules, Decision::Permit(Basis::Default(Choice::Unset)));
}

#[test]
fn an_empty_value_is_no_consent_of_somebody_who_only_turned_up() {
    let stranger = |sets: &[(Field, Choice)]| {
        let known = with_profile(sets);
        Recipient { profile: known.profile.with_flags(ConsentWord::NO_DEFAULT), ..known }
    };
    let bound = Message { list: Some(ListState::Live), ..EMAIL };
    let withheld = Decision::Exclude(Exclusion::of(Reason::NoConsent));
    let permitted = Decision::Permit(Basis::Choice(Choice::Yes));
    for default in [Choice::Unset, Choice::Yes, Choice::DefaultYes, Choice::LegitimateInterest] {
        let rules = Rules { defaults: [default; 8], ..Rules::default() };
        for empty in [Choice::Unset, Choice::Unknown] {
            let recipient = stranger(&[(Field::Email, empty)]);
            check(&recipient, &EMAIL, &rules, withheld);
            // To the list it said yes to, nothing else.
            for (said, expected) in [
                (Choice::Yes, permitted),
                (Choice::DefaultYes, withheld),
                (Choice::Unset, Decision::Exclude(Exclusion::of(Reason::NotSubscribed))),
                (Choice::Pending, Decision::Exclude(Exclusion::of(Reason::PendingVerification))),
            ] {
                check(&Recipient { subscription: said, ..recipient }, &bound, &rules, expected);
            }
            check(&Recipient { subscription: Choice::Yes, ..recipient }, &EMAIL, &rules, withheld);
        }
        for field in [Field::Email, Field::Any] {
            check(&stranger(&[(field, Choice::Yes)]), &EMAIL, &rules, permitted);
        }
        let address = ConsentWord::EMPTY.with(Field::Email, Choice::Yes);
        check(&Recipient { identity: address, ..stranger(&[]) }, &EMAIL, &rules, permitted);
        let receipt = Message { category: Category::Transactional, ..EMAIL };
        check(&stranger(&[]), &receipt, &rules, Decision::Permit(Basis::Transactional));
    }
    // Where nobody gets marketing without a yes to the channel, the list's isn't enough here either.
    let rules = Rules { defaults: [Choice::No; 8], ..Rules::default() };
    check(&Recipient { subscription: Choice::Yes, ..stranger(&[]) }, &bound, &rules, withheld);
    let (_, trace) = explain(&stranger(&[]), &EMAIL, &Rules::default());
    let last = trace.last().unwrap();
    assert_eq!((last.row, last.value), (10, Some((Read::NoDefault, Choice::Unset))));
}

fn any_choice() -> impl Strategy<Value = Choice> {
    (0u8..12).prop_map(|code| Choice::from_code(code).unwrap())
}

prop_compose! {
    fn any_word()(choices in proptest::collection::vec(any_choice(), 13), flags in prop::bits::u8::ANY) -> ConsentWord {
        let fold = |word: ConsentWord, (field, choice)| word.with(field, choice);
        Field::ALL.into_iter().zip(choices).fold(ConsentWord::EMPTY.with_flags(flags), fold)
    }
}

fn any_limit() -> impl Strategy<Value = Limit> {
    let limits = [Limit::Within, Limit::Until(Timestamp(9), Detail(3)), Limit::Over(Detail(4))];
    prop_oneof![3 => Just(limits[0]), 1 => Just(limits[1]), 1 => Just(limits[2])]
}

prop_compose! {
    fn any_recipient()(
        reach in prop::sample::select(vec![Reach::Reachable, Reach::Reachable, Reach::Missing, Reach::Malformed, Reach::TokenDead]),
        suppressed in prop::sample::select(vec![Suppressed::No, Suppressed::No, Suppressed::Address, Suppressed::Domain, Suppressed::Complaint]),
        allow in prop::sample::select(vec![Allow::Off, Allow::Listed, Allow::NotListed]),
        sender_blocked in prop::bool::weighted(0.1),
        held in prop::bool::weighted(0.1),
        profile in any_word(),
        identity in any_word(),
        subscription in any_choice(),
        country in prop::sample::select(vec![None, "US".parse().ok(), "DE".parse().ok(), "SG".parse().ok()]),
        (paused, paced) in (prop::bool::weighted(0.3), prop::bool::weighted(0.3)),
        (policy, cap, quiet) in (prop::option::weighted(0.1, Just(Detail(7))), any_limit(), any_limit()),
    ) -> Recipient {
        Recipient {
            reach, suppressed, allow, sender_blocked, held, profile, identity, subscription, country, paused, paced,
            policy, cap, quiet,
        }
    }
}

prop_compose! {
    fn any_message()(
        channel in prop::sample::select(Channel::ALL.to_vec()),
        transactional in prop::bool::weighted(0.1),
        list in prop::sample::select(vec![None, Some(ListState::Live), Some(ListState::NotStarted), Some(ListState::Expired)]),
        after_complaint: bool,
    ) -> Message {
        let category = if transactional { Category::Transactional } else { Category::Marketing };
        Message { channel, category, list, after_complaint }
    }
}

prop_compose! {
    fn any_rules()(defaults in proptest::collection::vec(any_choice(), 8), named_basis_permits: bool, jurisdiction_pack: bool) -> Rules {
        Rules { defaults: defaults.try_into().unwrap(), named_basis_permits, jurisdiction_pack }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Total: there is a decision for every input, and its trace ends with it and only there.
    #[test]
    fn every_input_is_decided_and_explained(r in any_recipient(), m in any_message(), rules in any_rules()) {
        let decision = decide(&r, &m, &rules);
        let (explained, trace) = explain(&r, &m, &rules);
        prop_assert_eq!(decision, explained);
        let (last, before) = trace.split_last().unwrap();
        prop_assert_eq!(last.outcome, Some(decision));
        prop_assert!(before.iter().all(|step| step.outcome.is_none()));
        prop_assert!(trace.windows(2).all(|pair| pair[0].row <= pair[1].row));
    }

    /// Monotone: one more no never turns an exclusion into a permit.
    #[test]
    fn a_no_never_permits(
        r in any_recipient(), m in any_message(), rules in any_rules(),
        no in prop::sample::select(vec![Choice::No, Choice::DefaultNo]), field in prop::sample::select(Field::ALL.to_vec()), place in 0..4,
    ) {
        let (mut after, mut stricter) = (r, rules);
        match place {
            0 => after.profile = r.profile.with(field, no),
            1 => after.identity = r.identity.with(field, no),
            2 => after.subscription = no,
            _ => stricter.defaults = [no; 8],
        }
        let withheld = |decision| !matches!(decision, Decision::Permit(_));
        let (before, after) = (decide(&r, &m, &rules), decide(&after, &m, &stricter));
        prop_assert!(!withheld(before) || withheld(after));
        prop_assert!(!matches!(before, Decision::Exclude(_)) || matches!(after, Decision::Exclude(_)));
    }

    /// Who only turned up never gets what nobody else would.
    #[test]
    fn without_a_default_nothing_more_goes_out(
        r in any_recipient(), m in any_message(), rules in any_rules(), silent in prop::bool::weighted(0.7),
    ) {
        let empty = |word: ConsentWord| if silent { ConsentWord::EMPTY } else { word };
        let (profile, identity) = (empty(r.profile), empty(r.identity));
        let known = Recipient { profile: profile.without_flags(ConsentWord::NO_DEFAULT), identity, ..r };
        let turned_up = Recipient { profile: profile.with_flags(ConsentWord::NO_DEFAULT), ..known };
        if matches!(decide(&known, &m, &rules), Decision::Exclude(_)) {
            prop_assert!(matches!(decide(&turned_up, &m, &rules), Decision::Exclude(_)));
        }
        if silent && m.list.is_none() && m.category == Category::Marketing {
            prop_assert!(matches!(decide(&turned_up, &m, &rules), Decision::Exclude(_)));
        }
    }

    /// Whatever is suppressed gets no marketing, and a complaint never permits what an address's entry doesn't but for
    /// transactional messages that are to go out all the same.
    #[test]
    fn suppression_excludes(r in any_recipient(), m in any_message(), rules in any_rules()) {
        let decision = decide(&r, &m, &rules);
        let is_exception =
            r.suppressed == Suppressed::Complaint && m.after_complaint && m.category == Category::Transactional;
        if r.suppressed != Suppressed::No && !is_exception {
            prop_assert!(matches!(decision, Decision::Exclude(_)));
        }
        let without = Recipient { suppressed: Suppressed::No, ..r };
        if is_exception {
            prop_assert_eq!(decision, decide(&without, &m, &rules));
        }
    }

    /// Preferences come after every opt-out and policy: a preference keeps marketing from whoever would get it, changes no
    /// other reason, and is nothing to a transactional message. A pause is told before a pace, and both before a limit.
    #[test]
    fn preferences_hold_back_what_nothing_else_does(r in any_recipient(), m in any_message(), rules in any_rules()) {
        let without = Recipient { paused: false, paced: false, ..r };
        let unlimited = Recipient { cap: Limit::Within, quiet: Limit::Within, ..without };
        let reached = matches!(decide(&unlimited, &m, &rules), Decision::Permit(basis) if basis != Basis::Transactional);
        let expected = match reached {
            true if r.paused => Decision::Exclude(Exclusion::of(Reason::Paused)),
            true if r.paced => Decision::Exclude(Exclusion::of(Reason::Capped)),
            _ => decide(&without, &m, &rules),
        };
        prop_assert_eq!(decide(&r, &m, &rules), expected);
        let (_, trace) = explain(&r, &m, &rules);
        prop_assert_eq!(trace.iter().any(|step| step.row == 13), reached);
    }

    /// A limit holds back what would go out, and nothing else: it never turns an exclusion into a permit or a delay. Where
    /// one says later and the other never, it is never.
    #[test]
    fn limits_hold_back_what_would_go_out(r in any_recipient(), m in any_message(), rules in any_rules()) {
        let unlimited = decide(&Recipient { cap: Limit::Within, quiet: Limit::Within, ..r }, &m, &rules);
        let decision = decide(&r, &m, &rules);
        let over = [r.cap, r.quiet].into_iter().any(|limit| matches!(limit, Limit::Over(_)));
        let until = [r.cap, r.quiet].into_iter().any(|limit| matches!(limit, Limit::Until(..)));
        match (unlimited, decision) {
            (Decision::Exclude(_), _) => prop_assert_eq!(decision, unlimited),
            (_, Decision::Permit(_)) => prop_assert!(!over && !until),
            (_, Decision::Defer(_)) => prop_assert!(until && !over),
            (_, Decision::Exclude(_)) => prop_assert!(over),
        }
    }

    /// What is on disk reads back as what was written.
    #[test]
    fn a_cause_survives_its_code(reason in prop::sample::select(Reason::ALL.to_vec()), detail: u32, other: i64) {
        let cause = Exclusion { reason, detail: Detail(detail) };
        prop_assert_eq!(Exclusion::from_code(cause.code()), Some(cause));
        prop_assert_eq!(Exclusion::of(reason).code(), i64::from(reason.code()), "as before there were details");
        prop_assert!(Exclusion::from_code(other).is_none_or(|cause| cause.code() == other));
    }

    /// `any=n` beats everything else that was said.
    #[test]
    fn any_no_beats_everything(r in any_recipient(), m in any_message(), rules in any_rules()) {
        let refused = Recipient { profile: r.profile.with(Field::Any, Choice::No), ..r };
        let decision = decide(&refused, &m, &rules);
        prop_assert!(m.category == Category::Transactional || matches!(decision, Decision::Exclude(_)));
        let reachable = Recipient { profile: refused.profile, ..Recipient::UNKNOWN };
        let marketing = Message { category: Category::Marketing, ..m };
        prop_assert_eq!(decide(&reachable, &marketing, &rules), Decision::Exclude(Exclusion::of(Reason::OptedOutAll)));
    }
}
