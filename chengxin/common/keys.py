"""The key ring (D-40): named, versioned keys in files or in the environment, behind one interface.

A key lives in `<KEYS_DIR>/<name>.v<version>.json`, mode 0600, written whole or not at all and never
overwritten. An environment variable `CHENGXIN_KEY_<NAME>_V<version>` (base64 of the 32 bytes) takes
the place of a file. Keys never stand in the database, in a backup, in a log or in `doctor` output:
`rows()` gives names, versions, dates and fingerprints only. The newest version is the current one;
older ones stay readable until their file is taken away.

With PKCS11_MODULE set, keys that sign are made in a token and stay there (`chengxin.common.tokens`); their files hold
the name of the token's object and the public part.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chengxin.common import clock
from chengxin.common.certificates import PdfIdentity, new_authority, new_identity
from chengxin.common.errors import ChengxinError
from chengxin.common.key_inventory import INVENTORY, Purpose
from chengxin.common.tokens import SigningKey, Token, TokenKey, token_at

SECRET_BYTES = 32
ENVIRONMENT_PREFIX = "CHENGXIN_KEY_"
_FILE = re.compile(r"^(?P<name>[a-z][a-z-]*)\.v(?P<version>[1-9][0-9]*)\.json$")


class KeyMissing(ChengxinError):
    """A key that is needed is not in the ring; only an operator can mend it."""

    default_code = "key-missing"


@dataclass(frozen=True)
class Key:
    """One version of one key; its text forms never show the material."""

    name: str
    version: int
    demo: bool
    created_at: str
    source: str
    material: bytes = field(repr=False)
    label: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that tell two keys apart and give nothing away."""
        return sha256(b"chengxin/key-id/v1\0" + self.material).hexdigest()[:16]


@dataclass(frozen=True)
class KeyRow:
    """What `chengxin keys list`, `doctor` and backup manifests may know of a key."""

    name: str
    version: int
    current: bool
    demo: bool
    created_at: str
    source: str
    fingerprint: str
    problem: str = ""


class KeyRing:
    """All keys of one installation; re-reads its directory when that changes."""

    def __init__(self, directory: Path, *, token: Token | None = None) -> None:
        self.directory, self._token = Path(directory), token
        self._stamp = -1
        self._keys: dict[str, dict[int, Key]] = {}

    def secret(self, name: str, *, version: int | None = None) -> tuple[int, bytes]:
        """The version (the newest, unless one is named) and its 32 bytes; raises KeyMissing."""
        key = self._get(name, version)
        if _purpose(name).kind != "secret":
            raise TypeError(f"The key {name} is not a plain secret.")
        return key.version, key.material

    def versions(self, name: str) -> list[int]:
        """All versions of `name` that are there, newest first."""
        return sorted(self._all().get(name, {}), reverse=True)

    def signing_key(self, name: str, *, version: int | None = None) -> SigningKey:
        """The Ed25519 signing key of `name`; raises KeyMissing."""
        if _purpose(name).kind != "signing":
            raise TypeError(f"The key {name} is not a signing key.")
        key = self._get(name, version)
        if key.label:
            return TokenKey(self._the_token(key), key.label, key.material)
        return Ed25519PrivateKey.from_private_bytes(key.material)

    def pdf_identity(self, *, version: int | None = None) -> PdfIdentity:
        """The platform's key and certificates for signing PDF reports; raises KeyMissing."""
        key = self._get("pdf", version)
        identity = PdfIdentity.from_bytes(key.material)
        if not key.label:
            return identity
        return replace(identity, sign_digest=lambda digest: self._the_token(key).sign_p256(key.label, digest))

    def is_demo(self) -> bool:
        """True if any key that is in use was made for the demo (D-53)."""
        return any(versions[max(versions)].demo for versions in self._all().values())

    def missing(self) -> list[str]:
        """Names of the inventory that have no key."""
        return sorted(set(INVENTORY) - set(self._all()))

    def generate_missing(self, *, demo: bool) -> list[str]:
        """Make a first version of every key that is missing; returns the names made here."""
        return [name for name in sorted(self.missing(), key=_making_order) if self._make(name, 1, demo)]

    def rotate(self, name: str, *, above: int = 0) -> int:
        """Make the next version of `name`, which becomes the current one; returns its number, which is larger than `above`."""
        _purpose(name)
        version = max([*self.versions(name), above]) + 1
        if not self._make(name, version, demo=False):
            return self.rotate(name, above=above)
        return version

    def rows(self) -> list[KeyRow]:
        """Every key as doctor may show it: never material."""
        return [
            _row(key, current=key.version == max(versions))
            for _name, versions in sorted(self._all().items())
            for key in sorted(versions.values(), key=lambda each: each.version)
        ]

    def _get(self, name: str, version: int | None) -> Key:
        _purpose(name)
        versions = self._all().get(name, {})
        wanted = max(versions, default=0) if version is None else version
        if wanted not in versions:
            raise KeyMissing(f"密钥缺失：{name} v{wanted or 1}。请运行 chengxin keys generate，或恢复密钥文件。")
        return versions[wanted]

    def _all(self) -> dict[str, dict[int, Key]]:
        stamp = self._changed_at()
        if stamp != self._stamp:
            found: dict[str, dict[int, Key]] = {}
            for key in [*_from_files(self.directory), *_from_environment()]:
                found.setdefault(key.name, {})[key.version] = key
            self._keys, self._stamp = found, stamp
        return self._keys

    def _changed_at(self) -> int:
        try:
            return os.stat(self.directory).st_mtime_ns
        except OSError:
            return 0

    def _the_token(self, key: Key) -> Token:
        if self._token is None:
            raise KeyMissing(f"密钥 {key.label} 在签名设备中。请设置 PKCS11_MODULE、PKCS11_TOKEN 和 PKCS11_PIN。")
        return self._token

    def _make(self, name: str, version: int, demo: bool) -> bool:
        made, label = self._material(name, version)
        body = {
            "name": name,
            "version": version,
            "demo": demo,
            "created_at": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "material": base64.b64encode(made).decode(),
            **({"label": label} if label else {}),
        }
        created = _write_once(self.directory / f"{name}.v{version}.json", json.dumps(body, indent=1).encode())
        self._stamp = -1
        return created

    def _material(self, name: str, version: int) -> tuple[bytes, str]:
        """The material of a new key; where it is in the token, its public part and the label of the token's object."""
        if name == "pdf-authority":
            return new_authority(at=clock.now()), ""
        label = f"{name}.v{version}.{secrets.token_hex(4)}" if self._token else ""
        if name == "pdf":
            public = self._token.make_p256(label) if self._token else None
            authority = self._get("pdf-authority", None).material
            return new_identity(authority=authority, at=clock.now(), public=public).to_bytes(), label
        if self._token and _purpose(name).kind == "signing":
            return self._token.make_ed25519(label), label
        return secrets.token_bytes(SECRET_BYTES), ""


