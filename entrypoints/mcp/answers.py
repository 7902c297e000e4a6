"""The answers of the tools. Agents get their schemas with the tools."""

from typing import Literal

from pydantic import BaseModel, Field

Probability = Field(description="Calibrated, from 0 to 1.")


class PaperCategory(BaseModel):
    """A category with its probability."""

    category: str = Field(description="The identifier, as cs.LG.")
    name: str
    probability: float = Probability


class Classification(BaseModel):
    """The categories of a paper."""

    model: str
    categories: list[PaperCategory] = Field(description="The most probable first.")
    warnings: list[str] = Field(description="What to know of the text, one sentence each.")


class NearPaper(BaseModel):
    """A labelled paper that is similar to the one in the request."""

    id: str
    title: str
    categories: list[str] = Field(description="The primary category first.")


class AdvisedCategory(PaperCategory):
    """An advised category."""

    reasons: list[str] = Field(description="The words of the paper that speak most for it.")
    papers: list[NearPaper] = Field(description="The nearest indexed papers that have it.")


class Opinion(BaseModel):
    """A verdict on one category."""

    category: str
    verdict: Literal["keep", "add", "drop", "swap", "no opinion"] = Field(
        description="swap: this category should be the primary one."
    )
    probability: float | None = Field(description="null for a category that the model lacks.")
    reason: str


class Advice(BaseModel):
    """Advice on a paper's categories."""

    answer: str = Field(description="The advice in a sentence.")
    primary: AdvisedCategory | None = Field(description="null for a paper that is outside.")
    cross_lists: list[AdvisedCategory] = Field(description="At most four.")
    outside: bool = Field(description="Whether the paper probably has none of the model's categories.")
    outside_probability: float
    opinion: list[Opinion] = Field(description="Verdicts, if categories were chosen.")
    warnings: list[str] = Field(description="What is not known, one sentence each.")
    model: str


class FoundPaper(NearPaper):
    """A paper of the index."""

    similarity: float = Field(description="The cosine of the two papers' vectors, at most 1.")


class SimilarPapers(BaseModel):
    """Papers of the index, the most similar first."""

    papers: list[FoundPaper]
