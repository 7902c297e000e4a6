"""Numbers as readers see them."""

from math import ceil, floor, isfinite, log10


def number(value: float) -> str:
    """Returns a number with thousands separators, or with as many decimals as its size warrants."""
    if not isfinite(value):
        return "-"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.4f}"


def short(value: float) -> str:
    """Returns a number with at most three significant digits, for ticks and cells."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:.3g}M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Returns round numbers from `low` to `high`, at most `most` of them and at least one if `low` < `high`."""
    if not high > low:
        return [low]
    rough = (high - low) / (most - 1)
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def powers(low: float, high: float) -> list[float]:
    """Returns powers of ten from `low` to `high`, and if there are few, multiples of them."""
    exponents = range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
    for factors in ((1,), (1, 2, 5), range(1, 10)):
        found = [f * 10.0**e for e in exponents for f in factors if low * 0.999 <= f * 10.0**e <= high * 1.001]
        if len(found) >= 3:
            break
    return found[:: -(-len(found) // 6)] if found else [low, high]
