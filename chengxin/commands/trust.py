"""log, keys, doctor and settings: whether an installation can be relied on."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from chengxin.commands import environment
from chengxin.launcher.errors import LauncherError


def register(words: _SubParsersAction[ArgumentParser]) -> None:
    """Add the words of this module."""
    log = words.add_parser("log", help="the transparency logs").add_subparsers(dest="act", metavar="ACT", required=True)
    log.add_parser("verify", help="recompute both logs: positions, leaves, tiles, checkpoints, copies outside").set_defaults(run=log_verify)
    succeed = log.add_parser("succeed", help="close a log with a signed statement and start its successor (D-21)")
    succeed.add_argument("log", choices=["public", "audit"])
    succeed.add_argument("--reason", required=True, help="one line, published with the statement")
    succeed.add_argument("--new-key", action="store_true", help="give the log another key: the former is leaked, lost or old")
    succeed.set_defaults(run=log_succeed)
    keys = words.add_parser("keys", help="the key ring").add_subparsers(dest="act", metavar="ACT", required=True)
    keys.add_parser("list", help="every key, never its material").set_defaults(run=keys_list)
    check = keys.add_parser("check", help="say whether every key is there, private, and the one that a backup needs")
    check.add_argument("--backup", type=Path, metavar="SOURCE", help="one backup, or a folder of backups: then its newest")
    check.set_defaults(run=keys_check)
    keys.add_parser("generate", help="make the keys that are missing").set_defaults(run=keys_generate)
    rotate = keys.add_parser("rotate", help="make the next version of a key")
    rotate.add_argument("name")
    rotate.set_defaults(run=keys_rotate)
    reseal = keys.add_parser(
        "reseal", help="after a rotation: seal personal data and make blind indexes anew; may be stopped at any moment"
    )
    reseal.add_argument("--check", action="store_true", help="only say how many rows need it; exit code 1 where there are any")
    reseal.add_argument("--batch", type=int, default=500, metavar="ROWS", help="rows of one transaction")
    reseal.add_argument("--pause-ms", type=int, default=0, metavar="MS", help="rest after each batch, for a busy database")
    reseal.set_defaults(run=keys_reseal)
    words.add_parser("doctor", help="check everything and say what to mend").set_defaults(run=doctor)
    words.add_parser("settings", help="print every setting, as docs/reference/settings.md").set_defaults(run=settings)


def log_verify(_words: Namespace) -> int:
    """Recompute both logs and print every difference; return 1 where there is one."""
    with environment.database():
        environment.set_up()
        from chengxin.ledger import verify

        report = verify.run()
    for problem in report.problems:
        print(problem)
    sizes = ", ".join(f"{log} {size}" for log, size in report.sizes.items())
    print(f"{'red' if report.problems else 'ok'}: {sizes} events, {report.checkpoints} checkpoints")
    return 1 if report.problems else 0


def log_succeed(words: Namespace) -> int:
    """Close the origin of a log and print the signed statement."""
    with environment.database():
        environment.set_up()
        from chengxin.ledger import origins

        try:
            print(origins.succeed(log=words.log, reason=words.reason, new_key=words.new_key))
        except ValueError as error:
            raise LauncherError(str(error)) from None
    return 0


def keys_list(_words: Namespace) -> int:
    """Print every key with its version, age and fingerprint."""
    environment.set_up()
    from chengxin.common import keys

    for row in keys.ring().rows():
        marks = ", ".join(word for word, on in (("current", row.current), ("demo", row.demo), (row.problem, bool(row.problem))) if on)
        print(f"{row.name} v{row.version}  {row.created_at}  {row.fingerprint}  {marks}")
    for name in keys.ring().missing():
        print(f"{name}  missing: chengxin keys generate")
    return 0


def keys_generate(_words: Namespace) -> int:
    """Make the missing keys; demo keys in demo mode."""
    environment.set_up()
    from django.conf import settings as values

    from chengxin import install

    install.make_keys(demo=values.DEMO)
    return keys_list(_words)


def keys_rotate(words: Namespace) -> int:
    """Make the next version of one key and say what follows; a log changes its key only with its name (D-21)."""
    environment.set_up()
    from chengxin.common import keys
    from chengxin.common.key_inventory import INVENTORY

    log = words.name.removeprefix("ledger-")
    if words.name.startswith("ledger-") and words.name in INVENTORY:
        raise LauncherError(
            f"A log keeps its key for life. Close it and start its successor: chengxin log succeed {log} --new-key --reason REASON"
        )
    print(f"{words.name} v{keys.ring().rotate(words.name)}")
    print(INVENTORY[words.name].rotation)
    print("Older versions stay in KEYS_DIR: what was made with them needs them. Copy the new file to the safe now.")
    return 0


def keys_reseal(words: Namespace) -> int:
    """Bring every envelope and blind index to the newest keys, telling how far it is; return 1 where something is left."""
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from chengxin import install
        from chengxin.common import resealing

        install.use(environment.owner_url())
        told = resealing.run(
            batch=max(words.batch, 1),
            pause_s=max(words.pause_ms, 0) / 1000,
            say=lambda text: print(text, flush=True),
            only_look=words.check,
        )
    for each in told:
        print(f"{each.table}: {each.seen} rows looked at, {each.changed} changed, {each.left} left")
        if each.unopened:
            print(f"  not changed, for they do not open or belong to an import under way: {', '.join(each.unopened[:10])}")
    left = sum(each.left for each in told)
    print(f"red: {left} rows need an older key" if left else "ok: nothing in the database needs an older personal-data or blind-index key")
    return 1 if left else 0


def keys_check(words: Namespace) -> int:
    """Print what is wrong with the keys; return 1 where something is."""
    environment.set_up()
    from chengxin.common import keys

    ring = keys.ring()
    wrong = [f"{name}  missing: chengxin keys generate, or put its file back" for name in ring.missing()]
    wrong += [f"{row.name} v{row.version}  {row.problem}" for row in ring.rows() if row.problem]
    if words.backup:
        from chengxin.backups import checking, manifest
        from chengxin.commands.keeping import one

        needed = checking.missing_keys(manifest.read(one(words.backup)))
        wrong += [f"{name}  needed by the backup: put its file into KEYS_DIR" for name in needed]
    for problem in wrong:
        print(problem)
    print(f"{'red' if wrong else 'ok'}: {len(ring.rows())} keys")
    return 1 if wrong else 0


def doctor(_words: Namespace) -> int:
    """Print every check; return 1 where one is red."""
    with environment.database():
        environment.set_up()
        from chengxin import checks

        found = checks.all_checks()
    for check in found:
        print(f"{check.state:7} {check.name}: {check.detail}")
    return 1 if any(check.state == "red" for check in found) else 0


def settings(_words: Namespace) -> int:
    """Print the reference of settings."""
    from chengxin.options import reference

    sys.stdout.write(reference())
    return 0
