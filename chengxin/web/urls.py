"""The addresses of all faces; each face names its own."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from chengxin.web.session import anyone
from chengxin.web.styleguide import styleguide

FACES = ("public", "account", "enterprise", "agency", "api")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((f"chengxin.web.{face}.urls", face)))
    for face in FACES
    if find_spec(f"chengxin.web.{face}") and find_spec(f"chengxin.web.{face}.urls")
]
urlpatterns.append(path("styleguide", anyone(styleguide), name="styleguide"))
