"""What users change about themselves."""

from dataclasses import asdict, dataclass

from accounts.models import InvestorProfile, User


@dataclass(frozen=True, kw_only=True)
class ProfileAnswers:
    """What somebody answered; empty means: not said."""

    display_name: str = ""
    time_zone: str = "UTC"
    experience: str = ""
    risk_tolerance: str = ""
    horizon_years: int | None = None
    jurisdiction: str = ""


def save_profile(*, user: User, answers: ProfileAnswers) -> InvestorProfile:
    """Keep the answers as the user's profile, whether there was one or not."""
    profile, _ = InvestorProfile.objects.update_or_create(user=user, defaults=asdict(answers))
    return profile
