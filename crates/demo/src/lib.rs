//! What `consentry demo` shows the product with: a sample brand with made-up people, and the mailbox and phones that take
//! what it sends.

pub mod brand;
pub mod mailbox;
pub mod people;
