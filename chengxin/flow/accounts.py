"""What people do with their own account outside any filing: consents and readings of files (D-16, D-31, D-41)."""

from __future__ import annotations

from uuid import UUID

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import files
from chengxin.filings import queries as filings
from chengxin.filings.values import AttachmentView
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity.values import Actor
from chengxin.seals import watermark

CONSENTS = ("user-agreement", "privacy-notice")


@step
def consent(*, document: str, version: str, given: bool, by: Actor) -> None:
    """Give or withdraw one's word on a document; only the text that was shown counts (D-31)."""
    if document not in CONSENTS or version != catalogue.commitment(document).version:
        raise Conflict(code="document-changed")
    identity.give_consent(document=document, version=version, given=given, by=by)


def picture(*, attachment_id: UUID, page: int, by: Actor) -> tuple[bytes, str]:
    """One page of a file as a picture of ours, with its media type; every reading is logged (D-16, D-39).

    Reviewers get a copy that says across it who looked and when; the original is never served.
    """
    held = _read(attachment_id=attachment_id, by=by)
    return looked_at(files.picture(held.sha256, media_type=held.media_type, page=page), by=by)


def looked_at(picture: tuple[bytes, str], *, by: Actor) -> tuple[bytes, str]:
    """A page as whoever looks gets it: people of agencies with their name and the moment across it."""
    if by.kind != "agency":
        return picture
    seen = clock.now().astimezone(clock.SHANGHAI)
    return watermark.watermarked(picture[0], text=f"{by.display_name} {seen:%Y-%m-%d %H:%M}")


@step
def _read(*, attachment_id: UUID, by: Actor) -> AttachmentView:
    held = filings.attachment(attachment_id=attachment_id, by=by)
    identity.log_access(by=by, what="attachment", subject=str(held.id), purpose="view")
    return held
