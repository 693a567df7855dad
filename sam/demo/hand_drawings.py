"""How the instruments look that one holds in a hand or hangs on a wall."""

from __future__ import annotations

import math

from sam.demo.canvas import BRASS, DARK, LCD, STEEL, WHITE, Canvas

YELLOW = ("#f6c945", "#c7921a")
RED = ("#c8453b", "#82211a")


def digital_thermometer(canvas: Canvas, reading: str) -> None:
    canvas.shadow((180, 500, 640, 570))
    canvas.line([(360, 120), (390, 40), (560, 50), (600, 180)], fill="#22262b", width=7)
    canvas.body((585, 170, 617, 300), radius=10, colors=DARK)
    canvas.tube((596, 296, 606, 540), radius=4)
    canvas.body((260, 110, 460, 540), radius=30, colors=YELLOW)
    canvas.body((280, 134, 440, 520), radius=20, colors=DARK)
    canvas.display((296, 160, 424, 236), reading, unit="°C")
    canvas.keys((306, 270), columns=3, rows=4, size=30)


def glass_thermometer(canvas: Canvas, reading: str) -> None:
    canvas.shadow((90, 290, 720, 350), darkness=80)
    canvas.tube((110, 280, 700, 316), colors=("#ffffff", "#a9bccb"), radius=16)
    canvas.line([(120, 298), (470, 298)], fill="#b3261e", width=5)
    canvas.tube((86, 284, 130, 312), colors=RED, radius=14)
    for step in range(56):
        x = 170 + step * 9
        canvas.line([(x, 281), (x, 290 if step % 5 else 296)], width=1.4)
    for index in range(12):
        canvas.text((170 + index * 45, 268), str(-10 + index * 10), size=14)
    canvas.text((690, 330), "°C", size=18)


def thermohygrometer(canvas: Canvas, reading: str) -> None:
    canvas.shadow((210, 520, 600, 575))
    canvas.body((230, 110, 570, 540), radius=28, colors=WHITE)
    canvas.display((260, 145, 540, 265), reading, unit="°C")
    canvas.display((260, 280, 540, 390), "52", unit="%HR")
    canvas.keys((290, 420), columns=4, rows=1, size=46)
    canvas.tube((392, 60, 408, 114), radius=6)
    for y in range(480, 525, 10):
        canvas.line([(330, y), (470, y)], fill="#9aa4ae", width=3)


def caliper(canvas: Canvas, reading: str) -> None:
    canvas.shadow((80, 250, 740, 350))
    canvas.body((90, 250, 730, 300), radius=4, colors=STEEL)
    for step in range(90):
        x = 150 + step * 6.3
        canvas.line([(x, 299), (x, 292 if step % 10 else 283)], width=1.3)
    canvas.shape([(90, 250), (160, 250), (150, 440), (118, 470), (110, 300)], fill="#c7ced5")
    canvas.shape([(110, 250), (150, 250), (140, 180)], fill="#c7ced5")
    canvas.shape([(270, 290), (330, 290), (300, 460), (276, 470)], fill="#b6bfc8")
    canvas.shape([(270, 250), (310, 250), (282, 180)], fill="#b6bfc8")
    canvas.body((270, 226, 520, 326), radius=10, colors=DARK)
    canvas.display((292, 240, 450, 296), reading, unit="mm")
    canvas.keys((462, 244), columns=1, rows=2, size=40)
    canvas.disc((380, 336), 16)


def micrometer(canvas: Canvas, reading: str) -> None:
    canvas.shadow((150, 250, 700, 500), darkness=70, softness=30)
    # The frame: half an ellipse from the anvil round to the spindle.
    for width, color in ((54, "#3a4047"), (48, "#6c7781"), (24, "#87929d")):
        angles = [math.radians(180 - step * 6) for step in range(31)]
        points = [(300 + 128 * math.cos(angle), 222 + 210 * math.sin(angle)) for angle in angles]
        canvas.line(points, fill=color, width=width)
    canvas.tube((160, 206, 236, 240), radius=6)
    canvas.tube((262, 210, 420, 236), radius=6)
    canvas.tube((400, 196, 540, 250), radius=6)
    for step in range(12):
        x = 410 + step * 10
        canvas.line([(x, 223), (x, 210 if step % 5 else 202)], width=1.4)
    canvas.tube((520, 184, 640, 262), colors=("#eef1f4", "#7c8690"), radius=8)
    for step in range(12):
        canvas.line([(526, 190 + step * 6), (544, 190 + step * 6)], width=1.4)
    canvas.tube((640, 200, 700, 246), colors=DARK, radius=8)
    canvas.display((242, 408, 362, 452), reading, unit="mm")


