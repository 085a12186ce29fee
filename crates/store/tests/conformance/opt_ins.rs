//! Double opt-in.

use consent::{
    AddressId, Choice, EntryId, Evidence, Field, ListId, Source, Subject, Target, Timestamp, WorkspaceId,
};
use store::{Confirmed, NewOptInRequest, OptInId, OptInRequest, RowConsent, RowTarget, StoreError};

use super::support::{MAIN, World, change, crm, email, named, row};

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// What the person agreed to.
pub fn agreed(words: &str) -> Evidence {
    Evidence { ip: Some("192.0.2.7".to_owned()), raw: Some(words.to_owned()), ..Evidence::default() }
}

/// A request by a form, good for two days.
pub fn asking(subject: Subject, list: ListId, at: Timestamp) -> NewOptInRequest {
    NewOptInRequest {
        subject,
        list,
        requested_at: at,
        expires_at: Timestamp(at.0 + 2 * DAY),
        source: Source::FORM,
        run: None,
        asked: agreed("the news"),
    }
}

impl World {
    async fn request(&self, to: &str, list: ListId) -> OptInRequest {
        let at = self.tick();
        self.store.request_opt_in(MAIN, asking(named(to), list, at)).await.unwrap()
    }

    async fn confirm(&self, request: &OptInRequest) -> Confirmed {
        let now = self.tick();
        self.confirm_at(request, now).await
    }

    async fn confirm_at(&self, request: &OptInRequest, now: Timestamp) -> Confirmed {
        let evidence = agreed("yes, the news");
        self.store.confirm_opt_in(MAIN, request.id, request.address, evidence, now).await.unwrap()
    }

    /// The list's value for the owner of a request, and the entry that set it.
    async fn value_of(&self, request: &OptInRequest) -> Option<(Choice, EntryId)> {
        let view = self.view(request.profile).await;
        let held = view.subscriptions.iter().find(|(list, ..)| *list == request.list);
        held.map(|(_, _, held)| (held.choice, held.entry))
    }
}

pub async fn a_list_waits_until_its_request_is_confirmed(world: &World) {
    let news = world.list("news").await.id;
    let request = world.request("A@example.com", news).await;
    let entry = request.entry.unwrap();
    assert_eq!(world.value_of(&request).await, Some((Choice::Pending, entry)));
    let kept = world.store.entry(MAIN, entry).await.unwrap().unwrap();
    assert_eq!(
        (kept.source, kept.evidence, kept.address),
        (Source::FORM, agreed("the news"), Some(request.address))
    );
    let (at, expires_at) = (world.now(), Timestamp(world.now().0 + 2 * DAY));
    let expected = OptInRequest {
        id: OptInId(1),
        address: request.address,
        profile: request.profile,
        list: news,
        requested_at: at,
        expires_at,
        confirmed_at: None,
        entry: Some(entry),
        asked: agreed("the news"),
    };
    assert_eq!(request, expected);
    let read = async |id, address| world.store.opt_in_request(MAIN, id, address).await.unwrap();
    assert_eq!(read(request.id, request.address).await, Some(request.clone()));
    assert_eq!(read(OptInId(2), request.address).await, None);
    assert_eq!(read(request.id, AddressId(999)).await, None);
    assert_eq!(world.store.opt_in_request(WorkspaceId(2), request.id, request.address).await.unwrap(), None);
    let Confirmed::Now(entry) = world.confirm(&request).await else { panic!("not confirmed") };
    assert_eq!(world.value_of(&request).await, Some((Choice::Yes, entry)));
    let kept = world.store.entry(MAIN, entry).await.unwrap().unwrap();
    assert_eq!((kept.source, kept.evidence), (Source::CONFIRM, agreed("yes, the news")));
    assert_eq!(kept.address, Some(request.address));
    let confirmed_at = Some(world.now());
    assert_eq!(
        read(request.id, request.address).await,
        Some(OptInRequest { confirmed_at, ..request.clone() })
    );
    // Links are opened more than once.
    assert_eq!(world.confirm(&request).await, Confirmed::Already);
    assert_eq!(world.store.history(MAIN, request.profile, None, 9).await.unwrap().entries.len(), 2);
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
        let request = world.request(&to, news).await;
        let held = world.value_of(&request).await.unwrap().0;
        let waits = matches!(choice, Choice::Unset | Choice::Unknown);
        assert_eq!(held, if waits { Choice::Pending } else { choice }, "{choice}");
        assert_eq!(request.entry.is_some(), waits, "{choice}");
        // The owner of the address may, whatever there was before; but for a no that is later than the request.
        let confirmed = world.confirm(&request).await;
        assert!(matches!(confirmed, Confirmed::Now(_)), "{choice}: {confirmed:?}");
        assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Yes, "{choice}");
    }
    world.assert_sound().await;
}

