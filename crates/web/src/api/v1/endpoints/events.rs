//! What programs tell of people's choices, in bulk.

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use consent::{Channel, Choice, Level, ProfileId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::consents::tell::{self, Event, Proof, Recorded, Said};
use service::keys::Scope;
use service::profiles::Whom;
use store::RequestPart;
use utoipa::ToSchema;

use super::super::call::{Call, LEASE, Replied, fingerprint};
use super::super::endpoint::{Answer, Endpoint, Shape, Takes, answer};
use super::super::json;
use super::super::ndjson::{Lines, Writer};
use super::super::problem::{ApiProblem, details_of};
use super::super::shapes::{
    ChannelName, ChoiceName, LevelName, moment_if, object_if, objects, parsed, parsed_if,
};

/// Longest body.
const BODY_BYTES_MAX: usize = 8 << 20;
/// Events of a body that is one JSON text.
const EVENTS_MAX: usize = 10_000;
/// Events that are recorded in one transaction.
const PART: usize = 500;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let what = "Record what people chose: up to 10,000 events, any number as NDJSON. Each is answered by itself, in order: one \
        that is refused keeps no other back. With an Idempotency-Key nothing is recorded twice, also if a connection was lost \
        or a server killed: send the same events again, and those that were taken are answered as before. As NDJSON the last \
        line of the answer holds the consistency token.";
    let endpoint = Endpoint::post("/consent-events", Scope::ConsentsWrite, "recordConsentEvents", what);
    let takes = Takes::JsonOrLines(Shape::of::<Asked>(), Shape::of::<EventAsked>());
    vec![Endpoint { body_bytes_max: BODY_BYTES_MAX, ..endpoint.raw::<Told, _, _>(takes, tell_all) }]
}

/// Events, in the order in which they are recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConsentEvents)]
struct Asked {
    #[serde(deserialize_with = "objects")]
    #[schema(max_items = 10000)]
    events: Vec<EventAsked>,
}

/// What somebody chose. The person is named by an address, a profile or an id of yours.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ConsentEvent)]
struct EventAsked {
    /// An address, as it is typed. One never seen before is kept, and the choice binds when it turns up.
    #[serde(default)]
    #[schema(examples("ann@example.com"))]
    address: Option<String>,
    /// A profile.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<String>)]
    profile: Option<ProfileId>,
    /// Your own id.
    #[serde(default)]
    external_id: Option<String>,
    /// What was chosen.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 64)]
    choices: Vec<ChoiceAsked>,
    /// Through which door: 1 to 15 of the characters a-z, 0-9, `_`, `-`; `api` if absent.
    #[serde(default)]
    #[schema(examples("checkout"))]
    source: Option<String>,
    /// When it was chosen; now if absent.
    #[serde(default, deserialize_with = "moment_if")]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
    /// The reason given, at most 255 characters.
    #[serde(default)]
    reason: Option<String>,
    /// What proves it.
    #[serde(default, deserialize_with = "object_if")]
    evidence: Option<ProofAsked>,
}

/// A choice and how far it reaches.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ConsentChoice)]
struct ChoiceAsked {
    /// How far it reaches: the list if one is named, else the channel.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<LevelName>)]
    level: Option<Level>,
    /// The channel; by the kind of address if absent.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<ChannelName>)]
    channel: Option<Channel>,
    /// The list's name.
    #[serde(default)]
    list: Option<String>,
    /// The choice.
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = ChoiceName)]
    choice: Choice,
}

/// What proves an event; it can be erased, and the ledger still verifies.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ConsentProof)]
struct ProofAsked {
    /// The network address that the person's request came from.
    #[serde(default)]
    ip: Option<String>,
    /// The user agent of that request.
    #[serde(default)]
    user_agent: Option<String>,
    /// What the person wrote or agreed to.
    #[serde(default)]
    text: Option<String>,
}

/// What became of each event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConsentEventsTold)]
struct Told {
    /// In the order of the events.
    events: Vec<One>,
    /// Ask decisions with it as `atLeastAsFresh`, and they know of these events; null where nothing was recorded.
    consistency_token: Option<String>,
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ConsentEventTold)]
enum One {
    /// It is recorded.
    Recorded(Recorded),
    /// It isn't.
    Refused {
        /// Problem details (RFC 9457); pointers are within the event.
        #[schema(value_type = Object)]
        error: Value,
    },
}

