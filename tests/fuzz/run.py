"""Feed one target from a coverage-guided fuzzer for some time.

::

    python -m tests.fuzz.run TARGET [--seconds 60] [--dir build/fuzz]

Inputs that reach new code are kept below the directory and are where the next run
begins. An input that breaks a check is written beside them, and the exit code is not 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["headwater.ingest", "headwater.graph.ids"]):
    from tests.fuzz.targets import TARGETS

MAX_BYTES = 4096


def main() -> None:
    """Run the fuzzer; it ends the process itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--dir", type=Path, default=Path("build/fuzz"))
    options = parser.parse_args()
    check, seeds = TARGETS[options.target]
    corpus = options.dir / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def checked(data: bytes) -> None:
        try:
            check(data)
        except BaseException:
            # What the fuzzer keeps itself is lost when it was not built with a
            # sanitizer.
            (options.dir / f"{options.target}.broken").write_bytes(data)
            print(f"{options.target} broken by {data!r}", flush=True)  # noqa: T201
            raise

    atheris.Setup(
        [
            sys.argv[0], str(corpus), f"-max_total_time={options.seconds}",
            f"-max_len={MAX_BYTES}", f"-artifact_prefix={options.dir}/", "-timeout=10",
            "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0",
        ],
        checked,
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main()
