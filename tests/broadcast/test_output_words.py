"""Staff read what is wrong in their own language."""

import pytest

from stationmaster_broadcast.loudspeakers.output_words import in_chinese


@pytest.mark.parametrize(
    ("problem", "chinese"),
    [
        ("there is no sound card PCH", "没有声卡 PCH"),
        (
            "239.192.0.1:5004 cannot be reached by eth1: Network is down",
            "经网卡 eth1 无法到达 239.192.0.1:5004：Network is down",
        ),
        ("239.192.0.1:5004 cannot be reached: Network is down", "无法到达 239.192.0.1:5004：Network is down"),
        ("syn6288 does not answer", "syn6288 无应答"),
        ("it does not answer", "无应答"),
        ("/dev/ttyS1 is gone", "/dev/ttyS1 已断开"),
        ("mains", "mains"),
    ],
)
def test_our_words_are_said_in_chinese_and_others_as_they_are(problem: str, chinese: str) -> None:
    """With the names in them."""
    assert in_chinese(problem) == chinese
