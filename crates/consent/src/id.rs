//! Internal ids: 64-bit integers that show with a prefix outside.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::field::UnknownName;

            /// Parses the form that is shown, e.g. `prf_42`.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|digits| digits.parse().ok())
                    .map(Self)
                    .ok_or(crate::field::UnknownName(concat!($prefix, "_ followed by a number")))
            }
        }
    };
}

id!(
    /// One isolated set of profiles, lists, configurations and keys. Every query of the store takes one.
    WorkspaceId, "wsp"
);
id!(
    /// A person.
    ProfileId, "prf"
);
id!(
    /// One identity that a message can go to.
    AddressId, "adr"
);
id!(
    /// A subscription list.
    ListId, "lst"
);
id!(
    /// One run of a campaign.
    RunId, "run"
);
id!(
    /// One import of a file.
    ImportId, "imp"
);
id!(
    /// A ledger entry: its index in the transparency log, from 0.
    EntryId, "ent"
);

id!(
    /// One message to one person for one intent (I10). See [`SendId::in_run`] and [`SendId::of_intent`].
    SendId, "snd"
);

id!(
    /// A piece of work that is done in the background, made from its intent. See [`JobId::of`].
    JobId, "job"
);

impl WorkspaceId {
    /// The workspace that a data directory starts with.
    pub const MAIN: Self = Self(1);
}
