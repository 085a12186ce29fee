//! The suppression list and the allow list.

use consent::decide::{Allow, Reach, Suppressed};
use consent::{Channel, Namespace, Timestamp};
use store::{
    AllowEntry, EntryKind, EntryOrder, EntryPage, EntryQuery, FeedbackKind, IMPORT_MAX, Removal, Settings,
    StoreError, SuppressionCategory, SuppressionEntry, Taken,
};

use super::support::{MAIN, World, address, allowed, feedback, removal, row, suppressed};
use SuppressionCategory::{Complaint, Hard, Manual, Soft};

impl World {
    /// What decisions make of somebody nobody knows.
    async fn verdict(&self, who: &str) -> Suppressed {
        let recipients = self.store.read_strangers(MAIN, vec![address(who)], self.now()).await.unwrap();
        recipients[0].suppressed
    }

    async fn suppress(&self, entries: &[SuppressionEntry]) -> Vec<bool> {
        self.store.suppress(MAIN, entries.to_vec()).await.unwrap()
    }

    async fn entries(&self, value: &str) -> Vec<SuppressionEntry> {
        self.store.suppression(MAIN, &Namespace::Email, value).await.unwrap()
    }
}

const DAY: i64 = 24 * 3_600 * 1_000_000;

fn of(category: SuppressionCategory, entry: SuppressionEntry) -> SuppressionEntry {
    SuppressionEntry { category, ..entry }
}

pub async fn entries_of_each_category_come_and_go_by_themselves(world: &World) {
    let at = world.tick();
    let manual = suppressed("a@example.com", at);
    assert_eq!(world.suppress(&[manual.clone(), of(Hard, manual.clone())]).await, [true, true]);
    let later = world.tick();
    let again = SuppressionEntry {
        value: "A@EXAMPLE.com".to_owned(),
        reason: "said it again".to_owned(),
        by: "else".to_owned(),
        at: later,
        updated_at: later,
        ..manual.clone()
    };
    assert_eq!(world.suppress(&[again.clone(), of(Complaint, manual.clone())]).await, [false, true]);
    let kept = SuppressionEntry { value: manual.value.clone(), at, ..again };
    let all = [kept, of(Hard, manual.clone()), of(Complaint, manual.clone())];
    assert_eq!(world.entries(" a@Example.com ").await, all, "since when stays, the rest is new");
    let hard = Removal { category: Some(Hard), ..removal("a@example.com", later) };
    let others = removal("nobody@example.com", later);
    let gone = world.store.unsuppress(MAIN, vec![hard.clone(), others, hard]).await.unwrap();
    assert_eq!(gone, [vec![all[1].clone()], vec![], vec![]]);
    assert_eq!(world.entries("a@example.com").await, [all[0].clone(), all[2].clone()]);
    let gone = world.store.unsuppress(MAIN, vec![removal("a@example.com", later)]).await.unwrap();
    assert_eq!(gone, [vec![all[0].clone(), all[2].clone()]]);
    assert_eq!(world.verdict("a@example.com").await, Suppressed::No);
    let twice = [manual.clone(), SuppressionEntry { reason: "the last".to_owned(), ..manual }];
    assert_eq!(world.suppress(&twice).await, [true, false]);
    assert_eq!(world.entries("a@example.com").await[0].reason, "the last");
}

pub async fn an_expiry_is_never_put_forward(world: &World) {
    let at = world.tick();
    let until = |seconds: i64| SuppressionEntry {
        expires_at: Some(Timestamp(at.0 + seconds * 1_000_000)),
        ..suppressed("example.com", at)
    };
    let expiry = async || world.entries("example.com").await[0].expires_at;
    world.suppress(&[until(10), until(5)]).await;
    assert_eq!(expiry().await, until(10).expires_at);
    world.suppress(&[until(20)]).await;
    assert_eq!(expiry().await, until(20).expires_at);
    assert_eq!(world.verdict("x@example.com").await, Suppressed::Domain);
    let after = Timestamp(at.0 + 20_000_000);
    let expired = world.store.read_strangers(MAIN, vec![address("x@example.com")], after).await.unwrap();
    assert_eq!(expired[0].suppressed, Suppressed::No);
    world.suppress(&[suppressed("example.com", at), until(30)]).await;
    assert_eq!(expiry().await, None, "for good");
}

