//! Texts that may be opt-outs and wait to be read, and senders that a number blocks.

use consent::Level;
use serde::Deserialize;
use service::keys::Scope;
use service::texts::{decide, kept_sender, review, show, text_id, unblock};
use utoipa::ToSchema;

use super::super::call::{Call, Replied};
use super::super::endpoint::Endpoint;
use super::super::problem::ApiProblem;
use super::super::shapes::{LevelName, Paged, parsed_if};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/sms/review", Scope::SmsRead, "getReview", "Show texts that may be opt-outs and wait to be read. No marketing goes to their numbers until then.")
            .pages()
            .runs(waiting),
        Endpoint::post("/sms/review/{text}", Scope::SmsReview, "decideText", "Decide about a text. A refusal is recorded with the text as its proof.").takes(decided),
        Endpoint::ask("/sms/numbers/lookup", Scope::SmsRead, "lookUpNumber", "Show which senders a number blocks, and what it wrote lately.").takes(shown),
        Endpoint::post("/sms/numbers/unblock", Scope::SmsReview, "unblockSender", "Let a sender text a number again. Consent to marketing stays as it is.").takes(unblocked),
    ]
}

/// What was read in a text.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TextDecision)]
struct Decide {
    /// Whether it is a refusal.
    refused: bool,
    /// How far it reaches if it is one: the channel if absent.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<LevelName>)]
    level: Option<Level>,
}

/// A number.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NumberLookup)]
struct LookUp {
    #[schema(examples("+14155550101"))]
    number: String,
}

/// A number, and who may text it again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UnblockSender)]
struct Unblock {
    number: String,
    sender: String,
}

async fn waiting(call: Call) -> Replied<Paged<review::Waiting>> {
    let page = call.page(&[])?;
    let after = page.after().and_then(|text| text_id(&text));
    let out = review::review(&call.service, &call.actor, review::In { limit: page.limit, after }).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn decided(call: Call, Decide { refused, level }: Decide) -> Replied<decide::Out> {
    let id = text_id(call.text_at("text")).ok_or_else(ApiProblem::missing)?;
    let level = level.unwrap_or(Level::Channel);
    if level == Level::Subscription {
        return Err(ApiProblem::invalid("level-invalid", "/level", "a text is about no list"));
    }
    Ok(decide::decide(&call.service, &call.actor, decide::In { id, refused, level }).await?.into())
}

async fn shown(call: Call, LookUp { number }: LookUp) -> Replied<show::Out> {
    Ok(show::show(&call.service, &call.actor, show::In { number }).await?.into())
}

async fn unblocked(call: Call, Unblock { number, sender }: Unblock) -> Replied<unblock::Out> {
    let wrong = |error: String| ApiProblem::invalid("sender-invalid", "/sender", error);
    let sender = kept_sender(&sender).map_err(wrong)?;
    Ok(unblock::unblock(&call.service, &call.actor, unblock::In { number, sender }).await?.into())
}
