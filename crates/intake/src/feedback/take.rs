//! Bringing reports into effect.

use consent::{
    Address, Channel, Choice, ConsentChange, EntryId, Evidence, KeyRing, Level, Origin, Purpose, RunId,
    Source, Subject, Target, Timestamp, Token, WorkspaceId,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use store::{AddressOwner, Feedback, FeedbackKind, OptInKey, Store, StoreError, Taken};

use super::{Report, What};
use crate::mail::cut;
use crate::selftest;

/// Reports that are taken in one transaction.
const BATCH: usize = 1_000;
/// Addresses of tokens that are looked up at the same time.
const LOOK_UPS_MAX: usize = 64;
/// Texts of a report in which a token is looked for, and the bytes of one that are looked at.
const TOKENS_MAX: usize = 64;
const TOKEN_TEXT_MAX: usize = 1_024;
/// What a token is at least long, in characters: 20 bytes in base64url.
const TOKEN_LENGTH_MIN: usize = 27;
/// Bytes of an opt-out's evidence.
const RAW_LENGTH_MAX: usize = 4 * 1024;

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it was new, and whether it suppresses.
    pub taken: Taken,
    /// The ledger entry of the opt-out that it asked for, if that was recorded.
    pub opted_out: Option<EntryId>,
}

/// Takes reports, each once by its id. Durable, and in effect for every permit read from now on, once it answers (I1,
/// I2); after an error nothing is lost by handing them in again.
///
/// A token of ours says best whom a report is about: what bounces may be an address that our message was forwarded to.
/// `workspace` is that of reports without one.
pub async fn take(
    store: &Store,
    workspace: WorkspaceId,
    reports: Vec<Report>,
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes = Vec::with_capacity(reports.len());
    let mut reports = reports.into_iter().peekable();
    while reports.peek().is_some() {
        let batch: Vec<Report> = reports.by_ref().take(BATCH).collect();
        outcomes.extend(take_batch(store, workspace, batch, now).await?);
    }
    Ok(outcomes)
}

/// A report, and whom it is about.
struct Known {
    report: Report,
    workspace: WorkspaceId,
    token: Option<Token>,
    owner: Option<AddressOwner>,
    address: Option<Address>,
}

async fn take_batch(
    store: &Store,
    workspace: WorkspaceId,
    reports: Vec<Report>,
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    let known = identify(store, workspace, reports).await?;
    let mut outcomes = vec![Outcome { taken: Taken::Repeated, opted_out: None }; known.len()];
    let mut workspaces: Vec<WorkspaceId> = known.iter().map(|known| known.workspace).collect();
    workspaces.sort_unstable_by_key(|workspace| workspace.0);
    workspaces.dedup();
    for workspace in workspaces {
        let places: Vec<usize> = (0..known.len()).filter(|at| known[*at].workspace == workspace).collect();
        let of_workspace: Vec<&Known> = places.iter().map(|at| &known[*at]).collect();
        for (at, outcome) in places.iter().zip(take_known(store, workspace, &of_workspace, now).await?) {
            outcomes[*at] = outcome;
        }
    }
    Ok(outcomes)
}

/// Opt-outs first, then the rest in one transaction that also remembers the ids: a process that dies in between is told
/// again, and saying no twice is no harm.
async fn take_known(
    store: &Store,
    workspace: WorkspaceId,
    known: &[&Known],
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    let ids = known.iter().map(|known| known.report.id).collect();
    let before = store.feedback_known(workspace, ids).await?;
    let (mut changes, mut asked) = (Vec::new(), Vec::new());
    let mut kinds = Vec::with_capacity(known.len());
    for (at, known) in known.iter().enumerate() {
        let change = if before[at] { None } else { change(store, known, now).await? };
        // What a self-test sends is nobody's unsubscription, and isn't counted as one.
        let counts = change.as_ref().is_some_and(|change| change.source != Source::SELF_TEST);
        kinds.push(kind(known, counts));
        if let Some(change) = change {
            changes.push(change);
            asked.push(at);
        }
    }
    let recorded = if changes.is_empty() { Vec::new() } else { store.record(workspace, changes).await? };
    let feedback = known.iter().zip(kinds).map(|(known, kind)| feedback(known, kind, now)).collect();
    let taken = store.take_feedback(workspace, feedback).await?;
    let mut outcomes: Vec<Outcome> =
        taken.into_iter().map(|taken| Outcome { taken, opted_out: None }).collect();
    for (at, recorded) in asked.into_iter().zip(recorded) {
        outcomes[at].opted_out = recorded.entry;
    }
    Ok(outcomes)
}

