"""The whole API on one page."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from portfolios.api import PortfolioViewSet, TransactionViewSet

router = SimpleRouter()
router.register("portfolios", PortfolioViewSet, basename="portfolio")
router.register(r"portfolios/(?P<portfolio_id>[0-9]+)/transactions", TransactionViewSet, basename="transaction")

urlpatterns = [path("", include(router.urls))]