def ring() -> KeyRing:
    """The ring of this installation, under `settings.KEYS_DIR`."""
    from django.conf import settings  # late: settings themselves may ask a ring for a key

    return _ring_at(str(settings.KEYS_DIR), settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN)


def generate_missing(*, demo: bool) -> list[str]:
    """Make every key that is missing in this installation's ring."""
    return ring().generate_missing(demo=demo)


def is_demo() -> bool:
    """True if this installation runs on demo keys."""
    return ring().is_demo()


@functools.cache
def _ring_at(directory: str, module: str, label: str, pin: str) -> KeyRing:
    return KeyRing(Path(directory), token=token_at(module, label, pin) if module else None)


def _purpose(name: str) -> Purpose:
    if name not in INVENTORY:
        raise KeyMissing(f"未知的密钥名称：{name}。")
    return INVENTORY[name]


def _making_order(name: str) -> tuple[bool, str]:
    return name == "pdf", name


def _from_files(directory: Path) -> list[Key]:
    if not directory.is_dir():
        return []
    return [_read(path) for path in sorted(directory.iterdir()) if _FILE.match(path.name)]


def _read(path: Path) -> Key:
    try:
        body = json.loads(path.read_bytes())
        key = Key(
            name=body["name"],
            version=body["version"],
            demo=body["demo"],
            created_at=body["created_at"],
            source=str(path),
            material=base64.b64decode(body["material"], validate=True),
            label=body.get("label", ""),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KeyMissing(f"密钥文件已损坏：{path.name}，请从备份恢复。") from error
    if path.name != f"{key.name}.v{key.version}.json":
        raise KeyMissing(f"密钥文件名与内容不符：{path.name}。")
    return key


def _from_environment() -> list[Key]:
    return [
        _from_variable(name, variable, text)
        for name in INVENTORY
        for variable, text in os.environ.items()
        if re.fullmatch(ENVIRONMENT_PREFIX + name.upper().replace("-", "_") + r"_V[1-9][0-9]*", variable)
    ]


def _from_variable(name: str, variable: str, text: str) -> Key:
    try:
        material = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise KeyMissing(f"环境变量 {variable} 不是有效的 base64。") from error
    if INVENTORY[name].kind in ("secret", "signing") and len(material) != SECRET_BYTES:
        raise KeyMissing(f"环境变量 {variable} 应为 32 字节的 base64。")
    version = int(variable.rsplit("_V", 1)[1])
    return Key(name, version, demo=False, created_at="", source=f"env:{variable}", material=material)


def _write_once(path: Path, body: bytes) -> bool:
    """Write `path` whole with mode 0600; False if it was already there. Safe between processes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    _sync_directory(path.parent)
    return True


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _row(key: Key, *, current: bool) -> KeyRow:
    return KeyRow(
        name=key.name,
        version=key.version,
        current=current,
        demo=key.demo,
        created_at=key.created_at,
        source=key.source,
        fingerprint=key.fingerprint,
        problem=_problem(key),
    )


def _problem(key: Key) -> str:
    if key.name not in INVENTORY:
        return "unknown name"
    if key.source.startswith("env:"):
        return ""
    mode = os.stat(key.source).st_mode & 0o777
    return "" if mode & 0o077 == 0 else f"readable by others (mode {mode:o}); run chmod 600"


def age_days(row: KeyRow, *, now: datetime) -> int | None:
    """Whole days since the key of `row` was made; None where that is not known."""
    if not row.created_at:
        return None
    made = datetime.fromisoformat(row.created_at)
    return (now - made).days
