"""The wheel, the sdist, the development links and the tools agree on one layout."""

from __future__ import annotations

import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
SHELL = "src/headwater"
FOLDERS = sorted(set(TOOL["hatch"]["build"]["targets"]["wheel"]["sources"]) - {SHELL})


def git_files(*paths: str) -> set[str]:
    """Return tracked files and new files that git would not ignore."""
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", *paths]
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return set(out.stdout.rstrip("\0").split("\0"))


def wheel_members(root: Path, out: Path) -> set[str]:
    wheel = next(WheelBuilder(str(root)).build(directory=str(out)))
    names = zipfile.ZipFile(wheel).namelist()
    return {name for name in names if ".dist-info/" not in name}


def expected_members() -> set[str]:
    shell = git_files(SHELL) - {f"{SHELL}/{name}" for name in FOLDERS}
    return {name.removeprefix("src/") for name in shell} | {
        f"headwater/{name}" for name in git_files(*FOLDERS)
    }


@pytest.mark.parametrize("name", FOLDERS)
def test_link_points_at_its_folder(name: str) -> None:
    assert (ROOT / SHELL / name).resolve() == ROOT / name


def test_every_tool_knows_every_folder() -> None:
    links = {f"{SHELL}/{name}" for name in FOLDERS}
    assert {path.lstrip("/") for path in TOOL["hatch"]["build"]["exclude"]} == links
    assert links < set(TOOL["pyright"]["include"])
    banned = TOOL["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert set(FOLDERS) == set(banned)
    assert set(FOLDERS) < set(TOOL["coverage"]["paths"])


def test_no_module_lies_outside_the_mapped_folders() -> None:
    elsewhere = {"tests", "notebooks", "docs", "benchmarks", "tools"}
    tops = {name.split("/")[0] for name in git_files("*.py")}
    assert tops <= {"src", *FOLDERS, *elsewhere}


def test_wheel_holds_every_file_under_one_name(tmp_path: Path) -> None:
    members = wheel_members(ROOT, tmp_path)
    assert members == expected_members()
    assert {name.split("/")[0] for name in members} == {"headwater"}


def test_wheel_from_sdist_equals_wheel_from_tree(tmp_path: Path) -> None:
    sdist = Path(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path))))
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    from_sdist = wheel_members(unpacked, tmp_path / "a")
    assert from_sdist == wheel_members(ROOT, tmp_path / "b")
