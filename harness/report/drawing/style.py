"""How the drawing looks: one style sheet, with the colours of Okabe and Ito, which the colour-blind tell apart.

No meaning is in a colour alone: IPv4 is a solid line and IPv6 a dashed one, and badges say it in figures and signs.
A page recolours a node or a link by giving its group one of the classes ``state-good``, ``state-bad``, ``state-unknown``.
"""

from __future__ import annotations

BLUE, GREEN, YELLOW, VERMILLION, SKY, BLACK = "#0072B2", "#009E73", "#F0E442", "#D55E00", "#56B4E9", "#000000"

SHEET = f"""
.v6lab-drawing {{ font-family: Arial, "Liberation Sans", "DejaVu Sans", Helvetica, sans-serif; background: #fff }}
.v6lab-drawing text {{ fill: #1a1a1a; font-size: 11px }}
.v6lab-drawing .heading {{ font-size: 30px; font-weight: bold }}
.v6lab-drawing .subheading {{ font-size: 21px }}
.v6lab-drawing .box {{ fill: #f1f1f1; stroke: #8a8a8a }}
.v6lab-drawing .own > .box {{ fill: #fbfbfb; stroke: #555; stroke-width: 1.6 }}
.v6lab-drawing .zone-title {{ font-size: 17px; font-weight: bold; paint-order: stroke; stroke: #fff; stroke-width: 4 }}
.v6lab-drawing .lan > .box {{ fill: #fff; stroke: #9a9a9a; stroke-dasharray: 2 2 }}
.v6lab-drawing .lan.changed > .box {{ stroke: {YELLOW}; stroke-width: 5; stroke-dasharray: none }}
.v6lab-drawing .lan-title {{ font-weight: bold; fill: #444 }}
.v6lab-drawing .shape {{ fill: #fff; stroke: #333; stroke-width: 1.3 }}
.v6lab-drawing .router .shape {{ fill: #e4eef5 }}
.v6lab-drawing .firewall .shape {{ fill: #fff; stroke-width: 2.6 }}
.v6lab-drawing .switch .shape {{ fill: #ececec }}
.v6lab-drawing .icon {{ fill: none; stroke: #333; stroke-width: 1.3; stroke-linecap: round; stroke-linejoin: round }}
.v6lab-drawing .name {{ font-size: 14px; font-weight: bold }}
.v6lab-drawing .badge rect {{ stroke-width: 1 }}
.v6lab-drawing .badge text {{ font-weight: bold; text-anchor: middle; fill: #fff }}
.v6lab-drawing .ip4 rect {{ fill: {BLUE}; stroke: {BLUE} }}
.v6lab-drawing .ip6 rect {{ fill: {GREEN}; stroke: {GREEN} }}
.v6lab-drawing .badge.new rect {{ stroke: {YELLOW}; stroke-width: 3 }}
.v6lab-drawing .badge.later rect {{ fill: #fff; stroke: #777; stroke-dasharray: 2 2 }}
.v6lab-drawing .badge.later text {{ fill: #555; font-weight: normal }}
.v6lab-drawing .badge.gone rect {{ fill: {YELLOW}; stroke: {BLACK} }}
.v6lab-drawing .badge.gone text {{ fill: {BLACK}; text-decoration: line-through }}
.v6lab-drawing .strand {{ fill: none; stroke-width: 2 }}
.v6lab-drawing .strand.ip4 {{ stroke: {BLUE} }}
.v6lab-drawing .strand.ip6 {{ stroke: {GREEN}; stroke-dasharray: 7 3 }}
.v6lab-drawing .strand.later {{ stroke: #777; stroke-width: 1.6; stroke-dasharray: 1.6 4 }}
.v6lab-drawing .strand.none {{ stroke: #aaa; stroke-width: 1 }}
.v6lab-drawing .halo {{ fill: none; stroke: none; stroke-width: 9; stroke-linecap: round }}
.v6lab-drawing .changed > .halo {{ stroke: {YELLOW} }}
.v6lab-drawing .legend-text {{ font-size: 14px }}
.v6lab-drawing .label {{ fill: #444 }}
.v6lab-drawing .paper {{ fill: #fff; fill-opacity: 0.85 }}
.v6lab-drawing .state-bad > .shape {{ stroke: {VERMILLION}; stroke-width: 4 }}
.v6lab-drawing .state-bad > .halo {{ stroke: {VERMILLION}; stroke-opacity: 0.6 }}
.v6lab-drawing .state-good > .shape {{ stroke: {SKY}; stroke-width: 3 }}
.v6lab-drawing .state-good > .halo {{ stroke: {SKY}; stroke-opacity: 0.6 }}
.v6lab-drawing .state-unknown > .shape {{ stroke-dasharray: 4 3; stroke-width: 3 }}
.v6lab-drawing .state-unknown > .halo {{ stroke: #999; stroke-opacity: 0.5 }}
.v6lab-drawing .sign circle {{ fill: #fff; stroke: {BLACK} }}
.v6lab-drawing .sign text {{ text-anchor: middle; font-weight: bold; font-size: 11px }}
.v6lab-drawing .sign.bad circle {{ fill: {VERMILLION} }}
.v6lab-drawing .sign.bad text {{ fill: #fff }}
""".strip()
