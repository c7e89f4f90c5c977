"""Every text that goes out by mail or SMS, as data: subject and body with named places.

`{site}`, `{origin}` and `{hotline}` are always there; the other places are parameters of `enqueue`.
A place marked secret (a link with a token, a code) comes through `secret_params`, is encrypted at
rest, and the row lives only `secret_minutes` (D-45). Values are put in once and never read as
templates again, so braces in an enterprise's name stay braces.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Template:
    """Subject and body; how long its secret is worth sending; which place holds the link that ends such mails (RFC 8058)."""

    subject: Text
    body: Text
    secret_minutes: int = 0
    unsubscribe: str = ""


FOOT = _("\n\n——\n{site}\n{origin}\n客服电话：{hotline}\n本邮件由系统自动发出，请勿直接回复。平台工作人员不会向您索要密码或验证码。")

TEMPLATES: dict[str, Template] = {
    "registration_submitted": Template(
        _("注册信息已提交，请等待审核"),
        _(
            "{name}：\n\n您的注册信息和附件已提交，受理编号 {number}。\n审核单位：{unit}\n预计审核完成时间：{due}\n\n"
            "审核结果会通过邮件发送至本邮箱，也可登录平台查看：\n{link}"
        ),
    ),
    "review_result": Template(
        _("账号审核结果：{result}"),
        _("{name}：\n\n您的企业用户注册审核结果为：{result}。\n审核时间：{decided}\n{opinion}\n\n请登录平台继续办理：\n{link}"),
    ),
    "archive_submitted": Template(
        _("诚信档案已提交，请等待审核"),
        _(
            "{name}：\n\n您填报的诚信档案已提交，回执编号 {number}。\n审核单位：{unit}\n预计审核完成时间：{due}\n\n"
            "回执可在平台查看和下载：\n{link}"
        ),
    ),
    "archive_result": Template(
        _("诚信档案审核结果：{result}"),
        _("{name}：\n\n您填报的诚信档案审核结果为：{result}。\n审核时间：{decided}\n{opinion}\n\n请登录平台查看详情：\n{link}"),
    ),
    "voluntary_result": Template(
        _("自愿注册信息处理结果：{result}"),
        _("{name}：\n\n您自愿注册的一条信用信息处理结果为：{result}。\n审核时间：{decided}\n{opinion}\n\n请登录平台查看详情：\n{link}"),
    ),
    "decision_corrected": Template(
        _("审核结果更正：{result}"),
        _(
            "{name}：\n\n{unit} 更正了此前的审核结果，更正后为：{result}。\n更正时间：{decided}\n理由：{reason}\n\n"
            "请登录平台查看详情：\n{link}"
        ),
    ),
    "password_reset": Template(
        _("重置密码"),
        _(
            "您好：\n\n我们收到了重置您账号密码的申请。请在 {until} 前打开下面的链接设置新密码，链接只能使用一次：\n\n{reset_link}\n\n"
            "如果不是您本人操作，请忽略本邮件，您的密码不会改变。"
        ),
        secret_minutes=30,
    ),
    "password_changed": Template(
        _("密码已修改"),
        _(
            "您好：\n\n您的账号密码已于 {moment} 修改，其他设备上的登录已全部退出。\n\n"
            "如果不是您本人操作，请立即找回密码并联系客服：\n{link}"
        ),
    ),
    "login_blocked": Template(
        _("账号登录异常提醒"),
        _(
            "您好：\n\n{moment}，有人多次输入错误的密码尝试登录您的账号，该来源已被暂时限制。\n"
            "您在常用设备上仍可正常登录。如非本人操作，建议修改密码：\n{link}"
        ),
    ),
    "email_code": Template(
        _("邮箱验证码"),
        _("您好：\n\n您的验证码是：{code}\n\n用途：{use}\n请在 {until} 前使用，验证码只能使用一次，请勿告诉他人。"),
        secret_minutes=10,
    ),
    "phone_code": Template(
        _("短信验证码"),
        _("【{site}】验证码 {code}，用于{use}，{until} 前有效，请勿告诉他人。"),
        secret_minutes=10,
    ),
    "email_changed": Template(
        _("注册邮箱已变更"),
        _("您好：\n\n您账号的注册邮箱已于 {moment} 变更为 {new_masked}。\n\n如果不是您本人操作，请立即联系客服。"),
    ),
    "account_invited": Template(
        _("账号已开通"),
        _("{name}：\n\n{unit} 已为您开通账号（登录名 {login}）。请在 {until} 前打开下面的链接设置密码：\n\n{reset_link}"),
        secret_minutes=3 * 24 * 60,
    ),
    "account_change_held": Template(
        _("请核实：有人申请{what}"),
        _(
            "{name}：\n\n有人通过客服求助（编号 {number}）申请对您的账号{what}，经客服核实，将于 {until} 生效。\n\n"
            "如果不是您本人或本单位申请，请在此前打开下面的链接并点击“阻止此次变更”：\n\n{stop_link}\n\n"
            "如确为本单位申请，无需操作。"
        ),
        secret_minutes=24 * 60,
    ),
    "account_change_coming": Template(
        _("{what}已核实，等待生效"),
        _(
            "{name}：\n\n您的客服求助（编号 {number}）已核实，{what}将于 {until} 生效。\n\n"
            "为保护账号安全，原注册邮箱在此前可以阻止此次变更。生效后会再次通知您。"
        ),
    ),
    "account_change_stopped": Template(
        _("{what}已被阻止"),
        _("{name}：\n\n客服求助（编号 {number}）申请的{what}已被原注册邮箱阻止，账号没有变化。客服会再次核实并答复。"),
    ),
    "registration_reset": Template(
        _("注册信息已重置"),
        _("{name}：\n\n您的注册信息已于 {moment} 由 {unit} 重置。\n原因：{reason}\n\n您可以重新注册：\n{link}"),
    ),
    "account_frozen": Template(
        _("账号身份核实通知"),
        _("{name}：\n\n有人就您的账号提出冒名注册申诉，账号已暂停使用。请在 {due} 前提交身份材料：\n{link}"),
    ),
    "subject_ended": Template(
        _("主体状态变更通知"),
        _(
            "{name}：\n\n根据 {source}，贵单位登记状态已于 {moment} 变更为：{status}。诚信档案不再更新，未办结事项已终止。\n\n"
            "详情：\n{link}"
        ),
    ),
    "review_waiting": Template(
        _("今日有新的待审核事项：{title}"),
        _(
            "您好：\n\n{unit} 今日收到新的待审核事项，首项如下；其后收到的事项不再逐一发送邮件，请登录平台查看。\n"
            "事项：{title}\n提交时间：{moment}\n应办结时间：{due}\n\n请登录平台办理：\n{link}"
        ),
    ),
    "review_overdue": Template(
        _("待审核事项已逾期：{title}"),
        _(
            "您好：\n\n下列事项已超过办结时间，仍待审核。今日其他逾期事项不再逐一发送邮件，请登录平台查看。\n"
            "事项：{title}\n应办结时间：{due}\n\n请尽快登录平台办理：\n{link}"
        ),
    ),
    "competence_moved": Template(
        _("待审核事项转由本单位办理"),
        _("您好：\n\n{unit} 目前没有可办理审核的人员，其待审核事项（{count} 项）自 {moment} 起由本单位办理：\n{link}"),
    ),
    "handed_over": Template(
        _("今日有转交的待办事项：{title}"),
        _(
            "您好：\n\n有事项已转交 {to} 办理，首项如下；今日其后转交的事项不再逐一发送邮件，请登录平台查看转办理由和材料。\n"
            "事项：{title}\n应办结时间：{due}\n\n请登录平台办理：\n{link}"
        ),
    ),
    "enterprise_moved_in": Template(
        _("有企业迁入本单位辖区：{name}"),
        _("您好：\n\n{name} 已于 {moment} 迁入 {unit} 辖区，此前由 {former} 办理；其后的填报由本单位审核：\n{link}"),
    ),
    "case_told": Template(
        _("{title}：{what}"),
        _("您好：\n\n{title}（编号 {number}）{what}。\n{answer}\n\n查询办理进度：\n{link}"),
    ),
    "case_told_sms": Template("", _("【{site}】{title}（编号 {number}）{what}，可凭编号和查询码在 {origin}/progress 查询。")),
    "authorisation_ends": Template(
        _("经办人授权将于{day}到期"),
        _(
            "{name}：\n\n{unit} 授权您代为办理信用信息自愿注册，授权将于 {day} 到期，到期后不能继续办理。\n"
            "需要继续办理的，请联系企业管理员上传新的授权文件。\n\n{link}"
        ),
    ),
    "authorisation_ends_unit": Template(
        _("经办人{name}的授权将于{day}到期"),
        _(
            "{unit}：\n\n贵单位经办人 {name} 办理信用信息自愿注册的授权将于 {day} 到期，到期后不能继续办理。\n"
            "需要继续办理的，请上传法定代表人签署的新的授权文件：\n{link}"
        ),
    ),
    "notice": Template(_("{title}"), _("{name}：\n\n{text}\n\n{link}")),
    "watch_confirm": Template(
        _("请确认关注：{name}"),
        _(
            "您好：\n\n有人申请用本邮箱关注“{name}”的诚信档案。确认后，档案有变化时每天最多发送一封提醒邮件。\n\n"
            "请在 {hours} 小时内打开下面的链接，点击页面上的按钮确认：\n{confirm_link}\n\n"
            "如果不是您本人申请，请忽略本邮件，不会再收到提醒。"
        ),
        secret_minutes=48 * 60,
    ),
    "watch_list": Template(
        _("您的关注列表"),
        _(
            "您好：\n\n查看和管理本邮箱关注的企业（每个邮箱最多关注 {most} 家）：\n{list_link}\n\n"
            "退订全部提醒并删除本邮箱：\n{unsubscribe_link}\n\n持有上述链接的人可以管理您的关注，请勿转发。"
        ),
        secret_minutes=24 * 60,
    ),
    "watch_digest": Template(
        _("您关注的 {count} 家企业诚信档案有变化"),
        _(
            "您好：\n\n{lines}\n\n管理关注的企业：\n{list_link}\n\n退订全部提醒：\n{unsubscribe_link}\n\n"
            "持有上述链接的人可以管理您的关注，请勿转发。"
        ),
        secret_minutes=24 * 60,
        unsubscribe="unsubscribe_link",
    ),
}


def places(template: str) -> set[str]:
    """The names of the places in a template, common ones not counted."""
    import string

    chosen = TEMPLATES[template]
    found = string.Formatter().parse(f"{chosen.subject}{chosen.body}")
    return {name for _text, name, _spec, _conv in found if name} - {"site", "origin", "hotline"}
