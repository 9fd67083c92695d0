//! Questions and their answers as plain, serialisable data.
//!
//! [`question`] reads the words, [`ends`] finds what they mean in a network, [`explain`] walks the connection and says
//! what every gate did, [`fix`] searches for the smallest change and proves it. [`reach`] says it of everything
//! to everything, [`exposure`] of what the internet reaches. [`intent`] says whether what was meant is so, [`audit`] what
//! is wrong, [`diff`] what a change does. [`synth`] finds the rules that declared paths need, [`tighten`] what can go,
//! [`block`] the entries that stop addresses, [`grant`] those that open something for a while. [`show`] says what is in a
//! network and who uses it. Nothing here formats for people or reads a file: that is `render`'s and `cli`'s.

pub mod audit;
pub mod block;
pub mod diff;
pub mod ends;
pub mod explain;
pub mod exposure;
pub mod fingerprint;
pub mod fix;
pub mod grant;
pub mod intent;
pub mod question;
pub mod reach;
pub mod show;
pub mod suggest;
pub mod synth;
pub mod tighten;
