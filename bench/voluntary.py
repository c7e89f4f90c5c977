"""A voluntary record handed in over HTTP with its proof already staged, and the staging of proofs, with PostgreSQL on the same processors.

`BENCH_VOLUNTARY_RECORDS` enterprises (default 600) with sessions of their electronic licence press 提交 on a donation that was
typed and never saved, through `chengxin serve` (2 processes) while `chengxin worker` runs: the draft is kept, all rules, the
duplicate check, frozen answers, signed receipt, events. Then proofs are staged: checked, drawn anew without what the camera
wrote into them, and stored; pictures of 1600 × 1200 and photographs of 12 megapixels, no two alike. The text of the proofs is
not read meanwhile (bench `ocr`): that is work for a processor of its own, minutes later.
Floors of the same run: pgbench writing rows of the same bytes with the same number of commits; drawing the same pictures anew.
"""

from __future__ import annotations

import io
import random
import string
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from bench import load, programs, submit
from bench.house import REPEATS, Figure, percentile, private, ratio, report, size

RECORDS = int(size("VOLUNTARY_RECORDS", full=600, small=120))
PICTURES = int(size("VOLUNTARY_PICTURES", full=150, small=30))
PHOTOS = int(size("VOLUNTARY_PHOTOS", full=40, small=8))
CLIENTS, STAGING_CLIENTS = 16, 4
LEAST, MOST_P95_MS, LEAST_STAGED, MOST_PHOTO_MS = 80, 250, 25, 1_000
REDIRECT, CREATED = 302, 201
FORM, GROUP = "voluntary/donation", "V07"
PICTURE, PHOTO = (1600, 1200), (4000, 3000)
SHARP = 85
TYPED = {
    "receiver": "中国乡村发展基金会",
    "mode": "alone",
    "kind": "money",
    "means": "银行汇款",
    "amount": "50000",
    "directed": "1",
    "donated_on": "2026-06-01",
}

# Before each repeat the records are as they were: opened, the proof staged, nothing saved.
AGAIN = """
UPDATE filings_filing SET state = 'draft' WHERE kind = 'voluntary';
UPDATE filings_draft SET answers = '{}', field_rev = '{}', rev = 0;
UPDATE filings_attachment SET state = 'staged';
DELETE FROM filings_fingerprint;
"""
ONLY_PROOFS = "DELETE FROM ocr_reading; DELETE FROM filings_attachment WHERE sha256 <> '{proof}'"


