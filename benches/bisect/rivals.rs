pub(crate) fn print(_: u64) -> anyhow::Result<()> { Ok(()) }
