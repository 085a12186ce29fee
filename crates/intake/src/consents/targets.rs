//! What a body's choices change, once it is known whose they are.

use std::collections::BTreeMap;

use consent::{Choice, Field, Namespace, Target, Timestamp};
use smallvec::{SmallVec, smallvec};

use super::body::{Said, Scope, Statement};

/// A choice, and when it was made if the caller says.
pub(super) type Wish = (Choice, Option<Timestamp>);

/// One wish per value.
pub(super) type ByTarget = BTreeMap<Target, Wish>;

/// What is to be recorded, and what can't be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// Where a body says two things of one value, the no wins.
    pub by_target: ByTarget,
    /// A sentence each.
    pub problems: Vec<String>,
}

impl Wishes {
    /// Reads what is said of a person through one address.
    pub fn of(said: &Said, namespace: &Namespace) -> Self {
        let mut wishes = Self { by_target: BTreeMap::new(), problems: said.problems.clone() };
        for statement in &said.statements {
            match targets(statement, namespace) {
                Ok(targets) => {
                    for target in targets {
                        wishes.add(target, (statement.choice, statement.made_at));
                    }
                }
                Err(problem) => wishes.problems.push(format!("{}: {problem}", statement.at)),
            }
        }
        wishes
    }

    pub fn add(&mut self, target: Target, wish: Wish) {
        let held = self.by_target.entry(target).or_insert(wish);
        *held = stricter(*held, wish);
    }

    /// Leaves the refusals alone where something can't be kept: who asked for less gets that, and the caller is told of
    /// the rest.
    pub fn salvage(&mut self) {
        if !self.problems.is_empty() {
            self.by_target.retain(|_, (choice, _)| choice.is_no());
        }
    }
}

/// A scope that needs what the address isn't falls back to the wider one where it is a no: someone who wants out gets
/// out. Of the two readings of a no to one channel with the scope `global` the one that sends less counts (I9).
fn targets(statement: &Statement, namespace: &Namespace) -> Result<SmallVec<[Target; 2]>, String> {
    let Statement { field, choice, scope, .. } = *statement;
    let marketing = field == Field::Any || field.channel().is_some();
    let own =
        field.channel().is_none_or(|channel| Namespace::of_channel(channel).as_ref() == Some(namespace));
    Ok(match scope {
        Scope::Global if marketing && choice.is_no() && field != Field::Any => {
            smallvec![Target::Field(Field::Any), Target::Field(field)]
        }
        Scope::Identity if own => smallvec![Target::Identity(field)],
        Scope::Identity if !choice.is_no() => {
            let namespace = namespace.as_str();
            return Err(format!(
                "with scope identity, {field} can't be said of an address of the kind {namespace}"
            ));
        }
        Scope::Channel | Scope::Global | Scope::Identity => smallvec![Target::Field(field)],
    })
}

/// Of two choices for one value the one that allows less; of two alike the later, and without a time it is now.
fn stricter(one: Wish, other: Wish) -> Wish {
    let key = |(choice, at): Wish| (restriction(choice), at.is_none(), at);
    if key(other) > key(one) { other } else { one }
}

fn restriction(choice: Choice) -> u8 {
    match choice {
        Choice::No => 3,
        Choice::Pending => 2,
        Choice::Unknown => 1,
        _ => 0,
    }
}
