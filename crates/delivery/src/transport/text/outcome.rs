//! What a provider's answers come to.

use crate::other_side::{LineError, OtherSide};
use crate::sms::{Refusal, SmsError, SmsOutcome};
use crate::transport::{Handed, Said};

const PROVIDER: OtherSide = OtherSide { name: "provider", unusable: "provider-unusable" };

impl From<SmsOutcome> for Handed {
    fn from(outcome: SmsOutcome) -> Self {
        let said = |refusal: Refusal| Said {
            code: refusal.code,
            text: Some(refusal.text),
            after: refusal.after,
            of_us: false,
        };
        match outcome {
            SmsOutcome::Accepted(_) => Self::Accepted(Said { code: 200, ..Said::default() }),
            SmsOutcome::Deferred(refusal) => Self::Deferred(said(refusal)),
            SmsOutcome::Rejected(refusal) => Self::Rejected(said(refusal)),
            SmsOutcome::InDoubt(error) => Self::InDoubt(error.to_string()),
            SmsOutcome::LeaseExpired => Self::LeaseExpired,
            SmsOutcome::NotHandedOver(error) => Self::NotHandedOver(error.into()),
        }
    }
}

impl From<SmsError> for LineError {
    fn from(error: SmsError) -> Self {
        let (words, hint, lasting) = (error.to_string(), error.hint(), error.is_lasting());
        let no_turn = if let SmsError::NoTurn(why) = error { Some(why) } else { None };
        Self { of: PROVIDER, words, hint, lasting, no_turn }
    }
}
