"""The preset dictionary of deflate: what telegrams are likely to say, so that it costs two bytes instead of ten.

The dictionary belongs to the telegram's version (see `frame.VERSION`): changing one byte of it needs a new version.
A word stands here as it stands in a payload: one byte 0xA0 + length (MessagePack's short string), then UTF-8.
Words near the end are cheaper to refer to, so the commonest stand last.
A sender without a compressor needs none of this: it sends stored blocks.
"""

from __future__ import annotations

import hashlib
import zlib

__all__ = ["DICTIONARY", "DICTIONARY_SHA256", "deflate", "inflate"]

_WORDS = """
暴雨 大风 冰雪 塌方 设备故障 线路施工 运行调整 晚点 停运 加开 迂回 接续列车晚点 恶劣天气 调度命令 三亚
海口东 乌鲁木齐 库尔勒 喀什 哈密 拉萨 西宁 格尔木 银川 中卫 嘉峪关 张掖西 兰州西 兰州 天水 宝鸡
西安北 西安 延安 榆林 汉中 成都东 成都 重庆北 重庆西 贵阳北 昆明南 昆明 大理 丽江 南宁东 南宁 桂林北
柳州 北海 湛江西 广州南 广州东 广州 深圳北 深圳 珠海 佛山西 潮汕 汕头 厦门北 厦门 福州南 福州 泉州
温州南 宁波 金华 杭州东 杭州 义乌 上海虹桥 上海 苏州 无锡 常州 南京南 南京 镇江 扬州 徐州东 徐州
连云港 合肥南 合肥 蚌埠南 芜湖 阜阳西 南昌西 南昌 九江 赣州西 长沙南 长沙 株洲 怀化南 张家界西 武汉
汉口 武昌 宜昌东 襄阳东 郑州东 郑州 洛阳龙门 洛阳 开封 商丘 济南西 济南 青岛北 青岛 烟台 威海 泰安
石家庄 保定 邯郸东 秦皇岛 唐山 承德 天津西 天津南 天津 北京北 北京南 北京丰台 北京朝阳 沈阳北 沈阳
大连北 大连 丹东 锦州 长春西 长春 吉林 哈尔滨西 哈尔滨 齐齐哈尔 牡丹江 佳木斯 满洲里 海拉尔 通辽 赤峰
锡林浩特 二连 张家口 大同南 大同 太原南 太原 临汾 集宁南 乌兰察布 鄂尔多斯 东胜 临河 乌海 包头东 包头
呼和浩特 呼和浩特东 北京西 北京 市郊 通勤 旅游 行包 普通旅客快车 普通旅客列车 普快 普客 直达特快 特快
快速 城际 动车 高速 高速动车
""".split()  # noqa: SIM905 - 200 words are read and mended more easily as text

DICTIONARY = b"".join(bytes((0xA0 + len(word.encode()),)) + word.encode() for word in _WORDS)
"""The preset dictionary of telegram version 1."""

DICTIONARY_SHA256 = hashlib.sha256(DICTIONARY).hexdigest()
"""What a second implementation compares its dictionary with."""

_LARGEST = 4096


def deflate(payload: bytes) -> bytes:
    """`payload` as one raw deflate stream (RFC 1951) with the preset dictionary."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
    return packer.compress(payload) + packer.flush()


def inflate(stream: bytes) -> bytes:
    """What `deflate` was given.

    Raises:
        ValueError: not one whole stream, something after it, or more than 4096 bytes in it.

    """
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, DICTIONARY)
    try:
        payload = unpacker.decompress(stream, _LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"not deflated: {error}") from error
    if len(payload) > _LARGEST:
        raise ValueError(f"more than {_LARGEST} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("not one whole deflate stream")
    return payload
