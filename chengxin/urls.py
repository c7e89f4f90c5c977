"""All addresses are those of the web faces."""

from django.urls import include, path

urlpatterns = [path("", include("chengxin.web.urls"))]
