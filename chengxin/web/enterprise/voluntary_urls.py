"""Addresses of 信用信息自愿注册."""

from django.urls import path

from chengxin.web.enterprise import voluntary, voluntary_acts, voluntary_form, voluntary_keeping, voluntary_records

RECORD = "records/<uuid:filing_id>"

urlpatterns = [
    path("", voluntary.entry, name="voluntary"),
    path("/commitment", voluntary.commitment, name="voluntary_commitment"),
    path("/items", voluntary.listing, name="voluntary_items"),
    path("/items/<slug:item>/new", voluntary.new, name="voluntary_new"),
    path("/items/<slug:item>/records", voluntary_records.mine, name="voluntary_mine"),
    path(f"/{RECORD}", voluntary_records.detail, name="voluntary_record"),
    path(f"/{RECORD}/edit", voluntary_form.form, name="voluntary_form"),
    path(f"/{RECORD}/autosave", voluntary_keeping.autosave, name="voluntary_autosave"),
    path(f"/{RECORD}/upload", voluntary_keeping.upload, name="voluntary_upload"),
    path(f"/{RECORD}/leave", voluntary_keeping.leave, name="voluntary_leave"),
    path(f"/{RECORD}/revise", voluntary_acts.revise, name="voluntary_revise"),
    path(f"/{RECORD}/done", voluntary_records.done, name="voluntary_done"),
    path(f"/{RECORD}/act/<slug:code>", voluntary_acts.act, name="voluntary_act"),
]
