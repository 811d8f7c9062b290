"""Predicted mentions against gold ones: agreement of spans, of what they say, and how sure the scores are."""

from casualties.scoring.evaluation import MAIN_METRIC, Evaluation, evaluate
from casualties.scoring.mentions import MentionScores, match, score_mentions

__all__ = ["MAIN_METRIC", "Evaluation", "MentionScores", "evaluate", "match", "score_mentions"]
