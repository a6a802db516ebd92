"""The URL map of the site."""

from allauth.account.decorators import secure_admin_login
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from analytics import views as analytics_views

# Django's own admin login knows neither the second factor nor the rate limits.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign] # allauth's documented way

# Swagger UI styles its elements inline.
swagger = csp_update({"style-src": ["'self'", "'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

urlpatterns = [
    path("", analytics_views.overview, name="overview"),
    path("night/", analytics_views.night, name="night"),
    path("healthz", analytics_views.healthz, name="healthz"),
    path("readyz", analytics_views.readyz, name="readyz"),
    path("", include("analytics.urls")),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("indices/", include("indices.urls")),
    path("portfolios/", include("portfolios.urls")),
    path("api/schema/", SpectacularAPIView.as_view(api_version="v1"), name="schema"),
    path("api/docs/", swagger, name="schema-swagger"),
    path("api/<version>/", include("config.api")),
]
