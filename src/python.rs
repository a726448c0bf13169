//! What a commit's Python needs: requirements -> their environment on this machine, or their image.

pub mod environment;
pub mod image;
pub mod requirements;
