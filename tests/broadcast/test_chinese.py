"""Chinese text is read as announcers read it."""

import pytest
from pypinyin import lazy_pinyin

from stationmaster_broadcast.speech.chinese import LETTERS, cardinal, clock_time, digits
from stationmaster_broadcast.speech.normalise import normalise

TRAINS = [
    ("G2402次列车", "高二四零二次列车"),
    ("D101次", "动幺零幺次"),
    ("C6次", "城六次"),
    ("Z317次", "直三幺七次"),
    ("T110次", "特幺幺零次"),
    ("K1178次", "快幺幺七八次"),
    ("K1次", "快幺次"),
    ("L25次", "临二五次"),
    ("Y503次", "游五零三次"),
    ("S201次", "市二零幺次"),
    ("6856次", "六八五六次"),
    ("12次列车", "幺二次列车"),
    ("1461/2次列车", "幺四六幺、幺四六二次列车"),
    ("G2402/G2403次", "高二四零二、高二四零三次"),
    ("K1178/9次", "快幺幺七八、快幺幺七九次"),
    ("D1、D2次", "动幺、动二次"),
    ("Ｇ１２次", "高幺二次"),
    ("DJ5612次", "动检五六幺二次"),
    ("G12345次", "高幺二三四五次"),
    ("X2次", "艾克斯二次"),
    ("开往北京的G90 次列车", "开往北京的高九零 次列车"),
]
TIMES = [
    ("08:05开", "八点零五分开"),
    ("8:05", "八点零五分"),
    ("10:00到达", "十点整到达"),
    ("00:00", "零点整"),
    ("00:05", "零点零五分"),
    ("02:00", "两点整"),
    ("02:02", "两点零二分"),
    ("06:28: 请候车", "六点二十八分: 请候车"),
    ("12:30", "十二点三十分"),
    ("20:20", "二十点二十分"),
    ("22:00", "二十二点整"),
    ("23:59", "二十三点五十九分"),
    ("24:00", "二十四点整"),
    ("11:11", "十一点十一分"),
    ("０８：０５", "八点零五分"),
    ("8:00-9:30", "八点整至九点三十分"),
    ("08:00—09:00", "八点整至九点整"),
    ("8:05:30", "八点零五分三十秒"),
    ("2点", "两点"),
    ("2点5分", "两点零五分"),
    ("12点05分", "十二点零五分"),
    ("25:00", "二十五:零零"),
]
COUNTS = [
    ("晚点约15分钟", "晚点约十五分钟"),
    ("晚点约2分", "晚点约两分"),
    ("晚点2小时5分钟", "晚点两小时五分钟"),
    ("晚点12小时", "晚点十二小时"),
    ("晚点约 105 分", "晚点约 一百零五 分"),
    ("票价23.5元", "票价二十三点五元"),
    ("2元", "两元"),
    ("200人", "二百人"),
    ("2000人", "两千人"),
    ("第2次广播", "第二次广播"),
    ("6级大风", "六级大风"),
    ("2楼", "二楼"),
    ("-5℃", "零下五摄氏度"),
    ("12度", "十二度"),
    ("50%", "百分之五十"),
    ("3.5", "三点五"),
    ("2026年3月1日", "二零二六年三月一日"),
    ("2026-03-06", "二零二六年三月六日"),
    ("3-5分钟", "三至五分钟"),
    ("3～5分钟", "三至五分钟"),
    ("1,200人", "一千二百人"),
    ("第2个", "第二个"),
    ("2个", "两个"),
    ("2011年", "二零一一年"),
    ("10月2日", "十月二日"),
]
PLACES = [
    ("3站台", "三站台"),
    ("2站台", "二站台"),
    ("12站台", "十二站台"),
    ("1/2站台", "一、二站台"),
    ("5道", "五道"),
    ("14道", "十四道"),
    ("1A检票口", "一诶检票口"),
    ("12B检票口", "十二必检票口"),
    ("1A、1B检票口", "一诶、一必检票口"),
    ("A12检票口", "诶十二检票口"),
    ("C1出口", "塞一出口"),
    ("D2、D3出站口", "弟二、弟三出站口"),
    ("T2航站楼", "提二航站楼"),
    ("8号车厢", "八号车厢"),
    ("01车厢", "一车厢"),
    ("2号候车室", "二号候车室"),
    ("候车区A", "候车区诶"),
    ("5号", "五号"),
    ("⑧站台", "八站台"),
    ("9-16号车厢", "九至十六号车厢"),
    ("8辆", "八辆"),
    ("B1层", "必一层"),
    ("N、S出站口", "恩、艾斯出站口"),
    ("VIP室", "维爱批室"),
    ("WiFi密码", "WiFi密码"),
]
CODES = [
    ("101", "幺零幺"),
    ("12306", "幺二三零六"),
    ("007", "零零七"),
    ("5", "五"),
    ("15", "十五"),
    ("95105-105", "九五幺零五，幺零五"),
    ("", ""),
    ("旅客们请注意", "旅客们请注意"),
]


@pytest.mark.parametrize(("written", "said"), TRAINS + TIMES + COUNTS + PLACES + CODES)
def test_what_is_written_is_said_as_announcers_say_it(written: str, said: str) -> None:
    """Train numbers digit by digit with 幺 and the letter as a word, times with 点 and 分, what counts as a number."""
    assert normalise(written, "zh") == said


def test_a_whole_announcement() -> None:
    """All kinds of number in one sentence do not disturb one another."""
    written = (
        "旅客们，开往北京北方向的G2402次列车开始检票了。请到1A、1B检票口检票，到3站台上车，08:05开车，晚点约102分钟。"
    )
    said = (
        "旅客们，开往北京北方向的高二四零二次列车开始检票了。请到一诶、一必检票口检票，到三站台上车，"
        "八点零五分开车，晚点约一百零二分钟。"
    )
    assert normalise(written, "zh") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (2010, "两千零一十"),
        (10000, "一万"),
        (20000, "两万"),
        (10001, "一万零一"),
        (10500, "一万零五百"),
        (12345, "一万两千三百四十五"),
        (150012, "十五万零一十二"),
        (123456789, "一二三四五六七八九"),
    ],
)
def test_cardinals(number: int, said: str) -> None:
    """零 stands once for any gap, and a leading 十 has no 一."""
    assert cardinal(number) == said


def test_digits_with_both_words_for_one() -> None:
    """Codes take 幺 and years 一."""
    assert digits("2011") == "二零幺幺"
    assert digits("2011", one="一") == "二零一一"


def test_every_minute_of_the_day_has_words_of_its_own() -> None:
    """No two times are said alike, and none is said with digits."""
    said = {clock_time(hour, minute) for hour in range(24) for minute in range(60)}
    assert len(said) == 24 * 60
    assert not any(char.isdigit() for text in said for char in text)


def test_every_letter_has_a_name_of_its_own_that_chips_can_read() -> None:
    """The names of the letters are in GB2312, and no two letters sound the same."""
    assert len(LETTERS) == len(set(LETTERS.values())) == 26
    assert all(name.encode("gb2312") for name in LETTERS.values())


def test_no_letter_sounds_like_a_number_or_a_quarter_of_the_sky() -> None:
    """Nobody goes to the western exit who was sent to exit C, or to gate 1 who was sent to E."""
    taken = {tuple(lazy_pinyin(char)) for char in "零幺一二两三四五六七八九十东南西北"}
    assert not taken & {tuple(lazy_pinyin(name)) for name in LETTERS.values()}
