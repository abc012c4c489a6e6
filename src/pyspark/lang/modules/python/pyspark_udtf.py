# What the static method `analyze` of a table function takes and gives.
from dataclasses import dataclass, field
from typing import Any, List, Optional


@dataclass(frozen=True)
class AnalyzeArgument:
    dataType: Any
    value: Optional[Any]
    isTable: bool
    isConstantExpression: bool


@dataclass(frozen=True)
class PartitioningColumn:
    name: str


@dataclass(frozen=True)
class OrderingColumn:
    name: str
    ascending: bool = True
    overrideNullsFirst: Optional[bool] = None


@dataclass(frozen=True)
class SelectedColumn:
    name: str
    alias: str = ""


@dataclass
class AnalyzeResult:
    schema: Any
    withSinglePartition: bool = False
    partitionBy: List[PartitioningColumn] = field(default_factory=list)
    orderBy: List[OrderingColumn] = field(default_factory=list)
    select: List[SelectedColumn] = field(default_factory=list)


class SkipRestOfInputTableException(Exception):
    pass
