"""Make the pictures of the explorer under docs/screens, from the packaged catalogue alone.

``python tools/screens.py MTEB`` takes the folder of an installed mteb package (``pip
install --no-deps --target build/mteb mteb``): the comparison is of a snapshot of the
catalogue and one with the records of mteb beside it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SCREENS = ROOT / "docs" / "screens"
DATA = ROOT / "build" / "screens"
HEADWATER = Path(sys.executable).with_name("headwater")
SD = "/artefact?id=runwayml/stable-diffusion-v1-5"
PAGES = {
    "start": "/",
    "artefact": SD,
    "what-breaks": "/what-breaks?target=developer:meta",
    "concentration": "/concentration",
    "compare": "/compare",
    "quality": "/quality",
}
Scheme = Literal["light", "dark"]
DESK, PHONE = (1440, 900), (360, 740)
DARK = ("artefact", "concentration")
"""Pages of which there is a dark picture too."""


def run(*words: str) -> None:
    """Run headwater."""
    subprocess.run([HEADWATER, *words], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """Serve a data directory as users do, and yield the address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    words = [str(HEADWATER), "serve", "--port", str(port), "--data-dir", str(data_dir)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                try:
                    urlopen(f"{base}/v1/health").close()
                    break
                except URLError:
                    time.sleep(0.2)
            yield base
        finally:
            server.terminate()


def shoot(
    browser: Browser, url: str, name: str, size: tuple[int, int], scheme: Scheme
) -> None:
    """Make one picture of a page that has settled."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.locator("[aria-busy]").first.wait_for(state="detached")
    page.screenshot(path=SCREENS / f"{name}.png")
    context.close()


def main() -> None:
    """Make all of them."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("give the folder of an installed mteb package; see the docstring")
    shutil.rmtree(DATA, ignore_errors=True)
    for folder in ("one", "two"):
        run("build", "--data-dir", str(DATA / folder))
    own = os.environ.get("HEADWATER_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        for folder in ("one", "two"):
            if folder == "two":
                run("import", "mteb", sys.argv[1], "--data-dir", str(DATA / "two"))
            with serving(DATA / folder) as base:
                for name, address in PAGES.items():
                    if (name == "compare") != (folder == "two"):
                        continue
                    shoot(browser, base + address, name, DESK, "light")
                    shoot(browser, base + address, f"{name}-phone", PHONE, "light")
                    if name in DARK:
                        shoot(browser, base + address, f"{name}-dark", DESK, "dark")
        browser.close()


if __name__ == "__main__":
    main()
