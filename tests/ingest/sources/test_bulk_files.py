"""Where a dump is: addresses of the Hub, names that say what it holds, paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ConfigError, FetchError, UnreachableError
from headwater.ingest.sources import bulk_files
from headwater.ingest.sources.bulk_files import (
    guess_route,
    locate_dump,
    read_hub_address,
)


@pytest.mark.parametrize(
    ("address", "repository", "file", "revision"),
    [
        ("hf://datasets/o/n/models.parquet", "o/n", "models.parquet", None),
        ("hf://datasets/o/n@v1/a/b.parquet", "o/n", "a/b.parquet", "v1"),
        (
            "https://huggingface.co/datasets/o/n/resolve/refs%2Fconvert%2Fparquet/x.parquet"
            "?download=true",
            "o/n",
            "x.parquet",
            "refs/convert/parquet",
        ),
        ("https://hf.co/datasets/o/n/blob/main/m.parquet", "o/n", "m.parquet", "main"),
    ],
)
def test_addresses_of_the_hub(
    address: str, repository: str, file: str, revision: str | None
) -> None:
    found = read_hub_address(address)
    assert found is not None
    assert (found.repository, found.file, found.revision) == (
        repository,
        file,
        revision,
    )


@pytest.mark.parametrize(
    ("address", "route"),
    [
        ("hub-stats/models.parquet", "models"),
        ("https://huggingface.co/datasets/o/n/resolve/main/spaces.parquet", "spaces"),
        ("hf://datasets/o/n/0.parquet", None),
        ("d/2026-01-01/datasets/train-0.parquet", "datasets"),
        ("supermodels.parquet", None),
    ],
)
def test_what_a_dump_holds_by_its_name(address: str, route: str | None) -> None:
    assert guess_route(address) == route


def test_a_dump_is_found_or_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    problem: list[str | None] = [None]
    monkeypatch.setattr(bulk_files, "contact_problem", lambda _: problem[0])
    asked: list[Any] = []

    def download(repository: str, file: str, **options: Any) -> str:
        asked.append((repository, file, options["repo_type"], options["revision"]))
        assert options["local_files_only"] is (problem[0] is not None)
        if file == "gone.parquet":
            raise OSError("no such file\nmore")
        return str(tmp_path / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    address = "hf://datasets/o/n/models.parquet"
    assert locate_dump(address, tmp_path) == tmp_path / "models.parquet"
    assert asked == [("o/n", "models.parquet", "dataset", None)]
    with pytest.raises(FetchError, match=r"no such file$"):
        locate_dump("hf://datasets/o/n/gone.parquet", tmp_path)
    problem[0] = "there is no such host"
    assert locate_dump(address, tmp_path).name == "models.parquet", "it is in the cache"
    with pytest.raises(UnreachableError, match="no such host; check HF_ENDPOINT"):
        locate_dump("hf://datasets/o/n/gone.parquet", tmp_path)
    with pytest.raises(ConfigError, match="no address of a dump"):
        locate_dump("ftp://example.org/models.parquet", tmp_path)
    with pytest.raises(ConfigError, match="there is no"):
        locate_dump(str(tmp_path / "absent.parquet"), tmp_path)
    (tmp_path / "x.parquet").touch()
    assert locate_dump(str(tmp_path / "x.parquet"), tmp_path).name == "x.parquet"
    fetched = locate_dump(
        "https://example.org/x.parquet", tmp_path, lambda url, folder: folder / url[-9:]
    )
    assert fetched.name == "x.parquet"
