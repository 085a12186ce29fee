//! The sample brand: its name, its list and its campaigns.

use std::net::SocketAddr;

use data_encoding::BASE64;

use crate::mailbox::ACCOUNT;

/// The brand.
pub const BRAND: &str = "Lumen Coffee";
/// The subscription list.
pub const LIST: &str = "brew-letter";

/// A campaign of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// To everybody.
    Sale,
    /// To the list.
    Letter,
    /// To every phone.
    Text,
}

impl Piece {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sale, Self::Letter, Self::Text];

    /// The campaign's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sale => "spring-sale",
            Self::Letter => "brew-letter",
            Self::Text => "spring-text",
        }
    }

    /// What is said, with the name of its file beside the campaign's.
    pub fn content(self) -> (&'static str, &'static str) {
        match self {
            Self::Sale => ("sale.html", include_str!("../brand/sale.html")),
            Self::Letter => ("letter.html", include_str!("../brand/letter.html")),
            Self::Text => ("text.txt", include_str!("../brand/text.txt").trim_end()),
        }
    }

    /// The campaign, sent to the mail server and the provider of texts at these addresses.
    pub fn campaign(self, smtp: SocketAddr, texts: SocketAddr) -> String {
        let text = match self {
            Self::Sale => include_str!("../brand/sale.toml"),
            Self::Letter => include_str!("../brand/letter.toml"),
            Self::Text => include_str!("../brand/text.toml"),
        };
        text.replace("\"{port}\"", &smtp.port().to_string())
            .replace("{account}", ACCOUNT)
            .replace("{provider}", &format!("http://{texts}"))
    }
}

/// A key of these bytes for DKIM, as PKCS #8 (RFC 8410 section 7).
pub fn signing_key(secret: [u8; 32]) -> String {
    const PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der = [PREFIX.as_slice(), &secret].concat();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(&der))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_a_campaign_is_filled() {
        let address = SocketAddr::from(([127, 0, 0, 1], 2525));
        for piece in Piece::ALL {
            let campaign = piece.campaign(address, address);
            assert!(!campaign.contains("{port}") && !campaign.contains("{account}"), "{}", piece.name());
            assert!(!campaign.contains("{provider}"), "{}", piece.name());
            assert!(campaign.contains(piece.content().0), "{}", piece.name());
        }
    }
}
