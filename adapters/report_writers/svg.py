"""Elements of SVG and HTML as text."""

from html import escape

# One unit is one pixel at a width of 360, which a telephone has.
WIDTH = 360.0


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """Returns an element. `content` is markup; values of attributes are escaped, and those that are None left out.

    An underscore in an attribute's name stands for a hyphen, and `class_` for `class`.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>"


def label(x: float, y: float, content: str, **attributes: object) -> str:
    """Returns a text at a place. Its content is escaped."""
    return element("text", escape(content), x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    """Returns a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def drawing(height: float, title: str, content: str, *, width: float = WIDTH) -> str:
    """Returns an SVG image that fills the width of its place. `title` is what a screen reader says."""
    return element(
        "svg",
        content,
        viewBox=f"0 0 {text(width)} {text(height)}",
        role="img",
        aria_label=title,
        preserveAspectRatio="xMinYMin",
    )


def pointed(content: str, note: str) -> str:
    """Returns an element in a group with a text that is shown on pointing at it."""
    return element("g", content + element("title", escape(note))) if note else content


def text(value: object) -> str:
    """Returns a number with at most two decimals, and anything else as it is."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
