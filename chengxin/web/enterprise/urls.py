"""Addresses of the enterprise's pages."""

from django.urls import include, path

from chengxin.web.enterprise import archive, cases, changes, finishing, home, keeping, pages, papers, starting, watching

ARCHIVE = "workbench/archive/<uuid:filing_id>"

urlpatterns = [
    path("", include("chengxin.web.enterprise.portal_urls")),
    path("", include("chengxin.web.enterprise.itembook_urls")),
    path("", include("chengxin.web.enterprise.voluntary_out_urls")),
    path("voluntary", include("chengxin.web.enterprise.voluntary_urls")),
    path("workbench", home.show, name="home"),
    path("workbench/messages", home.messages, name="messages"),
    path("workbench/archive", archive.show, name="archive"),
    path("workbench/archive/update", archive.update, name="update"),
    path("workbench/archive/records/<uuid:record_id>/hide", archive.hide, name="hide"),
    path(f"{ARCHIVE}/basic", pages.basic, name="basic"),
    path(f"{ARCHIVE}/commitment", starting.commitment, name="commitment"),
    path(f"{ARCHIVE}/page/<slug:code>", pages.page, name="page"),
    path(f"{ARCHIVE}/page/<slug:code>/autosave", keeping.autosave, name="autosave"),
    path(f"{ARCHIVE}/page/<slug:code>/leave", keeping.leave, name="leave"),
    path(f"{ARCHIVE}/upload", keeping.upload, name="upload"),
    path(f"{ARCHIVE}/preview", finishing.preview, name="preview"),
    path(f"{ARCHIVE}/submit", finishing.submit, name="submit"),
    path(f"{ARCHIVE}/status", finishing.status, name="status"),
    path("workbench/receipts/<slug:number>", papers.receipt, name="receipt"),
    path("workbench/receipts/<slug:number>.pdf", papers.receipt_pdf, name="receipt_pdf"),
    path("workbench/receipts/<slug:number>.json", papers.receipt_json, name="receipt_json"),
    path("workbench/cases", cases.listing, name="cases"),
    path("workbench/cases/<uuid:filing_id>", cases.show, name="case"),
    path("workbench/changes/new", changes.change, name="change"),
    path("workbench/watching", watching.show, name="watching"),
    path("workbench/objections/of/<uuid:version_id>", cases.objection, name="object"),
    path("files-of/<uuid:attachment_id>/<int:number>.png", papers.attachment, name="attachment"),
]
