"""The API's errors in one format."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import status
from rest_framework.exceptions import APIException


class BodyTooLargeError(APIException):
    """The body is larger than the server reads."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class ErrorHandler(ExceptionHandler):
    """Also answers for what Django itself refuses."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Answer 413 where Django refuses to read a body."""
        if isinstance(exc, RequestDataTooBig):
            return BodyTooLargeError(f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes.")
        converted: Exception = super().convert_known_exceptions(exc)
        return converted
