"""Words of the public pages: the questions of the manual, plain words for legal terms, how to read a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Question:
    """One question of document 000 §五 with its answer and its number there (there is no Q4).

    `link` names what stands beside it.
    """

    number: str
    question: Text
    answers: tuple[Text, ...]
    link: str = ""


QUESTIONS = (
    Question(
        "Q1",
        _("注册必须上传营业执照和授权文件吗？"),
        (
            _("注册成为企业用户必须上传营业执照和法人代表签字授权文件。"),
            _("授权文件模板可在注册页面左下角文件模板处下载，填写完成后由法人代表签字并加盖公章扫描上传。"),
        ),
        link="templates",
    ),
    Question(
        "Q2",
        _("填报诚信档案过程中，页面无法进行下一步操作是怎么回事？"),
        (_("出于系统安全考虑，注册填报信息页面超过 1 小时会自动登出，请填写档案时及时点击“暂存”按钮，以免信息丢失重新填报。"),),
    ),
    Question(
        "Q3",
        _("注册时提示企业名称已被注册怎么办？"),
        (
            _("若企业已被注册且忘记密码，请在登录窗口点击忘记密码进行密码重置步骤。输入企业统一社会信用代码，点击提交，系统会自动将重置密码邮件发送到您的注册邮箱，请查收邮件。"),
            _("若注册邮箱已忘记，请联系客服，联系方式可从页面底端处获得。"),
        ),
        link="forgot",
    ),
    Question(
        "Q5",
        _("注册时使用的邮箱已作废，重置密码邮件收不到怎么办？"),
        (_("请联系客服，联系方式可从页面底端处获得。"),),
    ),
    Question(
        "Q6",
        _("注册时用户名称/统一社会信用代码填错怎么办？"),
        (
            _("用户名称填错，不需要重新注册。请在收到审核结果为不通过后，登录用户进入补充、修改账号信息页面，按照审核意见修改后再次提交，等待管理员审核。"),
            _("统一社会信用代码填错，请联系客服重置企业信息后重新注册，联系方式可从页面底端处获得。"),
        ),
    ),
)

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
