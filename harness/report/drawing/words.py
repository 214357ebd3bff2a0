"""The drawing's own words, in both languages. Titles of sites, LANs and stages are the plan's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.language import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language. ``kinds`` names kinds of nodes, ``conditions`` what a state says; ``{}`` is filled in."""

    language: Language
    network: str
    stage: str
    against: str
    legend: str
    only: str
    both: str
    neither: str
    later: str
    new: str
    gone: str
    kinds: Mapping[str, str]
    conditions: Mapping[str, str]
    changes: str
    no_changes: str
    link: str
    lan: str
    states: str
    picture: str


VI = Words(
    language="vi",
    network="Mạng {}",
    stage="Giai đoạn {}: {}",
    against="so với {}",
    legend="Chú giải",
    only="chỉ IPv{}",
    both="cả IPv4 và IPv6",
    neither="không có họ nào",
    later="IPv{} có từ giai đoạn {}",
    new="có thêm so với {}",
    gone="ngừng so với {}",
    kinds={
        "router": "bộ định tuyến",
        "firewall": "tường lửa",
        "switch": "bộ chuyển mạch",
        "translator": "bộ dịch NAT64",
        "server": "máy chủ",
        "client": "máy trạm",
        "handset": "thiết bị di động",
    },
    conditions={"good": "đạt", "bad": "không đạt", "unknown": "không đo được"},
    changes="Thay đổi so với {}",
    no_changes="Không có thay đổi nào về IPv4 hay IPv6.",
    link="liên kết",
    lan="mạng LAN",
    states="Kết quả",
    picture="Xem sơ đồ ở kích thước đầy đủ",
)

EN = Words(
    language="en",
    network="Network {}",
    stage="Stage {}: {}",
    against="compared with {}",
    legend="Legend",
    only="IPv{} only",
    both="IPv4 and IPv6",
    neither="neither family",
    later="IPv{} comes at stage {}",
    new="added since {}",
    gone="gone since {}",
    kinds={
        "router": "router",
        "firewall": "firewall",
        "switch": "switch",
        "translator": "NAT64 translator",
        "server": "server",
        "client": "client",
        "handset": "handset",
    },
    conditions={"good": "pass", "bad": "fail", "unknown": "not measured"},
    changes="Changes against {}",
    no_changes="Nothing changes in IPv4 or IPv6.",
    link="link",
    lan="LAN",
    states="Results",
    picture="Show the drawing in full size",
)

WORDS: Mapping[Language, Words] = {"vi": VI, "en": EN}
