use super::*;

const IN_DOUBT: RetryClass = RetryClass::InDoubt { wait: None };
const LIMIT: RetryClass = RetryClass::Limited { wait: None };

fn quick() -> RetryPolicy {
    RetryPolicy::within(Duration::from_millis(400), Duration::from_millis(20))
}

async fn given_up(
    policy: RetryPolicy,
    call: impl AsyncFnMut(Duration) -> Result<(), FailedTry<&'static str>>,
) -> GivenUp<&'static str> {
    policy.ask(Effect::Nothing, ToString::to_string, call).await.unwrap_err()
}

#[tokio::test]
async fn what_passes_is_tried_for_the_whole_time_and_what_lasts_once() {
    let begun = Instant::now();
    let mut limits = Vec::new();
    let silent = async |limit| {
        limits.push(limit);
        sleep(limit).await;
        Err(FailedTry { class: IN_DOUBT, error: "silent" })
    };
    let GivenUp { error, tried } = given_up(quick(), silent).await;
    let tried = tried.unwrap();
    // The next pause would have ended too late.
    assert!(error == "silent" && tried + 2 * quick().failures.longest >= quick().total);
    assert!(begun.elapsed() >= tried);
    assert_eq!(limits[..4], [20, 40, 80, 80].map(Duration::from_millis));

    let mut calls = 0;
    let forbidden = async |_| {
        calls += 1;
        Err(FailedTry::for_good("forbidden"))
    };
    assert_eq!((given_up(quick(), forbidden).await.tried, calls), (None, 1));
}

#[tokio::test]
async fn a_try_that_fails_at_once_does_not_lengthen_the_next() {
    let begun = Instant::now();
    let heals = async |limit| {
        assert_eq!(limit, quick().answer);
        let healed = begun.elapsed() > quick().total / 2;
        let refused = FailedTry { class: RetryClass::Unsent, error: "refused" };
        if healed { Ok(()) } else { Err(refused) }
    };
    quick().ask(Effect::Another, |&error| error.to_owned(), heals).await.unwrap();
}

#[tokio::test]
async fn a_rate_limit_that_is_waited_for_uses_up_no_try() {
    let policy = RetryPolicy { failures: Pauses { tries: 3, ..quick().failures }, ..quick() };
    let mut calls = 0;
    let troubled = async |_| {
        calls += 1;
        let class = if calls % 2 == 1 { LIMIT } else { RetryClass::Unsent };
        Err(FailedTry { class, error: "trouble" })
    };
    given_up(RetryPolicy { total: Duration::from_mins(1), ..policy }, troubled).await;
    assert_eq!(calls, 6);
}

#[test]
fn a_lost_answer_is_asked_for_again_unless_that_makes_one_more() {
    let seconds = Duration::from_secs;
    let failures = Pauses::within_total(seconds(1), seconds(5));
    let policy = RetryPolicy { failures, ..quick() };
    for effect in [Effect::Nothing, Effect::Same] {
        assert_eq!(policy.pause(IN_DOUBT, 1, effect), Some(seconds(1)));
        assert_eq!(policy.pause(IN_DOUBT, 4, effect), Some(seconds(5)));
        let asked = RetryClass::InDoubt { wait: Some(seconds(7)) };
        assert_eq!(policy.pause(asked, 1, effect), Some(seconds(7)));
    }
    assert_eq!(policy.pause(IN_DOUBT, 1, Effect::Another), None);
    assert_eq!(policy.pause(RetryClass::Unsent, 1, Effect::Another), Some(seconds(1)));
    assert_eq!(policy.pause(RetryClass::Lasting, 1, Effect::Nothing), None);
}

#[test]
fn who_always_says_now_is_asked_ever_more_seldom() {
    let now = RetryClass::Limited { wait: Some(Duration::ZERO) };
    let pause = |number| RetryPolicy::USUAL.pause(now, number, Effect::Another);
    let [half, one] = [500, 1000].map(Duration::from_millis);
    assert_eq!([pause(1), pause(2), pause(3)], [Some(half), Some(one), None]);
}

#[test]
fn pauses_do_not_overflow_and_tries_end() {
    let limits = Pauses::within_total(Duration::from_mins(1), Duration::MAX);
    let endless = RetryPolicy { limits, ..quick() };
    let pause = endless.pause(LIMIT, u32::MAX - 1, Effect::Nothing);
    assert!(pause.is_some_and(|pause| pause > Duration::from_hours(24)));
    for class in [LIMIT, IN_DOUBT, RetryClass::Unsent] {
        let again = |number| RetryPolicy::USUAL.pause(class, number, Effect::Nothing).is_some();
        assert!(again(2) && !again(3), "{class:?}");
    }
}

#[test]
fn jitter_is_no_more_than_the_pause() {
    for _ in 0..100 {
        assert!(jitter(Duration::from_millis(500)) <= Duration::from_millis(500));
    }
}