pub async fn removals_are_recorded(world: &World) {
    let at = world.tick();
    let entry = SuppressionEntry { expires_at: Some(Timestamp(at.0 + 5)), ..suppressed("a@example.com", at) };
    let mut expected = Vec::new();
    for (n, value) in
        ["a@example.com", "b@example.com", "a@example.com", "a@example.com"].into_iter().enumerate()
    {
        let entry = SuppressionEntry { value: value.to_owned(), ..entry.clone() };
        world.suppress(&[entry.clone(), of(Soft, entry)]).await;
        let now = world.tick();
        let category = (n == 1).then_some(Soft);
        let removal = Removal { category, ..removal(value, now) };
        let gone = world.store.unsuppress(MAIN, vec![removal.clone()]).await.unwrap().remove(0);
        let records = gone.into_iter().map(|entry| store::Removed { entry, removal: removal.clone() });
        expected.splice(0..0, records.collect::<Vec<_>>());
    }
    let removed = world.store.removed(MAIN, None, 100).await.unwrap();
    let key = |removed: &store::Removed| (std::cmp::Reverse(removed.removal.at), removed.entry.category);
    let mut sorted = removed.clone();
    sorted.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(sorted, expected);
    assert!(removed.is_sorted_by_key(|removed| std::cmp::Reverse(removed.removal.at)), "newest first");
    assert_eq!(world.store.removed(MAIN, None, 3).await.unwrap().len(), 3);
    let of_b =
        world.store.removed(MAIN, Some((Namespace::Email, "B@example.com".to_owned())), 9).await.unwrap();
    assert_eq!((of_b.len(), of_b[0].entry.category), (1, Soft));
    for reason in ["", "  "] {
        let without = Removal { reason: reason.to_owned(), ..removal("b@example.com", at) };
        let refused = world.store.unsuppress(MAIN, vec![without]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    assert_eq!(world.entries("b@example.com").await.len(), 1);
}

pub async fn a_complaint_is_told_from_other_reasons(world: &World) {
    let at = world.tick();
    let profile = world.create(row("1", "a@example.com")).await;
    let verdict = async || {
        let known = world.read(profile, Channel::Email).await.recipient.suppressed;
        assert_eq!(known, world.verdict("a@example.com").await);
        known
    };
    let entry = suppressed("a@example.com", at);
    world.suppress(&[of(Complaint, entry.clone())]).await;
    assert_eq!(verdict().await, Suppressed::Complaint);
    let expired = SuppressionEntry { expires_at: Some(at), ..of(Hard, entry.clone()) };
    world.suppress(&[expired]).await;
    assert_eq!(verdict().await, Suppressed::Complaint, "the other has expired");
    world.suppress(&[suppressed("example.com", at)]).await;
    assert_eq!(verdict().await, Suppressed::Domain, "a domain stands above a complaint");
    world.suppress(&[of(Soft, entry)]).await;
    assert_eq!(verdict().await, Suppressed::Address);
}

pub async fn hashed_entries_are_found(world: &World) {
    let at = world.tick();
    let profile = world.create(row("1", "Hidden@example.com")).await;
    let other = world.create(row("2", "other@example.com")).await;
    // SHA-256 of hidden@example.com, in upper case.
    let hash = format!("sha256:{}", HIDDEN.to_ascii_uppercase());
    let suppressed_for = async |profile| world.read(profile, Channel::Email).await.recipient.suppressed;
    assert_eq!(world.suppress(&[suppressed(&hash, at)]).await, [true]);
    assert_eq!(world.suppress(&[suppressed(&hash.to_ascii_lowercase(), at)]).await, [false]);
    assert_eq!(suppressed_for(profile).await, Suppressed::Address);
    assert_eq!(suppressed_for(other).await, Suppressed::No);
    assert_eq!(world.verdict("hidden@EXAMPLE.com").await, Suppressed::Address);
    let complaint = of(Complaint, suppressed("hidden@example.com", at));
    world.suppress(std::slice::from_ref(&complaint)).await;
    assert_eq!(suppressed_for(profile).await, Suppressed::Address, "not for a complaint alone");
    world.store.unsuppress(MAIN, vec![removal(&hash, at)]).await.unwrap();
    assert_eq!(suppressed_for(profile).await, Suppressed::Complaint);
    let by_hash = SuppressionEntry { value: hash, ..complaint };
    world.store.unsuppress(MAIN, vec![removal("hidden@example.com", at)]).await.unwrap();
    world.suppress(&[by_hash]).await;
    assert_eq!(suppressed_for(profile).await, Suppressed::Complaint, "whichever way it is kept");
    // Another namespace, which has none yet.
    let phone =
        world.create(store::ProfileRow { addresses: vec![address("+4930123456")], ..row("3", "") }).await;
    assert_eq!(world.read(phone, Channel::Sms).await.recipient.suppressed, Suppressed::No);
    let entry =
        SuppressionEntry { namespace: Namespace::Phone, ..suppressed(&format!("sha256:{PHONE}"), at) };
    world.suppress(&[entry]).await;
    assert_eq!(world.read(phone, Channel::Sms).await.recipient.suppressed, Suppressed::Address);
    for wrong in ["sha256:", "sha256:12", &format!("sha256:{}", "g".repeat(64))] {
        let refused = world.store.suppress(MAIN, vec![suppressed(wrong, at)]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{wrong}");
    }
}

/// By coreutils' sha256sum.
const HIDDEN: &str = "7c1e3731ec46be009f0b827198bc6808052038d58d887871c056b2456c598d24";
const PHONE: &str = "a909469fabf3f43d0b7b6c42a85a6e7e8ceb36c7a2f0f1b9c15b80dc16384cb7";

pub async fn what_cannot_be_kept_is_refused_and_all_with_it(world: &World) {
    let at = world.tick();
    let fine = suppressed("fine@example.com", at);
    let wordy = SuppressionEntry { reason: "x".repeat(201), ..fine.clone() };
    let null = SuppressionEntry { by: "a\0b".to_owned(), ..fine.clone() };
    for wrong in [suppressed("a@b@c", at), suppressed("", at), wordy, null] {
        let refused = world.store.suppress(MAIN, vec![fine.clone(), wrong]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let many = vec![fine; IMPORT_MAX + 1];
    assert!(matches!(world.store.suppress(MAIN, many).await, Err(StoreError::Invalid(_))));
    assert_eq!(world.verdict("fine@example.com").await, Suppressed::No);
    let hash = AllowEntry { ..allowed(&format!("sha256:{HIDDEN}"), at) };
    assert!(matches!(world.store.allow(MAIN, vec![hash]).await, Err(StoreError::Invalid(_))));
}

/// Goes through all pages.
async fn pages<T>(query: EntryQuery, page: impl AsyncFn(EntryQuery) -> EntryPage<T>) -> Vec<T> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let answer = page(EntryQuery { after, ..query.clone() }).await;
        assert!(
            answer.entries.len() == query.limit || answer.next.is_none(),
            "a page that isn't full is the last"
        );
        entries.extend(answer.entries);
        after = answer.next;
        if after.is_none() {
            return entries;
        }
    }
}

/// Entries of several kinds, namespaces, categories and times, several at the same time.
async fn many(world: &World) -> Vec<SuppressionEntry> {
    let start = world.tick();
    let mut entries = Vec::new();
    for n in 0..60i64 {
        let at = Timestamp(start.0 + n / 10);
        let (namespace, value) = match n % 5 {
            0 => (Namespace::Email, format!("d{n}.example")),
            1 => (Namespace::Email, format!("sha256:{n:064x}")),
            2 => (Namespace::Phone, format!("+4930{n:06}")),
            _ => (Namespace::Email, format!("p{}@example.com", n / 2)),
        };
        let category = SuppressionCategory::ALL[(n % 4) as usize];
        entries.push(SuppressionEntry { namespace, value, category, ..suppressed("x", at) });
    }
    assert!(world.suppress(&entries).await.into_iter().all(|is_new| is_new));
    entries
}

fn kind(entry: &SuppressionEntry) -> EntryKind {
    match entry {
        entry if entry.value.starts_with("sha256:") => EntryKind::Hash,
        entry if entry.namespace == Namespace::Email && !entry.value.contains('@') => EntryKind::Domain,
        _ => EntryKind::Address,
    }
}

pub async fn the_list_is_paged_in_every_order_and_filter(world: &World) {
    let all = many(world).await;
    let other = consent::WorkspaceId(2);
    world.store.suppress(other, vec![suppressed("elsewhere.example", world.now())]).await.unwrap();
    every_page_is_in_order(world, &all).await;
    let (from, before) = (Timestamp(all[10].at.0), Timestamp(all[40].at.0));
    for order in [EntryOrder::Value, EntryOrder::Newest, EntryOrder::Oldest] {
        let (added_from, added_before) = (Some(from), Some(before));
        let query = EntryQuery { order, added_from, added_before, limit: 7, ..EntryQuery::default() };
        let found = pages(query, async |query| world.store.suppressions(MAIN, query).await.unwrap()).await;
        assert_eq!(found.len(), 30);
        assert!(found.iter().all(|entry| from <= entry.at && entry.at < before));
    }
    let query = EntryQuery { order: EntryOrder::ValueDescending, limit: 7, ..EntryQuery::default() };
    assert!(world.store.suppressions(MAIN, query).await.is_err(), "backwards wants a namespace");
    let counts = world.store.suppression_counts(MAIN).await.unwrap();
    for (namespace, category, of_kind, count) in &counts {
        let like = all.iter().filter(|entry| {
            entry.namespace == *namespace && entry.category == *category && kind(entry) == *of_kind
        });
        assert_eq!(*count, like.count() as u64);
    }
    assert_eq!(counts.iter().map(|(.., count)| count).sum::<u64>(), 60);
}

async fn every_page_is_in_order(world: &World, all: &[SuppressionEntry]) {
    let id = |entry: &SuppressionEntry| (entry.namespace.clone(), entry.value.clone(), entry.category);
    let backwards = EntryOrder::ValueDescending;
    for order in [EntryOrder::Value, backwards, EntryOrder::Newest, EntryOrder::Oldest] {
        for namespace in [None, Some(Namespace::Email), Some(Namespace::Phone), Some(Namespace::Push)] {
            if order == backwards && namespace.is_none() {
                continue;
            }
            for kind_asked in [None, Some(EntryKind::Address), Some(EntryKind::Domain), Some(EntryKind::Hash)]
            {
                for category in [None, Some(Manual), Some(Complaint)] {
                    for limit in [1, 7, 60, 100] {
                        let query = EntryQuery {
                            namespace: namespace.clone(),
                            kind: kind_asked,
                            category,
                            order,
                            limit,
                            ..EntryQuery::default()
                        };
                        let found = pages(query.clone(), async |query| {
                            world.store.suppressions(MAIN, query).await.unwrap()
                        })
                        .await;
                        let in_order = match order {
                            EntryOrder::Value => {
                                found.is_sorted_by_key(|entry| id(entry).0.as_str().to_owned())
                            }
                            EntryOrder::ValueDescending => {
                                found.is_sorted_by(|a, b| a.value.as_bytes() >= b.value.as_bytes())
                            }
                            EntryOrder::Newest => found.is_sorted_by(|a, b| a.at >= b.at),
                            EntryOrder::Oldest => found.is_sorted_by(|a, b| a.at <= b.at),
                        };
                        assert!(in_order, "{query:?}");
                        let mut found: Vec<_> = found.iter().map(id).collect();
                        let mut expected: Vec<_> = all
                            .iter()
                            .filter(|entry| {
                                namespace.as_ref().is_none_or(|namespace| *namespace == entry.namespace)
                            })
                            .filter(|entry| kind_asked.is_none_or(|asked| asked == kind(entry)))
                            .filter(|entry| category.is_none_or(|category| category == entry.category))
                            .map(id)
                            .collect();
                        found.sort();
                        expected.sort();
                        assert_eq!(found, expected, "{query:?}");
                    }
                }
            }
        }
    }
}

pub async fn pages_are_checked_and_outlive_what_they_began_behind(world: &World) {
    many(world).await;
    let query = EntryQuery { limit: 10, ..EntryQuery::default() };
    let first = world.store.suppressions(MAIN, query.clone()).await.unwrap();
    let last = first.entries.last().unwrap();
    let gone = Removal { namespace: last.namespace.clone(), ..removal(&last.value, world.now()) };
    world.store.unsuppress(MAIN, vec![gone]).await.unwrap();
    let second = EntryQuery { after: first.next, ..query.clone() };
    let second = world.store.suppressions(MAIN, second).await.unwrap();
    assert_eq!(second.entries.len(), 10);
    assert!(first.entries.iter().all(|entry| !second.entries.contains(entry)));
    for after in ["", "x", "e30", "AAAA", "not base64!"] {
        let wrong = EntryQuery { after: Some(after.to_owned()), ..query.clone() };
        let refused = world.store.suppressions(MAIN, wrong).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{after:?}: {refused:?}");
    }
    for limit in [0, 10_001] {
        let refused = world.store.suppressions(MAIN, EntryQuery { limit, ..query.clone() }).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))));
    }
}

