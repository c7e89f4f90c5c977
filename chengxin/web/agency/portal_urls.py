"""Addresses of the editors' desk and of those who keep the service products."""

from django.urls import path

from chengxin.web.agency import catalogue, catalogue_new, content, products, questions, writing

ITEM = "desk/content/<uuid:item_id>"

urlpatterns = [
    path("desk/content", content.show, name="content"),
    path("desk/content/help", content.entries, name="help_entries"),
    path("desk/content/new/<slug:kind>", writing.new, name="new_content"),
    path(ITEM, content.preview, name="content_item"),
    path(f"{ITEM}/edit", writing.edit, name="edit_content"),
    path(f"{ITEM}/step", content.take_step, name="content_step"),
    path(f"{ITEM}/versions", writing.compare, name="content_versions"),
    path(f"{ITEM}/files/<uuid:file_id>", content.file, name="content_file"),
    path("desk/questions/<uuid:filing_id>", questions.show, name="question"),
    path("desk/questions/<uuid:filing_id>/answer", questions.answer, name="answer_question"),
    path("desk/questions/<uuid:question_id>/withdraw", questions.withdraw, name="withdraw_question"),
    path("desk/catalogue", catalogue.show, name="catalogue"),
    path("desk/catalogue/new", catalogue_new.show, name="new_item"),
    path("desk/catalogue/<slug:item>", catalogue.item, name="catalogue_item"),
    path("desk/catalogue/<slug:item>/use", catalogue.use, name="use_version"),
    path("desk/catalogue/<slug:item>/source.yaml", catalogue.source, name="catalogue_source"),
    path("desk/services", products.show, name="products"),
    path("desk/services/new", products.new, name="new_product"),
    path("desk/services/<uuid:service_id>", products.edit, name="product"),
    path("desk/services/<uuid:service_id>/state", products.set_state, name="product_state"),
]
