//! A shell command that cannot outlive us: run to its end, its output kept and scanned.

use std::{
    io::PipeWriter,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{io::AsyncReadExt, net::unix::pipe::Receiver, process::Command, time::timeout};

use crate::{
    cluster::ray::LogSink,
    experiment::log::Log,
    group::{self, Group},
    scrub,
};

/// Runs `$1`.  Beside it waits a process for the end of our pipe, which comes with our own end however
/// we die, and kills the process group.
const GUARDED: &str = r#"exec 3<&0 </dev/null
{ cat <&3; kill -KILL 0; } >/dev/null 2>&1 &
exec 3<&-
/bin/sh -c "$1"
"#;

/// How long output may come after the command's end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What is to be run, and where.
#[derive(Debug)]
pub(super) struct Shell<'a> {
    pub(super) command: &'a str,
    pub(super) directory: &'a Path,
    pub(super) env: &'a [(&'static str, String)],
    pub(super) limit: Duration,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct CommandEnd {
    /// None: it took longer than it may.
    pub(super) status: Option<ExitStatus>,
    /// Whether nothing of it runs any more, nor anything else in its directory.
    pub(super) over: bool,
}

impl Shell<'_> {
    /// Runs it to its end, or as long as it may.  Dropping the future kills all that it started.
    pub(super) async fn run(&self, log: &mut Log) -> Result<CommandEnd> {
        let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
        let mut group = Group(self.command(writer)?.spawn().context("cannot run /bin/sh")?);
        let leader = group.leader();
        let output = Receiver::from_owned_fd(reader.into())?;
        let status = self.wait(&mut group, output, log).await?;
        drop(group);
        let over = match leader {
            Some(leader) => group::ends(leader, self.directory).await,
            None => false,
        };
        Ok(CommandEnd { status, over })
    }

    /// How it ended, with all of its output kept.
    async fn wait(
        &self,
        group: &mut Group,
        mut output: Receiver,
        log: &mut Log,
    ) -> Result<Option<ExitStatus>> {
        let alive = group.0.stdin.take();
        let mut copied = Box::pin(copy(&mut output, log));
        let ended = async {
            let status = timeout(self.limit, group.0.wait()).await;
            // What it left running ends now.
            drop(alive);
            status.ok().transpose()
        };
        tokio::pin!(ended);
        let status = tokio::select! {
            status = &mut ended => {
                // A process that left the group may keep the pipe open for ever.
                if let Ok(outcome) = timeout(LAST_WORDS, copied).await {
                    outcome?;
                }
                status
            }
            outcome = &mut copied => {
                outcome?;
                ended.await
            }
        };
        status.context("cannot tell how the command ended")
    }

    fn command(&self, output: PipeWriter) -> Result<Command> {
        let mut command = Command::new("/bin/sh");
        for name in scrub::hidden() {
            command.env_remove(name);
        }
        // A hook's repository is not that of the checkout.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command.args(["-c", GUARDED, "regression-action"]).arg(self.command);
        command
            .current_dir(self.directory)
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output);
        command.process_group(0).kill_on_drop(true);
        Ok(command)
    }
}

async fn copy(output: &mut Receiver, log: &mut Log) -> Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match output.read(&mut buffer).await? {
            0 => return Ok(()),
            count => log.push(buffer.get(..count).unwrap_or_default())?,
        }
    }
}