pub async fn the_allow_list_holds_what_was_put_there(world: &World) {
    let at = world.tick();
    let entries = ["B@example.com", "a.example", "c@example.com"].map(|value| allowed(value, at));
    assert_eq!(world.store.allow(MAIN, entries.to_vec()).await.unwrap(), [true; 3]);
    let changed = AllowEntry { comment: "changed".to_owned(), at: world.tick(), ..entries[0].clone() };
    assert_eq!(world.store.allow(MAIN, vec![changed.clone()]).await.unwrap(), [false]);
    let kept = AllowEntry { value: "b@example.com".to_owned(), ..changed };
    let found = world.store.allow_entry(MAIN, &Namespace::Email, "b@EXAMPLE.com").await.unwrap();
    assert_eq!(found.as_ref(), Some(&kept));
    let list = async |query: EntryQuery| {
        let entries = pages(query, async |query| world.store.allow_entries(MAIN, query).await.unwrap()).await;
        entries.into_iter().map(|entry| entry.value).collect::<Vec<_>>()
    };
    let query = EntryQuery { limit: 2, ..EntryQuery::default() };
    assert_eq!(list(query.clone()).await, ["a.example", "b@example.com", "c@example.com"]);
    let newest = list(EntryQuery { order: EntryOrder::Newest, ..query.clone() }).await;
    assert_eq!((newest.len(), newest[0].as_str()), (3, "b@example.com"));
    let namespace = Some(Namespace::Email);
    let backwards = EntryQuery { order: EntryOrder::ValueDescending, namespace, ..query.clone() };
    assert_eq!(list(backwards).await, ["c@example.com", "b@example.com", "a.example"]);
    let oldest = list(EntryQuery { order: EntryOrder::Oldest, ..query.clone() }).await;
    assert_eq!(oldest[2], "b@example.com");
    assert_eq!(list(EntryQuery { kind: Some(EntryKind::Domain), ..query.clone() }).await, ["a.example"]);
    assert!(list(EntryQuery { namespace: Some(Namespace::Phone), ..query.clone() }).await.is_empty());
    assert!(list(EntryQuery { category: Some(Manual), ..query }).await.is_empty());
    let gone = [("B@example.com", true), ("b@example.com", false), ("a.example", true)];
    let asked = gone.iter().map(|(value, _)| (Namespace::Email, (*value).to_owned())).collect();
    assert_eq!(world.store.disallow(MAIN, asked).await.unwrap(), gone.map(|(_, was)| was));
    assert_eq!(world.store.allow_entry(MAIN, &Namespace::Email, "b@example.com").await.unwrap(), None);
}

