"""Accessible charts drawn on the server: integers and labels in, SVG and a table out.

`geometry/` holds pure numbers, the other modules the markup. Nothing here knows Django, the
database or a language: callers bring values as integers, and labels already formatted and
translated. Every chart function takes a `Frame` and returns a `Figure`.
"""

from accounting.charts.bars import Bar, Reference, bars
from accounting.charts.curves import Curve, curves
from accounting.charts.figure import ChartError, Figure, Frame, Row
from accounting.charts.lineage import LineageEdge, LineageNode, lineage
from accounting.charts.lorenz import LorenzCurve, lorenz
from accounting.charts.markup import Svg
from accounting.charts.sankey import SankeyLink, SankeyNode, sankey
from accounting.charts.sparkline import sparkline
from accounting.charts.timeline import Bucket, timeline
from accounting.charts.treemap import Tile, treemap
from accounting.charts.waterfall import WaterfallStep, waterfall

__all__ = [
    "Bar",
    "Bucket",
    "ChartError",
    "Curve",
    "Figure",
    "Frame",
    "LineageEdge",
    "LineageNode",
    "LorenzCurve",
    "Reference",
    "Row",
    "SankeyLink",
    "SankeyNode",
    "Svg",
    "Tile",
    "WaterfallStep",
    "bars",
    "curves",
    "lineage",
    "lorenz",
    "sankey",
    "sparkline",
    "timeline",
    "treemap",
    "waterfall",
]
