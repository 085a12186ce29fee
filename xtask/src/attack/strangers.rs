//! What strangers find out or have sent. Each attack goes into this list with its name, as those of [`super::ATTACKS`] do.

use super::Attack;

/// Finding people out by the public ledger, mail bombing, texts to fresh numbers: none yet.
pub(super) const ATTACKS: &[(&str, Attack)] = &[];
