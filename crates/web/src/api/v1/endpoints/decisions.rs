//! May a message go to each of these?

use axum::body::Body;
use bytes::Bytes;
use consent::{Category, Channel, ProfileId};
use serde::{Deserialize, Serialize};
use service::consents::of_token;
use service::decisions::batch::{self, Decided, To};
use service::keys::Scope;
use utoipa::ToSchema;

use super::super::call::{Call, Replied, parameter_invalid};
use super::super::endpoint::{Answer, Endpoint, Kind, Shape, Takes, answer};
use super::super::json;
use super::super::ndjson::{Lines, Writer};
use super::super::problem::ApiProblem;
use super::super::shapes::{CategoryName, ChannelName, objects, parsed, parsed_if};

/// Longest body: 10,000 recipients with long addresses.
const BODY_BYTES_MAX: usize = 4 << 20;
/// Recipients that are decided about together, of those that come as lines.
const LINES_AT_ONCE: usize = 5_000;
const CHANNELS: &[&str] =
    &["email", "sms", "push", "whatsApp", "call", "fax", "postalMail", "commercialEmail"];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let what = "Ask whether a message may go to each of up to 10,000 recipients; any number as NDJSON. Nothing is reserved: \
        the answer is what a send would decide at this moment. As NDJSON the question stands in the query, each line is a \
        recipient, and each line of the answer a decision, in the same order.";
    let endpoint = Endpoint::ask("/decisions", Scope::DecisionsRead, "decide", what)
        .parameter("channel", "NDJSON: the channel.", Kind::OneOf(CHANNELS))
        .parameter("list", "NDJSON: the list that the message is bound to.", Kind::Text)
        .parameter(
            "category",
            "NDJSON: what the message is for.",
            Kind::OneOf(&["marketing", "transactional"]),
        )
        .parameter("sender", "NDJSON: the sender of a text.", Kind::Text)
        .parameter("explain", "NDJSON: whether the rows of the decision table are told.", Kind::Flag)
        .parameter("atLeastAsFresh", "NDJSON: a consistency token.", Kind::Text);
    let takes = Takes::JsonOrLines(Shape::of::<Asked>(), Shape::of::<Recipient>());
    vec![Endpoint { body_bytes_max: BODY_BYTES_MAX, ..endpoint.raw::<Decisions, _, _>(takes, decide) }]
}

/// A question.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DecisionQuestion)]
struct Asked {
    /// The channel.
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = ChannelName)]
    channel: Channel,
    /// The list that the message is bound to.
    #[serde(default)]
    list: Option<String>,
    /// What the message is for; marketing if absent.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<CategoryName>)]
    category: Option<Category>,
    /// The sender that a text would come from.
    #[serde(default)]
    sender: Option<String>,
    /// To whom.
    #[serde(deserialize_with = "objects")]
    #[schema(max_items = 10000)]
    recipients: Vec<Recipient>,
    /// Whether the rows of the decision table are told; for at most 1,000 recipients.
    #[serde(default)]
    explain: bool,
    /// A consistency token: the decisions know of the change that gave it.
    #[serde(default)]
    at_least_as_fresh: Option<String>,
}

/// To whom: an address or a profile.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Recipient {
    /// An address, as it is typed.
    #[serde(default)]
    address: Option<String>,
    /// A profile, at the address that messages go to.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<String>)]
    profile: Option<ProfileId>,
}

/// A decision for each recipient, in their order.
#[derive(Serialize, ToSchema)]
struct Decisions {
    decisions: Vec<Decided>,
}

impl Recipient {
    fn to(self, at: &str) -> Result<To, ApiProblem> {
        match self {
            Self { address: Some(address), profile: None } => Ok(To::Address(address)),
            Self { address: None, profile: Some(profile) } => Ok(To::Profile(profile)),
            _ => Err(ApiProblem::invalid(
                "recipient-invalid",
                at.to_owned(),
                "a recipient is either an address or a profile",
            )),
        }
    }
}

