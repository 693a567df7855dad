"""How the instruments look that stand on a bench: balances, baths, gauges, sets."""

from __future__ import annotations

from sam.demo.canvas import BRASS, DARK, STEEL, WHITE, Canvas


def analytical_balance(canvas: Canvas, reading: str) -> None:
    canvas.shadow((170, 500, 640, 560))
    canvas.body((220, 90, 580, 420), radius=10, colors=("#dfe9f0", "#bccbd6"))
    canvas.body((236, 106, 564, 404), radius=6, colors=("#f3f8fb", "#cfdce5"))
    for x in (300, 500):
        canvas.line([(x, 106), (x, 404)], fill="#8fa3b3", width=2)
    canvas.tube((393, 330, 407, 380))
    canvas.disc((400, 326), 62, colors=STEEL)
    canvas.body((338, 318, 462, 332), radius=7, colors=STEEL)
    canvas.line([(250, 120), (330, 300)], fill="#ffffff", width=3)
    canvas.body((190, 416, 610, 530), radius=18, colors=WHITE)
    canvas.display((250, 440, 480, 500), reading, unit="g", lit=True)
    canvas.keys((500, 446), columns=2, rows=2, size=34)


def precision_balance(canvas: Canvas, reading: str) -> None:
    canvas.shadow((150, 490, 660, 560))
    canvas.tube((380, 290, 420, 350))
    canvas.body((210, 262, 590, 300), radius=16, colors=STEEL)
    canvas.body((220, 256, 580, 274), radius=9, colors=("#ffffff", "#c9d1d8"))
    canvas.body((170, 340, 630, 520), radius=26, colors=WHITE)
    canvas.body((190, 410, 610, 506), radius=14, colors=DARK)
    canvas.display((214, 426, 452, 490), reading, unit="g")
    canvas.keys((480, 432), columns=3, rows=2, size=32)


def platform_scale(canvas: Canvas, reading: str) -> None:
    canvas.shadow((120, 500, 680, 575))
    canvas.tube((540, 150, 566, 470))
    canvas.body((150, 440, 600, 480), radius=8, colors=STEEL)
    canvas.body((150, 474, 600, 520), radius=8, colors=DARK)
    for x in (180, 550):
        canvas.body((x, 516, x + 30, 540), radius=6, colors=DARK)
    canvas.body((440, 90, 670, 190), radius=14, colors=WHITE)
    canvas.display((456, 106, 654, 152), reading, unit="kg", lit=True)
    canvas.keys((466, 160), columns=5, rows=1, size=26)
    canvas.body((230, 300, 420, 440), radius=4, colors=("#cfa878", "#a37b4c"))
    canvas.line([(325, 300), (325, 440)], fill="#8a673d", width=5)


def weights(canvas: Canvas, reading: str) -> None:
    canvas.shadow((90, 470, 720, 570))
    canvas.body((110, 380, 690, 530), radius=10, colors=("#8a5a33", "#5c381b"))
    canvas.body((130, 396, 670, 512), radius=6, colors=("#2c3b57", "#1c2740"))
    for index, size in enumerate((46, 38, 32, 26, 21, 17)):
        x = 190 + index * 88
        canvas.tube((x - size, 470 - 3 * size, x + size, 470), colors=BRASS if index % 2 else STEEL, radius=8)
        canvas.tube((x - size * 0.3, 470 - 3.5 * size, x + size * 0.3, 470 - 3 * size + 4), radius=3)
        canvas.disc((x, 470 - 3.8 * size), size * 0.5)
    canvas.text((400, 548), reading, size=20, fill="#f0e2cf")


def dry_block(canvas: Canvas, reading: str) -> None:
    canvas.shadow((210, 510, 600, 575))
    canvas.body((250, 150, 560, 540), radius=16, colors=("#3f6ea3", "#274a73"))
    canvas.body((270, 130, 540, 170), radius=8, colors=STEEL)
    for x in (320, 365, 410, 455):
        canvas.disc((x, 150), 11, colors=DARK)
    canvas.tube((361, 30, 369, 152), radius=2)
    canvas.body((356, 10, 374, 60), radius=4, colors=DARK)
    canvas.display((285, 210, 525, 290), reading, unit="°C", lit=True)
    canvas.keys((300, 315), columns=4, rows=1, size=40)
    for y in range(390, 510, 16):
        canvas.line([(290, y), (520, y)], fill="#1b3552", width=4)


