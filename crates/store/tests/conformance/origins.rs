//! Who was brought in, and who only turned up.

use consent::{Channel, Choice, Field, Origin, ProfileId, Source, Subject, Target};
use store::{ProfileRow, RowOutcome};

use super::support::{MAIN, World, address, change, email, named, row, row_saying};

impl World {
    async fn has_default(&self, profile: ProfileId) -> bool {
        let view = self.view(profile).await;
        let reading = self.read(profile, Channel::Email).await;
        assert_eq!(reading.recipient.profile, view.word, "decisions read the same");
        view.word.has_default()
    }

    /// The owner of an address that is made if nobody has it.
    async fn made(&self, to: &str, origin: Origin) -> ProfileId {
        let made = self.store.resolve_or_create(MAIN, vec![address(to)], origin, self.now()).await;
        made.unwrap().remove(0).profile
    }
}

pub async fn an_address_is_whose_act_made_it(world: &World) {
    let stranger = world.made("a@example.com", Origin::Stranger).await;
    assert!(!world.has_default(stranger).await);
    // To be named isn't to be brought in.
    assert_eq!(world.made("a@example.com", Origin::Operator).await, stranger);
    assert!(!world.has_default(stranger).await);
    let brought = world.made("b@example.com", Origin::Operator).await;
    assert!(world.has_default(brought).await);
    assert_eq!(world.made("b@example.com", Origin::Stranger).await, brought);
    assert!(world.has_default(brought).await);
    let refused = world.opt_out(named("c@example.com"), email()).await.profile;
    assert!(!world.has_default(refused).await);
    // Neither what they say nor taking it back brings them in.
    let entry = world.opt_in(named("c@example.com"), email()).await.entry.unwrap();
    world.store.undo(MAIN, entry, world.tick(), consent::Evidence::default()).await.unwrap();
    assert!(!world.has_default(refused).await);
    world.assert_sound().await;
}

pub async fn an_import_or_a_program_brings_people_in(world: &World) {
    for (n, row) in [row("1", "p0@example.com"), row("", "p1@example.com")].into_iter().enumerate() {
        let turned_up = world.made(&format!("p{n}@example.com"), Origin::Stranger).await;
        let outcome = world.store.import(MAIN, vec![row]).await.unwrap().remove(0);
        assert_eq!(outcome, RowOutcome::Updated(turned_up));
        assert!(world.has_default(turned_up).await);
    }
    let turned_up = world.made("p2@example.com", Origin::Stranger).await;
    let yes = |origin| {
        let subject = Subject::Named(address("p2@example.com"), origin);
        change(subject, Target::Field(Field::Sms), Choice::Yes, Source::API, world.tick())
    };
    world.record(yes(Origin::Stranger)).await;
    assert!(!world.has_default(turned_up).await);
    world.record(yes(Origin::Operator)).await;
    assert!(world.has_default(turned_up).await);
    world.assert_sound().await;
}

pub async fn a_list_of_refusals_brings_nobody_in(world: &World) {
    let turned_up = world.made("a@example.com", Origin::Stranger).await;
    world.import(row_saying("", "a@example.com", Choice::No, None)).await;
    assert!(!world.has_default(turned_up).await);
    world.import(row_saying("", "a@example.com", Choice::Yes, None)).await;
    assert!(world.has_default(turned_up).await);
    // A rejected row neither, whatever refusals of it are kept.
    let turned_up = world.made("b@example.com", Origin::Stranger).await;
    let rejected = ProfileRow {
        attributes: Some("[]".to_owned()),
        ..row_saying("2", "b@example.com", Choice::No, None)
    };
    let outcome = world.store.import(MAIN, vec![rejected]).await.unwrap().remove(0);
    assert!(matches!(outcome, RowOutcome::Rejected(_)), "{outcome:?}");
    assert!(!world.has_default(turned_up).await);
    // Nor does a row that a refusal was put into words by.
    let row = ProfileRow { origin: Origin::Stranger, ..row("3", "") };
    let kept = world.create(row).await;
    assert!(!world.has_default(kept).await);
    world.assert_sound().await;
}

pub async fn merging_gives_nobody_what_their_row_does_not(world: &World) {
    // Two that turned up, in one row of refusals: it is one person now, who was still not brought in.
    let turned_up = world.made("a@example.com", Origin::Stranger).await;
    world.made("b@example.com", Origin::Stranger).await;
    let both = |row: ProfileRow| ProfileRow {
        addresses: vec![address("a@example.com"), address("b@example.com")],
        ..row
    };
    world.import(both(row_saying("1", "", Choice::No, None))).await;
    assert_eq!(world.view(turned_up).await.addresses.len(), 2);
    assert!(!world.has_default(turned_up).await);
    world.import(both(row("1", ""))).await;
    assert!(world.has_default(turned_up).await);
    world.assert_sound().await;
}
