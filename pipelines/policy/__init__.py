"""The policy outside of its training: what it is worth, told to MLflow, and how it is served from there."""

from pipelines.policy.served import policy_fit
from pipelines.policy.worth import Worth, weigh

__all__ = ["Worth", "policy_fit", "weigh"]
