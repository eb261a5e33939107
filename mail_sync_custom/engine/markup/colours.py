"""Colours as CSS writes them, and how well one is seen on another."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb
from functools import lru_cache

#: Red, green, blue and opacity, each from 0 to 1.
Colour = tuple[float, float, float, float]

WHITE: Colour = (1.0, 1.0, 1.0, 1.0)

#: The named colours (CSS Color 4 §6.1).
_NAMES = """
aliceblue:f0f8ff antiquewhite:faebd7 aqua:0ff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc
bisque:ffe4c4 black:000 blanchedalmond:ffebcd blue:00f blueviolet:8a2be2 brown:a52a2a
burlywood:deb887 cadetblue:5f9ea0 chartreuse:7fff00 chocolate:d2691e coral:ff7f50
cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c cyan:0ff darkblue:00008b darkcyan:008b8b
darkgoldenrod:b8860b darkgray:a9a9a9 darkgreen:006400 darkgrey:a9a9a9 darkkhaki:bdb76b
darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000
darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f
darkslategrey:2f4f4f darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff
dimgray:696969 dimgrey:696969 dodgerblue:1e90ff firebrick:b22222 floralwhite:fffaf0
forestgreen:228b22 fuchsia:f0f gainsboro:dcdcdc ghostwhite:f8f8ff gold:ffd700 goldenrod:daa520
gray:808080 green:008000 greenyellow:adff2f grey:808080 honeydew:f0fff0 hotpink:ff69b4
indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c lavender:e6e6fa lavenderblush:fff0f5
lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6 lightcoral:f08080 lightcyan:e0ffff
lightgoldenrodyellow:fafad2 lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3 lightpink:ffb6c1
lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslategray:789 lightslategrey:789
lightsteelblue:b0c4de lightyellow:ffffe0 lime:0f0 limegreen:32cd32 linen:faf0e6 magenta:f0f
maroon:800000 mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db
mediumseagreen:3cb371 mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc
mediumvioletred:c71585 midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5
navajowhite:ffdead navy:000080 oldlace:fdf5e6 olive:808000 olivedrab:6b8e23 orange:ffa500
orangered:ff4500 orchid:da70d6 palegoldenrod:eee8aa palegreen:98fb98 paleturquoise:afeeee
palevioletred:db7093 papayawhip:ffefd5 peachpuff:ffdab9 peru:cd853f pink:ffc0cb plum:dda0dd
powderblue:b0e0e6 purple:800080 rebeccapurple:639 red:f00 rosybrown:bc8f8f royalblue:4169e1
saddlebrown:8b4513 salmon:fa8072 sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee sienna:a0522d
silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd slategray:708090 slategrey:708090 snow:fffafa
springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080 thistle:d8bfd8 tomato:ff6347
turquoise:40e0d0 violet:ee82ee wheat:f5deb3 white:fff whitesmoke:f5f5f5 yellow:ff0
yellowgreen:9acd32
"""
NAMED = dict(pair.split(":") for pair in _NAMES.split())
_HEX = re.compile("#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,60})\)", re.IGNORECASE)
_NUMBER = re.compile(r"([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(%|deg)?")


@lru_cache(1_000)
def colour(text: str) -> Colour | None:
    """Return the colour that a value states; None where it is none, or cannot be understood.

    A ``#`` may be missing, as in attributes of old (HTML §2.3.6).
    """
    text = text.strip().lower()
    if text == "transparent":
        return (0.0, 0.0, 0.0, 0.0)
    found = _HEX.fullmatch(NAMED.get(text, text))
    if found:
        digits = found[1] if len(found[1]) > 4 else "".join(one * 2 for one in found[1])
        parts = [int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)]
        return (*parts[:3], parts[3] if len(parts) > 3 else 1.0)  # type: ignore[return-value]
    function = _FUNCTION.fullmatch(text)
    return _of_function(function[1], function[2]) if function else None


def _of_function(name: str, text: str) -> Colour | None:
    """Return what ``rgb()`` or ``hsl()`` says (CSS Color 4 §5.1, §7)."""
    numbers = [(float(number), unit) for number, unit in _NUMBER.findall(text)]
    if not 3 <= len(numbers) <= 4:
        return None
    opacity = _share(*numbers[3], 1) if len(numbers) > 3 else 1.0
    if name == "hsl":
        (hue, _), (saturation, _), (lightness, _) = numbers[:3]
        share = hls_to_rgb(hue % 360 / 360, _held(lightness / 100), _held(saturation / 100))
        return (*share, opacity)
    red, green, blue = (_share(*number, 255) for number in numbers[:3])
    return (red, green, blue, opacity)


def _share(number: float, unit: str, whole: int) -> float:
    return _held(number / (100 if unit == "%" else whole))


def _held(number: float) -> float:
    return min(1.0, max(0.0, number))


def over(upper: Colour, lower: Colour) -> Colour:
    """Return what is seen of a colour that lies on another, which is opaque."""
    opacity = upper[3]
    if opacity >= 1:
        return upper
    red, green, blue = (
        one * opacity + other * (1 - opacity)
        for one, other in zip(upper[:3], lower[:3], strict=True)
    )
    return (red, green, blue, 1.0)


@lru_cache(1_000)
def luminance(seen: Colour) -> float:
    """Return the relative luminance of a colour, from 0 to 1 (WCAG 2.1)."""
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in seen[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