@dataclass(frozen=True)
class Opened:
    """A record that is being written, and the session of the person who does it."""

    filing_id: UUID
    session: str
    proof: str
    number: int

    def submission(self, *, port: int) -> bytes:
        """What the browser sends when 提交 is pressed."""
        from chengxin.catalogue import queries
        from chengxin.web.enterprise.posting import mark

        group = queries.current(FORM).group(GROUP)
        assert group is not None
        at = f"{GROUP}/{self.filing_id}"
        typed = {**TYPED, "project": f"第{self.number}个山区小学图书角", "proof": self.proof}
        fields = {f"{at}/{code}": value for code, value in typed.items()}
        fields |= {f"_was/{at}": " ".join(f"{f.code}:{mark('')}" for f in group.fields)}
        fields |= {"base_rev": "0", "submission_key": str(uuid4()), "_save": "submit"}
        return self._post("edit", "application/x-www-form-urlencoded", lambda token: urlencode({**fields, **token}).encode(), port=port)

    def staging(self, picture: bytes, *, port: int) -> bytes:
        """What the browser sends when a picture is chosen."""
        boundary = uuid4().hex

        def body(token: dict[str, str]) -> bytes:
            fields = {**token, "path": f"{GROUP}/{self.filing_id}/proof"}
            parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="proof.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
            return "".join([*parts, head]).encode() + picture + f"\r\n--{boundary}--\r\n".encode()

        return self._post("upload", f"multipart/form-data; boundary={boundary}", body, port=port)

    def _post(self, action: str, media: str, body: Any, *, port: int) -> bytes:
        token = "".join(random.choices(string.ascii_letters + string.digits, k=32))
        sent: bytes = body({"csrfmiddlewaretoken": token})
        head = (
            f"POST /voluntary/records/{self.filing_id}/{action} HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Origin: http://localhost:{port}\r\nCookie: session={self.session}; csrf={token}\r\n"
            f"Content-Type: {media}\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        return head.encode() + sent


def picture(extent: tuple[int, int], *, seed: int) -> bytes:
    """A JPEG as a camera makes it: light, edges, grain; no two alike."""
    from PIL import Image, ImageChops, ImageDraw

    chooser = random.Random(seed)
    light = Image.linear_gradient("L").resize(extent)
    grain = Image.effect_noise((extent[0] // 4, extent[1] // 4), 24).resize(extent)
    grey = ImageChops.add(light, grain, scale=2)
    drawn = ImageDraw.Draw(grey)
    for _ in range(60):
        left, top = chooser.randrange(extent[0]), chooser.randrange(extent[1])
        drawn.rectangle([left, top, left + chooser.randrange(8, 240), top + 12], fill=chooser.randrange(256))
    out = io.BytesIO()
    Image.merge("RGB", [grey, ImageChops.invert(grey), grey]).save(out, "JPEG", quality=SHARP)
    return out.getvalue()


def fill() -> list[Opened]:
    """Agencies, and approved enterprises with a signed commitment and an opened record each."""
    from chengxin import install
    from chengxin.catalogue import queries
    from chengxin.common import clock
    from chengxin.demo import setting_up
    from chengxin.filings import attaching
    from chengxin.flow import voluntary

    install.load_reference()
    setting_up.agencies(start=clock.now())
    proof = attaching.intake(stream=io.BytesIO(picture(PICTURE, seed=0)), name="proof.jpg", slot=voluntary.SLOT)
    ready = [_opened(number, proof) for number in range(1, RECORDS + 1)]
    submit.execute(submit.REGISTRATIONS, [queries.current_version("registration/enterprise"), "voluntary"])
    submit.owner("VACUUM ANALYZE")
    return ready


def _opened(number: int, proof: Any) -> Opened:
    from django.db import transaction

    from bench.imports import DIVISION, code
    from chengxin.access import actions as access
    from chengxin.catalogue import queries as catalogue
    from chengxin.flow import voluntary
    from chengxin.identity import actions as identity
    from chengxin.identity import queries
    from chengxin.identity.values import Actor

    with transaction.atomic():
        account_id, enterprise_id = identity.open_enterprise(
            uscc=code(number), name=f"杭州澜序{number}电子商务有限公司", division_code=DIVISION, email=f"shop{number}@shop.example",
            phone=f"139{number:08d}", by=Actor.nobody(),
        )  # fmt: skip
        identity.activate(enterprise_id=enterprise_id, by=Actor.system("bench"))
        session = access.open_session(account_id=account_id, assurance="e_licence", network="127.0.0.1")
    by = queries.actor_for(account_id, "e_licence")
    voluntary.sign(version=catalogue.commitment(voluntary.COMMITMENT).version, ticked=True, by=by)
    filing = voluntary.open_new(form_id=FORM, by=by)
    voluntary.attach(filing_id=filing.id, path=f"{GROUP}/{filing.id}/proof", stored=proof, by=by)
    return Opened(filing.id, session.session_key, proof.sha256, number)


def handed_in(ready: Sequence[Opened], *, port: int, per_second: float = 0) -> load.Load:
    """Hand all of them in once more; every one must be stored."""
    submit.owner(AGAIN)
    before = submit.execute(submit.COUNT)
    requests = (each.submission(port=port) for each in random.Random(3).sample(ready, len(ready)))
    made = list(requests)
    found = load.drive(port=port, requests=iter(made), connections=CLIENTS, expect=REDIRECT, per_second=per_second)
    stored = submit.execute(submit.COUNT) - before
    if found.failures or stored != len(ready):
        raise RuntimeError(f"{len(ready)} handed in, {found.failures} refused, {stored} stored")
    return found


def staged(ready: Sequence[Opened], pictures: Sequence[bytes], *, port: int, connections: int) -> load.Load:
    """Stage every picture on a record of its own."""
    submit.owner(ONLY_PROOFS.format(proof=ready[0].proof))
    made = [each.staging(one, port=port) for each, one in zip(ready, pictures, strict=False)]
    found = load.drive(port=port, requests=iter(made), connections=connections, expect=CREATED)
    if found.failures:
        raise RuntimeError(f"{len(made)} staged, {found.failures} refused")
    return found


def drawn_anew(pictures: Sequence[bytes]) -> Iterator[float]:
    """Seconds that reading and drawing each picture anew takes, alone."""
    from PIL import Image

    for each in pictures:
        began = time.perf_counter()
        Image.open(io.BytesIO(each)).convert("RGB").save(io.BytesIO(), "JPEG", quality=SHARP)
        yield time.perf_counter() - began


def measure(ready: Sequence[Opened], *, port: int, pids: list[int]) -> list[Figure]:
    """All figures."""
    floor, peak, p95, cpu, pictured, drawing, photo, alone = ([] for _ in range(8))  # type: ignore[var-annotated]
    handed_in(ready, port=port)
    submit.owner(submit.FLOOR_TABLES)
    for turn in range(REPEATS):
        floor.append(submit.pgbench(transactions=len(ready) * 4))
        used = programs.cpu_seconds(pids)
        at_peak = handed_in(ready, port=port)
        cpu.append(1000 * (programs.cpu_seconds(pids) - used) / len(ready))
        peak.append(at_peak.per_second)
        p95.append(handed_in(ready, port=port, per_second=at_peak.per_second / 2).p95_ms)
        submit.owner(AGAIN)
        pictures = [picture(PICTURE, seed=turn * PICTURES + at) for at in range(PICTURES)]
        pictured.append(staged(ready, pictures, port=port, connections=STAGING_CLIENTS).per_second)
        drawing.append(2 * len(pictures) / sum(drawn_anew(pictures)))
        photos = [picture(PHOTO, seed=10_000 + turn * PHOTOS + at) for at in range(PHOTOS)]
        photo.append(staged(ready, photos, port=port, connections=1).p95_ms)
        alone.append(1000 * percentile(list(drawn_anew(photos)), 0.95))
        submit.owner(ONLY_PROOFS.format(proof=ready[0].proof))
    return [
        Figure("voluntary: pgbench, same bytes and commits (floor)", floor, "1/s"),
        Figure("voluntary: submit, proof staged, full path to the receipt", peak, "1/s", least=LEAST),
        ratio("voluntary: against the floor", peak, floor),
        Figure("voluntary: p95 at half", p95, "ms", most=MOST_P95_MS),
        Figure("voluntary: processor time of web and worker", cpu, "ms"),
        Figure("voluntary: drawing 1600 x 1200 anew, both processors (floor)", drawing, "1/s"),
        Figure("voluntary: staging a JPEG of 1600 x 1200", pictured, "1/s", least=LEAST_STAGED),
        Figure("voluntary: drawing 12 megapixels anew, p95 (floor)", alone, "ms"),
        Figure("voluntary: staging a photograph of 12 megapixels, p95", photo, "ms", most=MOST_PHOTO_MS),
    ]


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING", OCR="0"):
        ready = fill()
        with programs.web() as (port, pids):
            return measure(ready, port=port, pids=pids)


if __name__ == "__main__":
    sys.exit(report(run()))
