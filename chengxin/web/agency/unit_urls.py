"""Addresses of 机构管理 and of the supervisor's map."""

from django.urls import path

from chengxin.web.agency import supervising, unit_books, units

urlpatterns = [
    path("desk/map", supervising.show, name="map"),
    path("desk/units", units.show, name="units"),
    path("desk/units/new", units.new_unit, name="new_unit"),
    path("desk/units/book", unit_books.show, name="unit_books"),
    path("desk/units/book.xlsx", unit_books.export, name="export_units"),
    path("desk/units/<uuid:agency_id>", units.unit, name="unit"),
    path("desk/units/<uuid:agency_id>/rename", units.rename, name="rename_unit"),
    path("desk/units/<uuid:agency_id>/people", units.new_person, name="new_person"),
    path("desk/units/<uuid:agency_id>/acts", units.propose, name="propose_act"),
    path("desk/units/acts/<uuid:act_id>", units.settle, name="settle_act"),
]
