//! `consentry db`

use anyhow::Result;
use serde_json::json;
use store::postgres::{PostgresStore, SchemaStatus, citus};

use crate::cli::{Db, Global};
use crate::context::{database_error, database_password};
use crate::output::{self, Exit, fail};

/// Looks after the PostgreSQL database.
pub async fn run(global: &Global, command: Db) -> Result<Exit> {
    match command {
        Db::Migrate => {
            let (url, password) = database(global)?;
            let status = PostgresStore::migrate(&url, password.as_deref()).map_err(database_error)?;
            tell(global, &status);
            Ok(Exit::Done)
        }
        Db::Status => {
            let (url, password) = database(global)?;
            let status = PostgresStore::status(&url, password.as_deref()).map_err(database_error)?;
            tell(global, &status);
            Ok(if status.is_behind() || status.works_with > status.known { Exit::Failed } else { Exit::Done })
        }
        Db::Plan { .. } => {
            output::line(citus::plan().trim_end());
            Ok(Exit::Done)
        }
    }
}

fn database(global: &Global) -> Result<(String, Option<String>)> {
    let url = global.database.clone();
    let url = url.ok_or_else(|| {
        fail("no database is named", "--database postgres://USER@HOST/DATABASE, or CONSENTRY_DATABASE")
    })?;
    Ok((url, database_password(global)?))
}

fn tell(global: &Global, status: &SchemaStatus) {
    let value = json!({
        "version": status.version,
        "worksWith": status.works_with,
        "known": status.known,
    });
    output::data(global.json, &value, || {
        let advice = if status.works_with > status.known {
            ": this program is too old for it"
        } else if status.is_behind() {
            ": run `consentry db migrate`"
        } else {
            ""
        };
        format!("schema version {}, this program knows {}{advice}", status.version, status.known)
    });
}
