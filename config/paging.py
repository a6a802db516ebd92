"""How the API pages its lists."""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """Numbered pages of 100 rows; a client may ask for up to 5,000, which holds 13 years of daily figures."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 5000
