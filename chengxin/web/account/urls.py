"""Addresses of registration, log-in and recovery."""

from django.urls import path

from chengxin.web import divisions
from chengxin.web.account import captchas, consents, entering, keys, outbox, papers, recovering, registering, supplementing

urlpatterns = [
    path("register", registering.register, name="register"),
    path("register/done", registering.registered, name="registered"),
    path("register/papers", papers.papers, name="papers"),
    path("register/papers/upload", papers.upload, name="upload"),
    path("register/pending", papers.pending, name="pending"),
    path("register/template/<str:kind>.<str:extension>", papers.template, name="template"),
    path("register/sample.png", papers.sample, name="sample"),
    path("account/supplement", supplementing.supplement, name="supplement"),
    path("account/consents", consents.consents, name="consents"),
    path("account/keys", keys.keys, name="keys"),
    path("login", entering.log_in, name="login"),
    path("login/agency", entering.agency_log_in, name="agency_login"),
    path("logout", entering.log_out, name="logout"),
    path("session/ping", entering.ping, name="ping"),
    path("password/forgot", recovering.forgot, name="forgot"),
    path("password/reset/<str:token>", recovering.reset, name="reset"),
    path("account/password", recovering.change, name="password"),
    path("captcha/new", captchas.new, name="captcha_new"),
    path("login/here", entering.log_in_here, name="login_here"),
    path("session/touch", entering.touch, name="session_touch"),
    path("divisions/options", divisions.options, name="divisions"),
    path("dev/outbox/", outbox.page, name="outbox"),
    path("dev/outbox.json", outbox.data, name="outbox_data"),
]
