//! Receiving texts. Signatures made by other implementations are in the binary's tests (`tests/sms`).

mod desk;
mod wire;
