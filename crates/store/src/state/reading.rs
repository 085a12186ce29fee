//! Facts for decisions, and whose an address is. Each engine reads them its own way: they are asked for most.

use consent::{Address, AddressId, Recipient, Timestamp, WorkspaceId};

use super::profile;
use crate::postgres::people;
use crate::store::{Access, Answer, Connection, Engine, Key, Operation, Store};
use crate::types::{AddressOwner, Reading, ReadingQuery};

impl Store {
    /// Which profiles own these addresses, in order; `None` for one never seen.
    pub fn resolve(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
    ) -> Answer<Vec<Option<AddressOwner>>> {
        self.query("resolve", Key::Each(workspace), move |db| match db {
            Connection::Sqlite(db) => profile::resolve(*db, workspace, &addresses),
            Connection::Postgres(db) => people::resolve(db, workspace, &addresses),
        })
    }

    /// The owner of an address by its id, as a link names it.
    pub fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Answer<Option<AddressOwner>> {
        let engine = self.engine.clone();
        let operation =
            Operation { name: "owner", key: Key::Address(workspace, address), access: Access::Read };
        self.watch(operation, async move {
            match engine {
                Engine::Sqlite(engine) => engine.owner(workspace, address).await,
                Engine::Postgres(engine) => engine.owner(workspace, address).await,
            }
        })
    }

    /// What decisions and rendering read, for many profiles at once, in the order asked. One consistent snapshot: a
    /// change acknowledged before the call is in it (I1).
    pub fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Answer<Vec<Reading>> {
        let (engine, faults) = (self.engine.clone(), self.faults.clone());
        let operation = Operation { name: "read", key: Key::Each(workspace), access: Access::Read };
        self.watch(operation, async move {
            let mut readings = match engine {
                Engine::Sqlite(engine) => engine.read(workspace, query).await?,
                Engine::Postgres(engine) => engine.read(workspace, query).await?,
            };
            if let Some(faults) = faults {
                faults.hold_back(&mut readings);
            }
            Ok(readings)
        })
    }

    /// What decisions read about addresses that nobody owns, in order: suppression and allow lists still count.
    pub fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Answer<Vec<Recipient>> {
        let engine = self.engine.clone();
        let operation = Operation { name: "read_strangers", key: Key::Each(workspace), access: Access::Read };
        self.watch(operation, async move {
            match engine {
                Engine::Sqlite(engine) => engine.read_strangers(workspace, addresses, now).await,
                Engine::Postgres(engine) => engine.read_strangers(workspace, addresses, now).await,
            }
        })
    }
}
