"""What several tests share: parts of the system that may be missing, a browser, and a Jupyter that
never sees the home.

A test that needs a part of the system says so, and is skipped with the reason where the part is
missing::

    from conftest import needs

    @needs("chromium")
    def test_the_page(browser): ...

With ``CI=true`` a missing part is a failure: a check that nobody runs is no check. Only a GPU may
be missing there.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from grader.doctor import find_chromium

ROOT = Path(__file__).resolve().parent.parent


# --- parts of the system --------------------------------------------------------------------------


def _missing_bubblewrap() -> str:
    return "" if shutil.which("bwrap") else "bubblewrap is not installed"


def _missing_chromium() -> str:
    return "" if find_chromium() else "Chromium is not installed"


def _missing_cuda() -> str:
    import torch

    return "" if torch.cuda.is_available() else "this machine has no CUDA device"


PARTS: dict[str, Callable[[], str]] = {
    "bubblewrap": cache(_missing_bubblewrap),
    "chromium": cache(_missing_chromium),
    "cuda": cache(_missing_cuda),
}


def needs(part: str) -> pytest.MarkDecorator:
    """Mark a test, or a whole file (``pytestmark``), as needing a part of the system."""
    return pytest.mark.needs(part)


def require(part: str, environ=os.environ) -> None:
    """Skip the running test where the part is missing; in CI fail it, unless the part is a GPU."""
    reason = PARTS[part]()
    if not reason:
        return
    if environ.get("CI") == "true" and part != "cuda":
        pytest.fail(f"{reason}: `grader doctor --fix --yes` installs it", pytrace=False)
    pytest.skip(reason)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(part): bubblewrap, chromium or cuda must be there")
    _leave_the_home_alone()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        require(*mark.args)


# --- Jupyter, away from the user's home -----------------------------------------------------------


def _leave_the_home_alone() -> None:
    """Point Jupyter, IPython and matplotlib at a throw-away folder, here and in subprocesses."""
    home = Path(tempfile.mkdtemp(prefix="minigrad-tests-"))
    for variable, folder in {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }.items():
        os.environ[variable] = str(home / folder)
        (home / folder).mkdir()
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    os.environ["MINIGRAD_TEST_HOME"] = str(home)


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["MINIGRAD_TEST_HOME"], ignore_errors=True)


@contextmanager
def jupyter(folder: Path, *options: str, app: str = "lab", seconds: float = 120) -> Iterator[str]:
    """Run a Jupyter server on ``folder``; yields its address with the token, ready for
    ``page.goto``.

    ``options`` go to the command as they are; ``app`` may be "lab", "notebook" or "server".
    """
    token = "test-token"
    command = [sys.executable, "-m", "jupyter", app, "--no-browser", "--ServerApp.port=0"]
    command += [f"--IdentityProvider.token={token}", "--allow-root", *options]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, text=True)
        try:
            runtime = Path(os.environ["JUPYTER_RUNTIME_DIR"])
            info = wait_for_jupyter(server, runtime, f"jpserver-{server.pid}.json", seconds)
            if info is None:
                log.seek(0)
                raise RuntimeError(f"the Jupyter server did not start:\n{log.read()}")
            yield f"{info['url']}?token={token}"
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(10)
            server.kill()
            server.wait()


# No news, no cells that come and go, and a theme that follows the page's colour scheme.
SETTINGS = {
    "apputils-extension/themes": {"adaptive-theme": True},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """One JupyterLab for all who look at it: its folder, and its address with the token."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    for extension, values in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{extension}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with jupyter(folder, f"--LabApp.user_settings_dir={folder / 'settings'}") as address:
        yield folder, address


def change_theme(page, scheme: str) -> None:
    """Let an adaptive JupyterLab go "light" or "dark", and wait until it is done.

    It covers the page with its splash screen meanwhile; asked again before that is gone, it takes
    the screen away twice and throws.
    """
    page.emulate_media(color_scheme=scheme)
    theme = f'body[data-jp-theme-name="JupyterLab {scheme.title()}"]'
    page.locator(theme).wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")


def wait_for_jupyter(
    process: subprocess.Popen, runtime: Path, pattern: str, seconds: float
) -> dict | None:
    """Return what a server wrote about itself once it answers; None when it ended or took too long.

    The file appears before the server listens, so both are waited for.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, ValueError, StopIteration):
            info = json.loads(next(runtime.glob(pattern)).read_text())
            urllib.request.urlopen(f"{info['url']}login", timeout=10).close()
            return info
        time.sleep(0.1)
    return None


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, one a file: while it runs, this thread has a running event loop."""
    require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium())
        yield chromium
        chromium.close()
