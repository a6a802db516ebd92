"""Public pages of indices."""

from django.urls import path

from indices.views import factsheets, votes

app_name = "indices"
urlpatterns = [
    path("", factsheets.catalogue, name="list"),
    path("<slug:slug>/", factsheets.detail, name="detail"),
    path("<slug:slug>/reviews/<int:review_id>/", factsheets.review, name="review"),
    path("<slug:slug>/vote/", votes.vote, name="vote"),
]
