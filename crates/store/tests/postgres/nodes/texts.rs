//! Text messages that several nodes take at once, and answers that several nodes send.

use std::collections::BTreeSet;

use consent::AddressId;
use store::{ReplyKind, StoreError, Text, TextEffects, TextTaken};

use super::super::conformance::jobs::wanted;
use super::super::conformance::support::{MAIN, address, row};
use super::super::conformance::texts::{Person, reply, replying};
use super::{NOW, Node, Nodes};

async fn caller(node: &Node, number: &str) -> Person {
    let mut row = row(number, "");
    row.addresses.push(address(number));
    node.import(MAIN, vec![row]).await.unwrap();
    let owner = node.resolve(MAIN, vec![address(number)]).await.unwrap().remove(0).unwrap();
    Person { profile: owner.profile, address: owner.address }
}

/// Takes it, again when the node asks to.
async fn take(node: Node, text: Text, effects: TextEffects) -> TextTaken {
    loop {
        match node.take_text(MAIN, text.clone(), effects.clone()).await {
            Err(StoreError::Conflict) => {}
            taken => return taken.unwrap(),
        }
    }
}

async fn at_once(nodes: &Nodes, texts: Vec<(Text, TextEffects)>) -> Vec<TextTaken> {
    let tasks: Vec<_> = texts
        .into_iter()
        .enumerate()
        .map(|(n, (text, effects))| tokio::spawn(take(nodes.node(n).clone(), text, effects)))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn each_text_is_taken_by_one_node() {
    let nodes = Nodes::start(2);
    let ana = caller(nodes.node(0), "+4930123456").await;
    let effects = TextEffects { hold: true, ..replying(reply(ReplyKind::Help, 99, NOW)) };
    let texts = (0..24).map(|n| (ana.text(n % 4, NOW), effects.clone())).collect();
    let answers = at_once(&nodes, texts).await;
    assert_eq!(answers.iter().filter(|taken| taken.new).count(), 4, "{answers:?}");
    assert_eq!(answers.iter().filter(|taken| taken.replied).count(), 4, "{answers:?}");
    assert_eq!(nodes.node(1).holds(MAIN, None, 99).await.unwrap().len(), 4);
}

#[tokio::test]
async fn the_limit_of_replies_holds_for_all_nodes_together() {
    let nodes = Nodes::start(2);
    let ana = caller(nodes.node(0), "+4930123456").await;
    let texts = (0..16).map(|n| (ana.text(n, NOW), replying(reply(ReplyKind::Help, 3, NOW))));
    let answers = at_once(&nodes, texts.collect()).await;
    assert!(answers.iter().all(|taken| taken.new), "{answers:?}");
    assert_eq!(answers.iter().filter(|taken| taken.replied).count(), 3, "{answers:?}");
}

#[tokio::test]
async fn each_reply_is_given_to_one_node() {
    const TEXTS: u16 = 60;
    let nodes = Nodes::start(2);
    let ana = caller(nodes.node(0), "+4930123456").await;
    for n in 0..TEXTS {
        take(nodes.node(0).clone(), ana.text(n, NOW), replying(reply(ReplyKind::Help, 99, NOW))).await;
    }
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let node = nodes.node(n).clone();
            tokio::spawn(async move {
                let mut taken: Vec<(AddressId, _)> = Vec::new();
                loop {
                    let (owner, lease) = (format!("n{n}"), std::time::Duration::from_mins(1));
                    let asked = wanted(store::REPLY_JOB, 7);
                    let jobs = match node.lease_jobs(MAIN, &owner, asked, lease, NOW).await {
                        Err(StoreError::Conflict) => continue,
                        jobs => jobs.unwrap(),
                    };
                    if jobs.is_empty() {
                        return taken;
                    }
                    for job in jobs {
                        let reply = node.reply(MAIN, job.text().unwrap()).await.unwrap().unwrap();
                        taken.push((reply.address, reply.id));
                    }
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    assert_eq!(taken.len(), usize::from(TEXTS));
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>().len(), usize::from(TEXTS));
}
