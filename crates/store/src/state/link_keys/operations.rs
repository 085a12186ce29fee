//! The operations on link keys.

use std::sync::Arc;

use consent::{KeyRing, Timestamp};

use crate::store::{Answer, Key, Store};

impl Store {
    /// The keys that sign and verify link tokens.
    pub fn key_ring(&self) -> Arc<KeyRing> {
        super::current(self.shared_key_ring())
    }

    /// Adds a link key, which signs from now on; older ones go on verifying. Answers its id.
    pub fn rotate_link_key(&self, at: Timestamp) -> Answer<u8> {
        let store = self.clone();
        Box::pin(async move {
            let entropy = Arc::clone(store.entropy());
            let id = store
                .write("rotate_link_key", Key::Installation, move |db| super::add(db, &*entropy, at))
                .await?;
            let (secrets, key_ring) = (store.secrets().clone(), Arc::clone(store.shared_key_ring()));
            store
                .query("refresh_link_keys", Key::Installation, move |db| {
                    super::refresh(db, &secrets, &key_ring)
                })
                .await?;
            Ok(id)
        })
    }
}