impl EventAsked {
    fn event(self) -> Result<Event, One> {
        let Self { address, profile, external_id, choices, source, occurred_at, reason, evidence } = self;
        let whom = match (address, profile, external_id) {
            (Some(address), None, None) => Whom::Address(address),
            (None, Some(profile), None) => Whom::Id(profile),
            (None, None, Some(id)) => Whom::ExternalId(id),
            _ => {
                let detail = "name the person by one of address, profile and externalId";
                let problem = ApiProblem::invalid("nobody-named", "", detail);
                return Err(One::Refused { error: problem.details() });
            }
        };
        let said = |ChoiceAsked { level, channel, list, choice }| Said { level, channel, list, choice };
        let ProofAsked { ip, user_agent, text } = evidence.unwrap_or_default();
        Ok(Event {
            whom,
            choices: choices.into_iter().map(said).collect(),
            source,
            occurred_at,
            reason,
            proof: Proof { ip, user_agent, text },
        })
    }
}

async fn tell_all(call: Call) -> Answer {
    if let Some(lines) = call.take_lines() {
        return by_lines(call, lines);
    }
    answer(StatusCode::OK, at_once(&call).await)
}

async fn at_once(call: &Call) -> Replied<Told> {
    let Asked { events } = call.read()?;
    if events.len() > EVENTS_MAX {
        let detail = format!("at most {EVENTS_MAX} events in one body; send more as NDJSON");
        return Err(ApiProblem::invalid("events-too-many", "/events", detail));
    }
    let mut told = Told { events: Vec::with_capacity(events.len()), consistency_token: None };
    let mut events = events.into_iter();
    let whole = fingerprint(&[&call.body]);
    for number in 0.. {
        let part: Vec<_> = events.by_ref().take(PART).map(EventAsked::event).collect();
        if part.is_empty() {
            break;
        }
        record(call, part, number, whole, &mut told).await?;
    }
    Ok(told.into())
}

/// Records a part. Those that can't be read are answered in their places.
async fn record(
    call: &Call,
    part: Vec<Result<Event, One>>,
    number: u32,
    fingerprint: [u8; 32],
    told: &mut Told,
) -> Result<(), ApiProblem> {
    let (mut events, mut refused) = (Vec::new(), Vec::new());
    for event in part {
        match event {
            Ok(event) => {
                events.push(event);
                refused.push(None);
            }
            Err(refusal) => refused.push(Some(refusal)),
        }
    }
    let at = call.now();
    let part = call.request.map(|request| RequestPart {
        request,
        part: number,
        fingerprint,
        at,
        lease: at.plus(LEASE),
    });
    let out = tell::tell(&call.service, &call.actor, tell::In { events, part }).await?;
    let mut recorded = out.events.into_iter().map(|event| match event {
        Ok(recorded) => One::Recorded(recorded),
        Err(refusal) => One::Refused { error: details_of(&refusal.problem, &refusal.detail) },
    });
    told.events.extend(refused.into_iter().filter_map(|refusal| refusal.or_else(|| recorded.next())));
    told.consistency_token = out.consistency_token.or(told.consistency_token.take());
    Ok(())
}

fn by_lines(call: Call, body: Body) -> Answer {
    let Ok(permit) = std::sync::Arc::clone(&call.state.0.heavy).try_acquire_owned() else {
        return Err(ApiProblem::busy());
    };
    let (writer, response) = Writer::new();
    tokio::spawn(async move {
        let _permit = permit;
        let (mut lines, mut token) = (Lines::new(body), None);
        let ended = go_on(&call, &mut lines, &mut token, &writer).await;
        if let Some(request) = call.request {
            // Whoever sends it again goes on from here.
            let _ = call.service.store.abandon_request(call.service.workspace, request).await;
        }
        let last = match ended {
            Ok(()) => serde_json::json!({ "consistencyToken": token }),
            Err(problem) => serde_json::json!({
                "error": problem.details(), "line": lines.read, "consistencyToken": token,
            }),
        };
        writer.send(&[last]).await;
    });
    Ok(response)
}

async fn go_on(
    call: &Call,
    lines: &mut Lines,
    token: &mut Option<String>,
    writer: &Writer,
) -> Result<(), ApiProblem> {
    for number in 0.. {
        let piece = lines.next(PART).await?;
        if piece.is_empty() {
            return Ok(());
        }
        // A line that can't be read is answered in its place, as any event is.
        let event = |line: &Bytes| match json::read::<EventAsked>(line) {
            Ok(event) => event.event(),
            Err(problem) => Err(One::Refused { error: problem.details() }),
        };
        let parts: Vec<&[u8]> = piece.iter().map(|line| &line[..]).collect();
        let mut told = Told { events: Vec::new(), consistency_token: token.take() };
        record(call, piece.iter().map(event).collect(), number, fingerprint(&parts), &mut told).await?;
        *token = told.consistency_token;
        // Goes on without a reader: what was sent is recorded, and told to whoever sends it again.
        let _ = writer.send(&told.events).await;
    }
    Ok(())
}
