//! `Pipfile.lock` -> facts.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Kind, Reading, Table, canonical, lock};

pub(super) fn read(reading: &mut Reading<'_>, path: &str, mut table: Table) -> Result<()> {
    if let Some(Value::Object(meta)) = table.get_mut("_meta") {
        meta.remove("hash");
    }
    let sections: Vec<String> = table.keys().filter(|key| *key != "_meta").cloned().collect();
    for section in sections {
        let Some(Value::Object(packages)) = table.get(&section).cloned() else { continue };
        table.remove(&section);
        for (name, package) in packages {
            if let Some(target) = package.get("path").and_then(Value::as_str) {
                let editable = package.get("editable") == Some(&Value::Bool(true));
                reading.local(path, target, editable)?;
            }
            let value = canonical::json(json!({ &section: package }));
            reading.fact(Kind::Locked, canonical::name(&name), value);
        }
    }
    lock::metadata(reading, "Pipfile.lock", table);
    lock::companion(reading, path)
}
