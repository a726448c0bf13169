//! Repositories as people have them, in small.

/// A repository, and what `init` makes of it.
pub struct Shape {
    pub name: &'static str,
    pub files: &'static [(&'static str, &'static str)],
    pub entrypoint: &'static str,
    pub requirements: &'static [&'static str],
    /// Each with whether higher is better, and whether a pattern finds it.
    pub metrics: &'static [(&'static str, bool, bool)],
    /// On standard output.
    pub told: &'static [&'static str],
}

const MNIST: &str = r#"import argparse
import torch

def test(model, loader):
    print('\nTest set: Average loss: {:.4f}, Accuracy: {}/{} ({:.0f}%)\n'.format(
        loss, correct, len(loader), 100. * correct / len(loader)))

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1, metavar='S')
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

if __name__ == '__main__':
    main()
"#;

const PACKAGE: &str = r#"from .net import Network
from sklearn.metrics import f1_score
SEED = 13

def main():
    print(f"epoch {epoch}: train loss {loss:.3f}")
    print(f"val f1: {f1_score(y, z):.4f} after {seconds} s")

if __name__ == "__main__":
    main()
"#;

const FOREST: &str = r#"import os
import numpy as np
from sklearn.ensemble import RandomForestRegressor

model = RandomForestRegressor(random_state=int(os.environ["REGRESSION_SEED"])).fit(x, y)
print("RMSE:", np.sqrt(((model.predict(x) - y) ** 2).mean()))
"#;

const REPORTING: &str = r#"import json, os
import torch
torch.manual_seed(int(os.environ.get("REGRESSION_SEED", "0")))
with open(os.environ["REGRESSION_METRICS_FILE"], "w") as file:
    json.dump({"perplexity": ppl, "tokens_per_second": speed}, file)
"#;

const BOOST: &str = r#"import xgboost as xgb
import pandas as pd
model = xgb.XGBClassifier(random_state=3)
if __name__ == "__main__":
    print(f"AUC = {auc:.4f}")
"#;

const LIGHTNING: &str = r#"import lightning as L
from model import Classifier
L.seed_everything(42, workers=True)
trainer = L.Trainer(accelerator="gpu", max_epochs=3)
trainer.fit(Classifier(), data)
"#;

const LIGHTNING_MODEL: &str = r#"import lightning as L

class Classifier(L.LightningModule):
    def training_step(self, batch, at):
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, at):
        self.log("val_loss", loss, prog_bar=True)
        self.log("val_acc", self.accuracy(logits, y), prog_bar=True)
"#;

const RAY_TRAIN: &str = r#"import ray.train
import torch
from ray.train.torch import TorchTrainer

def loop(config):
    torch.manual_seed(0)
    ray.train.report({"loss": loss.item(), "accuracy": right / total})

trainer = TorchTrainer(loop, scaling_config=ray.train.ScalingConfig(num_workers=2))
result = trainer.fit()
"#;

const SEER: &str = r#"import torch
import mlflow
seed = 5
mlflow.log_metrics({"val/iou": iou, "lr": rate})
if __name__ == "__main__":
    main()
"#;

const READER: &str = r#"import torch
if __name__ == "__main__":
    print("val wer", wer)
"#;

