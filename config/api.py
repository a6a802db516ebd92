"""The whole API on one page."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from analytics.api import NightViewSet, RiskViewSet, ValuationViewSet
from indices.api import IndexViewSet, RebalanceViewSet, ReviewViewSet
from indices.api.votes import BallotView, VoteView
from portfolios.api import (
    DownloadViewSet,
    GainViewSet,
    HarvestViewSet,
    ImportViewSet,
    IncomeViewSet,
    LotViewSet,
    PortfolioViewSet,
    TaxSettingsView,
    TransactionViewSet,
    WalletViewSet,
)

router = SimpleRouter()
router.register("indices", IndexViewSet, basename="index")
router.register(r"indices/(?P<slug>[-a-zA-Z0-9_]+)/reviews", ReviewViewSet, basename="review")
router.register(r"indices/(?P<slug>[-a-zA-Z0-9_]+)/rebalances", RebalanceViewSet, basename="rebalance")
router.register("portfolios", PortfolioViewSet, basename="portfolio")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/transactions", TransactionViewSet, basename="transaction")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/imports", ImportViewSet, basename="import")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/lots", LotViewSet, basename="lot")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/gains", GainViewSet, basename="gain")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/income", IncomeViewSet, basename="income")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/harvest", HarvestViewSet, basename="harvest")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/wallets", WalletViewSet, basename="wallet")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/downloads", DownloadViewSet, basename="download")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/valuations", ValuationViewSet, basename="valuation")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/risk", RiskViewSet, basename="risk")
router.register("nights", NightViewSet, basename="night")

urlpatterns = [
    path("indices/<slug:slug>/ballot/", BallotView.as_view(), name="ballot"),
    path("indices/<slug:slug>/vote/", VoteView.as_view(), name="vote"),
    path("portfolios/<int:portfolio_id>/tax-settings/", TaxSettingsView.as_view(), name="tax-settings"),
    path("", include(router.urls)),
]
