"""Public pages of indices."""

from django.urls import path

from indices import views

app_name = "indices"
urlpatterns = [
    path("", views.catalogue, name="list"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/reviews/<int:review_id>/", views.review, name="review"),
]
