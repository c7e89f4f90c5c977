"""举报 and 投诉建议 of invented people, handed in and answered by the real actions (D-56, VOL-41)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.answers import path
from chengxin.common import clock
from chengxin.demo import guards, pictures, reading, wronging
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.files import Stored
from chengxin.flow import cases, voices
from chengxin.identity.values import Actor

BY = Actor.system("demo")
NETWORK = "demo"
PROOF = "proof"


def speak(*, start: datetime) -> None:
    """Hand every voice in at its moment and answer those that were answered; told again, each stays as it is."""
    for number, voice in enumerate(reading.document("voices.yaml", start=start)["voices"], start=1):
        guards.require_fictitious(voice)
        with clock.at(reading.moment(voice["at"], start=start)):
            filing_id = _hand_in(number, voice)
        if "decided" in voice:
            with clock.at(reading.moment(voice["decided"]["at"], start=start)):
                _answer(filing_id, voice["decided"])


def _hand_in(number: int, voice: Mapping[str, Any]) -> UUID:
    key = f"demo-voice-{number}"
    group, row = catalogue.current(voices.FORMS[voice["kind"]]).groups[0], str(uuid5(NAMESPACE_URL, key))
    values = {field.code: voice[field.code] for field in group.fields if field.code in voice and field.code != PROOF}
    files: list[tuple[str, Stored]] = []
    if PROOF in voice:
        body = pictures.proof(title=voice[PROOF], name=voice["subject"], number=str(number))
        stored = cases.take_file(stream=io.BytesIO(body), name=f"{voice[PROOF]}.jpg", slot="case", network=NETWORK)
        files = [(path(group.code, row, PROOF), stored)]
    answers = {path(group.code, row, code): text for code, text in values.items()} | {at: stored.sha256 for at, stored in files}
    done = voices.hand_in(kind=voice["kind"], values=values, answers=answers, files=files, key=key, network=NETWORK)
    return done.filing_id


def _answer(filing_id: UUID, decided: Mapping[str, str]) -> None:
    filing = filings.one(filing_id=filing_id, by=BY)
    if filing.state == lifecycle.SUBMITTED:
        voices.answer(filing_id=filing_id, result=decided["result"], text=decided["text"], by=wronging.clerk(filing))