pub async fn asking_again_is_the_same_request_while_it_waits(world: &World) {
    let (news, offers) = (world.list("news").await.id, world.list("offers").await.id);
    let first = world.request("a@example.com", news).await;
    let at = world.tick();
    let again = NewOptInRequest { asked: agreed("the new news"), ..asking(named("A@EXAMPLE.COM"), news, at) };
    let second = world.store.request_opt_in(MAIN, again).await.unwrap();
    let (expires_at, asked) = (Timestamp(at.0 + 2 * DAY), agreed("the new news"));
    assert_eq!(second, OptInRequest { expires_at, asked, ..first.clone() }, "no entry, a later end");
    let shorter =
        NewOptInRequest { expires_at: Timestamp(at.0 + 5), ..asking(named("a@example.com"), news, at) };
    assert_eq!(
        world.store.request_opt_in(MAIN, shorter).await.unwrap().expires_at,
        expires_at,
        "never earlier"
    );
    let other = world.request("a@example.com", offers).await;
    assert_eq!((other.id, other.list), (OptInId(2), offers), "another list");
    assert_eq!(world.store.history(MAIN, first.profile, None, 9).await.unwrap().entries.len(), 2);
    // By whichever mail.
    assert!(matches!(world.confirm(&first).await, Confirmed::Now(_)));
    assert_eq!(world.confirm(&second).await, Confirmed::Already);
    // After that a request is another one, in the place of the first.
    let third = world.request("a@example.com", news).await;
    assert_eq!((third.id, third.entry), (OptInId(3), None));
    assert_eq!(world.store.opt_in_request(MAIN, first.id, first.address).await.unwrap(), None);
    assert_eq!(world.confirm(&first).await, Confirmed::Expired, "its place is taken");
    assert!(matches!(world.confirm(&third).await, Confirmed::Now(_)));
    world.assert_sound().await;
}

pub async fn a_request_ends(world: &World) {
    let news = world.list("news").await.id;
    let request = world.request("a@example.com", news).await;
    let end = request.expires_at;
    assert_eq!(world.confirm_at(&request, end).await, Confirmed::Expired);
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Pending);
    // Whoever is on the list by then is told so.
    world.opt_in(Subject::Profile(request.profile), Target::List(news)).await;
    assert_eq!(world.confirm_at(&request, end).await, Confirmed::Already);
    let other = world.request("b@example.com", news).await;
    let confirmed = world.confirm_at(&other, Timestamp(other.expires_at.0 - 1)).await;
    assert!(matches!(confirmed, Confirmed::Now(_)));
    // One that has ended is another one when asked for again.
    let gone = world.request("c@example.com", news).await;
    let anew = asking(named("c@example.com"), news, gone.expires_at);
    let anew = world.store.request_opt_in(MAIN, anew).await.unwrap();
    assert_eq!((anew.id, anew.requested_at), (OptInId(2), gone.expires_at));
    assert_eq!(world.confirm_at(&gone, gone.expires_at).await, Confirmed::Expired);
    assert!(matches!(world.confirm_at(&anew, anew.requested_at).await, Confirmed::Now(_)));
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
        world.opt_out(Subject::Address(request.address), target).await;
        assert_eq!(world.confirm(&request).await, Confirmed::Superseded, "{target:?}");
        assert_ne!(world.value_of(&request).await.unwrap().0, Choice::Yes, "{target:?}");
        // An old mail doesn't come to life by somebody's typing the address again.
        let again = world.request(&to, news).await;
        assert_ne!(again.id, request.id);
        assert_eq!(world.confirm(&request).await, Confirmed::Expired, "{target:?}");
        assert!(matches!(world.confirm(&again).await, Confirmed::Now(_)), "{target:?}");
    }
    // At the same moment the no wins, too; and one after the confirmation.
    let request = world.request("tie@example.com", news).await;
    let no = change(named("tie@example.com"), email(), Choice::No, Source::PAGE, request.requested_at);
    world.record(no).await;
    assert_eq!(world.confirm(&request).await, Confirmed::Superseded);
    let request = world.request("after@example.com", news).await;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    world.opt_out(Subject::Address(request.address), Target::List(news)).await;
    assert_eq!(world.confirm(&request).await, Confirmed::Superseded);
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::No);
    // Another channel's is no matter.
    let request = world.request("other@example.com", news).await;
    world.opt_out(Subject::Address(request.address), Target::Field(Field::Sms)).await;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    world.assert_sound().await;
}

