//! `init`

use std::path::PathBuf;

use clap::Args;
use consent::{Channel, Choice};
use service::settings::UnknownRecipients;

use super::{Readers, intake, words};

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// What an empty choice means on a channel, e.g. email=n; without it: consent
    #[arg(long, value_name = "CHANNEL=CHOICE", value_parser = words::channel_choice)]
    pub default_consent: Vec<(Channel, Choice)>,
    /// Where people reach the pages of `serve`, e.g. <https://mail.example.com>
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The brand's name on those pages
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
    /// A domain whose mail Consentry receives: of u.TOKEN@ and b.TOKEN@ (docs/receiving.md)
    #[arg(long, value_name = "DOMAIN", value_parser = intake::mail_domain)]
    pub mail_domain: Vec<String>,
    /// Where the law asks for an opt-in, want an express yes or a named basis
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub jurisdiction_pack: Option<bool>,
    /// How many soft bounces put an address on the suppression list, 1 to 20; 5 at first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=20))]
    pub soft_bounce_limit: Option<u8>,
    /// What people may choose from after an opt-out (TOML; docs/preferences.md), or `default` for the pages' own
    #[arg(long, value_name = "FILE|default")]
    pub opt_out_reasons: Option<PathBuf>,
    /// Who may read the ledger's entries over HTTP: holders of a key with the scope `ledger:read` (keyed, as at first), or
    /// everybody (public). Checkpoints and hashes are open to all
    #[arg(long, value_name = "keyed|public")]
    pub ledger: Option<Readers>,
    /// What programs are told of an address that nobody has: what an empty choice means, or no before anybody has said yes
    #[arg(long, value_name = "default|no", value_parser = words::unknown_recipients)]
    pub unknown_recipients: Option<UnknownRecipients>,
}

impl Init {
    /// No setting is given.
    pub fn changes_nothing(&self) -> bool {
        let Self {
            default_consent,
            public_url,
            brand,
            mail_domain,
            jurisdiction_pack,
            soft_bounce_limit,
            opt_out_reasons,
            ledger,
            unknown_recipients,
        } = self;
        default_consent.is_empty()
            && public_url.is_none()
            && brand.is_none()
            && mail_domain.is_empty()
            && jurisdiction_pack.is_none()
            && soft_bounce_limit.is_none()
            && opt_out_reasons.is_none()
            && ledger.is_none()
            && unknown_recipients.is_none()
    }
}
