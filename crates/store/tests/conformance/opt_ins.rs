//! Double opt-in.

use consent::{
    Address, Choice, EntryId, Evidence, Field, ListId, Source, Subject, Target, Timestamp, WorkspaceId,
};
use store::{AddressOwner, Confirmed, NewOptInRequest, OptInId, OptInKey, OptInRequest, StoreError};

use super::support::{MAIN, World, address, change, crm, email, named, row};

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// What the person agreed to.
pub fn agreed(words: &str) -> Evidence {
    Evidence { ip: Some("192.0.2.7".to_owned()), raw: Some(words.to_owned()), ..Evidence::default() }
}

/// A request by a form, good for two days.
pub fn asking(address: Address, list: ListId, at: Timestamp) -> NewOptInRequest {
    NewOptInRequest {
        address,
        list,
        requested_at: at,
        expires_at: Timestamp(at.0 + 2 * DAY),
        asked: agreed("the news"),
    }
}

impl World {
    async fn request(&self, to: &str, list: ListId) -> OptInRequest {
        let at = self.tick();
        self.store.request_opt_in(MAIN, asking(address(to), list, at)).await.unwrap()
    }

    async fn confirm(&self, request: &OptInRequest) -> Confirmed {
        let now = self.tick();
        self.confirm_at(request, now).await
    }

    async fn confirm_at(&self, request: &OptInRequest, now: Timestamp) -> Confirmed {
        self.store.confirm_opt_in(MAIN, request.key, agreed("yes, the news"), now).await.unwrap()
    }

    async fn owner_of(&self, request: &OptInRequest) -> Option<AddressOwner> {
        let address = request.address.clone().unwrap();
        self.store.resolve(MAIN, vec![address]).await.unwrap().remove(0)
    }

    /// The list's value for the owner of a request, and the entry that set it.
    async fn value_of(&self, request: &OptInRequest) -> Option<(Choice, EntryId)> {
        let view = self.view(self.owner_of(request).await?.profile).await;
        let held = view.subscriptions.iter().find(|(list, ..)| *list == request.list);
        held.map(|(_, _, held)| (held.choice, held.entry))
    }
}

pub async fn nothing_is_known_of_anybody_before_the_confirmation(world: &World) {
    let news = world.list("news").await.id;
    let request = world.request("A@example.com", news).await;
    let (at, expires_at) = (world.now(), Timestamp(world.now().0 + 2 * DAY));
    let expected = OptInRequest {
        key: request.key,
        address: Some(address("A@example.com")),
        list: news,
        requested_at: at,
        expires_at,
        confirmed_at: None,
        asked: agreed("the news"),
    };
    assert_eq!(request, expected);
    let OptInKey::Typed { who, list, id } = request.key else { panic!("{:?}", request.key) };
    assert!((0..1 << 48).contains(&who) && list == news && (0..1 << 42).contains(&id), "{:?}", request.key);
    let counts = world.store.counts(MAIN).await.unwrap();
    assert_eq!((counts.profiles, counts.entries), (0, 0));
    let read = async |key| world.store.opt_in_request(MAIN, key).await.unwrap();
    assert_eq!(read(request.key).await, Some(request.clone()));
    for key in [
        OptInKey::Typed { who: who ^ 1, list, id },
        OptInKey::Typed { who, list: ListId(9), id },
        OptInKey::Typed { who, list, id: id + 1 },
        OptInKey::Known(consent::AddressId(who), OptInId(id)),
    ] {
        assert_eq!(read(key).await, None);
    }
    assert_eq!(world.store.opt_in_request(WorkspaceId(2), request.key).await.unwrap(), None);

    let Confirmed::Now(entry) = world.confirm(&request).await else { panic!("not confirmed") };
    assert_eq!(world.value_of(&request).await, Some((Choice::Yes, entry)));
    let kept = world.store.entry(MAIN, entry).await.unwrap().unwrap();
    let owner = world.owner_of(&request).await.unwrap();
    assert_eq!((kept.source, kept.evidence), (Source::CONFIRM, agreed("yes, the news")));
    assert_eq!((kept.address, owner.raw.as_str()), (Some(owner.address), "A@example.com"));
    let view = world.view(owner.profile).await;
    assert!(!view.word.has_default(), "that list is all that they said yes to");
    let confirmed_at = Some(world.now());
    assert_eq!(read(request.key).await, Some(OptInRequest { confirmed_at, ..request.clone() }));
    // Links are opened more than once.
    assert_eq!(world.confirm(&request).await, Confirmed::Already);
    assert_eq!(world.store.history(MAIN, owner.profile, None, 9).await.unwrap().entries.len(), 1);
    world.assert_sound().await;
}

