"""What is wrong with outputs and amplifiers, in Chinese: problems are worded once, in English, where they arise.

A maker's own words, and what the operating system says, stay as they are.
"""

from __future__ import annotations

import re

__all__ = ["in_chinese"]

_WORDS: tuple[tuple[str, str], ...] = (
    (r"there is no sound card (\S+)", r"没有声卡 \1"),
    (r"there is no sound card", "没有声卡"),
    (r"aplay is not installed; it is in the package alsa-utils", "未安装 aplay（软件包 alsa-utils）"),
    (r"aplay did not come to an end", "播放程序 aplay 未能结束"),
    (r"aplay cannot be started: (.*)", r"播放程序 aplay 无法启动：\1"),
    (r"(\S+) cannot be reached by (\S+): (.*)", r"经网卡 \2 无法到达 \1：\3"),
    (r"(\S+) cannot be reached: (.*)", r"无法到达 \1：\2"),
    (r"(\S+) cannot be written to: (.*)", r"无法写入 \1：\2"),
    (r"(\S+) cannot be written to", r"无法写入 \1"),
    (r"(\S+) is not there: (.*)", r"找不到 \1：\2"),
    (r"the disk of (\S+) is full", r"\1 所在磁盘已满"),
    (r"(\S+) is not a serial port", r"\1 不是串口"),
    (r"(\S+) is gone", r"\1 已断开"),
    (r"(\S+) is not there\.( Connect the speech chip\.)?", r"找不到 \1"),
    (r"the line to the speech chip is gone", "语音芯片的串口已断开"),
    (r"the speech chip has not been asked yet", "尚未查询语音芯片"),
    (r"The speech chip did not come to an end\..*", "语音芯片未能播完"),
    (r"The speech chip started anew while it spoke\..*", "语音芯片播放中重启"),
    (r"The speech chip does not wake up\..*", "语音芯片无法唤醒"),
    (r"it does not answer", "无应答"),
    (r"(\S+) does not answer", r"\1 无应答"),
    (r"it does not connect its lines as it is told", "未按指令接通线路"),
)
_KNOWN = tuple((re.compile(words), chinese) for words, chinese in _WORDS)


def in_chinese(problem: str) -> str:
    """The same in Chinese, as far as its words are ours."""
    for known, chinese in _KNOWN:
        found = known.fullmatch(problem)
        if found is not None:
            return found.expand(chinese)
    return problem
