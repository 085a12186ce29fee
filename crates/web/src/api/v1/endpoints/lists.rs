//! Subscription lists.

use std::collections::BTreeMap;

use axum::http::Method;
use consent::Timestamp;
use serde::{Deserialize, Serialize};
use service::keys::Scope;
use service::lists::{Details, Shown, create, list, show, update};
use utoipa::ToSchema;

use super::super::call::{Call, Replied, Reply};
use super::super::endpoint::Endpoint;
use super::super::shapes::{Paged, moment_if, moment_or_null, objects_by_name};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let one = "/lists/{list}";
    vec![
        Endpoint::get(
            "/lists",
            Scope::ListsRead,
            "getLists",
            "Show all lists, in the order in which people meet them.",
        )
        .runs(all),
        Endpoint::post("/lists", Scope::ListsWrite, "createList", "Make a list.").makes().takes(made),
        Endpoint::get(one, Scope::ListsRead, "getList", "Show a list by its name.").versions().runs(shown),
        Endpoint::new(
            Method::PATCH,
            one,
            Scope::ListsWrite,
            "patchList",
            "Change how people meet a list, and when it is in use. What isn't named stays.",
        )
        .versions()
        .takes(changed),
    ]
}

/// A list to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewList)]
struct New {
    /// 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    #[schema(examples("news"), min_length = 1, max_length = 64)]
    name: String,
    /// When it starts; from the beginning if absent.
    #[serde(default, deserialize_with = "moment_if")]
    #[schema(value_type = Option<String>, format = DateTime)]
    start: Option<Timestamp>,
    /// When it ends; never if absent.
    #[serde(default, deserialize_with = "moment_if")]
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    #[serde(default)]
    public: Option<bool>,
    #[serde(default)]
    double_opt_in: Option<bool>,
    #[serde(default)]
    position: Option<i32>,
    /// What it is called, by language (BCP 47).
    #[serde(default, deserialize_with = "objects_by_name")]
    texts: BTreeMap<String, Written>,
}

/// A change of a list.
#[allow(clippy::option_option, reason = "not named, and named to be nothing, differ")]
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ListChange)]
struct Change {
    /// When it starts; null from the beginning.
    #[serde(default, deserialize_with = "moment_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    start: Option<Option<Timestamp>>,
    /// When it ends; null never.
    #[serde(default, deserialize_with = "moment_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Option<Timestamp>>,
    #[serde(default)]
    public: Option<bool>,
    #[serde(default)]
    double_opt_in: Option<bool>,
    #[serde(default)]
    position: Option<i32>,
    /// What it is called, by language (BCP 47); an empty title takes the language away.
    #[serde(default, deserialize_with = "objects_by_name")]
    texts: BTreeMap<String, Written>,
}

/// What a list is called in one language.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ListTextChange)]
struct Written {
    title: String,
    #[serde(default)]
    description: Option<String>,
}

fn details(
    texts: BTreeMap<String, Written>,
    public: Option<bool>,
    double_opt_in: Option<bool>,
    position: Option<i32>,
) -> Details {
    let (mut titles, mut descriptions) = (Vec::new(), Vec::new());
    for (language, Written { title, description }) in texts {
        descriptions.extend(description.map(|description| (language.clone(), description)));
        titles.push((language, title));
    }
    Details { titles, descriptions, public, double_opt_in, position }
}

async fn all(call: Call) -> Replied<Paged<Shown>> {
    let page = call.page(&[])?;
    let out = list::list(&call.service, &call.actor, list::In).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn made(call: Call, asked: New) -> Replied<Shown> {
    let New { name, start, end, public, double_opt_in, position, texts } = asked;
    let details = details(texts, public, double_opt_in, position);
    let asked = create::In { name, start, end, details };
    Ok(versioned(create::create(&call.service, &call.actor, asked).await?))
}

async fn shown(call: Call) -> Replied<Shown> {
    let asked = show::In { name: call.text_at("list").to_owned() };
    Ok(versioned(show::show(&call.service, &call.actor, asked).await?))
}

async fn changed(call: Call, asked: Change) -> Replied<Shown> {
    let Change { start, end, public, double_opt_in, position, texts } = asked;
    let details = details(texts, public, double_opt_in, position);
    let (name, if_version) = (call.text_at("list").to_owned(), call.if_match()?);
    let asked = update::In { name, start, end, details, if_version };
    Ok(versioned(update::update(&call.service, &call.actor, asked).await?))
}

fn versioned(list: Shown) -> Reply<Shown> {
    let version = list.version();
    Reply::from(list).version(version)
}
