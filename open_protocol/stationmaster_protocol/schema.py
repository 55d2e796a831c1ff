"""The XSD, made from the same shapes that read and write.

`python -m stationmaster_protocol.schema` prints it; the package's file must be exactly that, and a test says so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_protocol.messages import NAMESPACE, VERSION
from stationmaster_protocol.scalar_codecs import ScalarCodec
from stationmaster_protocol.shapes import MESSAGES, REQUIRED, Field, Form, Shape, resource_shape, shape_of

__all__ = ["made_schema"]

_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}"
    elementFormDefault="qualified" version="{VERSION}">
  <xs:annotation>
    <xs:documentation>Stationmaster open protocol {VERSION}: each message is one document.</xs:documentation>
  </xs:annotation>"""

_EXTENSION = """  <xs:complexType name="Extension">
    <xs:annotation>
      <xs:documentation>Elements of other namespaces; who does not know them ignores them.</xs:documentation>
    </xs:annotation>
    <xs:sequence>
      <xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
  <xs:complexType name="LanguageText">
    <xs:annotation>
      <xs:documentation>A text in one language.</xs:documentation>
    </xs:annotation>
    <xs:simpleContent>
      <xs:extension base="xs:string">
        <xs:attribute name="language" type="xs:string" use="required"/>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>"""


def made_schema() -> str:
    """The whole schema document."""
    types = _Types()
    for name, message in MESSAGES.items():
        types.message(name, message)
    for kind in PUBLIC_KINDS:
        types.resource(kind)
    return "\n".join(
        [_HEAD, *types.elements, *_resource_group(), *types.complex, _EXTENSION, *types.simple, "</xs:schema>", ""]
    )


def _resource_group() -> list[str]:
    return [
        '  <xs:group name="resource">',
        "    <xs:choice>",
        *(f'      <xs:element name="{kind}" type="{_resource_type(kind)}"/>' for kind in PUBLIC_KINDS),
        "    </xs:choice>",
        "  </xs:group>",
    ]


def _resource_type(kind: str) -> str:
    return f"{kind.capitalize()}Resource"


def _documentation(text: str | None, indent: str) -> list[str]:
    first = (text or "").strip().split("\n\n")[0]
    line = " ".join(first.split())
    if not line:
        return []
    return [
        f"{indent}<xs:annotation>",
        f"{indent}  <xs:documentation>{escape(line)}</xs:documentation>",
        f"{indent}</xs:annotation>",
    ]


class _Types:
    """The schema's parts as they are found, each type once."""

    def __init__(self) -> None:
        self.elements: list[str] = []
        self.complex: list[str] = []
        self.simple: list[str] = []
        self._known: set[str] = set()
        self._shapes: dict[type, str] = {}

    def message(self, name: str, kind: type) -> None:
        self.elements.append(f'  <xs:element name="{name}" type="{kind.__name__}"/>')
        self._complex(kind.__name__, shape_of(kind), open_ended=True)

    def resource(self, kind: str) -> None:
        attributes = [
            '      <xs:attribute name="id" type="xs:string" use="required"/>',
            '      <xs:attribute name="revision" type="xs:long" use="required"/>',
        ]
        self._complex(_resource_type(kind), resource_shape(kind), open_ended=True, attributes=attributes)

    def _complex(
        self, name: str, shape: Shape, *, open_ended: bool = False, attributes: list[str] | None = None
    ) -> None:
        if name in self._known:
            return
        self._known.add(name)
        lines = [f'  <xs:complexType name="{name}">', *_documentation(shape.type.__doc__, "    ")]
        own = [line.removeprefix("  ") for line in attributes or []] + list(self._attributes(shape))
        if contents := shape.having(Form.CONTENT):
            base = self._scalar(contents[0].codec)
            lines += ["    <xs:simpleContent>", f'      <xs:extension base="{base}">']
            lines += [f"    {line}" for line in own]
            lines += ["      </xs:extension>", "    </xs:simpleContent>"]
        else:
            children = list(self._children(shape))
            if open_ended:
                children.append('<xs:element name="extension" type="Extension" minOccurs="0"/>')
            if children:
                lines += ["    <xs:sequence>", *(f"      {child}" for child in children), "    </xs:sequence>"]
            lines += own
            if open_ended:
                lines.append('    <xs:anyAttribute namespace="##other" processContents="lax"/>')
        self.complex += [*lines, "  </xs:complexType>"]

    def _attributes(self, shape: Shape) -> Iterator[str]:
        for field in shape.having(Form.ATTRIBUTE):
            yield f'    <xs:attribute name="{field.tag}" type="{self._scalar(field.codec)}"{_use(field)}/>'

    def _children(self, shape: Shape) -> Iterator[str]:
        for field in shape.fields:
            match field.form:
                case Form.ATTRIBUTE | Form.CONTENT:
                    continue
                case Form.RESOURCES:
                    yield '<xs:group ref="resource" minOccurs="0" maxOccurs="unbounded"/>'
                    continue
                case Form.ELEMENT | Form.SCALARS:
                    kind = self._scalar(field.codec)
                case Form.PAIRS:
                    kind = "LanguageText"
                case Form.CHILD | Form.CHILDREN:
                    kind = self._inside(field.inside)
            yield f'<xs:element name="{field.tag}" type="{kind}"{_occurrence(field)}/>'

    def _inside(self, shape: Shape) -> str:
        """The type's name; simple and complex types share one set of names, so a word that is taken gets a suffix."""
        if shape.type not in self._shapes:
            name = shape.type.__name__
            self._shapes[shape.type] = f"{name}Shape" if name in self._known else name
            self._complex(self._shapes[shape.type], shape)
        return self._shapes[shape.type]

    def _scalar(self, scalar: ScalarCodec) -> str:
        if scalar.facets and scalar.xsd not in self._known:
            self._known.add(scalar.xsd)
            self.simple += [
                f'  <xs:simpleType name="{scalar.xsd}">',
                *_documentation(scalar.says, "    "),
                f'    <xs:restriction base="{scalar.base}">',
                *(f"      {facet}" for facet in scalar.facets),
                "    </xs:restriction>",
                "  </xs:simpleType>",
            ]
        return scalar.xsd


def _use(field: Field) -> str:
    if field.default is REQUIRED:
        return ' use="required"'
    if field.default is None:
        return ""
    return f" default={quoteattr(field.codec.write(field.default))}"


def _occurrence(field: Field) -> str:
    if field.form in (Form.SCALARS, Form.PAIRS, Form.CHILDREN):
        return ' minOccurs="0" maxOccurs="unbounded"'
    return "" if field.default is REQUIRED else ' minOccurs="0"'


if __name__ == "__main__":
    sys.stdout.write(made_schema())