pub async fn a_stranger_changes_nothing_that_was_said(world: &World) {
    let news = world.list("news").await.id;
    for (n, choice) in Choice::ALL.into_iter().enumerate() {
        let to = format!("p{n}@example.com");
        let profile = world.create(row(&n.to_string(), &to)).await;
        if choice != Choice::Unset {
            let now = world.tick();
            world
                .record(change(Subject::Profile(profile), Target::List(news), choice, Source::PAGE, now))
                .await;
        }
        let before = world.view(profile).await;
        let request = world.request(&to, news).await;
        assert_eq!(world.view(profile).await, before, "{choice}");
        // The owner of the address may, whatever there was before; but for a no that is later than the request.
        let confirmed = world.confirm(&request).await;
        assert!(matches!(confirmed, Confirmed::Now(_)), "{choice}: {confirmed:?}");
        assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Yes, "{choice}");
        assert!(world.view(profile).await.word.has_default(), "the brand's own person stays so");
    }
    world.assert_sound().await;
}

pub async fn each_message_has_a_request_and_one_ends_all(world: &World) {
    let (news, offers) = (world.list("news").await.id, world.list("offers").await.id);
    let first = world.request("a@example.com", news).await;
    // The same message again, after a relay that wanted to be left alone.
    let again = NewOptInRequest {
        asked: agreed("the new news"),
        expires_at: Timestamp(first.expires_at.0 + 5),
        ..asking(address("a@example.com"), news, first.requested_at)
    };
    let same = world.store.request_opt_in(MAIN, again).await.unwrap();
    let expires_at = Timestamp(first.expires_at.0 + 5);
    assert_eq!(same, OptInRequest { expires_at, asked: agreed("the new news"), ..first.clone() });
    let sooner = asking(address("a@example.com"), news, first.requested_at);
    assert_eq!(
        world.store.request_opt_in(MAIN, sooner).await.unwrap().expires_at,
        expires_at,
        "never earlier"
    );
    let second = world.request("a@example.com", news).await;
    let other = world.request("a@example.com", offers).await;
    assert!(first.key != second.key && second.key != other.key);
    // By whichever message; that ends them all, for this list.
    assert!(matches!(world.confirm(&first).await, Confirmed::Now(_)));
    assert_eq!(world.confirm(&second).await, Confirmed::Already);
    assert!(matches!(world.confirm(&other).await, Confirmed::Now(_)));
    // An undone confirmation isn't confirmed by such a link once more.
    let entry = world.value_of(&first).await.unwrap().1;
    world.store.undo(MAIN, entry, world.tick(), Evidence::default()).await.unwrap();
    for request in [&first, &second] {
        assert_eq!(world.confirm(request).await, Confirmed::Expired);
    }
    let third = world.request("a@example.com", news).await;
    assert!(matches!(world.confirm(&third).await, Confirmed::Now(_)));
    world.assert_sound().await;
}

pub async fn a_request_ends(world: &World) {
    let news = world.list("news").await.id;
    let request = world.request("a@example.com", news).await;
    let end = request.expires_at;
    assert_eq!(world.confirm_at(&request, end).await, Confirmed::Expired);
    assert_eq!(world.owner_of(&request).await, None, "what is over makes nobody");
    // Whoever is on the list by then is told so.
    world.opt_in(named("a@example.com"), Target::List(news)).await;
    assert_eq!(world.confirm_at(&request, end).await, Confirmed::Already);
    let other = world.request("b@example.com", news).await;
    let confirmed = world.confirm_at(&other, Timestamp(other.expires_at.0 - 1)).await;
    assert!(matches!(confirmed, Confirmed::Now(_)));
    // A typed address is forgotten a week after that, one that was confirmed isn't.
    for (days, kept) in [(6, true), (8, false)] {
        let at = Timestamp(end.0 + days * DAY);
        world.store.request_opt_in(MAIN, asking(address("c@example.com"), news, at)).await.unwrap();
        let found = world.store.opt_in_request(MAIN, request.key).await.unwrap();
        assert_eq!(found.is_some(), kept, "{days}");
        assert!(world.store.opt_in_request(MAIN, other.key).await.unwrap().is_some());
    }
    assert_eq!(world.confirm(&request).await, Confirmed::Expired);
    world.assert_sound().await;
}

