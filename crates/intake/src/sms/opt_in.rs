//! What a yes takes back.

use consent::sms::Class;
use consent::{Choice, Field, ListId, Source, Target};
use store::{Ask, Held, ProfileView, Store, StoreError, TextStanding};

use super::desk::{Desk, Scope};
use super::text::Incoming;

/// Most subscriptions whose refusals are looked at.
const LISTS_MAX: usize = 64;

/// Latest texts of a number among which the one is looked for that asked.
const TEXTS_MAX: usize = 64;

/// What a yes would change.
pub(super) struct Lifted {
    /// The values that become a yes.
    pub sets: Vec<(Target, Choice)>,
    /// Whether the number is opted out, in a way that a text takes back.
    pub opted_out: bool,
    /// Whether it is opted out in a way that it doesn't: of all marketing, on a page or by a mail.
    pub still_out: bool,
}

/// What a yes from a number would change; `None` if its profile is gone.
pub(super) async fn lift(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    standing: &TextStanding,
    asked: Option<Ask>,
) -> Result<Option<Lifted>, StoreError> {
    let Some(view) = store.profile(desk.workspace, incoming.owner.profile).await? else { return Ok(None) };
    let field = incoming.channel.field();
    let refuses = |held: Option<&Held>| held.is_some_and(|held| held.choice.is_no());
    let address = view.addresses.iter().find(|address| address.id == incoming.owner.address);
    let mut out = Vec::new();
    if refuses(view.values.get(&field)) {
        out.push(Target::Field(field));
    }
    if refuses(address.and_then(|address| address.values.get(&field))) {
        out.push(Target::Identity(field));
    }
    let mut still_out = false;
    if let Some(held) = view.values.get(&Field::Any).filter(|held| held.choice.is_no()) {
        // Said by text, it is taken back by text. Elsewhere it was said of mail too, which a text says nothing about.
        if by_text(store, desk, held).await? {
            out.push(Target::Field(Field::Any));
        } else {
            still_out = true;
        }
    }
    let refused_list = refused_list(store, desk, &view).await?;
    out.extend(refused_list.map(Target::List));
    let opted_out = standing.blocked || !out.is_empty();
    if let Some(list) =
        asked.and_then(|asked| asked.list).map(Target::List).filter(|list| !out.contains(list))
    {
        out.push(list);
    }
    let asked_channel = asked.is_some_and(|asked| asked.list.is_none());
    let channel = Target::Field(field);
    if out.is_empty() || asked_channel && !out.contains(&channel) {
        out.push(channel);
    }
    let sets = out.into_iter().map(|target| (target, Choice::Yes)).collect();
    Ok(Some(Lifted { sets, opted_out, still_out }))
}

/// Where opt-outs are of lists: the one that was refused by text last.
async fn refused_list(store: &Store, desk: &Desk, view: &ProfileView) -> Result<Option<ListId>, StoreError> {
    if desk.scope != Scope::List {
        return Ok(None);
    }
    let refused = view.subscriptions.iter().filter(|(_, _, held)| held.choice.is_no());
    let mut refused: Vec<_> = refused.map(|(list, _, held)| (*list, held)).collect();
    refused.sort_by_key(|(_, held)| std::cmp::Reverse(held.at));
    for (list, held) in refused.into_iter().take(LISTS_MAX) {
        if by_text(store, desk, held).await? {
            return Ok(Some(list));
        }
    }
    Ok(None)
}

async fn by_text(store: &Store, desk: &Desk, held: &Held) -> Result<bool, StoreError> {
    let entry = store.entry(desk.workspace, held.entry).await?;
    Ok(entry.is_some_and(|entry| [Source::SMS, Source::PROVIDER].contains(&entry.source)))
}

/// The text by which a number asked for what its answer confirms.
pub(super) async fn asked_by(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    asked: Ask,
) -> Result<Option<String>, StoreError> {
    let texts = store.texts_of(desk.workspace, incoming.owner.address, TEXTS_MAX).await?;
    let asking =
        |text: &store::Text| text.class == Class::DoubleOptIn.as_str() && text.received_at == asked.at;
    Ok(texts.into_iter().find(asking).map(|text| text.text))
}

/// Whether the person has said no after a text was sent, or at that moment, to what it asks for or to more.
pub(super) async fn refused_since(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    target: Target,
) -> Result<bool, StoreError> {
    let Some(view) = store.profile(desk.workspace, incoming.owner.profile).await? else { return Ok(true) };
    let address = view.addresses.iter().find(|address| address.id == incoming.owner.address);
    let fields = [Field::Any, incoming.channel.field()].into_iter();
    let of_fields =
        fields.flat_map(|field| [view.values.get(&field), address.and_then(|own| own.values.get(&field))]);
    let of_list = view.subscriptions.iter().filter(|(list, ..)| Target::List(*list) == target);
    let held = of_fields.flatten().chain(of_list.map(|(.., held)| held));
    Ok(held.into_iter().any(|held| held.choice.is_no() && held.at >= incoming.at))
}

/// Whether a value is an express yes already.
pub(super) async fn holds_yes(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    target: Target,
) -> Result<bool, StoreError> {
    let Some(view) = store.profile(desk.workspace, incoming.owner.profile).await? else { return Ok(false) };
    let held = match target {
        Target::Field(field) => view.values.get(&field),
        Target::List(list) => {
            view.subscriptions.iter().find(|(known, _, _)| *known == list).map(|(_, _, held)| held)
        }
        Target::Identity(_) => None,
    };
    Ok(held.is_some_and(|held| held.choice == Choice::Yes))
}
