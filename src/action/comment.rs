//! The comment of a pull request, one for each status context and config: what asks another question has a
//! comment of its own.  *Best effort, warned*: it never changes a verdict.

use anyhow::Result;

use super::{
    Action,
    answer::ReplyTarget,
    board::Board,
    known::KnownVerdict,
    records::{self, ComparisonRecord},
};
use crate::{
    action::inputs::Inputs,
    clients::github::{PullNumber, marker},
    compare::Sides,
    output::{excerpt, literal},
    report::{MARKER, Report},
};

/// Tells that the comparison is under way, and where its evidence will be.
pub(super) async fn begin(action: &Action<'_>, asked: &ReplyTarget<'_>, sides: &Sides) {
    let board = &asked.board;
    let text = format!(
        "## ⏳ comparing `{}` with `{}`\n\n[This run]({}) trains both; its report comes here.\n",
        sides.head.sha.short(),
        sides.base.sha.short(),
        board.run,
    );
    warn(action, write(action, asked.pull, &text, record(board)).await.map(drop));
}

/// The report.
pub(super) async fn report(
    action: &Action<'_>,
    asked: &ReplyTarget<'_>,
    report: &Report,
) -> Option<String> {
    let board = &asked.board;
    let written = async {
        let text = format!("{}\n[The run]({})\n", report.comment(), board.run);
        write(action, asked.pull, &text, record(board)).await
    };
    warn(action, written.await).flatten()
}

/// A verdict by another run; nothing if the comment shows it already.
pub(super) async fn known(
    action: &Action<'_>,
    asked: &ReplyTarget<'_>,
    known: &KnownVerdict,
) -> Option<String> {
    let board = &asked.board;
    let text = known.markdown();
    let record =
        ComparisonRecord { sha: known.sha.clone(), run: known.run.clone(), ..record(board) };
    let written = async {
        let Some(there) = there(action, asked.pull).await? else { return Ok(None) };
        let last = there.records.last();
        if last.is_some_and(|last| last.key == record.key) {
            return Ok(there.url);
        }
        put(action, there, &text, record).await.map(Some)
    };
    warn(action, written.await).flatten()
}

/// Tells that the run ended without a verdict, if it had said that it would compare.
pub(super) async fn failed(action: &Action<'_>, asked: &ReplyTarget<'_>, reason: &str) {
    let board = &asked.board;
    let written = async {
        let Some(there) = there(action, asked.pull).await? else { return Ok(None) };
        if there.records.last().is_none_or(|last| last.run != board.run) {
            return Ok(None);
        }
        let text =
            format!("## ⛔ Result withheld: {}\n\n[The run]({})\n", literal(reason), board.run);
        put(action, there, &text, record(board)).await.map(Some)
    };
    warn(action, written.await.map(drop));
}

fn record(board: &Board<'_>) -> ComparisonRecord {
    ComparisonRecord {
        key: board.key.as_ref().map(|key| key.as_str().to_owned()).unwrap_or_default(),
        sha: board.sha.clone(),
        run: board.run.clone(),
    }
}

/// Our comment as it is now.
pub(super) struct There {
    pull: PullNumber,
    /// None: it is not written yet.
    url: Option<String>,
    pub(super) records: Vec<ComparisonRecord>,
}

/// Reads our comment; none if there is nowhere to comment.
pub(super) async fn there(action: &Action<'_>, pull: Option<PullNumber>) -> Result<Option<There>> {
    let Some(pull) = pull.filter(|_| action.inputs.comment) else { return Ok(None) };
    let comment = action.github.find_comment(pull, &marker_of(&action.inputs)).await?;
    let body = comment.as_ref().and_then(|comment| comment.body.as_deref());
    let records = body.map(records::read).unwrap_or_default();
    Ok(Some(There { pull, url: comment.map(|comment| comment.html_url), records }))
}

/// Writes text and record; yields the comment's address.
async fn write(
    action: &Action<'_>,
    pull: Option<PullNumber>,
    text: &str,
    record: ComparisonRecord,
) -> Result<Option<String>> {
    match there(action, pull).await? {
        Some(there) => put(action, there, text, record).await.map(Some),
        None => Ok(None),
    }
}

async fn put(
    action: &Action<'_>,
    there: There,
    text: &str,
    record: ComparisonRecord,
) -> Result<String> {
    let hidden = records::hide(&records::with(there.records, record));
    let (text, marker) = (text.trim_end(), marker_of(&action.inputs));
    let question = question(&action.inputs).map_or_else(String::new, |told| format!("\n\n{told}"));
    let body = format!("{text}{question}\n\n{hidden}\n{marker}\n");
    Ok(action.github.upsert_comment(there.pull, &body, &marker).await?.html_url)
}

/// What is asked, where a workflow asks it otherwise than by default: status context and path of the config.
fn named(inputs: &Inputs) -> Option<[String; 2]> {
    let named = |inputs: &Inputs| {
        [inputs.status_context.clone(), inputs.config.to_string_lossy().into_owned()]
    };
    Some(named(inputs)).filter(|named_here| *named_here != named(&Inputs::default()))
}

/// The hidden end of the comment.  That of the default question names none, as it never did.
fn marker_of(inputs: &Inputs) -> String {
    match named(inputs) {
        Some([context, config]) => marker("verdict", &[&context, &config]),
        None => MARKER.to_owned(),
    }
}

/// Which of several comparisons it is, for people; nothing of the default one.
fn question(inputs: &Inputs) -> Option<String> {
    let [context, config] = named(inputs)?;
    let (context, config) = (excerpt(&context, 200), excerpt(&config, 200));
    Some(format!("<sub>Status {}, config {}</sub>", literal(&context), literal(&config)))
}

fn warn<T>(action: &Action<'_>, written: Result<T>) -> Option<T> {
    written
        .map_err(|error| {
            action.progress.say(format!("warning: the comment is not up to date: {error:#}"));
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(context: &str, config: &str) -> Inputs {
        Inputs { status_context: context.to_owned(), config: config.into(), ..Inputs::default() }
    }

    #[test]
    fn each_question_has_a_comment_of_its_own() {
        let inputs = Inputs::default();
        let (context, config) = (inputs.status_context.as_str(), inputs.config.to_str().unwrap());
        let questions = [
            asked(context, config),
            asked("ml / speed", config),
            asked(context, "ml/speed.yml"),
            asked("ml / speed", "ml/speed.yml"),
            asked("ml / speed ml/speed.yml", ""),
        ];
        let markers: std::collections::BTreeSet<String> = questions.iter().map(marker_of).collect();
        assert_eq!(markers.len(), questions.len(), "{markers:?}");
        assert_eq!(marker_of(&inputs), MARKER, "comments of before are taken over by the default");
        assert_eq!(question(&inputs), None);
    }

    #[test]
    fn nothing_that_a_workflow_names_leaves_the_hidden_end() {
        let inputs = asked("--> @all <!--", "a b\n-->");
        let marker = marker_of(&inputs);
        assert_eq!(marker.matches("-->").count(), 1, "{marker}");
        assert!(marker.ends_with(" -->") && !marker.contains(['\n', '@']), "{marker}");
        let told = question(&inputs).unwrap();
        assert!(told.contains("--&gt; @\u{200d}all &lt;\\!--"), "{told}");
    }
}
