"""The shapes that the page is drawn with: bars, dots, cells and ribbons as SVG, every word escaped."""

from collections.abc import Sequence
from html import escape

WIDTH = 860
LABEL = 190  # pixels for names at the left
PALETTE = ("#2f6db5", "#d0772b", "#3a8f5c", "#a8457b", "#7a6cc0", "#8a7a3d", "#2f97a6", "#b5483f", "#5f6b78", "#6d9b2f")
INK, FAINT = "#1d2733", "#c9d2dc"


def svg(height: float, marks: Sequence[str], *, width: int = WIDTH, says: str) -> str:
    """A drawing of these marks; `says` is what a reader who cannot see it hears."""
    inside = "".join(marks)
    return (
        f'<svg role="img" aria-label="{escape(says)}" viewBox="0 0 {width} {height:.0f}" width="{width}">{inside}</svg>'
    )


def words(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    """Words at a place; long ones are cut, and told in full when pointed at."""
    shown = text if len(text) <= 28 else f"{text[:27]}…"
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">'
        f"<title>{escape(text)}</title>{escape(shown)}</text>"
    )


def box(
    place: tuple[float, float], size: tuple[float, float], colour: str, *, tip: str = "", faint: float = 1.0
) -> str:
    """A filled rectangle that says `tip` when pointed at."""
    (x, y), (wide, high) = place, size
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0):.1f}" height="{max(high, 0):.1f}" fill="{colour}" '
        f'fill-opacity="{faint:.3f}"><title>{escape(tip)}</title></rect>'
    )


def line(start: tuple[float, float], end: tuple[float, float], *, colour: str = INK, wide: float = 1.5) -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{wide}"/>'


def dot(x: float, y: float, colour: str, *, tip: str = "") -> str:
    """A small disc."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{escape(tip)}</title></circle>'


def ribbon(start: tuple[float, float], end: tuple[float, float], high: float, *, colour: str, tip: str) -> str:
    """A band that flows from the right side of one box to the left side of another."""
    (x1, y1), (x2, y2) = start, end
    middle = (x1 + x2) / 2
    return (
        f'<path d="M{x1:.1f},{y1:.1f} C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f}" fill="none" '
        f'stroke="{colour}" stroke-opacity="0.35" stroke-width="{max(high, 0.5):.1f}">'
        f"<title>{escape(tip)}</title></path>"
    )


def interval(y: float, ends: tuple[float, float], point: float, *, colour: str) -> str:
    """A point with its interval, on a scale that is already in pixels."""
    low, high = ends
    caps = [line((x, y - 4), (x, y + 4), colour=colour) for x in ends]
    return line((low, y), (high, y), colour=colour) + "".join(caps) + dot(point, y, colour)
