"""Addresses of the contract for other programs."""

from __future__ import annotations

from django.urls import path, register_converter

from chengxin.web.api import feed, files, log, reference, snapshots


class AnyVersion:
    """A record version's id: a UUID in lower case."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> str:
        """The id as text."""
        return value

    def to_url(self, value: object) -> str:
        """The id as text."""
        return str(value)


register_converter(AnyVersion, "version")

urlpatterns = [
    path("api/v1/files", files.listing, name="files"),
    path("api/v1/files:batch", files.batch, name="batch"),
    path("api/v1/files/<str:uscc>", files.one, name="file"),
    path("api/v1/files/<str:uscc>/records", files.records, name="records"),
    path("api/v1/records/<version:version_id>/proof", log.proof, name="proof"),
    path("api/v1/records/<version:version_id>/entry", log.entry, name="entry"),
    path("api/v1/changes", feed.changes, name="changes"),
    path("api/v1/divisions", reference.divisions, name="divisions"),
    path("api/v1/schemas/public-file.json", reference.public_file_schema, name="schema"),
    path("api/v1/openapi.json", reference.openapi, name="openapi"),
    path("api/v1/snapshots/", snapshots.listing, name="snapshots"),
    path("api/v1/snapshots/<slug:name>.json", snapshots.manifest, name="manifest"),
    path("api/v1/snapshots/<slug:name>.ndjson.zst", snapshots.download, name="snapshot"),
    path("log/vkey", log.vkey, name="vkey"),
    path("log/vkeys", log.vkeys, name="vkeys"),
    path("log/successions", log.successions, name="successions"),
    path("log/vkeys", log.vkeys, name="vkeys"),
    path("log/successions", log.successions, name="successions"),
    path("log/checkpoint", log.checkpoint, name="checkpoint"),
    path("log/<path:name>", log.tile, name="tile"),
]