/// Finds whom reports are about: by a token of ours, else by the address that they name.
async fn identify(
    store: &Store,
    workspace: WorkspaceId,
    reports: Vec<Report>,
) -> Result<Vec<Known>, StoreError> {
    let ring = store.key_ring();
    let tokens: Vec<Option<Token>> = reports.iter().map(|report| token_of(&ring, report)).collect();
    // Asked together, so that an engine far away is asked once for many.
    let owners = tokens.iter().copied().map(|token| async move {
        match token {
            Some(token) => about(store, &token).await,
            None => Ok((None, None)),
        }
    });
    let owners: Vec<(Option<AddressOwner>, Option<Address>)> =
        stream::iter(owners).buffered(LOOK_UPS_MAX).try_collect().await?;
    let mut known: Vec<Known> = reports
        .into_iter()
        .zip(tokens)
        .zip(owners)
        .map(|((report, token), (owner, typed))| {
            // What came back from an address that somebody typed is about that one, whatever it names itself.
            let typed_only = token.is_some_and(|token| names_request(&token));
            if let Some(token) = token.filter(|_| owner.is_some() || typed_only) {
                let own = owner.as_ref();
                let own = own.and_then(|owner| Address::parse(&owner.namespace, &owner.raw, None).ok());
                let (workspace, address) = (token.workspace, own.or(typed));
                return Known { report, workspace, token: Some(token), owner, address };
            }
            let address = report.address.as_deref().and_then(|text| Address::guess(text).ok());
            Known { report, workspace, token: None, owner: None, address }
        })
        .collect();
    let named = |known: &&mut Known| known.token.is_none() && known.address.is_some();
    let (mut unowned, mut addresses) = (Vec::new(), Vec::new());
    for known in known.iter_mut().filter(named) {
        addresses.extend(known.address.clone());
        unowned.push(&mut known.owner);
    }
    if !addresses.is_empty() {
        for (place, owner) in unowned.into_iter().zip(store.resolve(workspace, addresses).await?) {
            *place = owner;
        }
    }
    Ok(known)
}

/// Whether a token names a request of an address that nobody may have: by the envelope sender, or by the link itself.
fn names_request(token: &Token) -> bool {
    matches!(token.purpose, Purpose::JoinBounce | Purpose::Join)
}

/// Whom a token names: the owner of an address, or the address that a request to join a list came with.
async fn about(store: &Store, token: &Token) -> Result<(Option<AddressOwner>, Option<Address>), StoreError> {
    let request = token.request().filter(|_| names_request(token));
    let Some(id) = request else { return Ok((store.owner(token.workspace, token.address).await?, None)) };
    let key = OptInKey::Typed { who: token.address.0, list: token.list, id };
    let request = store.opt_in_request(token.workspace, key).await?;
    let Some(address) = request.and_then(|request| request.address) else { return Ok((None, None)) };
    let owner = store.resolve(token.workspace, vec![address.clone()]).await?.pop().flatten();
    Ok((owner, Some(address)))
}

/// The token that says whom a report is about.
fn token_of(ring: &KeyRing, report: &Report) -> Option<Token> {
    let wanted = matches!(report.what, What::Unsubscribed { .. });
    let found: Vec<Token> =
        report.tokens.iter().take(TOKENS_MAX).filter_map(|text| token_in(ring, text)).collect();
    // The unsubscribe address names the level that was asked for; of the others the first is the surest.
    let unsubscribes = |token: &&Token| wanted && token.purpose == Purpose::Unsubscribe;
    found.iter().find(unsubscribes).or(found.first()).copied()
}

/// The first token of ours in a text: a local part, an address, or a link.
pub fn token_in(ring: &KeyRing, text: &str) -> Option<Token> {
    let text = text.get(..text.floor_char_boundary(TOKEN_TEXT_MAX))?;
    let pieces = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    let read = |piece: &str| ring.read_local_part(piece).or_else(|_| ring.read_url(piece)).ok();
    pieces.filter(|piece| piece.len() >= TOKEN_LENGTH_MIN).find_map(read)
}

