//! `consentry opt-out` and `consentry opt-in`

use anyhow::Result;
use consent::{Channel, Level};
use service::consents::{opt_in, opt_out};

use super::list::make;
use crate::cli::{OptIn, OptOut, Whose};
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// Records an opt-out that reached the brand some other way.
pub async fn run(context: &Context, args: OptOut) -> Result<Exit> {
    let OptOut { whose, source, reason } = args;
    let asked = opt_out::In { asked: asked(whose), source, reason };
    let out = opt_out::opt_out(&context.service(), &context.actor(), asked).await.map_err(wrong)?;
    output::answer(context.json, &out, |out| {
        let (address, reach) = (&out.address, reach(out.level, out.channel));
        match out.entry {
            Some(entry) if out.changed.is_empty() => {
                format!("{address} had opted out already ({reach}); that it was said again is {entry}")
            }
            Some(entry) => format!("recorded as {entry}: no more marketing to {address} ({reach})"),
            None => format!("{address} had opted out already ({reach})"),
        }
    });
    Ok(Exit::Done)
}

/// Records a yes that reached the brand some other way.
pub async fn opt_in(context: &Context, args: OptIn) -> Result<Exit> {
    let OptIn { whose, source, proof } = args;
    let asked = opt_in::In { asked: asked(whose), source, proof };
    let out = opt_in::opt_in(&context.service(), &context.actor(), asked).await.map_err(wrong)?;
    output::answer(context.json, &out, |out| {
        let (address, reach) = (&out.address, reach(out.level, out.channel));
        match out.entry {
            Some(entry) if !out.changed.is_empty() => {
                format!("recorded as {entry}: {address} has said yes ({reach})")
            }
            _ => format!("{address} had said yes already ({reach})"),
        }
    });
    output::say(format_args!(
        "hint: `consentry check {} --channel {}` says whether anything else holds messages back",
        out.address, out.channel
    ));
    Ok(Exit::Done)
}

fn asked(whose: Whose) -> opt_out::Asked {
    let Whose { address, level, channel, list } = whose;
    opt_out::Asked { address, level, channel, list }
}

fn wrong(error: opt_out::Error) -> anyhow::Error {
    use opt_out::Error as E;
    let hint = match &error {
        E::Address { .. } => "give an email address, or a number with +".to_owned(),
        E::NoChannel => "name one with --channel".to_owned(),
        E::WrongChannel(_) => {
            "name a channel that does, or use --level channel, which is about the person".to_owned()
        }
        E::ListWithoutLevel => "add --level subscription, or leave --list out".to_owned(),
        E::NoListNamed => "name it with --list".to_owned(),
        E::NoList(name) => make(name),
        E::LongReason => "shorten --reason".to_owned(),
        E::NoProof => "--proof \"card of 3 May, signed\"".to_owned(),
        E::Store(_) => return told(error),
    };
    refused(error, hint)
}

fn reach(level: Level, channel: Channel) -> String {
    match level {
        Level::Any => "on any channel".to_owned(),
        Level::Channel => format!("by {channel}, at any address of this person"),
        Level::Identity => format!("by {channel}, at this address"),
        Level::Subscription => "from this list".to_owned(),
    }
}
