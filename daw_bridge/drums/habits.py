"""How drums are played, counted in 897 training takes of the Groove MIDI Dataset.

Written by benchmarks/count_drum_habits.py. The data: Groove MIDI Dataset (Gillick, Roberts, Engel,
Eck, Bamman, 'Learning to Groove with Inverse Sequence Transformations', ICML 2019), Google LLC, CC
BY 4.0, modified: reduced to these counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

SHARES: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35)
"""Between these, a drum's part of all hits of a take falls into a bucket."""

VELOCITIES: tuple[float, ...] = (35, 55, 75, 95, 115)
"""Between these, a drum's mean velocity in a take falls into a bucket."""

N_PLACES = 8
"""16ths in half a bar of 4/4."""

Row = tuple[float, ...]


def bucket(value: float, edges: Row) -> int:
    """Count the edges that are below a value."""
    return sum(value > edge for edge in edges)


@dataclass(frozen=True, slots=True)
class Habit:
    """Log-probabilities of the buckets of a drum's share, velocity and places."""

    share: Row
    velocity: Row
    places: Row


_COUNTED: dict[int, tuple[Row, Row, Row]] = {
    36: (
        (0.0021, 0.0021, 0.0365, 0.1411, 0.4205, 0.3641, 0.0337),
        (0.1260, 0.3561, 0.3216, 0.0930, 0.0627, 0.0406),
        (0.3027, 0.0553, 0.1211, 0.1222, 0.1334, 0.0583, 0.1246, 0.0824),
    ),
    37: (
        (0.3526, 0.1414, 0.2027, 0.1857, 0.0971, 0.0119, 0.0085),
        (0.0973, 0.1416, 0.3840, 0.3703, 0.0051, 0.0017),
        (0.1148, 0.0972, 0.1182, 0.1077, 0.2445, 0.0918, 0.1070, 0.1188),
    ),
    38: (
        (0.0018, 0.0043, 0.0200, 0.0868, 0.2131, 0.2981, 0.3758),
        (0.1015, 0.2278, 0.2388, 0.1999, 0.1233, 0.1087),
        (0.1156, 0.1278, 0.1146, 0.1122, 0.2087, 0.1043, 0.0970, 0.1197),
    ),
    40: (
        (0.0827, 0.0631, 0.1581, 0.2727, 0.2891, 0.0893, 0.0450),
        (0.0041, 0.0090, 0.0074, 0.0172, 0.3205, 0.6418),
        (0.1506, 0.0551, 0.1119, 0.0640, 0.3471, 0.0647, 0.1494, 0.0572),
    ),
    42: (
        (0.0874, 0.0133, 0.0637, 0.1170, 0.2030, 0.2059, 0.3096),
        (0.1261, 0.1172, 0.3546, 0.2507, 0.0935, 0.0579),
        (0.1906, 0.0848, 0.1706, 0.0639, 0.1882, 0.0683, 0.1639, 0.0697),
    ),
    43: (
        (0.1348, 0.0952, 0.1333, 0.2094, 0.2171, 0.1318, 0.0784),
        (0.0069, 0.0480, 0.1303, 0.2523, 0.2782, 0.2843),
        (0.1163, 0.0601, 0.1128, 0.0673, 0.1851, 0.0982, 0.2436, 0.1166),
    ),
    44: (
        (0.0305, 0.0461, 0.1436, 0.2829, 0.3507, 0.1366, 0.0096),
        (0.0915, 0.3005, 0.3946, 0.1472, 0.0531, 0.0131),
        (0.2774, 0.0194, 0.1259, 0.0608, 0.3349, 0.0178, 0.1277, 0.0361),
    ),
    45: (
        (0.3098, 0.1454, 0.1659, 0.1718, 0.1424, 0.0514, 0.0132),
        (0.0044, 0.0221, 0.1015, 0.2456, 0.2956, 0.3309),
        (0.1121, 0.0679, 0.1501, 0.0709, 0.1788, 0.1114, 0.2214, 0.0874),
    ),
    46: (
        (0.2000, 0.1077, 0.2420, 0.2587, 0.1357, 0.0434, 0.0126),
        (0.0658, 0.0714, 0.2087, 0.2703, 0.1583, 0.2255),
        (0.1657, 0.0503, 0.2125, 0.0681, 0.1665, 0.0584, 0.1943, 0.0843),
    ),
    49: (
        (0.4191, 0.2800, 0.1791, 0.0574, 0.0296, 0.0296, 0.0052),
        (0.0749, 0.0819, 0.1760, 0.3188, 0.1829, 0.1655),
        (0.6021, 0.0289, 0.0507, 0.0195, 0.1341, 0.0200, 0.0706, 0.0742),
    ),
    50: (
        (0.1208, 0.1099, 0.1333, 0.1800, 0.2549, 0.1333, 0.0678),
        (0.0055, 0.0601, 0.1334, 0.2270, 0.2910, 0.2832),
        (0.1172, 0.1225, 0.1426, 0.1283, 0.1417, 0.1249, 0.1229, 0.0999),
    ),
    51: (
        (0.1147, 0.0342, 0.0664, 0.1751, 0.2314, 0.2354, 0.1429),
        (0.0544, 0.1673, 0.3206, 0.2520, 0.1512, 0.0544),
        (0.2358, 0.0401, 0.1805, 0.0567, 0.1948, 0.0478, 0.1817, 0.0626),
    ),
    53: (
        (0.4311, 0.1378, 0.2089, 0.1378, 0.0489, 0.0311, 0.0044),
        (0.0223, 0.1741, 0.2188, 0.2455, 0.2455, 0.0938),
        (0.2599, 0.0185, 0.1734, 0.0422, 0.2760, 0.0435, 0.1530, 0.0335),
    ),
    57: (
        (0.3910, 0.2111, 0.2180, 0.1211, 0.0311, 0.0242, 0.0035),
        (0.0243, 0.0451, 0.1215, 0.2049, 0.2535, 0.3507),
        (0.6011, 0.0212, 0.0502, 0.0191, 0.1519, 0.0114, 0.0915, 0.0538),
    ),
    59: (
        (0.5581, 0.1331, 0.1671, 0.0992, 0.0312, 0.0028, 0.0085),
        (0.0540, 0.0994, 0.1733, 0.2131, 0.2301, 0.2301),
        (0.4669, 0.0120, 0.0888, 0.0289, 0.2137, 0.0127, 0.1182, 0.0587),
    ),
}
"""By canonical note: how often each bucket of share and velocity, and each place."""