def dial_indicator(canvas: Canvas, reading: str) -> None:
    canvas.shadow((280, 545, 530, 590))
    canvas.tube((386, 20, 414, 90), radius=6)
    canvas.tube((382, 430, 418, 520), radius=4)
    canvas.tube((394, 510, 406, 560), radius=3)
    canvas.disc((400, 566), 9)
    labels = ("0", "20", "40", "60", "80", "100")
    canvas.dial((400, 260), 190, labels=labels, share=0.42, unit="0,01 mm")
    canvas.dial((455, 200), 44, labels=("0", "5", "10"), share=0.3, unit="")


def multimeter(canvas: Canvas, reading: str) -> None:
    canvas.shadow((220, 520, 620, 580))
    canvas.line([(360, 520), (250, 560), (130, 470), (110, 330)], fill="#b3261e", width=7)
    canvas.line([(440, 520), (560, 570), (690, 480), (700, 330)], fill="#22262b", width=7)
    canvas.tube((100, 200, 120, 340), colors=RED)
    canvas.tube((690, 200, 710, 340), colors=DARK)
    canvas.body((260, 60, 540, 550), radius=30, colors=YELLOW)
    canvas.body((280, 80, 520, 530), radius=20, colors=DARK)
    canvas.display((300, 100, 500, 186), reading, unit="V")
    canvas.keys((314, 204), columns=4, rows=1, size=36)
    canvas.disc((400, 350), 74, colors=("#6b747d", "#3a4047"))
    for index, label in enumerate(("OFF", "V~", "V=", "Ω", "A=", "A~")):
        x, y = ((310, 400), (304, 340), (326, 280), (400, 258), (472, 280), (496, 340))[index]
        canvas.text((x, y), label, size=16, fill="#f6f7f8")
    canvas.shape([(390, 360), (410, 360), (404, 288), (396, 288)], fill="#f6c945")
    for x, color in ((320, RED), (400, DARK), (480, DARK)):
        canvas.disc((x, 490), 16, colors=color)


def pipette(canvas: Canvas, reading: str) -> None:
    canvas.shadow((280, 545, 520, 590))
    canvas.tube((380, 20, 420, 90), colors=("#7fc4e8", "#2b6d96"), radius=8)
    canvas.body((346, 84, 454, 320), radius=24, colors=WHITE)
    canvas.body((330, 120, 360, 200), radius=10, colors=WHITE)
    canvas.body((366, 130, 434, 254), radius=5, colors=LCD)
    # A pipette has a counter of four wheels, and no decimals.
    for index, digit in enumerate(reading.split(",")[0].rjust(4, "0")):
        canvas.text((400, 148 + index * 28), digit, size=26)
    canvas.tube((372, 310, 428, 430), colors=WHITE, radius=8)
    canvas.tube((384, 426, 416, 490), colors=WHITE, radius=4)
    canvas.shape([(386, 486), (414, 486), (404, 575), (396, 575)], fill="#cfe6f2")
    canvas.text((400, 284), "100–1000 µL", size=15)


def torque_wrench(canvas: Canvas, reading: str) -> None:
    canvas.shadow((70, 270, 750, 360))
    canvas.tube((150, 278, 600, 314), radius=6)
    canvas.disc((130, 296), 54, colors=STEEL)
    canvas.disc((130, 296), 34, colors=DARK)
    canvas.body((114, 280, 146, 312), radius=3, colors=STEEL)
    canvas.body((470, 264, 560, 328), radius=10, colors=DARK)
    canvas.text((515, 296), f"{reading} N·m", size=17, fill="#f6f7f8")
    canvas.tube((560, 262, 740, 330), colors=RED, radius=16)
    for x in range(590, 730, 16):
        canvas.line([(x, 268), (x, 324)], fill="#5c1510", width=4)


def stopwatch(canvas: Canvas, reading: str) -> None:
    canvas.shadow((260, 530, 550, 585))
    canvas.line([(330, 120), (300, 30), (500, 30), (470, 120)], fill="#22262b", width=6)
    canvas.tube((386, 76, 414, 130), radius=6)
    for x in (282, 518):
        canvas.disc((x, 150), 24, colors=DARK)
    canvas.disc((400, 330), 215, colors=("#3b4b63", "#1c2636"))
    canvas.disc((400, 330), 180, colors=("#5c6d86", "#33425a"))
    canvas.display((255, 280, 545, 372), reading, unit="s")
    canvas.text((400, 235), "CRONÓMETRO 1/100", size=18, fill="#e6ecf3")
    canvas.text((400, 430), "RESET · LAP · START", size=16, fill="#e6ecf3")


def tachometer(canvas: Canvas, reading: str) -> None:
    canvas.shadow((270, 530, 560, 585))
    canvas.body((290, 60, 520, 300), radius=26, colors=YELLOW)
    canvas.body((330, 280, 480, 550), radius=26, colors=DARK)
    canvas.display((312, 100, 498, 176), reading, unit="rpm")
    canvas.keys((330, 205), columns=3, rows=1, size=44)
    canvas.body((380, 320, 430, 380), radius=10, colors=RED)
    canvas.body((370, 44, 440, 66), radius=6, colors=DARK)
    canvas.disc((405, 54), 8, colors=BRASS)
