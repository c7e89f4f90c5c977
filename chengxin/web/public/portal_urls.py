"""Addresses of what the platform itself tells: content by kind, its files and feeds."""

from django.urls import path

from chengxin.web.public import content, help, questions

urlpatterns = [
    path("help", help.page, name="help"),
    path("content", content.listed, name="content"),
    path("content/feed.xml", content.feed, name="feed"),
    path("content/<slug:kind>", content.listed, name="contents"),
    path("content/<slug:kind>/feed.xml", content.feed, name="kind_feed"),
    path("content/<slug:kind>/<uuid:item_id>", content.detail, name="article"),
    path("content/<slug:kind>/<uuid:item_id>/files/<uuid:file_id>", content.download, name="download"),
    path("questions", questions.listed, name="dialogue"),
    path("questions/<uuid:question_id>", questions.detail, name="dialogue_item"),
]
