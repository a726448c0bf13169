use super::*;

fn error(text: &str) -> String {
    Config::parse(text, "regression.yml").expect_err("the config is wrong").to_string()
}

const SMALL: &str =
    "entrypoint: python train.py\nmetrics:\n  accuracy: {direction: higher, relative: 1%}\n";

#[test]
fn the_whole_file_is_read() {
    let text = include_str!("full.yml");
    let config = Config::parse(text, "full.yml").unwrap();
    insta::assert_debug_snapshot!(config);
}

#[test]
fn what_is_left_out_has_defaults() {
    let config = Config::parse(SMALL, "regression.yml").unwrap();
    assert_eq!(config.requirements, ["requirements.txt"]);
    assert_eq!(config.seeds.looks(), [3, 5, 7, 9]);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.on_inconclusive, OnInconclusive::Fail);
    assert_eq!(config.pairing, Pairing::None);
    assert_eq!(config.isolation, Isolation::Sides);
    assert_eq!(config.compare_with, CompareWith::Tip);
    assert_eq!(config.error_rates, ErrorRates { block: 0.05, pass: 0.05 });
    assert_eq!(config.metrics["accuracy"], Metric::new(Direction::Higher, 0.01, 0.0));
}

#[test]
fn a_deterministic_metric_needs_no_margin() {
    let text = "entrypoint: x\nmetrics: {size: {direction: lower, deterministic: true}}\n";
    let size = Config::parse(text, "x").unwrap().metrics["size"];
    assert!(size.deterministic && size.relative == 0.0 && size.absolute == 0.0);
}

#[test]
fn a_python_version_is_text_even_unquoted() {
    let config = Config::parse(&format!("{SMALL}python: 3.10\n"), "x").unwrap();
    assert_eq!(config.python.as_deref(), Some("3.10"));
}

