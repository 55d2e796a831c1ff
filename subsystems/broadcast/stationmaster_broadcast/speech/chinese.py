"""Chinese text as announcers read it: everything that a synthesiser would read wrongly is written out in characters.

Train numbers are read digit by digit with 幺 for 1 and the prefix letter as a word; times as 八点零五分; what counts
something (minutes, yuan, people) as a number; platforms, tracks, gates and other places as a number too, unless they
have three digits or more. Letters are read by their names, which are written in characters of the same sound: a Chinese
voice that meets a Latin letter changes its language, or says nothing. Words that are written as words (WiFi) are meant.
The practice is that of Chinese railway stations; see the glossary in the documents.
The functions are pure and never fail: what they do not know they leave as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["cardinal", "clock_time", "digits", "normalise_chinese"]

DIGITS = "零一二三四五六七八九"
PREFIXES = {
    "DJ": "动检",
    "G": "高",
    "D": "动",
    "C": "城",
    "Z": "直",
    "T": "特",
    "K": "快",
    "L": "临",
    "Y": "游",
    "S": "市",
}
"""Words for the letters of train numbers, as the national rules for numbering trains give them."""

LETTERS = {
    "A": "诶",
    "B": "必",
    "C": "塞",
    "D": "弟",
    "E": "鹅",
    "F": "艾弗",
    "G": "记",
    "H": "艾尺",
    "I": "爱",
    "J": "杰",
    "K": "凯",
    "L": "艾勒",
    "M": "艾姆",
    "N": "恩",
    "O": "欧",
    "P": "批",
    "Q": "丘",
    "R": "阿尔",
    "S": "艾斯",
    "T": "提",
    "U": "优",
    "V": "维",
    "W": "达不溜",
    "X": "艾克斯",
    "Y": "歪",
    "Z": "贼",
}
"""How announcers call the letters, in characters; all of them are in GB2312, which speech chips read.

