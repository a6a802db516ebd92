"""URLs of the panels and pages of a portfolio's figures."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [
    path("portfolios/<int:portfolio_id>/performance/", views.performance, name="performance"),
    path("portfolios/<int:portfolio_id>/risk/", views.risk, name="risk"),
]
