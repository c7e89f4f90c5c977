"""Addresses of the reviewers' desk."""

from django.urls import path

from chengxin.web.agency import deciding, inbox, item

urlpatterns = [
    path("desk", inbox.show, name="inbox"),
    path("desk/next", inbox.next_item, name="next"),
    path("desk/mine", inbox.mine, name="mine"),
    path("desk/delivery", inbox.delivery, name="delivery"),
    path("desk/<uuid:filing_id>", item.show, name="item"),
    path("desk/<uuid:filing_id>/remark", deciding.remark, name="remark"),
    path("desk/<uuid:filing_id>/decide", deciding.decide, name="decide"),
]
