"""Public pages of indices."""

from django.urls import path

from indices.views import bundles, catalogue, downloads, factsheets, votes

app_name = "indices"
urlpatterns = [
    path("", catalogue.catalogue, name="list"),
    path("<slug:slug>/", factsheets.detail, name="detail"),
    path("<slug:slug>/reviews/<int:review_id>/", factsheets.review, name="review"),
    path("<slug:slug>/corrections/", factsheets.corrections, name="corrections"),
    path("<slug:slug>/levels.csv", downloads.levels_csv, name="levels_csv"),
    path("<slug:slug>/levels.json", downloads.levels_json, name="levels_json"),
    path("<slug:slug>/constituents.csv", downloads.constituents_csv, name="constituents_csv"),
    path("<slug:slug>/constituents.json", downloads.constituents_json, name="constituents_json"),
    path("<slug:slug>/rebalances/<int:rebalance_id>/bundle.json", bundles.bundle, name="bundle"),
    path("<slug:slug>/vote/", votes.vote, name="vote"),
]
