//! The last message that a number got from a sender.

use consent::{AddressId, Channel, Level, ListId, ProfileId, RunId, Timestamp};
use store::{
    DeliveryState, LastMessage, NewClaim, NewRun, Offer, Outcome, ProfileRow, RowOutcome, Settlement,
};

use super::support::{MAIN, World, address, named, row};
use super::texts::{Person, SENDER};

/// A run of a campaign to one address, with what became of the message.
async fn sent(
    world: &World,
    who: Person,
    (campaign, list): (&str, Option<ListId>),
    spec: &str,
    (state, at): (DeliveryState, Timestamp),
) -> RunId {
    let configuration = world.store.put_configuration(MAIN, "texts", "body", world.now()).await.unwrap().id;
    let new = NewRun {
        campaign: campaign.to_owned(),
        configuration,
        list,
        fingerprint: "f".to_owned(),
        spec: spec.to_owned(),
        audience: [who.profile.0.cast_unsigned()].into_iter().collect(),
        created_at: world.now(),
    };
    let run = world.store.create_run(MAIN, new).await.unwrap().id;
    let Offer::Part { part, .. } = world.store.take_part(MAIN, run, world.now()).await.unwrap() else {
        panic!("no part")
    };
    let claim = NewClaim {
        run,
        part: part.reference(),
        permitted: vec![(who.profile, who.address)],
        paced: vec![],
        deferred: vec![],
        excluded: vec![],
        cursor: Some(part.until),
        at: world.now(),
    };
    let claim = world.store.claim(MAIN, claim).await.unwrap().id;
    let due_at = (state == DeliveryState::Deferred).then_some(world.now());
    let Person { profile, address } = who;
    let outcome = Outcome { profile, address, state, at, code: 0, detail: None, due_at };
    let settlement =
        Settlement { claim, outcomes: vec![outcome], deferred: vec![], excluded: vec![], at: world.now() };
    world.store.settle(MAIN, settlement).await.unwrap();
    run
}

fn spec(channel: &str, sender: &str) -> String {
    format!(r#"{{"title":"t","channel":"{channel}","sender":"{sender}"}}"#)
}

async fn last(world: &World, who: AddressId) -> Option<LastMessage> {
    let senders = vec!["12345".to_owned(), SENDER.to_owned()];
    world.store.text_standing(MAIN, who, Channel::Sms, senders).await.unwrap().last
}

pub async fn the_last_message_is_the_newest_of_the_senders(world: &World) {
    let (ana, bob) = (world.caller("+4930123456").await, world.caller("+4930654321").await);
    let list = world.list("news").await.id;
    assert_eq!(last(world, ana.address).await, None);
    let sms = spec("sms", SENDER);
    let at = world.tick();
    let run = sent(world, ana, ("a", Some(list)), &sms, (DeliveryState::Sent, at)).await;
    let first = LastMessage { run, campaign: "a".to_owned(), list: Some(list), at };
    assert_eq!(last(world, ana.address).await, Some(first.clone()));
    assert_eq!(last(world, bob.address).await, None);
    // None of these is one: another sender, another channel, nothing said, not handed over, another address.
    let (ok, later) = (DeliveryState::Sent, world.tick());
    for spec in [spec("sms", "+15005550007"), spec("whatsApp", SENDER), "{}".to_owned(), "?".to_owned()] {
        sent(world, ana, ("x", None), &spec, (ok, later)).await;
    }
    for state in [DeliveryState::Deferred, DeliveryState::Rejected, DeliveryState::GivenUp] {
        sent(world, ana, ("x", None), &sms, (state, later)).await;
    }
    let other = Person { address: AddressId(ana.address.0 + 900), ..ana };
    sent(world, other, ("x", None), &sms, (ok, later)).await;
    assert_eq!(last(world, ana.address).await, Some(first));
    // In doubt it may have been; the time counts, not the run's number.
    let at = world.tick();
    let run = sent(world, ana, ("b", None), &spec("sms", "12345"), (DeliveryState::InDoubt, at)).await;
    sent(world, ana, ("x", None), &sms, (ok, later)).await;
    let newest = LastMessage { run, campaign: "b".to_owned(), list: None, at };
    assert_eq!(last(world, ana.address).await, Some(newest));
}

pub async fn a_merged_profile_keeps_its_last_message(world: &World) {
    let opted_out = async |number: &str| {
        let target = Level::Channel.target(Channel::Sms, None).unwrap();
        let profile = world.opt_out(named(number), target).await.profile;
        Person { profile, address: world.view(profile).await.addresses[0].id }
    };
    let (ana, other) = (opted_out("+4930123456").await, opted_out("+4930654321").await);
    let at = world.tick();
    let mut runs = Vec::new();
    for who in [ana, other] {
        runs.push(sent(world, who, ("a", None), &spec("sms", SENDER), (DeliveryState::Sent, at)).await);
    }
    let both =
        ProfileRow { addresses: vec![address("+4930123456"), address("+4930654321")], ..row("one", "") };
    let RowOutcome::Updated(merged) = world.import(both).await else { panic!("they are one") };
    assert!([ana.profile, other.profile].contains(&merged));
    for (who, run) in [ana, other].into_iter().zip(runs) {
        assert_eq!(last(world, who.address).await.map(|last| last.run), Some(run));
    }
}

pub async fn only_the_newest_runs_are_looked_at(world: &World) {
    let ana = world.caller("+4930123456").await;
    let nobody = Person { profile: ProfileId(70_000), address: AddressId(70_000) };
    let at = world.tick();
    let run = sent(world, ana, ("a", None), &spec("sms", SENDER), (DeliveryState::Sent, at)).await;
    for _ in 0..199 {
        sent(world, nobody, ("x", None), "{}", (DeliveryState::Sent, at)).await;
    }
    assert_eq!(last(world, ana.address).await.map(|last| last.run), Some(run));
    sent(world, nobody, ("x", None), "{}", (DeliveryState::Sent, at)).await;
    assert_eq!(last(world, ana.address).await, None);
}
