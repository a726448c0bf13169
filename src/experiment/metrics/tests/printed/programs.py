"""The logs beside this file: what real libraries make of a line of metrics, standard output and error in one file.

Each program reports a loss of 0.9, then of 0.5.  To write them anew:
    pip install tqdm rich loguru structlog colorlog absl-py progressbar2 alive-progress click python-json-logger
    for name in $(python programs.py); do python programs.py $name > $name.log 2>&1; done
"""

import json
import logging
import sys
import warnings

LINES = ["REGRESSION_METRICS " + json.dumps({"loss": loss}) for loss in (0.9, 0.5)]


def tqdm_closed():
    from tqdm import tqdm

    for line in LINES:
        for _ in tqdm(range(3), leave=False, desc="epoch"):
            pass
        print(line, flush=True)


def tqdm_open():
    from tqdm import tqdm

    bar = tqdm(total=2, desc="epoch")
    for line in LINES:
        bar.update()
        print(line, flush=True)
    bar.set_postfix(loss=0.5)


def tqdm_nested():
    from tqdm import tqdm

    for line in tqdm(LINES, desc="epochs"):
        for _ in tqdm(range(3), desc="batches", leave=False):
            pass
        tqdm.write(line)


def tqdm_logging():
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    logging.basicConfig(level=logging.INFO)
    with logging_redirect_tqdm():
        for line in tqdm(LINES):
            logging.info(line)


def rich_progress():
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(force_terminal=True, width=80)) as progress:
        task = progress.add_task("training", total=2)
        for line in LINES:
            progress.console.print(line)
            progress.update(task, advance=1)


def rich_logging():
    from rich.console import Console
    from rich.logging import RichHandler

    handler = RichHandler(console=Console(force_terminal=True, width=120))
    logging.basicConfig(level="INFO", format="%(message)s", handlers=[handler])
    for line in LINES:
        logging.info(line)


def loguru_coloured():
    from loguru import logger

    logger.remove()
    logger.add(sys.stderr, colorize=True)
    for line in LINES:
        logger.info(line)


def loguru_serialized():
    from loguru import logger

    logger.remove()
    logger.add(sys.stderr, serialize=True)
    for line in LINES:
        logger.info(line)


def structlog_console():
    import structlog

    log = structlog.get_logger()
    for line in LINES:
        log.info(line, epoch=1)


def structlog_json():
    import structlog

    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    for line in LINES:
        structlog.get_logger().info(line, epoch=1)


def json_logger():
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level="INFO", handlers=[handler])
    for line in LINES:
        logging.info(line)


def colorlog_stream():
    import colorlog

    handler = colorlog.StreamHandler()
    handler.setFormatter(colorlog.ColoredFormatter("%(log_color)s%(levelname)s:%(name)s:%(message)s", no_color=False))
    logging.basicConfig(level="INFO", handlers=[handler])
    for line in LINES:
        logging.info(line)


def absl_logging():
    from absl import logging as absl

    absl.use_absl_handler()
    absl.set_verbosity(absl.INFO)
    for line in LINES:
        absl.info("%s", line)


def progressbar2():
    import progressbar

    with progressbar.ProgressBar(max_value=2, redirect_stdout=True) as bar:
        for at, line in enumerate(LINES):
            print(line)
            bar.update(at)


def alive():
    from alive_progress import alive_bar

    with alive_bar(2, force_tty=True) as bar:
        for line in LINES:
            print(line)
            bar()


def click_bar():
    import click

    with click.progressbar(LINES, label="epochs") as bar:
        for line in bar:
            click.secho(line, fg="green", color=True)


def keras_like():
    for line in LINES:
        for batch in range(1, 4):
            filled = "=" * (10 * batch // 3)
            print("\b" * 40 + f"{batch}/3 [{filled:.<10}] - loss: 0.5", end="", flush=True)
        print(line)


def warned_between():
    for line in LINES:
        print(line, end="")
        sys.stdout.flush()
        warnings.warn("a warning of somebody else", stacklevel=1)


PROGRAMS = {name: program for name, program in globals().items() if callable(program)}

if len(sys.argv) == 1:
    print(*PROGRAMS)
else:
    PROGRAMS[sys.argv[1]]()