/// The opt-out that a report asks for.
async fn change(store: &Store, known: &Known, now: Timestamp) -> Result<Option<ConsentChange>, StoreError> {
    let proof = known.token.is_some_and(|token| token.purpose == Purpose::Proof);
    let Some(address) = known.address.as_ref().filter(|_| !proof) else { return Ok(None) };
    let channel = address.namespace().main_channel();
    let (target, source) = match &known.report.what {
        What::Complained => (of_channel(channel), Source::COMPLAINT),
        What::Unsubscribed { list } => match unsubscribed(store, known, channel, list.as_deref()).await? {
            Some(target) => (target, known.source()),
            None => return Ok(None),
        },
        What::Delivered | What::Bounced { .. } | What::Noted => return Ok(None),
    };
    // Mail programs' clocks are anybody's; a relay service's event says when the person acted.
    let occurred_at = known.report.occurred_at.filter(|at| known.is_from_service() && *at <= now);
    let subject = match &known.owner {
        Some(owner) => Subject::Address(owner.address),
        None => Subject::Named(address.clone(), Origin::Stranger),
    };
    let raw = known.report.raw.as_deref().map(|raw| cut(raw, RAW_LENGTH_MAX).to_owned());
    let evidence = Evidence { raw, ..Evidence::default() };
    let source = match &known.owner {
        Some(owner) if source == Source::MAILTO => {
            selftest::source(&store.key_ring(), owner.address, &evidence, source)
        }
        _ => source,
    };
    Ok(Some(ConsentChange {
        subject,
        sets: std::iter::once((target, Choice::No)).collect(),
        occurred_at: Some(occurred_at.unwrap_or(now)),
        received_at: now,
        source,
        run: known.run(),
        evidence,
    }))
}

/// What an unsubscription stops; `None` where it answers a message from before a later, deliberate subscription.
async fn unsubscribed(
    store: &Store,
    known: &Known,
    channel: Option<Channel>,
    list: Option<&str>,
) -> Result<Option<Target>, StoreError> {
    if let (Some(token), Some(owner)) = (&known.token, &known.owner)
        && token.purpose == Purpose::Unsubscribe
    {
        let opened = crate::unsubscribe::Opened { token: *token, owner: owner.clone() };
        if !known.is_from_service() {
            return Ok((!opened.is_outdated()).then(|| opened.target(token.level)));
        }
    }
    let list = match list {
        Some(name) => store.list_by_name(known.workspace, name).await?,
        None => None,
    };
    // A list that isn't there widens it: someone who wants out gets out.
    Ok(Some(list.map_or(of_channel(channel), |list| Target::List(list.id))))
}

fn of_channel(channel: Option<Channel>) -> Target {
    let target = channel.and_then(|channel| Level::Channel.target(channel, None));
    target.unwrap_or(Target::Field(consent::Field::Any))
}

impl Known {
    fn is_from_service(&self) -> bool {
        ["webhook:", "sms:"].iter().any(|service| self.report.source.starts_with(service))
    }

    /// Through which door an unsubscription came.
    fn source(&self) -> Source {
        match self.report.source.split_once(':') {
            Some(("webhook", _)) => Source::WEBHOOK,
            Some(("sms", _)) => Source::PROVIDER,
            _ => Source::MAILTO,
        }
    }

    fn run(&self) -> Option<RunId> {
        let token = self.token.filter(|token| {
            matches!(token.purpose, Purpose::Unsubscribe | Purpose::Preferences | Purpose::Bounce)
        });
        token.and_then(|token| token.sent().run())
    }
}

/// What the store keeps it as. What nobody can be found for is noted, and so is an unsubscription that isn't recorded.
fn kind(known: &Known, changes: bool) -> FeedbackKind {
    let proof = known.token.is_some_and(|token| token.purpose == Purpose::Proof);
    if known.address.is_none() || proof {
        return FeedbackKind::Noted;
    }
    match known.report.what {
        What::Delivered => FeedbackKind::Delivered,
        What::Bounced { reason, hard } => FeedbackKind::Bounced { reason, hard },
        What::Complained => FeedbackKind::Complained,
        What::Unsubscribed { .. } if changes => FeedbackKind::Unsubscribed,
        What::Unsubscribed { .. } | What::Noted => FeedbackKind::Noted,
    }
}

fn feedback(known: &Known, kind: FeedbackKind, now: Timestamp) -> Feedback {
    let report = &known.report;
    Feedback {
        id: report.id,
        kind,
        address: known.address.clone(),
        owner: known.owner.as_ref().map(|owner| (owner.profile, owner.address)),
        run: known.run(),
        at: report.occurred_at.filter(|at| *at <= now).unwrap_or(now),
        received_at: now,
        source: cut(&report.source, Feedback::SOURCE_LENGTH_MAX).to_owned(),
        detail: cut(&report.detail, Feedback::DETAIL_LENGTH_MAX).to_owned(),
    }
}