def incubator(canvas: Canvas, reading: str) -> None:
    canvas.shadow((180, 530, 640, 585))
    canvas.body((200, 50, 620, 560), radius=16, colors=WHITE)
    canvas.body((220, 150, 600, 540), radius=10, colors=STEEL)
    canvas.body((258, 190, 562, 500), radius=8, colors=("#33424f", "#5d7385"))
    for y in (270, 350, 430):
        canvas.line([(262, y), (558, y)], fill="#b8c4cd", width=4)
        for x in range(278, 520, 58):
            canvas.body((x, y - 24, x + 44, y - 3), radius=4, colors=("#e9d9b0", "#c8ae6d"))
    canvas.tube((574, 300, 588, 400), radius=6)
    canvas.display((240, 74, 430, 126), reading, unit="°C", lit=True)
    canvas.keys((460, 80), columns=3, rows=1, size=40)


def gauge_blocks(canvas: Canvas, reading: str) -> None:
    canvas.shadow((100, 480, 710, 570))
    canvas.body((110, 200, 690, 540), radius=12, colors=("#7a4a28", "#54300f"))
    canvas.body((132, 222, 668, 518), radius=6, colors=("#31485f", "#203244"))
    for index in range(3 * 9):
        column, row = index % 9, index // 9
        x, width = 150 + column * 57, 14 + (column * 3) % 26 + row * 2
        canvas.body((x, 240 + row * 92, x + width, 316 + row * 92), radius=2, colors=STEEL)
    canvas.text((400, 212), reading, size=15, fill="#f0e2cf")


def manometer(canvas: Canvas, reading: str) -> None:
    canvas.shadow((280, 530, 530, 585))
    canvas.tube((376, 440, 424, 545), colors=BRASS)
    canvas.body((362, 500, 438, 530), radius=4, colors=BRASS)
    share = float(reading.replace(",", ".")) / 10
    labels = ("0", "2", "4", "6", "8", "10")
    canvas.dial((400, 260), 205, labels=labels, share=min(1, max(0, share)), unit="bar")


def vacuum_gauge(canvas: Canvas, reading: str) -> None:
    canvas.shadow((280, 530, 530, 585))
    canvas.tube((376, 440, 424, 545), colors=STEEL)
    canvas.body((362, 500, 438, 530), radius=4, colors=STEEL)
    labels = ("-1", "-0,8", "-0,6", "-0,4", "-0,2", "0")
    canvas.dial((400, 260), 205, labels=labels, share=0.37, unit="bar (vacío)")


def digital_gauge(canvas: Canvas, reading: str) -> None:
    canvas.shadow((280, 530, 530, 585))
    canvas.tube((374, 430, 426, 545), colors=STEEL)
    canvas.body((360, 496, 440, 526), radius=4, colors=STEEL)
    canvas.disc((400, 260), 200, colors=DARK)
    canvas.disc((400, 260), 182, colors=("#5f6a74", "#343b42"))
    canvas.display((268, 190, 532, 282), reading, unit="bar")
    canvas.keys((315, 320), columns=3, rows=1, size=48)
    canvas.text((400, 150), "REF 0,05", size=18, fill="#dfe6ec")


def ph_meter(canvas: Canvas, reading: str) -> None:
    canvas.shadow((120, 490, 690, 565))
    canvas.tube((560, 120, 572, 520), radius=3)
    canvas.line([(566, 140), (650, 140), (650, 200)], fill="#4c535b", width=6)
    canvas.tube((640, 190, 662, 440), colors=("#e9f3fb", "#8fb0c8"), radius=8)
    canvas.body((600, 400, 704, 540), radius=8, colors=("#d8ecf7", "#8fc1de"))
    canvas.body((130, 300, 520, 530), radius=24, colors=WHITE)
    canvas.display((160, 326, 490, 420), reading, unit="pH")
    canvas.keys((176, 448), columns=5, rows=1, size=48)
