//! Landing pages that cost more than they show.

use std::ffi::OsStr;
use std::fs;

use anyhow::Result;

use super::probe::get;
use super::target::Target;
use super::{Found, Size};

/// Puts pages that are deep or costly, tries to publish them, and asks for them; then asks for a good one, often.
pub(super) fn costly(target: &Target, size: Size) -> Result<Found> {
    let mut violations = Vec::new();
    let sources = sources();
    for (at, source) in sources.iter().enumerate() {
        let name = format!("costly-{at}");
        page(target, &name, source)?;
        let ended = target.product.run(&["page", "publish", &name])?;
        if ended.code != Some(5) {
            violations.push(format!(
                "{}: published with exit code {:?}",
                &source[..30.min(source.len())],
                ended.code
            ));
        }
        let (status, _) = get(target.port, &format!("/pages/{name}"))?;
        if status != 404 {
            violations.push(format!("/pages/{name} answers {status}"));
        }
    }
    let good = "<h1>News</h1>{% for tag in profile.tags %}<p>{{ tag|upper }}</p>{% endfor %}".repeat(200);
    page(target, "good", &good)?;
    target.product.run(&["page", "publish", "good"])?.expect(&[0])?;
    let begun = crate::product::now();
    let mut shown = 0;
    while begun.elapsed() < size.time {
        match get(target.port, "/pages/good")?.0 {
            200 => shown += 1,
            status => violations.push(format!("/pages/good answers {status}")),
        }
    }
    let tried = format!("{} deep or costly templates", sources.len());
    Ok(Found {
        tried,
        happened: format!("none was published, a good page was shown {shown} times"),
        violations,
    })
}

fn page(target: &Target, name: &str, source: &str) -> Result<()> {
    let file = target.path(&format!("{name}.toml"));
    fs::write(&file, format!("title = \"T\"\nlanguage = \"en\"\n[parts]\nprimary = '''{source}'''\n"))?;
    let put = ["page", "put", name].map(OsStr::new);
    target.product.run(&[&put, [file.as_os_str()].as_slice()].concat())?.expect(&[0])
}

fn sources() -> Vec<String> {
    let long = |part: &str, bytes: usize| part.repeat(bytes / part.len());
    vec![
        long("{% if a %}", 24_000),
        format!("{{{{ a{} }}}}", long("|upper", 24_000)),
        format!("{{{{ a{} }}}}", long(".a", 24_000)),
        format!("{{{{ {} }}}}", long("(", 24_000)),
        format!("{{% if a %}}{}{{% endif %}}", long("{% elif a %}", 24_000)),
        format!(
            "{{% for a in \"{}\" %}}{{% if \"{}\"|upper|lower|upper|lower == a %}}x{{% endif %}}{{% endfor %}}",
            long("a", 10_000),
            long("b", 48_000)
        ),
        long("<div>", 58_000),
        (0..4_000).flat_map(|at| ["<p><b a".to_owned(), at.to_string(), ">x".to_owned()]).collect(),
    ]
}
