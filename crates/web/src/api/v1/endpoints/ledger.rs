//! Entries of the ledger, and what proves them.

use service::keys::Scope;
use service::ledger::{entry, key, receipt};

use super::super::call::{Call, Replied};
use super::super::endpoint::Endpoint;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/ledger/entries/{entry}",
            Scope::LedgerRead,
            "getEntry",
            "Show an entry: what it changed, through which door, and what proves it.",
        )
        .runs(shown),
        Endpoint::get(
            "/ledger/entries/{entry}/receipt",
            Scope::LedgerRead,
            "getReceipt",
            "A receipt of an entry, which anybody can check with the ledger's key (C2SP tlog-proof).",
        )
        .runs(receipts),
        Endpoint::get(
            "/ledger/key",
            Scope::LedgerRead,
            "getLedgerKey",
            "The key that checkpoints and receipts are checked with.",
        )
        .runs(keys),
    ]
}

async fn shown(call: Call) -> Replied<entry::Out> {
    let entry = call.place("entry")?;
    Ok(entry::entry(&call.service, &call.actor, entry::In { entry }).await?.into())
}

async fn receipts(call: Call) -> Replied<receipt::Out> {
    let entry = call.place("entry")?;
    Ok(receipt::receipt(&call.service, &call.actor, receipt::In { entry }).await?.into())
}

async fn keys(call: Call) -> Replied<key::Out> {
    Ok(key::key(&call.service, &call.actor, key::In).await?.into())
}
