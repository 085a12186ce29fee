//! XDM consent documents.
