"""The whole API on one page."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from analytics.api import NightViewSet, RiskViewSet, ValuationViewSet
from indices.api import IndexViewSet
from portfolios.api import PortfolioViewSet, TransactionViewSet

router = SimpleRouter()
router.register("indices", IndexViewSet, basename="index")
router.register("portfolios", PortfolioViewSet, basename="portfolio")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/transactions", TransactionViewSet, basename="transaction")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/valuations", ValuationViewSet, basename="valuation")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/risk", RiskViewSet, basename="risk")
router.register("nights", NightViewSet, basename="night")

urlpatterns = [path("", include(router.urls))]
