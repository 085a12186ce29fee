//! The texts, compiled in: a file for each language and part of the pages.

/// Language (BCP 47 tag) and texts (Fluent). English first and whole: its text is shown where another language lacks one.
pub(crate) const SOURCES: &[(&str, &str)] = &[
    ("en", include_str!("../../locales/en/common.ftl")),
    ("en", include_str!("../../locales/en/link.ftl")),
    ("en", include_str!("../../locales/en/choices.ftl")),
    ("en", include_str!("../../locales/en/problem.ftl")),
    ("en", include_str!("../../locales/en/reasons.ftl")),
    ("en", include_str!("../../locales/en/preferences.ftl")),
    ("en", include_str!("../../locales/en/subscribe.ftl")),
    ("en", include_str!("../../locales/en/find.ftl")),
    ("en", include_str!("../../locales/en/notice.ftl")),
    ("en", include_str!("../../locales/en/landing.ftl")),
    ("de", include_str!("../../locales/de/common.ftl")),
    ("de", include_str!("../../locales/de/link.ftl")),
    ("de", include_str!("../../locales/de/choices.ftl")),
    ("de", include_str!("../../locales/de/problem.ftl")),
    ("es", include_str!("../../locales/es/common.ftl")),
    ("es", include_str!("../../locales/es/link.ftl")),
    ("es", include_str!("../../locales/es/choices.ftl")),
    ("es", include_str!("../../locales/es/problem.ftl")),
    ("fr", include_str!("../../locales/fr/common.ftl")),
    ("fr", include_str!("../../locales/fr/link.ftl")),
    ("fr", include_str!("../../locales/fr/choices.ftl")),
    ("fr", include_str!("../../locales/fr/problem.ftl")),
];
