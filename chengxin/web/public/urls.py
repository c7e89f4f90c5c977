"""Addresses of the public face."""

from __future__ import annotations

from django.urls import include, path

from chengxin.web.public import dictionary, files, helpdesk, home, impostor, progress, proofs, search, statistics, verify, voices, watching, wrong

urlpatterns = [
    path("", include("chengxin.web.public.portal_urls")),
    path("", home.home, name="home"),
    path("overview", home.overview, name="overview"),
    path("accessibility", home.accessibility, name="accessibility"),
    path("data-dictionary", dictionary.page, name="dictionary"),
    path("data-dictionary.csv", dictionary.as_csv, name="dictionary_csv"),
    path("data-dictionary.json", dictionary.as_json, name="dictionary_json"),
    path("developers", home.developers, name="developers"),
    path("commitments/user-agreement", home.commitment, {"code": "user-agreement"}, name="terms"),
    path("commitments/privacy-notice", home.commitment, {"code": "privacy-notice"}, name="privacy"),
    path("commitments/<slug:code>", home.commitment, name="commitment"),
    path("files", search.files, name="search"),
    path("files/<str:uscc>.pdf", files.report, name="report"),
    path("files/<str:uscc>", files.file, name="file"),
    path("files/<str:uscc>/groups/<str:group>", files.group, name="group"),
    path("files/<str:uscc>/<uuid:version_id>", proofs.record, name="record"),
    path("files/<str:uscc>/<uuid:version_id>/opening.json", proofs.opening, name="opening"),
    path("files/<str:uscc>/<uuid:version_id>/report", wrong.report, name="report_error"),
    path("files/<str:uscc>/watch", watching.watch, name="watch"),
    path("watch", watching.lost, name="watch_lost"),
    path("watch/confirm/<str:token>", watching.confirm, name="watch_confirm"),
    path("watch/<str:token>", watching.mine, name="watching"),
    path("watch/<str:token>/unsubscribe", watching.unsubscribe, name="watch_unsubscribe"),
    path("help-desk", helpdesk.index, name="helpdesk"),
    path("help-desk/stop/<str:token>", helpdesk.stop, name="stop_change"),
    path("help-desk/<slug:topic>", helpdesk.ask, name="ask_help"),
    path("impostor", impostor.claim, name="impostor"),
    path("impostor/answer/<str:token>", impostor.answer, name="impostor_answer"),
    path("objections", statistics.wrong_data, name="statistics"),
    path("progress", progress.progress, name="progress"),
    path("verify", verify.ask, name="verify"),
    path("suggestion", voices.suggestion, name="suggestion"),
    path("tipoff", voices.tipoff, name="tipoff"),
    path("verify/<str:number>.json", verify.as_json, name="verify_json"),
    path("verify/<str:number>", verify.verify, name="verify"),
]
