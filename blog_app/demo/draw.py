"""Draws the pictures of the demo posts into `photos`: `python blog_app/demo/draw.py`. They are the project's own.

Each is drawn at twice its size and made smaller, which smooths its edges; the same seed gives the same picture.
"""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

FOLDER = Path(__file__).parent / "photos"
WIDTH, HEIGHT = 1600, 1066
W, H = WIDTH * 2, HEIGHT * 2
Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]


def sky(*stops: tuple[float, Colour]) -> Image.Image:
    """A picture that goes from colour to colour downwards; stops from 0, at the top, to 1."""
    column = Image.new("RGB", (1, 512))
    for y in range(512):
        at = y / 511
        above = max((stop for stop in stops if stop[0] <= at), key=lambda stop: stop[0])
        below = min((stop for stop in stops if stop[0] >= at), key=lambda stop: stop[0])
        share = (at - above[0]) / (below[0] - above[0]) if below[0] > above[0] else 0
        column.putpixel((0, y), mixed(above[1], below[1], share))
    return column.resize((W, H), Image.Resampling.BICUBIC)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """The colour at this share of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def glow(picture: Image.Image, x: float, y: float, radius: float, colour: Colour, strength: float = 1) -> None:
    """Light around a point; places are shares of width and height, the radius one of the height."""
    light = Image.radial_gradient("L").resize((round(radius * H * 2),) * 2)
    light = ImageChops.invert(light).point(lambda value: int(max(0, value - 75) * 255 / 180 * strength))
    place = (round(x * W - radius * H), round(y * H - radius * H))
    picture.paste(Image.new("RGB", light.size, colour), place, light)


def hills(chance: random.Random, base: float, height: float, steps: int = 7) -> list[tuple[float, float]]:
    """The line of a range of hills, as shares of width and height."""
    waves = [(chance.uniform(0.6, steps), chance.uniform(0, math.tau), chance.uniform(0.3, 1)) for _ in range(5)]
    total = sum(wave[2] for wave in waves)
    return [
        (x / 200, base - height * sum(math.sin(x / 200 * math.pi * f + p) * a for f, p, a in waves) / total)
        for x in range(201)
    ]


def shape(picture: Image.Image, points: Points, colour: Colour, blur: float = 0, opacity: float = 1) -> None:
    """A polygon, soft at its edges if wanted."""
    mask = Image.new("L", (W // 2, H // 2))
    ImageDraw.Draw(mask).polygon([(x * W / 2, y * H / 2) for x, y in points], fill=round(255 * opacity))
    if blur:
        mask = mask.filter(ImageFilter.GaussianBlur(blur))
    picture.paste(Image.new("RGB", (W, H), colour), (0, 0), mask.resize((W, H), Image.Resampling.BILINEAR))


def ground(picture: Image.Image, line: Points, colour: Colour, blur: float = 0) -> None:
    """Everything below a line."""
    shape(picture, [*line, (1.1, 1.1), (-0.1, 1.1)], colour, blur)


def finished(picture: Image.Image, chance: random.Random, grain: float = 5) -> Image.Image:
    """Made smaller, darker towards the corners, with the grain of a film."""
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    vignette = Image.radial_gradient("L").resize(small.size).point(lambda value: 255 - max(0, value - 130) // 2)
    small = ImageChops.multiply(small, Image.merge("RGB", [vignette] * 3))
    noise = Image.frombytes("L", (WIDTH // 2, HEIGHT // 2), chance.randbytes(WIDTH // 2 * (HEIGHT // 2)))
    noise = noise.resize(small.size, Image.Resampling.BICUBIC).point(
        lambda value: round(128 + (value - 128) * grain / 128)
    )
    return ImageChops.add(small, Image.merge("RGB", [noise] * 3), offset=-128)


def lock(chance: random.Random) -> Image.Image:
    """A canal at dusk, a gate across it, the sun's last light on the water."""
    picture = sky((0, (38, 52, 92)), (0.33, (150, 110, 130)), (0.52, (250, 190, 130)), (1, (250, 190, 130)))
    glow(picture, 0.63, 0.5, 0.5, (255, 224, 160), 0.9)
    ground(picture, hills(chance, 0.49, 0.035), (112, 92, 112), 3)
    ground(picture, hills(chance, 0.52, 0.03, 12), (66, 62, 84), 2)
    above = picture.crop((0, 0, W, round(H * 0.56)))
    water = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((W, round(H * 0.44)))
    water = ImageChops.multiply(
        water.filter(ImageFilter.GaussianBlur(14)), Image.new("RGB", water.size, (205, 205, 225))
    )
    picture.paste(water, (0, round(H * 0.56)))
    draw = ImageDraw.Draw(picture)
    for _ in range(420):
        depth = chance.random() ** 1.6
        y, length = H * (0.57 + 0.43 * depth), W * (0.01 + 0.05 * depth) * chance.random()
        x = W * (0.63 + chance.gauss(0, 0.1 + depth * 0.16))
        tint = mixed((255, 214, 150), (110, 92, 118), min(1, abs(x / W - 0.63) * 3.2))
        draw.line([(x - length, y), (x + length, y)], fill=tint, width=max(2, round(7 * depth)))
    dark, darker = (34, 32, 46), (24, 24, 36)
    for side in (-1, 1):
        bank = [(0.5 + side * x, y) for x, y in ((0.6, 0.58), (0.24, 0.555), (0.4, 0.8), (0.62, 1.02))]
        shape(picture, bank, darker, 2)
    for side in (-1, 1):
        post = 0.5 + side * 0.255
        shape(picture, [(post - 0.012, 0.5), (post + 0.012, 0.5), (post + 0.014, 0.7), (post - 0.014, 0.7)], dark, 1)
        beam = [(post - side * 0.01, 0.522), (post + side * 0.3, 0.5), (post + side * 0.3, 0.517), (post, 0.54)]
        shape(picture, beam, dark, 1)
        gate = [(post, 0.535), (0.5, 0.55), (0.5, 0.565), (post, 0.56)]
        shape(picture, gate, dark, 1)
        for step in range(6):
            x = post + (0.5 - post) * (step + 0.5) / 6
            shape(picture, [(x - 0.004, 0.545), (x + 0.004, 0.545), (x + 0.004, 0.63), (x - 0.004, 0.63)], dark, 1)
    for x, y, size in ((0.3, 0.735, 0.05), (0.345, 0.75, 0.042), (0.4, 0.742, 0.046)):
        heron(picture, x, y, size, darker)
    return finished(picture, chance)