pub async fn an_active_and_empty_allow_list_stops_everything(world: &World) {
    let mut both = row("1", "a@example.com");
    both.addresses.push(address("+4930123456"));
    let profile = world.create(both).await;
    let brake = Settings { allow_lists_active: vec!["email".to_owned()], ..Settings::default() };
    world.store.update_settings(MAIN, brake.replacing()).await.unwrap();
    assert_eq!(world.read(profile, Channel::Email).await.recipient.allow, Allow::NotListed);
    assert_eq!(
        world.read(profile, Channel::Sms).await.recipient.allow,
        Allow::Off,
        "each channel has its own"
    );
    let strangers = vec![address("x@example.com"), address("y@example.org")];
    let strangers = world.store.read_strangers(MAIN, strangers, world.now()).await.unwrap();
    assert!(strangers.iter().all(|stranger| stranger.allow == Allow::NotListed));
    world.store.allow(MAIN, vec![allowed("a@example.com", world.now())]).await.unwrap();
    let recipient = world.read(profile, Channel::Email).await.recipient;
    assert_eq!((recipient.allow, recipient.reach), (Allow::Listed, Reach::Reachable));
    world.suppress(&[suppressed("a@example.com", world.now())]).await;
    let recipient = world.read(profile, Channel::Email).await.recipient;
    assert_eq!((recipient.allow, recipient.suppressed), (Allow::Listed, Suppressed::Address));
}

pub async fn taking_an_address_off_forgets_its_soft_bounces(world: &World) {
    let settings = Settings { soft_bounce_limit: Some(2), ..Settings::default() };
    world.store.update_settings(MAIN, settings.replacing()).await.unwrap();
    let full = FeedbackKind::Bounced { reason: consent::BounceReason::MailboxFull, hard: false };
    let start = world.tick();
    let day = |n: i64| Timestamp(start.0 + n * DAY);
    let bounce = async |id, n| {
        let piece = feedback(id, full, "a@example.com", day(n));
        world.store.take_feedback(MAIN, vec![piece]).await.unwrap()[0]
    };
    assert_eq!(bounce(1, 0).await, Taken::Kept);
    assert_eq!(bounce(2, 2).await, Taken::Suppressed(Soft));
    world.store.unsuppress(MAIN, vec![removal("a@example.com", day(3))]).await.unwrap();
    assert_eq!(bounce(3, 1).await, Taken::Kept, "from before");
    assert_eq!(bounce(4, 4).await, Taken::Kept);
    assert_eq!(world.verdict("a@example.com").await, Suppressed::No);
    assert_eq!(bounce(5, 5).await, Taken::Suppressed(Soft));
}