async fn decide(call: Call) -> Answer {
    if let Some(lines) = call.take_lines() {
        return by_lines(call, lines).await;
    }
    answer(axum::http::StatusCode::OK, at_once(&call).await)
}

async fn at_once(call: &Call) -> Replied<Decisions> {
    let Asked { channel, list, category, sender, recipients, explain, at_least_as_fresh } = call.read()?;
    let named = |(at, recipient): (usize, Recipient)| recipient.to(&format!("/recipients/{at}"));
    let recipients = recipients.into_iter().enumerate().map(named).collect::<Result<_, _>>()?;
    let fresh = |text: String| {
        let wrong =
            || ApiProblem::invalid("token-invalid", "/atLeastAsFresh", "no consistency token of ours");
        of_token(&text).ok_or_else(wrong)
    };
    let asked = batch::In {
        channel,
        list: checked(list, "list")?,
        category: category.unwrap_or(Category::Marketing),
        sender: kept_sender(checked(sender, "sender")?)?,
        recipients,
        explain,
        at_least_as_fresh: at_least_as_fresh.map(fresh).transpose()?,
    };
    let decisions = batch::batch(&call.service, &call.actor, asked).await?;
    Ok(Decisions { decisions }.into())
}

/// A name that stands in no text of a database.
fn checked(text: Option<String>, name: &'static str) -> Result<Option<String>, ApiProblem> {
    match text {
        Some(text) if text.len() > 200 => Err(parameter_invalid(name, "longer than 200 bytes")),
        text => Ok(text),
    }
}

/// A sender in the form in which blocks are kept.
fn kept_sender(sender: Option<String>) -> Result<Option<String>, ApiProblem> {
    let kept = |sender: String| {
        service::texts::kept_sender(&sender)
            .map_err(|error| ApiProblem::invalid("sender-invalid", "/sender", error))
    };
    sender.map(kept).transpose()
}

async fn by_lines(call: Call, body: Body) -> Answer {
    let missing = || parameter_invalid("channel", "which channel?");
    let token = call.parameter::<String>("atLeastAsFresh").map_err(|_| missing())?;
    let wrong = || parameter_invalid("atLeastAsFresh", "no consistency token of ours");
    let question = batch::In {
        channel: call.parameter("channel")?.ok_or_else(missing)?,
        list: checked(call.parameter::<String>("list").map_err(|_| missing())?, "list")?,
        category: call.parameter("category")?.unwrap_or(Category::Marketing),
        sender: kept_sender(call.parameter::<String>("sender").map_err(|_| missing())?)?,
        recipients: Vec::new(),
        explain: call.flag("explain")?,
        at_least_as_fresh: token.map(|text| of_token(&text).ok_or_else(wrong)).transpose()?,
    };
    // What is wrong with the question is told before the first line is read.
    batch::batch(&call.service, &call.actor, question.clone()).await?;
    let Ok(permit) = std::sync::Arc::clone(&call.state.0.heavy).try_acquire_owned() else {
        return Err(ApiProblem::busy());
    };
    let (writer, response) = Writer::new();
    tokio::spawn(async move {
        let _permit = permit;
        let mut lines = Lines::new(body);
        if let Err(problem) = go_on(&call, &question, &mut lines, &writer).await {
            let last = serde_json::json!({ "error": problem.details(), "line": lines.read });
            writer.send(&[last]).await;
        }
    });
    Ok(response)
}

async fn go_on(
    call: &Call,
    question: &batch::In,
    lines: &mut Lines,
    writer: &Writer,
) -> Result<(), ApiProblem> {
    let most = if question.explain { batch::EXPLAINED_MAX } else { LINES_AT_ONCE };
    loop {
        let piece = lines.next(most).await?;
        if piece.is_empty() {
            return Ok(());
        }
        let recipient = |line: &Bytes| json::read::<Recipient>(line)?.to("");
        let recipients = piece.iter().map(recipient).collect::<Result<_, _>>()?;
        let asked = batch::In { recipients, ..question.clone() };
        let decisions = batch::batch(&call.service, &call.actor, asked).await?;
        if !writer.send(&decisions).await {
            return Ok(());
        }
    }
}
