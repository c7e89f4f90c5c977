"""Addresses of many voluntary records at once."""

from django.urls import path

from chengxin.web.enterprise import itembooks

ITEM, BOOK = "voluntary/items/<slug:item>/batch", "voluntary/books/<uuid:book_id>"

urlpatterns = [
    path(ITEM, itembooks.batch, name="voluntary_batch"),
    path(f"{ITEM}/template.xlsx", itembooks.template, name="voluntary_batch_template"),
    path(BOOK, itembooks.book, name="voluntary_book"),
    path(f"{BOOK}/progress", itembooks.progress, name="voluntary_book_progress"),
    path(f"{BOOK}/marked.xlsx", itembooks.marked, name="voluntary_book_marked"),
    path(f"{BOOK}/pictures", itembooks.pictures, name="voluntary_book_pictures"),
    path(f"{BOOK}/confirm", itembooks.confirm, name="voluntary_book_confirm"),
    path(f"{BOOK}/submit", itembooks.submit, name="voluntary_book_submit"),
]
