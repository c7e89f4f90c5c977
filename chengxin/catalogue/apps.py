"""The catalogue's registration with Django."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Forms as data."""

    name = "chengxin.catalogue"
    label = "catalogue"
    verbose_name = "目录"
