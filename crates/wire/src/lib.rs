//! Protocols without state: what goes over a connection and what doesn't, and nothing about what it means.
//!
//! [`smtp`] hands mail to a relay, [`receiver`] takes mail by SMTP and LMTP, [`imap`] reads a mailbox, [`http`] asks servers,
//! [`markup`] takes apart what they answer.
//! What decides, and what is kept, is handed in: a [`receiver::MailSink`], an [`imap::MailReader`], [`rate::Turns`].

pub mod budget;
pub mod connections;
pub mod http;
pub mod imap;
pub mod markup;
pub mod rate;
pub mod receiver;
pub mod secret;
pub mod smtp;
pub mod tls;
