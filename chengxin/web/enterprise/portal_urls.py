"""Addresses of 惠民惠企 and 政企交流."""

from django.urls import path

from chengxin.web.enterprise import questions, services

urlpatterns = [
    path("workbench/services", services.show, name="services"),
    path("workbench/services/<slug:code>", services.detail, name="service"),
    path("workbench/services/<slug:code>/claim", services.claim, name="claim"),
    path("workbench/claims", services.history, name="claims"),
    path("workbench/questions", questions.listing, name="questions"),
    path("workbench/questions/new", questions.ask, name="ask"),
]
