# Python's numbers, as far as `isinstance` asks: each kind is the types that belong to it.
from decimal import Decimal

Number = (int, float, Decimal)
Complex = Real = (int, float)
Rational = Integral = (int,)
