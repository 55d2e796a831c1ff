"""What each kind of alarm is called and what to do about it, in both languages: one table, by code.

An alarm's code is the first part of its id; subsystems' own alarms are known by the same rule, and whatever is not
known of those has the code `told`. How far a code is grave is said by whoever raises it, since that hangs on whether
something else still holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["CODES", "SUPPLY", "TOLD", "Words", "code_of", "words_of"]

TOLD = "told"
"""The code of what a subsystem says in words of its own."""

SUPPLY = "supply-lost"
"""The code of the one alarm for everything behind a cable, switch or power feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What it is called, and what to do, in Chinese and English."""

    zh: str
    en: str
    do_zh: str
    do_en: str


def _words(zh: str, en: str, do_zh: str, do_en: str) -> Words:
    return Words(zh=zh, en=en, do_zh=do_zh, do_en=do_en)


_SEE_SUBSYSTEM = (
    "检查该子系统的主机与网络; 其间它自行运转",
    "See its machine and the network; it carries on alone meanwhile",
)
_SEE_NETWORK = ("检查网络与该子系统的负荷", "See the network and the subsystem's load")
_SEE_MASTERS = ("检查时间源及其天线、线缆", "See the masters of time, their aerials and cables")
_SEE_DEVICE = ("到现场查看该设备的电源、线缆与指示灯", "Look at the device: power, cable, lamps")
_CALL_DISPATCH = ("通知调度侧维护人员", "Call the dispatching side")

CODES: Mapping[str, Words] = {
    # The dispatching feed.
    "feed-lost": _words(
        "调度信息中断",
        "Feed lost",
        "查看下列线路; 其间按计划运转, 晚点与股道须人工录入",
        "See the lines; the station goes on by plan, enter delays and tracks by hand",
    ),
    "feed-late": _words("调度信息迟到", "Feed late", "查看下列线路", "See the lines"),
    "line-closed": _words(
        "线路不在", "Line not there", "检查线缆、设备名与权限", "See the cable, the device's name and its rights"
    ),
    "line-silent": _words("线路无信息", "Line silent", "检查网关与线缆", "See the gateway and the cable"),
    "line-keys": _words(
        "报文签名不符",
        "Telegrams not signed",
        "核对两端密钥; 若一致, 则有他人在发送",
        "See that both ends have the same keys; if they have, somebody else sends",
    ),
    "line-noisy": _words("线路干扰", "Line noisy", "检查线缆、速率与接地", "See cable, rate and earth"),
    "gateway-database": _words("网关数据库异常", "Gateway's database", *_CALL_DISPATCH),
    "gateway-rows": _words("网关数据无法识别", "Gateway's rows", "查看网关日志", "The gateway's log says which"),
    "gateway-held": _words(
        "车次突然消失",
        "Trains vanished",
        "与调度核实; 未核实前不采信",
        "Ask the dispatchers; nothing is taken until then",
    ),
    "gateway-clock": _words("网关时钟偏差", "Gateway's clock", "校准网关时钟", "Set the gateway's clock"),
    "gateways-differ": _words(
        "两网关不一致", "Gateways differ", "查明哪一个读错了数据库", "Find out which of them reads the wrong database"
    ),
    # The hub and its clock.
    "hub-trouble": _words(
        "中心无法记录",
        "Hub cannot commit",
        "按所述排除数据库故障; 恢复后自动继续",
        "Mend the database as the text says; the hub goes on by itself",
    ),
    "clock-invalid": _words("时钟无效", "Clock invalid", *_SEE_MASTERS),
    "clock-free-run": _words("时钟无人证实", "Clock free-running", *_SEE_MASTERS),
    "clock-holdover": _words("时钟守时", "Clock in holdover", *_SEE_MASTERS),
    "clock-no-majority": _words(
        "时间源矛盾", "Masters disagree", "查明哪个时间源正确", "Find out which master of time is right"
    ),
    "clock-step-refused": _words(
        "大幅校时被拒", "Step refused", "核对时间; 如属实请确认", "Check the time; accept the step if it is right"
    ),
    "clock-leap": _words(
        "时钟跳变", "Clock leaped", "核对时间; 如属实请确认", "Check the time; accept the leap if it is right"
    ),
    "clock-source": _words("时间源异常", "Master of time", *_SEE_MASTERS),
    # Subsystems.
    "subsystem-absent": _words("子系统失联", "Subsystem away", *_SEE_SUBSYSTEM),
    "subsystem-behind": _words("子系统未确认更新", "Subsystem behind", *_SEE_NETWORK),
    "subsystem-slow": _words("子系统确认缓慢", "Subsystem slow", *_SEE_NETWORK),
    "subsystem-rejects": _words(
        "子系统拒收更新",
        "Subsystem rejects",
        "若持续, 属该子系统缺陷, 请联系厂家",
        "If it lasts it is the subsystem's fault: call its maker",
    ),
    "subsystem-differs": _words(
        "子系统数据不一致",
        "Subsystem differs",
        "已自动重发; 若持续请联系厂家",
        "It is sent everything anew by itself; if it lasts call its maker",
    ),
    "nobody-does": _words("任务无人执行", "Nobody does it", *_SEE_SUBSYSTEM),
    "equipment-too-much": _words(
        "上报过多", "Too much told", "查明其为何上报如此之多", "See why it tells of so many things"
    ),
    "alarms-too-many": _words(
        "告警过多", "Too many alarms", "查明其为何反复告警", "See why it raises alarm after alarm"
    ),
    "act-refused": _words(
        "本地操作未采纳", "Local act refused", "告知操作人, 并在此处办理", "Tell whoever did it, and do it here"
    ),
    # What people have left undone, and what is written about it.
    "proposals": _words(
        "变更待确认", "Changes wait", "在变更确认页接受或拒绝", "Accept or reject them in the pane of proposals"
    ),
    "log-damaged": _words(
        "操作日志被改动",
        "Log was changed",
        "保全数据库与备份, 通知审计管理员",
        "Keep the database and its backups as they are, and call whoever audits",
    ),
    "log-not-written": _words(
        "操作日志未写入", "Log not written", "排除数据库故障; 恢复后自动补写", "Mend the database; it is written then"
    ),
    "second-factor": _words(
        "动态口令异常", "Second factor", "与本人核实, 必要时重新绑定", "Ask the person; have it set up anew if need be"
    ),
    # Boards and devices.
    "board-differs": _words(
        "屏显不符",
        "Board differs",
        "查看该屏实际显示; 必要时人工引导旅客",
        "Look at the board; have staff direct passengers if need be",
    ),
    "board-unread": _words("屏幕未回读", "Board not read back", "检查屏幕控制器", "See the board's controller"),
    "board-old": _words("屏幕回读过旧", "Readback too old", "检查屏幕控制器", "See the board's controller"),
    "device-faulty": _words("设备故障", "Device faulty", *_SEE_DEVICE),
    "device-absent": _words("设备无应答", "Device not answering", *_SEE_DEVICE),
    SUPPLY: _words(
        "同源故障",
        "Common cause",
        "检查共用的线缆、交换机或电源; 其后设备各自恢复",
        "See the cable, switch or power feed that they share; the devices come back by themselves",
    ),
    # What subsystems say themselves.
    "board": _words("引导屏异常", "Board", "查看该屏及其控制器", "Look at the board and its controller"),
    "panel": _words("LED 屏异常", "LED panel", *_SEE_DEVICE),
    "output": _words("广播输出异常", "Output", "检查声卡、线缆与功放", "See sound card, cable and amplifier"),
    "output-zones": _words("广播区不存在", "Unknown zones", "核对输出配置", "Check the outputs' configuration"),
    "amplifier": _words("功放异常", "Amplifier", "查看功放面板", "Look at the amplifier's front"),
    "zone": _words(
        "广播区无声", "Zone silent", "改用邻区或人工广播", "Use a neighbouring zone, or have staff announce it"
    ),
    "emergency": _words(
        "紧急广播进行中",
        "Emergency under way",
        "按应急预案处置; 解除后结束广播",
        "Follow the plan; end it when it is over",
    ),
    "emergency-problem": _words("紧急广播故障", "Emergency fault", "改用其他手段通告", "Tell people by other means"),
    "emergency-ran-out": _words(
        "紧急广播到时", "Emergency ended", "如未解除请重新启动", "Call it again if it is not over"
    ),
    "emergency-not-ready": _words("紧急词未备好", "Emergency not ready", "检查语音引擎", "See the speech engine"),
    "fire": _words("火灾报警", "Fire alarm", "按应急预案处置", "Follow the emergency plan"),
    "contacts": _words("触点设备失联", "Contacts lost", *_SEE_DEVICE),
    "text": _words("本地文字", "Local text", "确认该文字应在屏上", "See that the words should be there"),
    TOLD: _words("子系统告警", "Subsystem's alarm", "按其所述处理", "Do as it says"),
}


def code_of(name: str, identity: str) -> str:
    """The code of an alarm by its id; what a subsystem says that is not known is `told`."""
    code = name.partition("/")[0]
    if code in CODES:
        return code
    return TOLD if identity else code


def words_of(code: str) -> Words:
    """What a code is called and what to do; a code without words is told by itself."""
    return CODES.get(code) or Words(zh=code, en=code, do_zh=CODES[TOLD].do_zh, do_en=CODES[TOLD].do_en)
