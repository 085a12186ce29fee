//! The public routes on a real store.

mod choices;
mod full_disk;
mod link;
mod operations;
mod undo;
mod world;
