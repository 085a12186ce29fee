use consent::{Level, Namespace, ProfileId, Purpose, Target, WorkspaceId};

use super::*;

fn opened(level: Level, namespace: Namespace, list: i64) -> Opened {
    let address = consent::AddressId(1);
    let (workspace, list) = (WorkspaceId::MAIN, ListId(list));
    let token = Token {
        purpose: Purpose::Unsubscribe,
        level,
        workspace,
        address,
        reference: consent::Reference::of_run(consent::RunId(7)),
        list,
        epoch: 1,
    };
    let owner = AddressOwner {
        address,
        namespace,
        raw: String::new(),
        profile: ProfileId(1),
        epoch: 1,
        locale: None,
    };
    Opened { token, owner }
}

#[test]
fn someone_who_wants_out_gets_out_at_every_level() {
    use consent::Field::{Any, Email, Sms};
    let crm = Namespace::Custom("crm".to_owned());
    for (level, namespace, list, target) in [
        (Level::Any, Namespace::Email, 0, Target::Field(Any)),
        (Level::Channel, Namespace::Email, 0, Target::Field(Email)),
        (Level::Channel, Namespace::Phone, 0, Target::Field(Sms)),
        (Level::Identity, Namespace::Email, 0, Target::Identity(Email)),
        (Level::Subscription, Namespace::Email, 3, Target::List(ListId(3))),
        // What the link lacks widens it.
        (Level::Subscription, Namespace::Email, 0, Target::Field(Email)),
        (Level::Identity, crm.clone(), 0, Target::Field(Any)),
        (Level::Subscription, crm, 3, Target::List(ListId(3))),
    ] {
        assert_eq!(opened(level, namespace, list).target(level), target, "{level:?} {list}");
    }
}

#[test]
fn a_link_is_outdated_by_a_later_subscription_only() {
    let mut link = opened(Level::Channel, Namespace::Email, 0);
    assert!(!link.is_outdated());
    link.owner.epoch = 2;
    assert!(link.is_outdated());
    assert_eq!(link.run(), Some(RunId(7)));
    link.token = link.token.with_purpose(Purpose::Undo);
    assert_eq!(link.run(), None, "the reference of an undo is an entry");
}

#[test]
fn a_runs_description_is_read_with_tolerance() {
    assert_eq!(PageSpec::parse("not JSON"), PageSpec::default());
    assert_eq!(PageSpec::parse(r#"{"brand":7}"#), PageSpec::default());
    let spec =
        PageSpec::parse(r#"{"subject":"Hi","other":[1],"confirmation":{"channel":"https://a.example/x"}}"#);
    assert_eq!(spec.subject.as_deref(), Some("Hi"));
    assert_eq!(spec.confirmation(Level::Channel), Some("https://a.example/x"));
    assert_eq!(spec.confirmation(Level::Any), None);
    for bad in [
        "",
        "javascript:alert(1)",
        "//a.example",
        "https://",
        "https:///x",
        "https://a.example/\r\nX: y",
        "https://a.example/ä",
    ] {
        let spec =
            PageSpec { confirmation: [("any".to_owned(), bad.to_owned())].into(), ..PageSpec::default() };
        assert_eq!(spec.confirmation(Level::Any), None, "{bad}");
    }
}
