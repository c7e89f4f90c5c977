"""Take the pictures of the READMEs from a demo of its own: `make pictures`.

Starts the platform in a temporary home, visits it as a citizen, an enterprise and a reviewer, and writes WebP files of at
most 200 KB to docs/pictures.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "pictures"
PORT = 8299
ORIGIN = f"http://127.0.0.1:{PORT}"
PASSWORD = yaml.safe_load((ROOT / "demo" / "accounts.yaml").read_text(encoding="utf-8"))["password"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
MOST_BYTES = 200_000
SHOWN = "91330110WWTE10019A"
WRITING = "93522624WWTE10035Y"
REVIEWER = "shenhe.653101"
ENTERPRISES = 150
START_SECONDS = 300


@contextmanager
def platform() -> Iterator[None]:
    """The demo, from an empty home until the generated enterprises are there."""
    with tempfile.TemporaryDirectory(prefix="chengxin-pictures-") as home:
        Path(home).chmod(0o755)
        env = os.environ | {"PORT": str(PORT), "CHENGXIN_HOME": f"{home}/home", "DEMO_ENTERPRISES": str(ENTERPRISES)}
        command = [str(Path(sys.executable).parent / "chengxin"), "run"]
        running = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(running)
            yield
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


def wait_for(running: subprocess.Popen[bytes]) -> None:
    """Until the list of public files has pages enough."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and running.poll() is None:
        try:
            with urlopen(f"{ORIGIN}/api/v1/files?limit=100", timeout=5) as answer:
                if b'"next":null' not in answer.read().replace(b" ", b""):
                    return
        except (URLError, OSError):
            pass
        time.sleep(2)
    raise SystemExit("the demo did not start")


def keep(name: str, picture: bytes) -> None:
    """Write one picture, as good as fits."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for quality in (86, 78, 70, 60, 45):
        body = io.BytesIO()
        image.save(body, "WEBP", quality=quality, method=6)
        if body.tell() <= MOST_BYTES:
            break
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{name}.webp").write_bytes(body.getvalue())


def sign_in(page: Page, name: str, *, agency: bool = False) -> None:
    """Log in; the captcha's answer stands in the demo's mailbox."""
    page.goto("/login/agency" if agency else "/login")
    page.locator("main [name=name]").fill(name)
    page.locator("main [name=password]").fill(PASSWORD)
    if agency:
        challenge = page.locator("[name=captcha_id]").input_value()
        mail = page.request.get(f"/dev/outbox.json?to={challenge}&channel=captcha").json()
        page.locator("[name=captcha]").fill(mail["items"][0]["body"])
    page.locator("main form").first.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda address: "/login" not in address)


def citizen(browser: Browser) -> None:
    """Home, public file around the dashed line, proof, overview; the home page in English."""
    page = browser.new_page(base_url=ORIGIN, viewport=DESK, locale="zh-CN")  # type: ignore[arg-type]
    page.goto("/")
    keep("home", page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1180}, full_page=True))
    page.goto(f"/files/{SHOWN}")
    top = page.locator(".origin-line").bounding_box()
    assert top is not None
    keep("file", page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1240}, full_page=True))
    keep("line", page.screenshot(clip={"x": 0, "y": top["y"] - 430, "width": 1280, "height": 960}, full_page=True))
    page.get_by_role("link", name="验证").first.click()
    keep("proof", page.screenshot(full_page=True))
    page.goto("/overview")
    keep("overview", page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1200}, full_page=True))
    page.goto("/?lang=en")
    keep("home-en", page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1180}, full_page=True))
    page.close()


def enterprise(browser: Browser) -> None:
    """A page of the archive: government data above the line, own records below."""
    page = browser.new_page(base_url=ORIGIN, viewport=DESK, locale="zh-CN")  # type: ignore[arg-type]
    sign_in(page, WRITING)
    page.goto("/workbench/archive")
    address = page.get_by_role("link", name="2.").first.get_attribute("href")
    page.goto(address or "")
    keep("archive", page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1400}, full_page=True))
    page.close()


def reviewer(browser: Browser) -> None:
    """The desk: papers beside the typed data."""
    page = browser.new_page(base_url=ORIGIN, viewport={"width": 1440, "height": 1000}, locale="zh-CN")
    sign_in(page, REVIEWER, agency=True)
    page.goto("/desk/next")
    page.wait_for_load_state("networkidle")
    keep("desk", page.screenshot())
    page.close()


def phone(browser: Browser) -> None:
    """Three pages on a phone, side by side."""
    page = browser.new_page(base_url=ORIGIN, viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    shots = []
    for address in ("/", f"/files/{SHOWN}", "/register"):
        page.goto(address)
        shots.append(Image.open(io.BytesIO(page.screenshot())))
    gap = 24
    whole = Image.new("RGB", (3 * PHONE["width"] + 4 * gap, PHONE["height"] + 2 * gap), "#d4dbe6")
    for at, shot in enumerate(shots):
        whole.paste(shot, (gap + at * (PHONE["width"] + gap), gap))
    body = io.BytesIO()
    whole.save(body, "PNG")
    keep("phone", body.getvalue())
    page.close()


def main() -> None:
    """Take all pictures."""
    with platform(), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        for take in (citizen, enterprise, reviewer, phone):
            take(browser)
        browser.close()
    for path in sorted(TARGET.glob("*.webp")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