None sounds like a number or a quarter of the sky: 西 for C would send people to the western exit, 衣 for E to gate 1.
"""

COUNTED = "小时|分钟|分|秒|天|周|个|元|块|名|位|人|节|辆|趟|件|张|列|米|公里|千米|公斤|千克|岁|倍"
"""Words after which a number counts something, however many digits it has, and a lone 2 is 两."""

RANKED = "级|层|楼|厘米|毫米|月|日|等座|排"
"""Words after which a number is a number too, but a lone 2 is 二."""

PLACES = (
    "检票口|检票闸|检票|闸机|出站口|出口|入口|进站口|进口|候车|站台|站房|航站楼|窗口|通道|停车场|电梯|柜台|服务台"
    "|区|口|厅|层|楼"
)
"""Words after which letter and digits name a place and not a train."""

_PLACE_AHEAD = rf"(?=\s*(?:[、,，和及与或/]\s*[A-Z]\d{{1,2}}\s*)*(?:号)?\s*(?:{PLACES}))"
_TRAIN = r"(?:DJ|[GDCZTKLYS])\d{1,5}(?:/(?:DJ|[GDCZTKLYS])?\d{1,5})*"
_COUNT = r"\d+(?:\.\d+)?"
_CLOCK = r"(?<!\d)(?<!\d:)([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?!\d|:\d)"


def digits(number: str, *, one: str = "幺") -> str:
    """Digit by digit: 101 is 幺零幺. `one` is the word for 1; years take 一."""
    return "".join(one if digit == "1" else DIGITS[int(digit)] for digit in number)


def cardinal(number: int) -> str:
    """A number from 0 to 99,999,999 as a number: 15 is 十五, 105 is 一百零五; larger ones digit by digit."""
    if number >= 100_000_000:
        return digits(str(number), one="一")
    high, low = divmod(number, 10_000)
    if not high:
        return _below_ten_thousand(low)
    words = ("两" if high == 2 else _below_ten_thousand(high)) + "万"
    if low:
        words += ("零" if low < 1000 else "") + _below_ten_thousand(low, leading=False)
    return words


def clock_time(hour: int, minute: int, second: int | None = None) -> str:
    """A time of day: 8:05 is 八点零五分, 10:00 is 十点整, 2:00 is 两点整."""
    words = ("两" if hour == 2 else cardinal(hour)) + "点"
    if second:
        return f"{words}{_two_places(minute)}分{_two_places(second)}秒"
    return words + ("整" if minute == 0 else f"{_two_places(minute)}分")


def normalise_chinese(text: str) -> str:
    """`text` with numbers, codes and times in characters; text that has none comes back as it is."""
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text


def _letters(found: re.Match[str]) -> str:
    """A letter or an abbreviation by the names of its letters; a word stays, since it is meant to be read as one."""
    word = found[0]
    if len(word) > 1 and not word.isupper():
        return word
    return "".join(LETTERS[letter] for letter in word.upper())


def _two_places(number: int) -> str:
    return f"零{DIGITS[number]}" if number < 10 else cardinal(number)


def _below_ten_thousand(number: int, *, leading: bool = True) -> str:
    if number == 0:
        return "零"
    words = ""
    gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit == 0:
            gap = bool(words)
            continue
        if gap:
            words += "零"
            gap = False
        if unit == 10 and digit == 1 and not words and leading:
            words += name
        elif unit == 1000 and digit == 2:
            words += "两" + name
        else:
            words += DIGITS[digit] + name
    return words


def _decimal(number: str) -> str:
    whole, _, fraction = number.partition(".")
    return cardinal(int(whole)) + (f"点{digits(fraction, one='一')}" if fraction else "")


def _bare(number: str) -> str:
    """A number of which nothing is known: short ones are numbers, long ones and 007 are codes."""
    return digits(number) if len(number) > 2 or (len(number) > 1 and number[0] == "0") else cardinal(int(number))


def _clock(found: re.Match[str]) -> str:
    return clock_time(int(found[1]), int(found[2]), int(found[3]) if found[3] else None)


def _date(found: re.Match[str]) -> str:
    year = f"{digits(found[1], one='一')}年" if found[1] else ""
    day = f"{cardinal(int(found[3]))}{found[4]}" if found[3] else ""
    return f"{year}{cardinal(int(found[2]))}月{day}"


def _temperature(found: re.Match[str]) -> str:
    below = "零下" if found[1] else ""
    return f"{below}{_decimal(found[2])}{'度' if found[3] == '度' else '摄氏度'}"


def _counted(found: re.Match[str]) -> str:
    return ("两" if found[1] == "2" else _decimal(found[1])) + found[2]


def _hour(found: re.Match[str]) -> str:
    """2点 is 两点; 8点5分 and 8点05分 are 八点零五分."""
    words = ("两" if int(found[1]) == 2 else cardinal(int(found[1]))) + "点"
    return words + (f"{_two_places(int(found[2]))}分" if found[2] else "")


def _train(found: re.Match[str]) -> str:
    """One train number or several with strokes between: K1178/9 is 快幺幺七八、快幺幺七九."""
    words: list[str] = []
    prefix, before = "", ""
    for part in found[0].split("/"):
        number = part.lstrip("".join(LETTERS))
        letter = part[: len(part) - len(number)]
        prefix = letter or prefix
        if not letter and before and len(number) < len(before):
            number = before[: len(before) - len(number)] + number
        before = number
        words.append(PREFIXES.get(prefix, prefix) + digits(number))
    return "、".join(words)


def _letter_first(found: re.Match[str]) -> str:
    return found[1] + _bare(found[2])


def _digits_first(found: re.Match[str]) -> str:
    number = found[1]
    return (digits(number) if len(number) > 2 else cardinal(int(number))) + found[2]


_Replacement = Callable[[re.Match[str]], str]
_STEPS: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    (re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])"), lambda found: found[0].replace(",", "")),
    (
        re.compile(r"(?<![\d-])(\d{4})-([01]?\d)-([0-3]?\d)(?![\d-])"),
        lambda found: "{}年{}月{}日".format(*found.groups()),
    ),
    # 08:00-09:00 is a span; the stroke between two times is said.
    (re.compile(rf"({_CLOCK})\s*[-~—–～]+\s*(?={_CLOCK})"), lambda found: f"{found[1]}至"),
    (re.compile(_CLOCK), _clock),
    (re.compile(r"(?:(?<!\d)(\d{4})年)(\d{1,2})月(?:(\d{1,2})([日号]))?"), _date),
    (re.compile(r"()(?<!\d)(\d{1,2})月(?:(\d{1,2})([日号]))"), _date),
    (re.compile(r"(?<!\d)(\d{4})(?=年)"), lambda found: digits(found[1], one="一")),
    (re.compile(r"(\d+(?:\.\d+)?)\s*[%％]"), lambda found: f"百分之{_decimal(found[1])}"),
    (re.compile(r"(?<![\d.])([-−])?(\d+(?:\.\d+)?)\s*(℃|°C|摄氏度|度)"), _temperature),
    # 3-5分钟 and 9~16号车厢 are spans; other strokes are pauses.
    (
        re.compile(rf"(?<![\dA-Za-z/-])({_COUNT})\s*[-~—–～]+\s*(?={_COUNT}\s*(?:{COUNTED}|{RANKED}|号|站台|道|车))"),
        lambda found: _decimal(found[1]) + "至",
    ),
    (re.compile(r"(?<![\d.:])([01]?\d|2[0-4])点(?:([0-5]?\d)分)?"), _hour),
    # A12检票口 is a place; G2402 is a train, and so is 1461/2次, but 第2次 counts.
    (re.compile(rf"(?<![A-Za-z\d])([A-Z])(\d{{1,4}})(?![A-Za-z\d]){_PLACE_AHEAD}"), _letter_first),
    (re.compile(rf"(?<![A-Za-z\d]){_TRAIN}(?![A-Za-z\d])"), _train),
    (re.compile(r"(?<![A-Za-z\d第.])\d{1,5}(?:/\d{1,5})*(?=\s*次)"), _train),
    (re.compile(r"(?<![A-Za-z\d])([A-Z])(\d{1,4})(?![A-Za-z\d])"), _letter_first),
    (re.compile(r"(?<![A-Za-z\d.])(\d{1,4})([A-Z])(?![A-Za-z\d])"), _digits_first),
    (re.compile(r"(?<=\d)\s*/\s*(?=\d)"), lambda _found: "、"),
    (re.compile(r"(?<=\d)\s*-\s*(?=\d)"), lambda _found: "，"),
    (re.compile(rf"(?<=第)(\d{{1,4}})(\s*(?:{COUNTED}))"), lambda found: cardinal(int(found[1])) + found[2]),
    (re.compile(rf"(?<![\d.])({_COUNT})(\s*(?:{COUNTED}))"), _counted),
    # Places with three digits and more are codes; everything counted is a number however long.
    (
        re.compile(r"(?<![\d.])(\d{1,2})(\s*(?:站台|站|道|车厢|车|号|区))"),
        lambda found: cardinal(int(found[1])) + found[2],
    ),
    (re.compile(rf"(?<![\d.])(\d+)(\s*(?:{RANKED}))"), lambda found: cardinal(int(found[1])) + found[2]),
    (re.compile(r"(?<![\d.])(\d+\.\d+)(?![\d.])"), lambda found: _decimal(found[1])),
    (re.compile(r"\d+"), lambda found: _bare(found[0])),
    (re.compile(r"[A-Za-z]+"), _letters),
)
