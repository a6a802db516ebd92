"""The user, who logs in by e-mail, and what an investor tells about themselves."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an ordinary user; the e-mail is stored in lower case."""
        if not email:
            msg = "A user needs an e-mail address."
            raise ValueError(msg)
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with every right."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who logs in by e-mail; there is no user name."""

    username = None  # type: ignore[assignment] # Django's own way to drop the field
    email = models.EmailField(_("e-mail address"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment] # narrower than AbstractUser's

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="email_once_whatever_its_case")]

    def __str__(self) -> str:
        return self.email


class InvestorProfile(models.Model):
    """What an investor tells about themselves; all of it optional, none of it shown to others."""

    class Experience(models.TextChoices):
        """How long somebody has held crypto assets."""

        NEW = "new", _("New to crypto")
        SOME = "some", _("One to three years")
        EXPERIENCED = "experienced", _("More than three years")

    class RiskTolerance(models.TextChoices):
        """The loss that somebody says they can bear."""

        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    user = models.OneToOneField(User, models.CASCADE, related_name="profile")
    display_name = models.CharField(max_length=80, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    experience = models.CharField(max_length=12, choices=Experience, blank=True)
    risk_tolerance = models.CharField(max_length=12, choices=RiskTolerance, blank=True)
    horizon_years = models.PositiveSmallIntegerField(null=True, blank=True)
    jurisdiction = models.CharField(max_length=2, blank=True, help_text=_("ISO 3166 country code, for tax rules."))

    def __str__(self) -> str:
        return f"Profile of {self.user.email}"


class IdempotencyRecord(models.Model):
    """One answered request of one user: the same key again gets the same answer, and no second effect."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return self.key