pub const SHAPES: &[Shape] = &[
    Shape {
        name: "uv",
        files: &[
            (
                "pyproject.toml",
                "[project]\nname = \"mnist\"\nversion = \"1\"\ndependencies = [\"torch\"]\n",
            ),
            ("uv.lock", "version = 1\n"),
            ("main.py", MNIST),
            ("tests/test_main.py", "import main\nprint('loss', 1)\n"),
        ],
        entrypoint: "python main.py --seed $REGRESSION_SEED",
        requirements: &["uv.lock"],
        metrics: &[("loss", false, true), ("accuracy", true, true)],
        told: &["CUDA          main.py uses it", "the entrypoint hands REGRESSION_SEED over"],
    },
    Shape {
        name: "poetry",
        files: &[
            (
                "pyproject.toml",
                "[tool.poetry]\nname = \"tagger\"\n[tool.poetry.dependencies]\nscikit-learn = \"*\"\n",
            ),
            ("poetry.lock", ""),
            ("src/tagger/__init__.py", ""),
            ("src/tagger/net.py", "import sklearn\n"),
            ("src/tagger/train.py", PACKAGE),
        ],
        entrypoint: "PYTHONPATH=src python -m tagger.train",
        requirements: &["requirements.txt"],
        metrics: &[("val_f1", true, true)],
        told: &[
            "poetry export --without-hashes --output requirements.txt",
            "SEED = int(os.environ.get(\"REGRESSION_SEED\", \"13\"))",
        ],
    },
    Shape {
        name: "pip-tools",
        files: &[
            ("requirements.in", "numpy\nscikit-learn\n"),
            ("requirements.txt", "numpy==2.1.0\nscikit-learn==1.5.2\n"),
            ("requirements-dev.txt", "pytest\n"),
            ("scripts/train_forest.py", FOREST),
        ],
        entrypoint: "python scripts/train_forest.py",
        requirements: &["requirements.txt"],
        metrics: &[("rmse", false, true)],
        told: &["scripts/train_forest.py reads REGRESSION_SEED", "by patterns of the log"],
    },
    Shape {
        name: "conda file",
        files: &[
            ("environment.yml", "dependencies: [python=3.11, pytorch]\n"),
            ("finetune.py", REPORTING),
        ],
        entrypoint: "python finetune.py",
        requirements: &["requirements.txt"],
        metrics: &[("perplexity", false, false), ("tokens_per_second", true, false)],
        told: &[
            "environment.yml is installed into images only",
            "finetune.py reports perplexity and tokens_per_second",
        ],
    },
    Shape {
        name: "no requirements",
        files: &[("boost.py", BOOST), ("README.md", "Run boost.py")],
        entrypoint: "python boost.py",
        requirements: &["requirements.txt"],
        metrics: &[("auc", true, true)],
        told: &[
            "printf '%s\\n' pandas xgboost > requirements.txt",
            "random_state=int(os.environ.get(\"REGRESSION_SEED\", \"3\"))",
        ],
    },
    Shape {
        name: "Lightning-like",
        files: &[
            ("requirements.txt", "lightning\n"),
            ("train.py", LIGHTNING),
            ("model.py", LIGHTNING_MODEL),
            ("conf/config.yaml", "batch: 32\n"),
        ],
        entrypoint: "python train.py",
        requirements: &["requirements.txt"],
        metrics: &[("val_loss", false, false), ("val_acc", true, false)],
        told: &[
            "L.seed_everything(int(os.environ.get(\"REGRESSION_SEED\", \"42\")), workers=True)",
            "{\"val_loss\": float(trainer.callback_metrics[\"val_loss\"]), \"val_acc\": float(",
            "CUDA          train.py uses it",
        ],
    },
    Shape {
        name: "Ray Train-like",
        files: &[
            (
                "pyproject.toml",
                "[project]\nname = \"ray-digits\"\ndependencies = [\"ray[train]\", \"torch\"]\n",
            ),
            ("ray_train.py", RAY_TRAIN),
        ],
        entrypoint: "python ray_train.py",
        requirements: &["pyproject.toml"],
        metrics: &[("loss", false, false), ("accuracy", true, false)],
        told: &[
            "json.dumps({\"loss\": float(result.metrics[\"loss\"]), \"accuracy\": float(result.metrics[",
        ],
    },
    Shape {
        name: "monorepo with two models",
        files: &[
            ("models/seer/requirements.txt", "torch\n"),
            ("models/seer/train.py", SEER),
            ("models/reader/pyproject.toml", "[project]\nname = \"reader\"\n"),
            ("models/reader/train.py", READER),
            ("libs/common.py", "print('mae', 1)\n"),
            ("pyproject.toml", "[tool.ruff]\n"),
        ],
        entrypoint: "cd models/reader && python train.py",
        requirements: &["models/reader/pyproject.toml"],
        metrics: &[("val_wer", false, true)],
        told: &[
            "--config .github/regression-seer.yml --entrypoint 'cd models/seer && python train.py'",
        ],
    },
];
