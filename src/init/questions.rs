//! At most five questions, each with a guess that stands where nothing is typed.

use std::io::{BufRead, Result, Write};

use super::{
    draft::{Draft, Judged},
    vocabulary,
};
use crate::config::{Direction, Percent};

/// What is asked, the guess, and what becomes of an answer.
struct Prompt {
    text: &'static str,
    guess: fn(&Draft) -> String,
    take: fn(&mut Draft, &str) -> std::result::Result<(), String>,
}

const QUESTIONS: [Prompt; 5] = [
    Prompt {
        text: "Command that trains once",
        guess: |draft| draft.entrypoint.clone(),
        take: |draft, typed| {
            typed.clone_into(&mut draft.entrypoint);
            Ok(())
        },
    },
    Prompt {
        text: "Requirement files",
        guess: |draft| {
            let files = draft.requirements.join(" ");
            if files.is_empty() { "none".to_owned() } else { files }
        },
        take: |draft, typed| {
            let files = typed.split_whitespace().filter(|file| *file != "none");
            draft.requirements = files.map(str::to_owned).collect();
            Ok(())
        },
    },
    Prompt {
        text: "Metrics, such as `accuracy loss:lower`",
        guess: |draft| draft.metrics.iter().map(shown).collect::<Vec<_>>().join(" "),
        take: |draft, typed| {
            let metrics = typed.split([' ', ',']).filter(|word| !word.is_empty());
            let metrics = metrics.map(|word| judged(word, &draft.metrics));
            draft.metrics = metrics.collect::<std::result::Result<_, _>>()?;
            Ok(())
        },
    },
    Prompt {
        text: "How much worse may a metric become, of its value before",
        guess: |draft| draft.margin.clone(),
        take: |draft, typed| {
            let percent = format!("{}%", typed.trim_end_matches('%').trim_end());
            Percent::try_from(percent.clone())?;
            draft.margin = percent;
            Ok(())
        },
    },
    Prompt {
        text: "Write the workflows of GitHub, too (yes or no)",
        guess: |draft| if draft.workflows { "yes" } else { "no" }.to_owned(),
        take: |draft, typed| {
            draft.workflows = match typed.to_ascii_lowercase().as_str() {
                "y" | "yes" => true,
                "n" | "no" => false,
                _ => return Err(format!("read \"{typed}\"; allowed: yes, no")),
            };
            Ok(())
        },
    },
];

/// Asks all of them.  At the end of the input, the guesses stand.
pub(super) fn ask(
    mut draft: Draft,
    answers: &mut impl BufRead,
    to: &mut impl Write,
) -> Result<Draft> {
    for Prompt { text, guess, take } in &QUESTIONS {
        loop {
            write!(to, "{text} [{}]: ", crate::output::excerpt(&guess(&draft), 200))?;
            to.flush()?;
            let mut typed = String::new();
            if answers.read_line(&mut typed)? == 0 {
                writeln!(to)?;
                return Ok(draft);
            }
            let typed = typed.trim();
            let taken = if typed.is_empty() { Ok(()) } else { take(&mut draft, typed) };
            match taken {
                Ok(()) => break,
                Err(wrong) => writeln!(to, "  {wrong}")?,
            }
        }
    }
    Ok(draft)
}

/// As it is typed.
fn shown(metric: &Judged) -> String {
    let way = match metric.direction {
        _ if vocabulary::direction(&metric.name) == Some(metric.direction) => "",
        Direction::Higher => ":higher",
        Direction::Lower => ":lower",
    };
    format!("{}{way}", metric.name)
}

/// A metric as typed; its pattern, if it was found, and its direction, if it is known, need not be.
fn judged(typed: &str, found: &[Judged]) -> std::result::Result<Judged, String> {
    let (name, way) = typed.rsplit_once(':').map_or((typed, None), |(name, way)| (name, Some(way)));
    let known = found.iter().find(|metric| metric.name == name);
    let direction = match way {
        Some("higher") => Some(Direction::Higher),
        Some("lower") => Some(Direction::Lower),
        Some(other) => return Err(format!("read \"{other}\"; allowed: higher, lower")),
        None => known.map(|metric| metric.direction).or_else(|| vocabulary::direction(name)),
    };
    let direction = direction
        .ok_or_else(|| format!("which way is {name} better? type {name}:higher or {name}:lower"))?;
    let pattern = known.and_then(|metric| metric.pattern.clone());
    Ok(Judged { name: name.to_owned(), direction, pattern })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let metric = |name: &str, direction, pattern: Option<&str>| Judged {
            name: name.to_owned(),
            direction,
            pattern: pattern.map(str::to_owned),
        };
        Draft {
            entrypoint: "python train.py".to_owned(),
            requirements: vec!["uv.lock".to_owned()],
            metrics: vec![metric("loss", Direction::Lower, Some("loss ([0-9.]+)"))],
            margin: "1%".to_owned(),
            gpu: false,
            workflows: true,
        }
    }

    fn asked(typed: &str) -> (Draft, String) {
        let mut told = Vec::new();
        let draft = ask(draft(), &mut typed.as_bytes(), &mut told).unwrap();
        (draft, String::from_utf8(told).unwrap())
    }

    #[test]
    fn what_is_not_answered_stays_as_guessed() {
        for typed in ["", "\n\n\n\n\n", "\n"] {
            assert_eq!(asked(typed).0, draft(), "{typed:?}");
        }
        let told = asked("\n\n\n\n\n").1;
        assert_eq!(told.matches("]: ").count(), 5, "{told}");
        assert!(told.starts_with(
            "Command that trains once [python train.py]: Requirement files [uv.lock]: "
        ));
    }

    #[test]
    fn answers_are_taken_and_wrong_ones_are_asked_again() {
        let typed = "make train\nnone\nreward, speed\nreward speed:upper\nreward speed:lower loss\n200\n0.5\nperhaps\nno\n";
        let (draft, told) = asked(typed);
        assert_eq!((draft.entrypoint.as_str(), draft.requirements.len()), ("make train", 0));
        let ways: Vec<_> =
            draft.metrics.iter().map(|metric| (metric.name.as_str(), metric.direction)).collect();
        let expected = [
            ("reward", Direction::Higher),
            ("speed", Direction::Lower),
            ("loss", Direction::Lower),
        ];
        assert_eq!(ways, expected);
        assert!(draft.metrics[2].pattern.is_some() && draft.metrics[0].pattern.is_none());
        assert_eq!((draft.margin.as_str(), draft.workflows), ("0.5%", false));
        for wrong in [
            "type speed:higher or speed:lower",
            "read \"upper\"",
            "read \"200%\"",
            "read \"perhaps\"",
        ] {
            assert!(told.contains(wrong), "{wrong}: {told}");
        }
    }
}
