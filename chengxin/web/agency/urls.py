"""Addresses of the reviewers' desk."""

from django.urls import include, path

from chengxin.web.agency import bulk, cases, changes, correcting, deciding, done, handing, helpdesk, impostors, inbox, item, own

urlpatterns = [
    path("", include("chengxin.web.agency.portal_urls")),
    path("desk", inbox.show, name="inbox"),
    path("desk/next", inbox.next_item, name="next"),
    path("desk/today", own.today, name="today"),
    path("desk/absence", own.absence, name="absence"),
    path("desk/phrases", own.kept_phrases, name="phrases"),
    path("desk/phrases/<uuid:phrase_id>/drop", own.drop_phrase, name="drop_phrase"),
    path("desk/looks", handing.looks, name="looks"),
    path("desk/<uuid:filing_id>/hand-over", handing.hand_over, name="hand_over"),
    path("desk/<uuid:filing_id>/look", handing.look, name="look"),
    path("desk/bulk", bulk.show, name="bulk"),
    path("desk/bulk/<uuid:bulk_id>/revoke", bulk.revoke, name="revoke_bulk"),
    path("desk/mine", done.mine, name="mine"),
    path("desk/delivery", done.delivery, name="delivery"),
    path("desk/help", helpdesk.queue, name="helpdesk"),
    path("desk/help/<uuid:ticket_id>", helpdesk.ticket, name="ticket"),
    path("desk/help/<uuid:ticket_id>/answer", helpdesk.answer, name="answer_ticket"),
    path("desk/help/<uuid:ticket_id>/change", helpdesk.propose, name="propose_change"),
    path("desk/help/<uuid:ticket_id>/change/<uuid:change_id>", helpdesk.settle, name="settle_change"),
    path("desk/impostors/<uuid:filing_id>", impostors.show, name="impostor"),
    path("desk/impostors/<uuid:filing_id>/accept", impostors.accept, name="accept_impostor"),
    path("desk/impostors/<uuid:filing_id>/propose", impostors.propose, name="propose_impostor"),
    path("desk/impostors/<uuid:filing_id>/settle", impostors.settle, name="settle_impostor"),
    path("desk/changes/<uuid:filing_id>", changes.show, name="change"),
    path("desk/changes/<uuid:filing_id>/decide", changes.decide, name="decide_change"),
    path("desk/cases/<uuid:filing_id>", cases.show, name="case"),
    path("desk/cases/<uuid:filing_id>/decide", cases.decide, name="decide_case"),
    path("desk/cases/<uuid:filing_id>/pass-on", cases.pass_on, name="pass_on_case"),
    path("desk/<uuid:filing_id>", item.show, name="item"),
    path("desk/<uuid:filing_id>/remark", deciding.remark, name="remark"),
    path("desk/<uuid:filing_id>/remarks/<uuid:remark_id>/drop", deciding.drop_remark, name="drop_remark"),
    path("desk/<uuid:filing_id>/correct", correcting.propose, name="correct"),
    path("desk/<uuid:filing_id>/correct/settle", correcting.settle, name="settle_correction"),
    path("desk/<uuid:filing_id>/decide", deciding.decide, name="decide"),
]