pub async fn a_no_since_then_outranks_the_confirmation(world: &World) {
    let news = world.list("news").await.id;
    let targets = [
        Target::List(news),
        Target::Field(Field::Any),
        Target::Field(Field::Email),
        Target::Field(Field::CommercialEmail),
        Target::Identity(Field::Email),
        Target::Identity(Field::Any),
    ];
    for (n, target) in targets.into_iter().enumerate() {
        let to = format!("p{n}@example.com");
        let request = world.request(&to, news).await;
        world.opt_out(named(&to), target).await;
        assert_eq!(world.confirm(&request).await, Confirmed::Superseded, "{target:?}");
        // An old mail doesn't come to life by somebody's typing the address again.
        let again = world.request(&to, news).await;
        assert_eq!(world.confirm(&request).await, Confirmed::Superseded, "{target:?}");
        assert!(matches!(world.confirm(&again).await, Confirmed::Now(_)), "{target:?}");
    }
    // At the same moment the no wins, too; and one after the confirmation.
    let request = world.request("tie@example.com", news).await;
    let no = change(named("tie@example.com"), email(), Choice::No, Source::PAGE, request.requested_at);
    world.record(no).await;
    assert_eq!(world.confirm(&request).await, Confirmed::Superseded);
    let request = world.request("after@example.com", news).await;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    world.opt_out(named("after@example.com"), Target::List(news)).await;
    assert_eq!(world.confirm(&request).await, Confirmed::Superseded);
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::No);
    // Another channel's is no matter.
    let request = world.request("other@example.com", news).await;
    world.opt_out(named("other@example.com"), Target::Field(Field::Sms)).await;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    world.assert_sound().await;
}

pub async fn a_confirmation_lifts_nothing_else(world: &World) {
    let news = world.list("news").await.id;
    let refused = world.opt_out(named("a@example.com"), email()).await;
    world.opt_out(named("a@example.com"), Target::List(news)).await;
    let request = world.request("a@example.com", news).await;
    let before = world.owner_of(&request).await.unwrap().epoch;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    let view = world.view(refused.profile).await;
    assert_eq!(view.word.get(Field::Email), Choice::No, "that is a choice of its own");
    assert_eq!(view.addresses[0].epoch, before, "links that leave the channel go on acting");
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Yes);
    world.assert_sound().await;
}

pub async fn a_clock_that_is_behind_confirms_all_the_same(world: &World) {
    let news = world.list("news").await.id;
    world.create(row("1", "a@example.com")).await;
    let now = world.tick();
    world
        .record(change(named("a@example.com"), Target::List(news), Choice::Pending, Source::FORM, now))
        .await;
    let request = world.request("a@example.com", news).await;
    let behind = Timestamp(request.requested_at.0 - 3_000_000);
    assert!(matches!(world.confirm_at(&request, behind).await, Confirmed::Now(_)));
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Yes);
    world.assert_sound().await;
}

pub async fn a_request_is_whoever_has_the_address_by_then(world: &World) {
    let news = world.list("news").await.id;
    let known = world.create(row("1", "old@example.com")).await;
    let request = world.request("new@example.com", news).await;
    world.import(row("1", "new@example.com")).await;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    let view = world.view(known).await;
    assert_eq!(view.subscriptions[0].2.choice, Choice::Yes);
    assert!(view.word.has_default());
    world.assert_sound().await;
}

pub async fn what_cannot_be_requested_is_refused(world: &World) {
    let news = world.list("news").await.id;
    let now = world.tick();
    let fine = || asking(address("a@example.com"), news, now);
    let large = agreed(&"x".repeat(NewOptInRequest::ASKED_BYTES_MAX));
    for request in [NewOptInRequest { expires_at: now, ..fine() }, NewOptInRequest { asked: large, ..fine() }]
    {
        let refused = world.store.request_opt_in(MAIN, request).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let missing = world.store.request_opt_in(MAIN, NewOptInRequest { list: ListId(99), ..fine() }).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    // What fails at its end leaves the request open, and nobody behind.
    let request = world.store.request_opt_in(MAIN, fine()).await.unwrap();
    let large = agreed(&"x".repeat(1 << 17));
    let refused = world.store.confirm_opt_in(MAIN, request.key, large, now).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    assert_eq!(world.owner_of(&request).await, None);
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    // An address of the brand's own kind has no channel: a no to all is what counts.
    let keyed = world.store.request_opt_in(MAIN, asking(crm("k-1"), news, world.tick())).await.unwrap();
    world.opt_out(Subject::Named(crm("k-1"), consent::Origin::Stranger), Target::Field(Field::Any)).await;
    assert_eq!(world.confirm(&keyed).await, Confirmed::Superseded);
    world.assert_sound().await;
}
