"""Words of the public pages: plain words for legal terms."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


TERMS: tuple[tuple[Text, Text], ...] = (
    (_("经营异常名录"), _("企业未按期公示年报、公示信息隐瞒真实情况或登记住所无法联系时，由市场监管部门列入；纠正后可以申请移出。")),
    (_("严重违法失信"), _("违反法律法规、性质恶劣、情节严重、社会危害较大，经法定程序列入的名单，在相应期限内受到管理措施。")),
    (_("失信被执行人"), _("有能力履行而不履行生效法律文书确定义务的人，由人民法院决定列入并公布。")),
    (_("行政处罚"), _("行政机关依法对违反行政管理秩序的企业作出的惩戒，如罚款、没收、吊销许可。公示期满后不再公示。")),
    (_("行政许可"), _("企业从事特定活动前，经行政机关审查准许后取得的资格，例如食品经营许可。")),
    (_("信用修复"), _("失信企业纠正行为、消除影响后，经申请由有关部门移出名单或终止公示。")),
    (_("统一社会信用代码"), _("每个主体唯一的 18 位代码，印在营业执照上。")),
    (_("注册资本"), _("股东承诺投入企业的资金总额，多数企业可分期缴纳，不等于企业现有的钱。")),
    (_("法定代表人"), _("依法代表企业行使职权的负责人。")),
    (_("双公示"), _("行政许可和行政处罚在作出决定之日起 7 个工作日内向社会公示。")),
    (_("ICP备案"), _("在中国境内提供互联网信息服务的网站须办理的备案。")),
    (_("公示期"), _("一条信息依规公开展示的期限，期满自动不再展示。")),
    (_("股权出质"), _("股东以所持股权作为债务的担保，并不表示股权已经转让。")),
    (_("动产抵押"), _("企业以设备、产品等动产作为债务的担保，财产仍由企业使用。")),
    (_("抽查检查"), _("监管部门随机抽取企业进行的检查，列出不代表企业有问题，请看检查结果。")),
    (_("认证"), _("由认证机构证明产品、服务或管理体系符合标准，须在有效期内。")),
)


def terms_in(texts: Iterable[str]) -> list[tuple[Text, Text]]:
    """The terms that occur in the texts of a page, in its language, with their plain words (D-13)."""
    whole = "\n".join(texts).lower()
    return [(term, plain) for term, plain in TERMS if str(term).lower() in whole]