#[test]
fn every_mistake_names_place_key_reading_and_remedy() {
    let metrics = |metric: &str| format!("entrypoint: x\nmetrics:\n  accuracy: {metric}\n");
    let mistakes = [
        String::new(),
        "# nothing\n".into(),
        "entrypoint: [a]\nmetrics: {a: {direction: higher, relative: 1%}}\n".into(),
        format!("{SMALL}entripoint: y\n"),
        format!("{SMALL}ignore: [docs, \"!docs/a.md\"]\n"),
        format!("{SMALL}seeds: {{minimum: 3}}\n"),
        format!("{SMALL}seeds: {{min: 9, max: 3}}\n"),
        format!("{SMALL}seeds: {{min: three}}\n"),
        format!("{SMALL}seeds: {{values: [1, 1]}}\n"),
        format!("{SMALL}seeds: {{values: [1], min: 2}}\n"),
        format!("{SMALL}limits: {{job: 90}}\n"),
        format!("{SMALL}limits: {{gpu-hours: -1}}\n"),
        format!("{SMALL}cluster: {{head: {{cpu: two, memory: 8Gi}}}}\n"),
        format!("{SMALL}cluster: {{workers: {{cpu: 1, memory: 1Gi, min: 4, max: 1}}}}\n"),
        format!("{SMALL}training: {{gpu: 0.5}}\n"),
        format!("{SMALL}training: {{gpus: 1}}\n"),
        format!("{SMALL}training: {{parallel: 0}}\n"),
        format!("{SMALL}training: {{workers: 2, placement: spred}}\n"),
        format!("{SMALL}training: {{workers: 1, placement: spread}}\n"),
        format!("{SMALL}cluster: {{queue: gpus/a100}}\n"),
        format!("{SMALL}cluster: {{priority-class: ''}}\n"),
        format!("{SMALL}cluster: {{labels: {{kueue.x-k8s.io/queue-name: gpus}}}}\n"),
        format!("{SMALL}cluster: {{labels: {{kueue.x-k8s.io/priority-class: high}}}}\n"),
        format!("{SMALL}cluster: {{labels: {{regression-action/run: mine}}}}\n"),
        format!("{SMALL}cluster: {{labels: {{Acme.dev/team: vision}}}}\n"),
        format!("{SMALL}cluster: {{labels: {{team: \"a b\"}}}}\n"),
        format!("{SMALL}cluster: {{labels: [a]}}\n"),
        format!("{SMALL}cluster: {{annotations: {{-a: b}}}}\n"),
        format!("{SMALL}cluster: {{annotations: {{app.kubernetes.io/managed-by: me}}}}\n"),
        format!("{SMALL}env: {{REGRESSION_SEED: \"7\"}}\n"),
        format!("{SMALL}env: {{DATA: \"${{HOME}}/data\"}}\n"),
        format!("{SMALL}python: \"2.7\"\n"),
        format!("{SMALL}on-inconclusive: ignore\n"),
        format!("{SMALL}entrypoint: again\n"),
        format!("{SMALL}mlflow: {{uri: mlflow.acme.dev, experiment: x}}\n"),
        format!("{SMALL}mlflow: {{uri: \"https://me:secret@mlflow.acme.dev\", experiment: x}}\n"),
        format!("{SMALL}history: {{branch: a, mlflow: true}}\n"),
        format!("{SMALL}history: {{branch: a, reuse: always}}\n"),
        format!("{SMALL}prices: {{currency: USD, gpu-hour: -1}}\n"),
        "entrypoint: x\nmetrics: {}\n".into(),
        "entrypoint: x\n".into(),
        "entrypoint: ' '\nmetrics: {a: {direction: higher, relative: 1%}}\n".into(),
        metrics("{direction: highest, relative: 1%}"),
        metrics("{direction: higher, relative: 101%}"),
        metrics("{direction: higher, relative: 0.5}"),
        metrics("{direction: higher}"),
        metrics("{direction: higher, absolute: -1}"),
        metrics("{direction: higher, absolute: .nan}"),
        metrics("higher"),
        metrics("{direction: higher, relative: 1%, scale: logarithmic}"),
        metrics("{direction: higher, absolute: 2, scale: log}"),
        metrics("{direction: higher, relative: 1%, sd: 0}"),
        metrics("{direction: higher, relative: 1%, sd: .inf}"),
        metrics("{direction: higher, relative: 1%, resolution: -0.1}"),
        metrics("{direction: higher, absolute: 2, floor: 2}"),
        metrics("{direction: higher, sd: 1, deterministic: true}"),
        metrics("{direction: higher, relative: 1%, deterministic: maybe}"),
        metrics("{direction: higher, relative: 1%, gate: false}"),
        metrics("{direction: higher, relative: 1%, pattern: 'acc=[0-9.]+'}"),
        metrics("{direction: higher, relative: 1%, pattern: '(acc)=([0-9.]+)'}"),
        metrics("{direction: higher, relative: 1%, pattern: 'acc=([0-9.+'}"),
        format!("{SMALL}metrics-file: /tmp/metrics.json\n"),
        format!("{SMALL}metrics-file: ../metrics.json\n"),
        format!("{SMALL}metrics-file: ''\n"),
        format!("{SMALL}pairing: machine\n"),
        format!("{SMALL}pairing: node\n"),
        format!("{SMALL}isolation: none\n"),
        format!("{SMALL}compare-with: head\n"),
        format!("{SMALL}error-rates: {{block: 0%}}\n"),
        format!("{SMALL}error-rates: {{pass: 21%}}\n"),
        format!("{SMALL}error-rates: {{block: 0.05}}\n"),
        "entrypoint: x\nmetrics: {a: {direction: higher, relative: 1%}\n".into(),
        "entrypoint: \"x\nmetrics:\n".into(),
    ];
    let errors: Vec<_> = mistakes.iter().map(|text| format!("{text}-> {}", error(text))).collect();
    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn looks_end_at_the_most_seeds() {
    let seeds = |text: &str| serde_yaml::from_str::<Seeds>(text).unwrap().looks();
    assert_eq!(seeds("{min: 3, max: 9}"), [3, 5, 7, 9]);
    assert_eq!(seeds("{min: 3, max: 7}"), [3, 5, 7]);
    assert_eq!(seeds("{min: 3, max: 8}"), [3, 5, 7, 8]);
    assert_eq!(seeds("{min: 1, max: 9}"), [1, 4, 7, 9]);
    assert_eq!(seeds("{min: 10, max: 100}"), [10, 40, 70, 100]);
    assert_eq!(seeds("{min: 4, max: 4}"), [4]);
    assert_eq!(seeds("{min: 1, max: 2}"), [1, 2]);
    assert_eq!(seeds("{values: [11, 12, 13]}"), [3]);
    assert_eq!(seeds("{min: 12}"), [12]);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        let _ = Config::parse(&text, "x");
    }

    #[test]
    fn durations_come_back_as_written(seconds in 1_u64..1_000_000) {
        let span = Span::try_from(format!("{seconds}s")).unwrap();
        proptest::prop_assert_eq!(span.duration().as_secs(), seconds);
        proptest::prop_assert_eq!(Span::try_from(span.to_string()).unwrap(), span);
    }
}

#[test]
fn a_shadow_without_a_ruler_is_a_mistake() {
    let text = "entrypoint: x\nmetrics: {a: {direction: higher, relative: 1%}}\nruler-shadow: true";
    let told = Config::parse(text, "x").unwrap_err().to_string();
    let expected = "x: ruler-shadow: read \"true\" without ruler; allowed: beside it, such as ruler: [evaluate.py]";
    assert_eq!(told, expected);
    assert!(Config::parse(&format!("{text}\nruler: [evaluate.py]"), "x").is_ok());
}
