"""The project: settings, the URL map, the API's page and the Celery application."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
