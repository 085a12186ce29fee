use super::*;
use proptest::prelude::*;

fn links(html: &str) -> Vec<(String, bool)> {
    let link = |found| match found {
        Found::Link { href, seen, .. } => Some((href, seen.wide)),
        _ => None,
    };
    scan(html).into_iter().filter_map(link).collect()
}

#[test]
fn a_link_that_readers_see() {
    for html in [
        "<a href=\"U\">x</a>",
        "<A CLASS=b HREF='U' >x</A>",
        "<a href=U>x",
        "<p>a < b <a\nhref = \"U\">x</a>",
        "<a href=\"U\"><img src=x></a>",
        "<div style=\"display:none\">pre</div><a href=U>x</a>",
        "<title><a href=no>no</title><a href=U>x</a>",
        "<a href=\"&#85;\"><b>x</b></a>",
        // Font sizes are inherited, and the nearest one decides.
        "<table><tr><td style='font-size:0px'><div style='font-size:13px'><a href=U>x</a></div></td>",
        "<div style='font-size:0'><a href=U style='font-size:1rem'>x</a></div>",
        "<div style='font:0/0 a'><a href=U style='font:700 13px/1.2 Arial'>x</a></div>",
        "<div style='font-size:0'><a href=U><img src=x></a></div>",
        "<div style='font-size:20px'><a href=U style='font-size:50%'>x</a></div>",
        // So is visibility.
        "<div style='visibility:hidden'><a href=U style='visibility:visible'>x</a></div>",
        "<div hidden style='display:block'><a href=U>x</a></div>",
        "<p style='font-size:0'>pre<p><a href=U>x</a>",
        "<div style='max-height:0;overflow:hidden'>pre</div><a href=U>x</a>",
        "<div style='opacity:.5'><a href=U style='opacity:.5'>x</a></div>",
        "<table><tr><td bgcolor='#414141'><a href=U style='color:#fff'>x</a></td>",
        "<table><tr><td style='background:#fff url(x.png)'><a href=U style='color:#ffffff'>x</a></td>",
        "<div style='color:#fff;background:#fff'><a href=U>x</a></div>",
        "<style>.x{display:none} .x{display:block}</style><a class=x href=U>x</a>",
        "<style>.x{display:none}</style><a class=x href=U style='display:inline !important'>x</a>",
        "<style>@media print{a{display:none}}</style><a href=U>x</a>",
        "<style>a:hover{color:#fff}</style><a href=U>x</a>",
        "<!--[if mso]><style>a{display:none}</style><![endif]--><a href=U>x</a>",
        "<!--[if !mso]><!--><a href=U>x</a><!--<![endif]-->",
        "<![if !mso]><a href=U>x</a><![endif]>",
        "<a href=U style='mso-hide:all'>x</a>",
        "<a href=U style='line-height:0'>x</a>",
    ] {
        assert_eq!(links(html), [("U".to_owned(), true)], "{html}");
    }
}

