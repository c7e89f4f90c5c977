"""All addresses are those of the web faces; errors without an address look like theirs."""

from django.urls import include, path

urlpatterns = [path("", include("chengxin.web.urls"))]
handler400 = "chengxin.web.errors.handler400"
handler403 = "chengxin.web.errors.handler403"
handler404 = "chengxin.web.errors.handler404"
handler500 = "chengxin.web.errors.handler500"
