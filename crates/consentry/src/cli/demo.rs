//! `consentry demo`

use clap::Args;

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Go through the loop without a person, print what happened, and fail if anything is off
    #[arg(long)]
    pub scripted: bool,
    /// How many people
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub people: u32,
    /// Port of the demo's front page; the next one serves the public pages
    #[arg(long, default_value_t = 8026)]
    pub port: u16,
    /// Serve the public pages below this path, as behind a proxy: /mail
    #[arg(long, value_name = "PATH", default_value = "", value_parser = base_path, hide_default_value = true)]
    pub base_path: String,
}

/// A path such as `/mail`, without a slash at its end.
fn base_path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    let fits =
        path.is_empty() || (path.starts_with('/') && !path.contains("//") && path.bytes().all(is_plain));
    if fits { Ok(path.to_owned()) } else { Err("write it as in /mail".to_owned()) }
}
