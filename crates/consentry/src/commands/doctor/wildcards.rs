//! Entries with wildcards that earlier versions took for addresses: they suppress and allow nobody.

use anyhow::Result;
use consent::Namespace;
use intake::suppression::EntryType;
use store::{EntryKind, EntryOrder, EntryQuery};

use crate::context::Context;

/// Entries read at once.
const PAGE: usize = 1_000;
/// Entries that are named.
const NAMED: usize = 5;

/// What is to be mended; `None` if nothing is.
pub async fn find(context: &Context) -> Result<Option<String>> {
    let mut found = Vec::new();
    let mut count = 0_u64;
    for allow in [false, true] {
        let mut query = EntryQuery {
            namespace: Some(Namespace::Email),
            kind: Some(EntryKind::Address),
            order: EntryOrder::Value,
            limit: PAGE,
            ..EntryQuery::default()
        };
        loop {
            let (values, next) = page(context, &query, allow).await?;
            for value in values.iter().filter(|value| value.contains('*')) {
                if is_covered(context, value, allow).await? {
                    continue;
                }
                count += 1;
                if found.len() < NAMED {
                    found.push(format!("`{}` {value}", if allow { "allow" } else { "suppression" }));
                }
            }
            match next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
    }
    let named = found.join(", ");
    Ok((count > 0).then(|| {
        format!(
            "{count} without effect, taken for an address: {named}; add the domain instead, e.g. \
             consentry suppression add example.com"
        )
    }))
}

async fn page(context: &Context, query: &EntryQuery, allow: bool) -> Result<(Vec<String>, Option<String>)> {
    if allow {
        let page = context.store.allow_entries(context.workspace, query.clone()).await?;
        return Ok((page.entries.into_iter().map(|entry| entry.value).collect(), page.next));
    }
    let page = context.store.suppressions(context.workspace, query.clone()).await?;
    Ok((page.entries.into_iter().map(|entry| entry.value).collect(), page.next))
}

/// Whether the domain that was meant is on the list by itself.
async fn is_covered(context: &Context, value: &str, allow: bool) -> Result<bool> {
    let Some(named) = EntryType::Email.read(value).ok().and_then(|mut named| named.pop()) else {
        return Ok(false);
    };
    Ok(if allow {
        context.store.allow_entry(context.workspace, &named.namespace, &named.value).await?.is_some()
    } else {
        !context.store.suppression(context.workspace, &named.namespace, &named.value).await?.is_empty()
    })
}