pub async fn a_confirmation_lifts_nothing_else(world: &World) {
    let news = world.list("news").await.id;
    let refused = world.opt_out(named("a@example.com"), email()).await;
    world.opt_out(named("a@example.com"), Target::List(news)).await;
    let owner = world.store.resolve(MAIN, vec![super::support::address("a@example.com")]).await.unwrap();
    let before = owner[0].clone().unwrap().epoch;
    let request = world.request("a@example.com", news).await;
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    let view = world.view(refused.profile).await;
    assert_eq!(view.word.get(Field::Email), Choice::No, "that is a choice of its own");
    assert_eq!(view.addresses[0].epoch, before, "links that leave the channel go on acting");
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Yes);
    world.assert_sound().await;
}

pub async fn a_clock_that_is_behind_confirms_all_the_same(world: &World) {
    let news = world.list("news").await.id;
    let request = world.request("a@example.com", news).await;
    let behind = Timestamp(request.requested_at.0 - 3_000_000);
    assert!(matches!(world.confirm_at(&request, behind).await, Confirmed::Now(_)));
    assert_eq!(world.value_of(&request).await.unwrap().0, Choice::Yes);
    world.assert_sound().await;
}

pub async fn a_request_moves_with_its_address(world: &World) {
    let news = world.list("news").await.id;
    let known = world.create(row("1", "old@example.com")).await;
    let request = world.request("new@example.com", news).await;
    assert_ne!(request.profile, known);
    world.import(row("1", "new@example.com")).await;
    let read = world.store.opt_in_request(MAIN, request.id, request.address).await.unwrap().unwrap();
    assert_eq!(read, OptInRequest { profile: known, ..request.clone() });
    assert!(matches!(world.confirm(&read).await, Confirmed::Now(_)));
    assert_eq!(world.value_of(&read).await.unwrap().0, Choice::Yes);
    // An undone confirmation isn't confirmed by the same link once more.
    let entry = world.value_of(&read).await.unwrap().1;
    world.store.undo(MAIN, entry, world.tick(), Evidence::default()).await.unwrap();
    assert_eq!(world.confirm(&read).await, Confirmed::Expired);
    assert_eq!(world.value_of(&read).await.unwrap().0, Choice::Pending);
    world.assert_sound().await;
}

pub async fn what_cannot_be_requested_is_refused(world: &World) {
    let news = world.list("news").await.id;
    let profile = world.create(row("1", "a@example.com")).await;
    let now = world.tick();
    let fine = || asking(named("a@example.com"), news, now);
    let large = agreed(&"x".repeat(NewOptInRequest::ASKED_BYTES_MAX));
    let invalid = [
        NewOptInRequest { subject: Subject::Profile(profile), ..fine() },
        NewOptInRequest { expires_at: now, ..fine() },
        NewOptInRequest { asked: large, ..fine() },
    ];
    for request in invalid {
        let refused = world.store.request_opt_in(MAIN, request).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let missing = world.store.request_opt_in(MAIN, NewOptInRequest { list: ListId(99), ..fine() }).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    let nobody = asking(Subject::Address(AddressId(999)), news, now);
    let missing = world.store.request_opt_in(MAIN, nobody).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    assert!(world.view(profile).await.subscriptions.is_empty());
    // What fails at its end leaves the request open.
    let request = world.store.request_opt_in(MAIN, fine()).await.unwrap();
    let large = agreed(&"x".repeat(1 << 17));
    let refused = world.store.confirm_opt_in(MAIN, request.id, request.address, large, now).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    assert!(matches!(world.confirm(&request).await, Confirmed::Now(_)));
    // An address of the brand's own kind has no channel: a no to all is what counts.
    let own = asking(Subject::Named(crm("k-1")), news, world.tick());
    let own = world.store.request_opt_in(MAIN, own).await.unwrap();
    world.opt_out(Subject::Address(own.address), Target::Field(Field::Any)).await;
    assert_eq!(world.confirm(&own).await, Confirmed::Superseded);
    // An import's value for the list stands like any other.
    let mut file = row("2", "b@example.com");
    file.consents.push(RowConsent {
        target: RowTarget::List(news),
        choice: Choice::DefaultNo,
        at: None,
        reason: None,
    });
    world.create(file).await;
    assert_eq!(world.request("b@example.com", news).await.entry, None);
    world.assert_sound().await;
}
