"""Well-known words: what telegrams are likely to say, so that it costs a byte or two instead of ten.

A class of train or the name of a station that stands here is sent as its place, counted from the end (see
`payload`); all words together are also the preset dictionary of deflate. They belong to the telegram's version (see
`frame.VERSION`): changing one needs a new version. In the dictionary a word stands as it stands in a payload: one byte
0xA0 + length (MessagePack's short string), then UTF-8. The last 128 are the cheapest, so the commonest stand last.
A sender without a table or a compressor needs none of this: it sends text, in stored blocks.
"""

from __future__ import annotations

import hashlib
import zlib

__all__ = ["DICTIONARY", "DICTIONARY_SHA256", "INDEX", "WORDS", "deflate", "inflate"]

WORDS = tuple(
    """
暴雨 大风 冰雪 塌方 设备故障 线路施工 运行调整 晚点 停运 加开 迂回 接续列车晚点 恶劣天气 调度命令 前方车站拥堵
线路临时限速 供电故障 信号故障 列车故障
三亚 海口东 库尔勒 喀什 哈密 伊宁 吐鲁番 拉萨 格尔木 敦煌 酒泉 中卫 嘉峪关 张掖西 天水 陇西 汉中 安康 延安 榆林
咸阳西 渭南北 攀枝花 西昌西 绵阳 德阳 南充北 达州 万州北 遵义 六盘水 安顺西 凯里南 曲靖北 大理 丽江 玉溪 红河 百色
北海 钦州东 玉林 贵港 湛江西 茂名西 佛山西 惠州南 东莞南 潮汕 汕头 梅州西 韶关 龙岩 三明北 南平市 武夷山东 莆田
漳州 义乌 温州南 台州 绍兴北 嘉兴南 湖州 镇江 扬州 泰州 南通 盐城 淮安东 宿迁 连云港 蚌埠南 芜湖 安庆 黄山北
阜阳西 淮南南 九江 上饶 鹰潭北 宜春 赣州西 吉安西 衡阳东 岳阳东 常德 张家界西 怀化南 邵阳北 娄底南 襄阳东 十堰东
荆州 恩施 孝感北 信阳东 驻马店西 许昌东 开封 商丘 新乡东 安阳东 安阳 南阳东 洛阳 平顶山西 菏泽东 济宁北 曲阜东
临沂北 日照西 淄博 潍坊 烟台 威海 泰安 德州东 沧州西 衡水 邢台东 邯郸 承德 四平东 通化 延吉西 佳木斯 牡丹江
齐齐哈尔 大庆西 海拉尔 满洲里 乌兰浩特 通辽 赤峰 锡林浩特 二连 阳泉北 临汾 运城北 长治东 朔州 忻州西 集宁南
乌兰察布 鄂尔多斯 东胜西 东胜 临河 乌海 张家口 大同南 承德南 唐山 秦皇岛 锦州 丹东 吉林 遵化 保定东 怀来 清河 北京北
乌鲁木齐 西宁 银川 兰州 兰州西 宝鸡 宝鸡南 西安 西安北 成都 成都东 成都西 重庆北 重庆西 贵阳 贵阳北 昆明 昆明南
南宁 南宁东 桂林北 柳州 广州 广州东 广州南 深圳 深圳北 深圳东 珠海 福田 香港西九龙 厦门 厦门北 福州 福州南 泉州
宁波 金华 杭州 杭州东 杭州西 上海 上海南 上海虹桥 苏州 苏州北 无锡 无锡东 常州 南京 南京南 徐州 徐州东 合肥 合肥南
南昌 南昌西 长沙 长沙南 株洲 武汉 汉口 武昌 宜昌东 郑州 郑州东 洛阳龙门 济南 济南西 青岛 青岛北 石家庄 邯郸东 保定
太原 太原南 大同 包头 包头东 呼和浩特 呼和浩特东 天津 天津西 天津南 沈阳 沈阳北 沈阳南 大连 大连北 长春 长春西
哈尔滨 哈尔滨西 北京 北京西 北京南 北京丰台 北京朝阳
市郊 通勤 旅游 行包 普通旅客快车 普通旅客列车 普快 普客 直达特快 特快 快速 城际 动车 动车组 高速 高速动车
""".split()  # noqa: SIM905 - 300 words are read and mended more easily as text
)
"""The words of telegram version 1; the place of a word counts from the end, the last being 0."""

INDEX = {word: place for place, word in enumerate(reversed(WORDS))}
"""The place of each word."""

DICTIONARY = b"".join(bytes((0xA0 + len(word.encode()),)) + word.encode() for word in WORDS)
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