def _log(row: Row) -> Row:
    return tuple(log(value) for value in row)


def _mean(which: int) -> Row:
    rows = [counted[which] for counted in _COUNTED.values()]
    return tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))


HABITS: dict[int, Habit] = {
    note: Habit(_log(share), _log(velocity), _log(places))
    for note, (share, velocity, places) in _COUNTED.items()
}
"""By canonical note."""

ANY = Habit(_log(_mean(0)), _log(_mean(1)), _log(_mean(2)))
"""What any drum is like, for those that were not counted."""

PADS: dict[str, float] = {
    "closed-hat": 0.3146,
    "closed-hat/edge": 0.3202,
    "crash": 0.0741,
    "crash-2": 0.0340,
    "crash-2/edge": 0.1509,
    "crash/edge": 0.2934,
    "high-floor-tom": 0.7166,
    "high-floor-tom/rim": 0.1609,
    "high-tom": 0.6865,
    "high-tom/rim": 0.2600,
    "kick": 0.8057,
    "low-tom": 0.3380,
    "low-tom/rim": 0.1665,
    "open-hat": 0.2199,
    "open-hat/edge": 0.3513,
    "pedal-hat": 0.6364,
    "ride": 0.2734,
    "ride-2": 0.1932,
    "ride-bell": 0.1219,
    "rimshot": 0.6765,
    "side-stick": 0.3235,
    "snare": 0.9137,
}
"""How often a pad of the counted kit is played in a take at all."""

TOMS: Row = _log((0.1635, 0.1061, 0.0044, 0.0166, 0.0740, 0.2796, 0.0320, 0.3238))
"""Which classes of tom are played in one take: low is 1, mid 2, high 4, added up."""
