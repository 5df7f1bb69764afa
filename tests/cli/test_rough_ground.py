"""Bad terminals, disks, locales and inputs: one line that helps, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

Start = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(catalogue_dir: Path, tmp_path: Path) -> Start:
    """Return a function that runs a line of shell with `hw` as the command."""
    command = f"{sys.executable} -m headwater"

    def call(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "COLUMNS": "100",
            "HEADWATER_DATA_DIR": str(catalogue_dir), "HF_ENDPOINT": "http://127.0.0.1:9",
            **variables,
        }  # fmt: skip
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"hw() {{ {command} \"$@\"; }}; {line}"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60,
            check=False, encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip

    return call


@pytest.mark.parametrize(
    "line",
    [
        "hw what-breaks llama --all > /dev/full",
        "hw what-breaks llama --json > /dev/full",
        "hw what-breaks llama --csv > /dev/full",
        "hw sql 'SELECT * FROM edges' --csv > /dev/full",
        "hw lineage 'LLaMA 7B' > /dev/full",
        "hw --help > /dev/full",
    ],
)
def test_a_full_disk_is_told_in_one_line(shell: Start, line: str) -> None:
    ran = shell(line)
    assert ran.returncode == 1
    assert ran.stderr == (
        "headwater: cannot write the answer: No space left on device; free some space, "
        "or send it elsewhere\n"
    )


@pytest.mark.parametrize("directory", ["/proc/headwater", "/sys/headwater"])
def test_a_directory_that_cannot_be_made_is_told(shell: Start, directory: str) -> None:
    ran = shell(f"hw build --data-dir {directory}")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert directory in ran.stderr
    assert "--data-dir" in ran.stderr


@pytest.mark.parametrize("command", ["status", "build", "what-breaks llama", "diff"])
def test_a_data_directory_that_is_a_file(shell: Start, command: str) -> None:
    ran = shell(f"touch afile; hw {command} --data-dir afile")
    assert ran.returncode in (1, 2)
    assert ran.stderr.count("\n") == 1
    assert "afile is no directory" in ran.stderr
    assert "damaged" not in ran.stderr


def test_closed_output_is_no_error(shell: Start) -> None:
    assert shell("hw lineage Alpaca >&-").returncode == 0
    assert shell("hw what-breaks llama --json >&-").returncode == 0
    ran = shell("hw lineage nobody/knows 2>&-")
    assert (ran.returncode, ran.stderr) == (2, "")


@pytest.mark.parametrize(
    "line", ["what-breaks llama --all", "what-breaks llama --json", "why Vicuna Alpaca",
             "sql 'SELECT * FROM claims' --csv", "lineage 'LLaMA 7B'"],
)  # fmt: skip
def test_a_reader_that_leaves_early(shell: Start, line: str) -> None:
    ran = shell(f"hw {line} | head -n 1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
def test_a_locale_without_these_letters(
    shell: Start, variables: dict[str, str]
) -> None:
    for line in (
        "hw lineage Alpaca", "hw why Vicuna Alpaca", "hw what-breaks llama --csv",
        "hw lineage nobody/knöws",
    ):  # fmt: skip
        ran = shell(line, **variables)
        assert "Traceback" not in ran.stderr, line
        assert ran.returncode == (2 if "nobody" in line else 0)


@pytest.mark.parametrize("columns", ["20", "40", "60"])
def test_a_narrow_terminal_keeps_words_whole(shell: Start, columns: str) -> None:
    ran = shell("hw why Vicuna Alpaca", COLUMNS=columns)
    assert ran.returncode == 0
    assert max(len(line) for line in ran.stdout.splitlines()) <= int(columns)
    assert "confidence" in ran.stdout
    assert "curator" in ran.stdout
    ran = shell("hw what-breaks llama", COLUMNS=columns)
    assert "unrebuildable" in ran.stdout
    assert max(len(line) for line in ran.stdout.splitlines()) <= int(columns)


def test_a_wide_terminal_keeps_its_tables(shell: Start) -> None:
    ran = shell("hw why Vicuna Alpaca", COLUMNS="100")
    assert "source             says" in ran.stdout


def test_no_colour_where_none_is_wanted(shell: Start) -> None:
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        assert "\x1b" not in shell("hw what-breaks llama", **variables).stdout


def test_control_c_ends_a_command_in_one_line(
    catalogue_dir: Path, tmp_path: Path
) -> None:
    ran = subprocess.Popen(
        [sys.executable, "-m", "headwater", "serve", "--port", "0"],
        env={**os.environ, "HEADWATER_DATA_DIR": str(catalogue_dir)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert ran.stdout is not None
    assert "Serving" in ran.stdout.readline()
    time.sleep(0.2)
    ran.send_signal(signal.SIGINT)
    said, _ = ran.communicate(timeout=20)
    assert "Traceback" not in said


def test_an_unknown_name_reads_as_a_sentence(ask: Run) -> None:
    ran = ask("lineage", "nobody/knows")
    assert ran.err == (
        "headwater: nothing in the graph is called 'nobody/knows'; try: headwater search TEXT\n"
    )


@pytest.mark.parametrize(
    "pasted",
    [
        "https://huggingface.co/meta-llama/Llama-2-7b-hf",
        "https://huggingface.co/meta-llama/Llama-2-7b-hf/tree/main",
        "https://hf.co/meta-llama/Llama-2-7b-hf?library=transformers",
        "meta-llama\\Llama-2-7b-hf",
    ],
)
def test_a_pasted_address_of_the_hub_is_told_its_id(ask: Run, pasted: str) -> None:
    ran = ask("show", pasted)
    assert ran.code == 2
    assert "did you mean meta-llama/Llama-2-7b-hf" in ran.err


def test_an_unknown_event_is_named(ask: Run) -> None:
    ran = ask("what-breaks", "llama", "--event", "delete")
    assert ran.code == 2
    assert "'delete'" in ran.err
    assert "frozen, gated, deleted, relicensed" in ran.err


def test_a_limit_of_none_does_not_say_that_nothing_stands_on_it(ask: Run) -> None:
    ran = ask("what-breaks", "llama", "--event", "deleted", "--limit", "0")
    assert ran.code == 0
    assert "Nothing in this snapshot" not in ran.out
    assert "--all lists every one" in ran.out


def test_an_endpoint_without_a_scheme_is_told_how_to_write_it(run: Run) -> None:
    ran = run("crawl", "--endpoint", "huggingface.co")
    assert ran.code == 1
    assert "write https://huggingface.co" in ran.err


def test_a_dump_that_is_not_there_is_told_so(run: Run) -> None:
    ran = run("import", "bulk", "nothere.parquet")
    assert ran.code == 1
    assert "there is no nothere.parquet" in ran.err