#[test]
fn a_link_that_nobody_sees() {
    for html in [
        "<a href=U></a>",
        "<a href=U>&nbsp; \u{200b}</a>",
        "<div hidden><a href=U>x</a></div>",
        "<div style='Display : none'><p><a href=U>x</a></p></div>",
        "<div style='display:none'><a href=U style='display:block'>x</a></div>",
        "<a href=U style='font-size:0px'>x</a>",
        "<a href=U style='font-size:1px'>x</a>",
        "<a href=U><span style='font:0/0 a'>x</span></a>",
        "<div style='font-size:0'><a href=U style='font-size:2em'>x</a></div>",
        "<div style='font-size:0'><a href=U style='font-size:100%'>x</a></div>",
        "<div style='visibility:hidden'><a href=U>x</a></div>",
        "<div style='visibility:hidden'><a href=U><img src=x></a></div>",
        "<div style='opacity:0'><a href=U style='opacity:1'>x</a></div>",
        "<div style='opacity:.2'><a href=U style='opacity:.2'>x</a></div>",
        "<div style='max-height:0;overflow:hidden'><a href=U style='font-size:13px'>x</a></div>",
        "<div style='height:0px;overflow-y:hidden'><a href=U>x</a></div>",
        "<a href=U style='color:#fff'>x</a>",
        "<a href=U style='color:#fefefe'>x</a>",
        "<a href=U style='color:transparent'>x</a>",
        "<a href=U style='color:rgba(0,0,0,0)'>x</a>",
        "<table><tr><td bgcolor=#414141><a href=U><font color='#414141'>x</font></a></td>",
        "<div style='color:white'><a href=U style='color:inherit'>x</a></div>",
        "<a href=U style='position:absolute;left:-9999px'>x</a>",
        "<a href=U style='display:block;text-indent:-9999px'>x</a>",
        "<a href=U style='position:absolute;clip:rect(0 0 0 0)'>x</a>",
        "<a href=U><img src=x width=1 height=1></a>",
        "<a href=U><img src=x style='display:none'></a>",
        "<style>.x{display:none}</style><p class='a x'><a href=U>x</a></p>",
        "<style>.x{display:none!important}</style><a class=x href=U style='display:block'>x</a>",
        "<style>/* } */ div > a , b{font-size:0}</style><div><a href=U>x</a></div>",
        "<style>#x .y a[href]{visibility:hidden}</style><div id=x><p class=y><a href=U>x</a></p></div>",
        "<style>@media screen{a{display:none}}</style><a href=U>x</a>",
        "<template><a href=U>x</a></template>",
        "<noscript><p></noscript><dialog><a href=U>x</a></dialog>",
        "<a href=U style='pointer-events:none'>x</a>",
    ] {
        assert_eq!(links(html), [("U".to_owned(), false)], "{html}");
    }
    assert_eq!(links("<!-- <a href=U>x</a> --><script>'<a href=U>x</a>'</script>"), []);
    assert_eq!(scan("<!--U-->"), [Found::Comment("U".to_owned())]);
}

#[test]
fn screens_are_told_apart() {
    let seen = |html: &str| {
        let found = scan(html).into_iter().find_map(|found| match found {
            Found::Link { seen, .. } => Some((seen.wide, seen.narrow)),
            _ => None,
        });
        found.unwrap()
    };
    let on = |media: &str| {
        seen(&format!("<style>@media {media}{{.x{{display:none}}}}</style><a class=x href=U>x</a>"))
    };
    assert_eq!(on("only screen and (max-width:480px)"), (true, false));
    assert_eq!(on("(min-width: 40em)"), (false, true));
    assert_eq!(on("(width <= 600px)"), (true, false));
    assert_eq!(on("print, screen and (max-device-width: 600px)"), (true, false));
    assert_eq!(on("(prefers-color-scheme: dark)"), (true, true));
    assert_eq!(
        seen("<style media='(max-width:400px)'>a{display:none}</style><a href=U>x</a>"),
        (true, false)
    );
}

#[test]
fn what_links_say() {
    let html = "<p>Before. Leave <a href=U title=t aria-label=l>the <b>letter</b></a> or stop all: \
        <a href=V><img alt='Stop it'></a> now</p><p>next <a href=W>w<span style='display:none'>no</span></a></p>";
    let texts: Vec<LinkText> = scan(html)
        .into_iter()
        .filter_map(|found| match found {
            Found::Link { text, .. } => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!((texts[0].shown.as_str(), texts[0].before.as_str()), ("the letter", "Before. Leave "));
    assert_eq!(
        (texts[0].after.trim(), texts[0].labels.as_slice()),
        ("or stop all:", &["t".to_owned(), "l".to_owned()][..])
    );
    assert_eq!((texts[1].shown.as_str(), texts[1].after.trim()), ("Stop it", "now"));
    assert_eq!((texts[2].shown.as_str(), texts[2].before.trim()), ("w", "next"));
}

#[test]
fn depth_is_no_danger() {
    let html = format!("{}<a href=U>x</a>", "<div>".repeat(5_000));
    assert_eq!(links(&html), [("U".to_owned(), true)]);
}

proptest! {
    #[test]
    fn takes_anything(html in "[<>a-z/ =\"'!&;#-]{0,60}\\PC{0,10}", css in "[{}()@a-z:;.,>#*/'\\[\\]=~ 0-9-]{0,60}") {
        scan(&html);
        scan(&format!("<style>{css}</style><p style='{css}'><a class=a href=U>x</a>"));
    }
}
