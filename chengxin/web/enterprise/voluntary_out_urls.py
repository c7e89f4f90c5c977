"""Addresses of what an enterprise shows and takes away of its voluntary registration."""

from django.urls import path

from chengxin.web.enterprise import voluntary_download, voluntary_show

urlpatterns = [
    path("voluntary/show", voluntary_show.show, name="voluntary_show"),
    path("voluntary/show/poster.pdf", voluntary_show.poster, name="voluntary_poster"),
    path("voluntary/records/<uuid:filing_id>/confirmation.pdf", voluntary_show.confirmation, name="voluntary_confirmation"),
    path("voluntary/download", voluntary_download.show, name="voluntary_download"),
    path("voluntary/download.json", voluntary_download.as_json, name="voluntary_json"),
    path("voluntary/download.xlsx", voluntary_download.as_book, name="voluntary_book_of_all"),
]
