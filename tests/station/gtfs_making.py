"""A small GTFS feed, written by hand, that a test may spoil."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path

FILES = {
    "agency.txt": """\
agency_id,agency_name,agency_url,agency_timezone
1,Invented Railways,https://example.org,Asia/Shanghai
""",
    "stops.txt": """\
stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,platform_code
MZN,Mingze South,38.1,114.5,1,,
MZN:4,Mingze South platform,38.1,114.5,0,MZN,4
MZN:1道,Mingze South platform,38.1,114.5,,MZN,1道
MZN:Z,Mingze South platform,38.1,114.5,0,MZN,Z
MZN:in,Mingze South entrance,38.1,114.5,2,MZN,
BJX,北京西,39.9,116.3,1,,
BJX:9,北京西 9,39.9,116.3,0,BJX,9
WHN,武汉,30.6,114.4,0,,
SQR,A square,38.1,114.6,0,,
""",
    "routes.txt": """\
route_id,agency_id,route_short_name,route_long_name,route_type
R1,1,高速动车,North to South,101
R2,1,K,Slow and steady,2
R3,1,5,Bus to the square,3
""",
    "calendar.txt": """\
service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
daily,1,1,1,1,1,1,1,20260101,20261231
work days,1,1,1,1,1,0,0,20260101,20261231
never,0,0,0,0,0,0,0,20260101,20261231
""",
    "calendar_dates.txt": """\
service_id,date,exception_type
work days,20260216,2
work days,20260221,1
work days,20260222,2
fair,20260501,1
fair,20260502,1
""",
    "trips.txt": """\
route_id,service_id,trip_id,trip_headsign,trip_short_name
R1,daily,t-through,Wuhan,g1
R1,work days,t-origin,Wuhan,G3
R1,daily,t-terminus,Mingze,G 4
R2,daily,t-night,Wuhan,K1178/K1175
R2,fair,t-passing,Wuhan,K9
R2,daily,t-late,Mingze,K11
R3,daily,t-bus,Square,
R2,daily,t-often,Wuhan,K21
R2,daily,t-open,Wuhan,K23
R2,never,t-never,Wuhan,K25
R2,daily,t-nameless,Wuhan,Schnell!
R1,daily,t-twin,Wuhan,G1
R2,daily,t-only,Wuhan,K27
R2,daily,t-down,Wuhan,K29
R2,daily,t-up,Wuhan,K31
R2,daily,t-empty,Wuhan,K33
R2,daily,t-far,Wuhan,K35
R2,daily,t-stands,Wuhan,K37
R1,daily,elsewhere,Wuhan,G99
""",
    "stop_times.txt": """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type
t-through,8:00:00,8:00:00,BJX:9,1,0,1
t-through,10:00:00,10:05:59,MZN:4,5,0,0
t-through,13:00:00,13:00:00,WHN,9,1,0
t-origin,,11:10:00,MZN:1道,0,,
t-origin,14:00:00,,WHN,1,,
t-terminus,09:00:00,09:00:00,BJX:9,1,0,1
t-terminus,12:00:30,12:00:30,MZN:Z,2,1,0
t-night,20:00:00,20:00:00,BJX:9,1,0,1
t-night,23:55:00,24:10:00,MZN:4,2,0,0
t-night,30:00:00,30:00:00,WHN,3,1,0
t-passing,48:30:00,48:30:00,MZN:4,2,1,1
t-passing,40:00:00,40:00:00,BJX:9,1,0,1
t-passing,54:00:00,54:00:00,WHN,3,1,0
t-late,01:00:00,01:00:00,WHN,1,0,1
t-late,26:30:00,26:30:00,MZN:4,2,1,0
t-bus,10:00:00,10:00:00,MZN,1,0,1
t-bus,10:20:00,10:20:00,SQR,2,1,0
t-often,06:00:00,06:00:00,BJX:9,1,0,1
t-often,08:00:00,08:05:00,MZN:4,2,0,0
t-often,10:00:00,10:00:00,WHN,3,1,0
t-open,06:00:00,06:00:00,BJX:9,1,0,1
t-open,,,MZN:4,2,0,0
t-open,10:00:00,10:00:00,WHN,3,1,0
t-never,06:00:00,06:00:00,BJX:9,1,0,1
t-never,08:00:00,08:05:00,MZN:4,2,0,0
t-never,10:00:00,10:00:00,WHN,3,1,0
t-nameless,06:00:00,06:00:00,BJX:9,1,0,1
t-nameless,08:00:00,08:05:00,MZN:4,2,0,0
t-nameless,10:00:00,10:00:00,WHN,3,1,0
t-twin,8:00:00,8:00:00,BJX:9,1,0,1
t-twin,10:00:00,10:05:00,MZN:4,5,0,0
t-twin,13:00:00,13:00:00,WHN,9,1,0
t-only,10:00:00,10:05:00,MZN:4,5,0,0
t-down,14:00:00,14:00:00,BJX:9,1,0,1
t-down,15:00:00,15:05:00,MZN:4,2,1,0
t-down,18:00:00,18:00:00,WHN,3,1,0
t-up,14:00:00,14:00:00,BJX:9,1,0,1
t-up,16:00:00,16:05:00,MZN:4,2,2,1
t-up,18:00:00,18:00:00,WHN,3,1,0
t-empty,16:30:00,16:30:00,MZN:4,2,1,1
t-empty,18:00:00,18:00:00,WHN,3,1,0
t-far,118:00:00,118:00:00,BJX:9,1,0,1
t-far,121:00:00,121:00:00,MZN:4,2,0,0
t-far,130:00:00,130:00:00,WHN,3,1,0
t-stands,14:00:00,14:00:00,BJX:9,1,0,1
t-stands,17:00:00,17:12:00,MZN:4,2,1,1
t-stands,19:00:00,19:00:00,WHN,3,1,0
elsewhere,nonsense,8:00:00,BJX:9,1,7,1
elsewhere,13:00:00,13:00:00,WHN,1,1,0
""",
    "frequencies.txt": """\
trip_id,start_time,end_time,headway_secs
t-often,06:00:00,10:00:00,600
""",
}


@dataclass
class Feed:
    """The feed's files; `write` makes a zip file of them."""

    path: Path
    files: dict[str, str | bytes] = field(default_factory=lambda: dict(FILES))

    def change(self, file: str, old: str, new: str) -> Feed:
        """Put `new` where `old` stands for the first time; the test is wrong if it stands nowhere."""
        text = self.files[file]
        assert isinstance(text, str)
        assert old in text
        self.files[file] = text.replace(old, new, 1)
        return self

    def write(self) -> Path:
        """The feed as a file."""
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, text in self.files.items():
                archive.writestr(name, text)
        return self.path
