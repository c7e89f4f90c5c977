"""Addresses of 亮信用 in public."""

from django.urls import path

from chengxin.web.public import badges

urlpatterns = [
    path("badge/<str:uscc>.svg", badges.badge, name="badge"),
    path("badge/<str:uscc>/<uuid:record_id>.svg", badges.record_badge, name="record_badge"),
    path("show/<str:uscc>", badges.shown, name="shown"),
    path("show/<str:uscc>/<uuid:record_id>", badges.shown_record, name="shown_record"),
]