def heron(picture: Image.Image, x: float, y: float, size: float, colour: Colour) -> None:
    """A heron that stands with its feet here."""

    def at(points: Points) -> list[tuple[float, float]]:
        return [(x + px * size * H / W, y + py * size) for px, py in points]

    body = [(math.cos(a) * 0.42 + 0.1, math.sin(a) * 0.2 - 0.9) for a in [step / 20 * math.tau for step in range(20)]]
    shape(picture, at(body), colour, 1)
    shape(
        picture, at([(-0.2, -0.95), (-0.42, -1.5), (-0.3, -1.85), (-0.2, -1.8), (-0.3, -1.5), (-0.02, -1.0)]), colour, 1
    )
    shape(picture, at([(-0.34, -1.86), (-0.2, -1.92), (-0.14, -1.8), (-0.8, -1.7)]), colour, 1)
    for leg in (0.05, 0.2):
        shape(picture, at([(leg, -0.8), (leg + 0.04, -0.8), (leg + 0.04, 0.1), (leg, 0.1)]), colour, 0)


def street_map(chance: random.Random) -> Image.Image:  # noqa: C901 - a drawing, from the paper to the folds
    """An old map on paper: a river, streets, blocks of houses."""
    picture = Image.new("RGB", (W, H), (236, 224, 196))
    for _ in range(60):
        glow(picture, chance.random(), chance.random(), chance.uniform(0.05, 0.3), (222, 204, 168), 0.35)
    draw = ImageDraw.Draw(picture)
    ink, brick, water = (92, 72, 56), (214, 170, 134), (150, 186, 190)
    river = [(x * W / 40, H * (0.62 + 0.09 * math.sin(x / 5.2) + 0.02 * math.sin(x * 1.3))) for x in range(-1, 42)]
    draw.line(river, fill=ink, width=190, joint="curve")
    draw.line(river, fill=water, width=178, joint="curve")
    for shift in (-50, -20, 15, 48):
        draw.line([(x, y + shift + 6 * math.sin(x / 90)) for x, y in river], fill=(128, 166, 172), width=3)

    def bank(x: float) -> float:
        at = x / W * 40
        return H * (0.62 + 0.09 * math.sin(at / 5.2) + 0.02 * math.sin(at * 1.3))

    size = 212
    for row in range(-1, H // size + 2):
        for column in range(-1, W // size + 2):
            x, y = column * size + 60 + row * 26, row * size + 34 + column * 9
            if abs(y + size * 0.36 - bank(x + size * 0.4)) < 210:
                continue
            corners = [(0, 0), (size - 34, 5), (size - 40, size - 30), (4, size - 36)]
            block = [(x + a + chance.uniform(-7, 7), y + b + chance.uniform(-7, 7)) for a, b in corners]
            is_garden = chance.random() < 0.16
            draw.polygon(block, fill=(190, 202, 150) if is_garden else (226, 190, 152), outline=ink, width=4)
            for _ in range(16 if is_garden else 5):
                a, b = chance.uniform(16, size - 84), chance.uniform(16, size - 84)
                if is_garden:
                    draw.ellipse([x + a, y + b, x + a + 24, y + b + 24], fill=(146, 168, 110), outline=ink, width=2)
                else:
                    c, d = chance.uniform(22, 52), chance.uniform(18, 44)
                    draw.rectangle([x + a, y + b, x + a + c, y + b + d], fill=brick, outline=ink, width=3)
    for at in (0.27, 0.7):
        x, y = at * W, bank(at * W)
        draw.polygon(
            [(x - 34, y - 150), (x + 34, y - 150), (x + 40, y + 150), (x - 28, y + 150)],
            fill=(230, 214, 182),
            outline=ink,
        )
        draw.line([(x - 34, y - 150), (x - 28, y + 150)], fill=ink, width=7)
        draw.line([(x + 34, y - 150), (x + 40, y + 150)], fill=ink, width=7)
    x, y = W * 0.9, H * 0.16
    draw.ellipse([x - 130, y - 130, x + 130, y + 130], fill=(236, 224, 196), outline=ink, width=6)
    for step in range(8):
        a, reach = step * math.tau / 8 - math.pi / 2, 150 if step % 2 == 0 else 90
        side = (math.cos(a + 0.35) * 34, math.sin(a + 0.35) * 34)
        draw.polygon(
            [(x, y), (x + side[0], y + side[1]), (x + math.cos(a) * reach, y + math.sin(a) * reach)], fill=(150, 62, 46)
        )
    for fold in (1 / 3, 2 / 3):
        shape(
            picture,
            [(fold - 0.006, 0), (fold + 0.001, 0), (fold + 0.001, 1), (fold - 0.006, 1)],
            (150, 130, 100),
            6,
            0.4,
        )
        shape(
            picture,
            [(fold + 0.001, 0), (fold + 0.007, 0), (fold + 0.007, 1), (fold + 0.001, 1)],
            (255, 248, 230),
            6,
            0.5,
        )
    return finished(picture, chance, 7)


def bread(chance: random.Random) -> Image.Image:
    """A round loaf on a board, light from a window on the left."""
    picture = sky((0, (70, 64, 62)), (0.5, (104, 92, 84)), (0.54, (96, 66, 46)), (1, (138, 96, 64)))
    glow(picture, 0.08, 0.2, 0.9, (214, 190, 160), 0.5)
    draw = ImageDraw.Draw(picture)
    for _ in range(130):
        y, x = H * chance.uniform(0.56, 1), W * chance.uniform(-0.1, 1)
        draw.line(
            [(x, y), (x + W * chance.uniform(0.1, 0.5), y + chance.uniform(-6, 6))],
            fill=(112, 76, 50),
            width=chance.choice((2, 3, 5)),
        )
    oval = [(math.cos(step / 60 * math.tau), math.sin(step / 60 * math.tau)) for step in range(60)]
    shape(picture, [(0.54 + x * 0.36, 0.82 + y * 0.09) for x, y in oval], (36, 22, 14), 40, 0.75)
    dome = [(x, y * (1.0 if y > 0 else 1.75)) for x, y in oval]
    for step in range(26):
        share = step / 25
        tint = mixed((92, 46, 20), (226, 160, 92), share**0.8)
        place = [
            (0.5 - 0.05 * share + x * 0.31 * (1 - share * 0.72), 0.7 - 0.075 * share + y * 0.17 * (1 - share * 0.72))
            for x, y in dome
        ]
        shape(picture, place, tint, 9, 0.5 if step else 1)
    for number in range(5):
        x, bend = 0.31 + number * 0.085, (number - 2) * 0.012
        top, low = 0.47 + abs(number - 2) * 0.028, 0.7 - abs(number - 2) * 0.01
        cut = [
            (x + bend, top),
            (x + 0.016 + bend, top + 0.01),
            (x + 0.034, (top + low) / 2),
            (x + 0.018 - bend, low),
            (x + 0.004, (top + low) / 2),
        ]
        shape(picture, cut, (250, 222, 172), 4, 0.95)
        shape(picture, [(a + 0.007, b) for a, b in cut[2:]], (120, 64, 30), 5, 0.6)
    for _ in range(900):
        a, r = chance.uniform(0, math.tau), chance.random() ** 0.5
        x, y = W * (0.48 + math.cos(a) * r * 0.28), H * (0.62 + math.sin(a) * r * 0.2)
        size = chance.choice((2, 2, 3, 5))
        draw.ellipse([x, y, x + size, y + size], fill=(248, 236, 214))
    return finished(picture, chance)


def swifts(chance: random.Random) -> Image.Image:
    """Swifts over roofs in the evening."""
    picture = sky((0, (64, 108, 168)), (0.45, (150, 184, 214)), (0.75, (250, 222, 190)), (1, (250, 200, 160)))
    for _ in range(26):
        x, y = chance.random(), chance.uniform(0.1, 0.68)
        for _ in range(5):
            glow(
                picture,
                x + chance.uniform(-0.09, 0.09),
                y + chance.uniform(-0.014, 0.014),
                chance.uniform(0.03, 0.09),
                (255, 240, 228),
                0.3,
            )
    for depth, colour in ((0, (170, 140, 142)), (1, (112, 86, 96)), (2, (62, 48, 62))):
        x = -0.05
        while x < 1.05:
            wide, base = chance.uniform(0.06, 0.13), 0.8 + depth * 0.06
            top = base - chance.uniform(0.02, 0.09)
            roof = [(x, 1.05), (x, base), (x + wide / 2, top), (x + wide, base), (x + wide, 1.05)]
            shape(picture, roof, colour, 1)
            if chance.random() < 0.7:
                at = x + wide * chance.uniform(0.2, 0.35)
                shape(picture, [(at, base), (at, top), (at + 0.013, top), (at + 0.013, base)], colour, 1)
            x += wide * chance.uniform(0.8, 1)
    for _ in range(34):
        x, y, size, turn = (
            chance.random(),
            chance.uniform(0.05, 0.66),
            chance.uniform(0.012, 0.05),
            chance.uniform(-0.9, 0.9),
        )
        bird = [
            (-1, 0.42),
            (-0.62, -0.02),
            (-0.14, -0.2),
            (0, -0.34),
            (0.14, -0.2),
            (0.62, -0.02),
            (1, 0.42),
            (0.5, 0.16),
            (0.12, 0.1),
            (0.16, 0.52),
            (0, 0.36),
            (-0.16, 0.52),
            (-0.12, 0.1),
            (-0.5, 0.16),
        ]
        turned = [(a * math.cos(turn) - b * math.sin(turn), a * math.sin(turn) + b * math.cos(turn)) for a, b in bird]
        shape(
            picture,
            [(x + a * size * H / W, y + b * size) for a, b in turned],
            mixed((34, 34, 46), (110, 124, 150), (0.05 - size) * 18),
            1,
        )
    return finished(picture, chance)


def ice(chance: random.Random) -> Image.Image:
    """Frost flowers that grow over a window pane, a lamp far behind."""
    picture = sky((0, (20, 34, 66)), (0.6, (52, 84, 128)), (1, (96, 132, 164)))
    glow(picture, 0.7, 0.42, 0.55, (255, 206, 140), 0.75)
    glow(picture, 0.3, 0.7, 0.4, (120, 150, 190), 0.4)
    picture = picture.filter(ImageFilter.GaussianBlur(20))
    frost = Image.new("L", (W, H))
    draw = ImageDraw.Draw(frost)

    def grow(x: float, y: float, angle: float, length: float, width: float, depth: int) -> None:
        steps = 14
        bend = chance.uniform(-0.05, 0.05)
        for step in range(steps):
            nx, ny = x + math.cos(angle) * length / steps, y + math.sin(angle) * length / steps
            draw.line(
                [(x, y), (nx, ny)],
                fill=round(110 + 130 * (1 - step / steps)),
                width=max(1, round(width * (1 - step / steps) + 1)),
            )
            x, y, angle = nx, ny, angle + bend
            if depth and step > 0:
                for side in (-1, 1):
                    grow(x, y, angle + side * 1.02, length * 0.36 * (1 - step / steps * 0.75), width * 0.5, depth - 1)

    for _ in range(22):
        edge, at = chance.randrange(4), chance.random()
        x, y = [(at * W, H), (0, at * H), (W, at * H), (at * W, 0)][edge]
        inward = [-math.pi / 2, 0, math.pi, math.pi / 2][edge]
        grow(x, y, inward + chance.uniform(-0.6, 0.6), H * chance.uniform(0.22, 0.62) * (0.5 if edge == 3 else 1), 9, 2)
    haze = frost.filter(ImageFilter.GaussianBlur(46)).point(lambda value: min(210, value * 2))
    picture.paste(Image.new("RGB", (W, H), (186, 208, 226)), (0, 0), haze)
    picture.paste(Image.new("RGB", (W, H), (246, 251, 255)), (0, 0), frost.filter(ImageFilter.GaussianBlur(1.5)))
    return finished(picture, chance, 4)


def well(chance: random.Random) -> Image.Image:
    """Down a round well: rings of stone, and the sky in the water below."""
    picture = Image.new("RGB", (W, H), (98, 96, 92))
    draw = ImageDraw.Draw(picture)
    x, y = W * 0.5, H * 0.52
    rings = 13
    for ring in range(rings):
        outer, inner = (H * 0.86 * 0.83**number for number in (ring, ring + 1))
        y_now = y + ring * 8
        light = 0.95 - ring / rings * 0.82
        count = 26
        for stone in range(count):
            start = (stone + (ring % 2) / 2 + chance.uniform(-0.12, 0.12)) / count * math.tau
            end = start + math.tau / count * 0.93
            side = 0.72 + 0.28 * math.cos((start + end) / 2 + 2.3)
            tone = chance.uniform(0.84, 1.1) * light * side
            base = (168, 156, 138) if chance.random() < 0.82 else (132, 142, 104)
            points = [
                (
                    x + math.cos(start + (end - start) * part / 6) * reach,
                    y_now + math.sin(start + (end - start) * part / 6) * reach,
                )
                for reach, order in ((outer * 0.985, 1), (inner * 1.015, -1))
                for part in (range(7) if order == 1 else range(6, -1, -1))
            ]
            red, green, blue = (min(255, round(value * tone)) for value in base)
            draw.polygon(points, fill=(red, green, blue))
        draw.ellipse([x - inner, y_now - inner, x + inner, y_now + inner], fill=(22, 22, 24))
    radius, low = H * 0.86 * 0.83**rings * 1.0, y + rings * 8
    disc = sky((0, (150, 190, 220)), (1, (222, 234, 238))).resize((round(radius * 2),) * 2)
    mask = Image.new("L", disc.size)
    ImageDraw.Draw(mask).ellipse([0, 0, *disc.size], fill=235)
    picture.paste(disc, (round(x - radius), round(low - radius)), mask.filter(ImageFilter.GaussianBlur(3)))
    shape(
        picture,
        [
            ((x + px * radius * 0.28) / W, (low + py * radius) / H)
            for px, py in ((-0.5, 0.95), (-0.45, 0.35), (0, 0.05), (0.45, 0.35), (0.5, 0.95))
        ],
        (40, 48, 56),
        3,
        0.8,
    )
    for step in range(3):
        reach = radius * (0.45 + step * 0.2)
        draw.arc([x - reach, low - reach * 0.9, x + reach, low + reach * 0.9], 200, 330, fill=(240, 246, 248), width=3)
    return finished(picture, chance, 7)


def rain(chance: random.Random) -> Image.Image:
    """A road between trees in the rain, and one red umbrella."""
    picture = sky((0, (140, 152, 158)), (0.55, (198, 204, 204)), (1, (150, 158, 158)))
    for depth in range(4):
        tint = mixed((168, 180, 180), (62, 78, 78), depth / 3)
        for _ in range(16 - depth * 3):
            x, base, size = chance.random(), 0.56 + depth * 0.035, chance.uniform(0.16, 0.26) * (1 + depth * 0.5)
            if abs(x - 0.5) < 0.06 + depth * 0.09:
                continue
            shape(
                picture,
                [(x - 0.003, base), (x + 0.003, base), (x + 0.004, base - size), (x - 0.002, base - size)],
                tint,
                1,
            )
            for _ in range(9):
                cx, cy = x + chance.gauss(0, size * 0.16), base - size * chance.uniform(0.45, 1.1)
                crown = [
                    (cx + math.cos(a) * size * chance.uniform(0.1, 0.2), cy + math.sin(a) * size * 0.17)
                    for a in [step / 12 * math.tau for step in range(12)]
                ]
                shape(picture, crown, tint, 5, 0.6)
        ground(
            picture,
            [(0, 0.56 + depth * 0.035), (1, 0.56 + depth * 0.035)],
            mixed((166, 176, 170), (92, 106, 96), depth / 3),
            6,
        )
    shape(picture, [(0.475, 0.56), (0.525, 0.56), (0.86, 1.02), (0.14, 1.02)], (124, 132, 138), 8)
    glow(picture, 0.5, 0.58, 0.3, (226, 230, 230), 0.7)
    shape(picture, [(0.482, 0.8), (0.518, 0.8), (0.51, 1), (0.49, 1)], (150, 84, 80), 24, 0.5)
    dark = (38, 42, 50)
    shape(picture, [(0.49, 0.61), (0.51, 0.61), (0.516, 0.74), (0.484, 0.74)], dark, 1)
    for leg in (0.489, 0.503):
        shape(picture, [(leg, 0.73), (leg + 0.008, 0.73), (leg + 0.007, 0.8), (leg + 0.001, 0.8)], dark, 1)
    dome = [
        (0.5 + math.cos(a) * 0.058, 0.615 + math.sin(a) * 0.085)
        for a in [math.pi + step / 24 * math.pi for step in range(25)]
    ]
    shape(picture, dome, (186, 46, 42), 1)
    shape(picture, [*dome[5:10], (0.5, 0.615), (0.475, 0.615)], (206, 74, 64), 2, 0.8)
    drops = Image.new("L", (W, H))
    draw = ImageDraw.Draw(drops)
    for _ in range(1500):
        x, y, length = chance.uniform(0, W * 1.1), chance.uniform(-100, H), chance.uniform(20, 95)
        draw.line(
            [(x, y), (x - length * 0.16, y + length)], fill=chance.randrange(30, 130), width=chance.choice((2, 2, 3))
        )
    picture.paste(Image.new("RGB", (W, H), (236, 240, 242)), (0, 0), drops.filter(ImageFilter.GaussianBlur(1)))
    return finished(picture, chance, 4)


PICTURES: dict[str, Callable[[random.Random], Image.Image]] = {
    "bread-that-waits": bread,
    "counting-swifts": swifts,
    "ice-on-the-inside": ice,
    "notes-on-walking-in-rain": rain,
    "the-lock-at-half-past-six": lock,
    "the-map-of-our-street": street_map,
    "the-well-in-the-courtyard": well,
}
# Cameras that are held upright store a picture on its side, and how to turn it.
SIDEWAYS, ORIENTATION = "the-well-in-the-courtyard", 0x0112


def main() -> None:
    """Draw all."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        picture, exif = draw(random.Random(name)), Image.Exif()  # noqa: S311 - the same picture each time
        if name == SIDEWAYS:
            picture, exif[ORIENTATION] = picture.transpose(Image.Transpose.ROTATE_90), 6
        picture.save(FOLDER / f"{name}.jpg", quality=82, progressive=True, optimize=True, exif=exif)


if __name__ == "__main__":
    main()
