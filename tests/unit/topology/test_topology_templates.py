"""Variables and Go templates in a topology file: results that containerlab 0.79 gave for the same text."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.topology.load import load
from harness.topology.substitute import substitute
from harness.topology.template import render

FILE = Path("lab.clab.yml")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$S ${S} $S.x ${S}x", "set set set.x setx"),
        ("$U ${U} $E ${E}", "$U $U $E $E"),
        ("${U:-d} ${U:=d} ${E:-d} ${S:-d}", "d d d set"),
        ("${U-d} ${U=d} ${E-d} ${S-d}", "d d $E set"),
        ("${S:+d}${U:+d}${E:+d}${S+d}", "ddd"),
        ("${U:?no} ${S:?no}", "$U set"),
        ("$$S $1 ${1} a$ $_", "$S $1 ${1} a$ $_"),
        ("${U:-$S} ${U:-$V}", "set $V"),
        ("${U:-} ${U:--1}", "$U 1"),
        ('${U:-""} ${U:-a:b-c d}', '"" a:b-c d'),
        ("P4s$w0rd!", "P4s$w0rd!"),
        ("ghcr.io/x:${U:=latest}", "ghcr.io/x:latest"),
    ],
)
def test_variables_are_expanded_as_containerlab_does(text: str, result: str) -> None:
    assert substitute(text, {"S": "set", "E": ""}, FILE) == result


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ .a.b }}-{{ $.list }}", "7-[x y]"),
        ("{{ add 1 2 }} {{ subtract 5 3 }} {{ mul 2 1.5 }} {{ div 7 2 }} {{ div 6 3 }}", "3 2 3 3.5 2"),
        ("{{ idiv -7 2 }} {{ rem -7 2 }} {{ 3 | add 4 }}", "-3 -1 7"),
        ("{{ seq 3 }} {{ seq 3 1 }} {{ seq 1 7 3 }} {{ seq 0 }}", "[1 2 3] [3 2 1] [1 4 7] [1 0]"),
        ("{{ range $i, $e := .list }}{{ $i }}{{ $e }} {{ end }}", "0x 1y "),
        ("{{ range $e := .list }}{{ $e }}{{ end }}{{ range .list }}{{ . }}{{ end }}", "xyxy"),
        ("{{ range .none }}a{{ else }}b{{ end }}", "b"),
        ("{{ range $k, $v := .a }}{{ $k }}={{ $v }}{{ end }}", "b=7"),
        ("{{ if .none }}a{{ else if eq .a.b 6 7 }}b{{ else }}c{{ end }}", "b"),
        ("{{ with .a }}{{ .b }}{{ end }}{{ with .none }}x{{ else }}y{{ end }}", "7y"),
        ("{{ if and (gt .a.b 6) (not .none) }}y{{ end }}{{ or .none 5 }}", "y5"),
        ("{{ if or (ne 1 1) (le 2 2) (lt .none 1) }}y{{ end }}", "y"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ("a  {{- 1 -}}  b {{/* c */}}d {{- /* e */ -}} f", "a1b df"),
        ('{{ printf "%03d-%s-%v-%q" 7 "x" true "y" }}', '007-x-true-"y"'),
        ('{{ len "héé" }} {{ len .list }} {{ index .list 1 }} {{ index .a "b" }}', "5 2 y 7"),
        ('{{ strings.Split "," "a,b" }} {{ "a-b" | strings.ReplaceAll "-" "." }}', "[a b] a.b"),
        ('{{ conv.Join (slice 1 "b") "/" }} {{ conv.ToInt "12" }}', "1/b 12"),
        ('{{ net.CIDRHost 5 "2001:db8::/64" }} {{ net.CIDRHost -1 "192.0.2.0/24" }}', "2001:db8::5 192.0.2.255"),
        ('{{ ToJSON (slice 1 "b") }} {{ `raw` }} {{ print 1 2 "a" 3 }}', '[1,"b"] raw 1 2a3'),
    ],
)
def test_a_template_gives_what_go_gives(template: str, result: str) -> None:
    assert render(template, {"a": {"b": 7}, "list": ["x", "y"]}, FILE).text == result


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ('{{ template "x" . }}', "the template construct template is not supported"),
        ("{{ range seq 2 }}{{ break }}{{ end }}", "the template construct break is not supported"),
        ("{{ upper `a` }}", "the function upper is not supported"),
        ("{{ if eq 1 `1` }}{{ end }}", "eq: cannot compare int '1' with str '1'"),
        ("{{ .none }}", ".none is not defined"),
        ("{{ $y }}", "$y is not defined"),
        ("{{ .a.b.c }}", ".a.b.c: .a.b is '7' and has no fields"),
        ("{{ if 1 }}", "the block that begins here has no {{ end }}"),
        ("{{ end }}", "{{ end }} closes nothing"),
        ("{{ 1 2 }}", "only a function takes operands in {{ 1 2 }}"),
        ("{{ add 1", "an action {{ is not closed"),
        ("{{ a & b }}", "cannot read '& b }}' in an action"),
        ('{{ printf "%d" "a" }}', "printf: printf: %d does not fit 'a'"),
        ("{{ idiv 1 0 }}", "idiv: integer division or modulo by zero"),
    ],
)
def test_what_is_wrong_in_a_template_is_named_with_its_line(template: str, what: str) -> None:
    with pytest.raises(WrongInput) as caught:
        render(f"name: t\n\n{template}\n", {"a": {"b": 7}}, FILE)
    assert (caught.value.what, caught.value.line) == (f"template: {what}", 3)


def test_each_line_of_the_output_knows_the_line_it_came_from() -> None:
    rendered = render("a\n{{- range seq 2 }}\n  b{{ . }}:\n    c\n{{- end }}\nd\n", None, FILE)
    assert rendered.text == "a\n  b1:\n    c\n  b2:\n    c\nd\n"
    assert [rendered.origin(line) for line in range(1, 7)] == [1, 3, 4, 3, 4, 6]


def test_files_of_variables_beside_the_topology_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "lab.clab.gotmpl"
    file.write_text(
        "name: t\ntopology:\n  nodes:\n{{ range .names }}    {{ . }}: {kind: linux, image: {{ $.image }}}\n{{ end }}"
    )
    (tmp_path / "lab.clab_vars.yml").write_text("names: [a, b]\nimage: one\n")
    (tmp_path / "lab.clab_vars.z.json").write_text('{"image": "two"}')
    (tmp_path / "other_vars.yml").write_text("image: three\n")
    assert {node.name: node.image for node in load(file, {}).nodes.values()} == {"a": "two", "b": "two"}


def test_variables_are_expanded_behind_the_template(tmp_path: Path) -> None:
    file = tmp_path / "lab.clab.yml"
    file.write_text('name: t\ntopology: {nodes: {a: {kind: linux, image: "${IMAGE:-{{ print `de` `fault` }}}"}}}\n')
    assert load(file, {}).nodes["a"].image == "default"
    assert load(file, {"IMAGE": "mine"}).nodes["a"].image == "mine"
