"""Keys for programs: issued, rotated and revoked by who holds them."""

from __future__ import annotations

from uuid import UUID

from chengxin.access import api_keys
from chengxin.flow.step import step
from chengxin.identity.values import Actor


@step
def issue(*, name: str, submission_key: str, by: Actor) -> str:
    """A new key, whole, this once. Raises Invalid or Conflict."""
    return api_keys.issue(name=name, submission_key=submission_key, by=by)


@step
def rotate(*, key_id: UUID, by: Actor) -> str:
    """The successor of a key, whole, this once; the old one is good for a day. Raises NotFound or Conflict."""
    return api_keys.rotate(key_id=key_id, by=by)


@step
def revoke(*, key_id: UUID, by: Actor) -> None:
    """A key is good no longer. Raises NotFound."""
    api_keys.revoke(key_id=key_id, by=by)
