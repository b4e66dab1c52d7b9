"""FER2013 from Kaggle, by Kaggle's own library ``kagglehub`` (the optional extra ``download``)."""

from collections.abc import Callable
from pathlib import Path

from ..errors import CourseError
from ..files.store import show

DATASET = "deadskull7/fer2013"
"""The copy that the slides used; needs no account. Holds ``fer2013.csv``."""
COMPETITION = "challenges-in-representation-learning-facial-expression-recognition-challenge"
"""The official source; needs an account that has accepted its rules. Holds ``icml_face_data.csv``."""
RULES = f"https://www.kaggle.com/c/{COMPETITION}/rules"
BY_HAND = (
    f"download icml_face_data.csv.zip by hand from https://www.kaggle.com/c/{COMPETITION}/data "
    "and set EMOCOURSE_FER2013 to its path"
)


def fetch(again: bool = False) -> Path:
    """Download FER2013 into kagglehub's own cache; a download that was cut off goes on, a finished one is not repeated.

    The slides' dataset is tried first, then the competition.

    Args:
        again: download even if kagglehub has it already, as after a download that turned out damaged.

    Returns:
        the CSV, or the folder that holds it.

    Raises:
        CourseError: kagglehub is not installed, Kaggle cannot be reached, or it wants an account or its rules accepted.
    """
    try:
        import kagglehub
    except ImportError as error:
        raise CourseError(
            f'Downloading needs Kaggle\'s library: pip install "emocourse[download]", or {BY_HAND}.'
        ) from error
    attempts: tuple[Callable[[], str], ...] = (
        lambda: kagglehub.dataset_download(DATASET, force_download=again),
        lambda: kagglehub.competition_download(COMPETITION, path="icml_face_data.csv", force_download=again),
    )
    reasons = []
    for attempt in attempts:
        try:
            return Path(attempt())
        except Exception as error:  # the library lets through its own errors, those of requests, zipfile and the system
            reasons.append((_rank(error), error))
    rank, error = max(reasons, key=lambda reason: reason[0])
    raise CourseError(
        _SENTENCES[rank].format(error=show(error)[:200].rstrip("."), rules=RULES, by_hand=BY_HAND)
    ) from error


_OTHER, _NETWORK, _RULES = range(3)
_SENTENCES = {
    _OTHER: "Kaggle's library could not download FER2013 ({error}): try again later, or {by_hand}.",
    _NETWORK: "Kaggle cannot be reached ({error}): check the network and run the download again, which goes on where "
    "it stopped, or {by_hand}.",
    _RULES: "Kaggle wants an account that has accepted the competition's rules: log in at {rules} and accept them, "
    "make an API token in your Kaggle settings, and run the download again; or {by_hand}.",
}


def _rank(error: Exception) -> int:
    """What to tell the user about; the more they can do about it, the higher."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403) or type(error).__name__ in ("UnauthenticatedError", "CredentialError"):
        return _RULES
    # requests' errors are OSErrors; one with an answer in it did reach Kaggle.
    return _NETWORK if isinstance(error, OSError) and status is None else _OTHER
