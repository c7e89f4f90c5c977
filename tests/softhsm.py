"""A token of SoftHSM2 for one run: made at first use, in a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from chengxin.common.tokens import Token

LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"
LABEL, PIN = "chengxin-test", "123456"


@cache
def prepare() -> dict[str, str]:
    """Initialise the token; the settings by which it is used."""
    folder = Path(tempfile.mkdtemp(prefix="chengxin-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    words = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", PIN]
    subprocess.run(words, check=True, capture_output=True)
    return {"PKCS11_MODULE": LIBRARY, "PKCS11_TOKEN": LABEL, "PKCS11_PIN": PIN}


def token(pin: str = PIN) -> Token:
    """The token, as the key ring uses it."""
    prepare()
    return Token(module=LIBRARY, label=LABEL, pin=pin)
