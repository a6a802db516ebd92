"""The pages of portfolios."""

from django.urls import path

from portfolios import views

app_name = "portfolios"

urlpatterns = [
    path("", views.portfolio_list, name="list"),
    path("new/", views.create, name="create"),
    path("<int:portfolio_id>/", views.detail, name="detail"),
    path("<int:portfolio_id>/rename/", views.rename, name="rename"),
    path("<int:portfolio_id>/invest/", views.invest, name="invest"),
    path("<int:portfolio_id>/targets/", views.targets, name="targets"),
    path("<int:portfolio_id>/delete/", views.delete, name="delete"),
    path("<int:portfolio_id>/wallets/", views.wallets, name="wallets"),
    path("<int:portfolio_id>/wallets/<int:wallet_id>/", views.change_wallet, name="change_wallet"),
    path("<int:portfolio_id>/wallets/<int:wallet_id>/delete/", views.delete_wallet, name="delete_wallet"),
    path("<int:portfolio_id>/wallets/new/", views.add_wallet, name="add_wallet"),
    path("<int:portfolio_id>/transactions/", views.transactions, name="transactions"),
    path("<int:portfolio_id>/transactions/new/", views.record, name="record"),
    path("<int:portfolio_id>/transactions/<int:transaction_id>/", views.transaction, name="transaction"),
    path("<int:portfolio_id>/transactions/<int:transaction_id>/correct/", views.correct, name="correct"),
    path("<int:portfolio_id>/transactions/<int:transaction_id>/restore/", views.restore, name="restore"),
    path("<int:portfolio_id>/transfers/", views.transfers, name="transfers"),
    path("<int:portfolio_id>/transactions/<int:transaction_id>/void/", views.void, name="void"),
    path("<int:portfolio_id>/orders/<int:order_id>/void/", views.void_order, name="void_order"),
    path("<int:portfolio_id>/lots/", views.lots, name="lots"),
    path("<int:portfolio_id>/gains/", views.gains, name="gains"),
    path("<int:portfolio_id>/gains/methods/", views.gain_methods, name="gain_methods"),
    path("<int:portfolio_id>/income/", views.income, name="income"),
    path("<int:portfolio_id>/harvest/", views.harvest, name="harvest"),
    path("<int:portfolio_id>/tax-settings/", views.tax_settings, name="tax_settings"),
    path("<int:portfolio_id>/tax-settings/methods/new/", views.choose_method, name="choose_method"),
    path("<int:portfolio_id>/downloads/", views.downloads, name="downloads"),
    path("<int:portfolio_id>/downloads/<int:download_id>/", views.download, name="download"),
    path("<int:portfolio_id>/imports/", views.import_list, name="imports"),
    path("<int:portfolio_id>/imports/formats/", views.import_formats, name="import_formats"),
    path(
        "<int:portfolio_id>/imports/templates/<int:template_id>/delete/", views.delete_template, name="delete_template"
    ),
    path("<int:portfolio_id>/imports/<int:import_id>/", views.import_page, name="import"),
    path("<int:portfolio_id>/imports/<int:import_id>/columns/", views.import_columns, name="import_columns"),
    path("<int:portfolio_id>/imports/<int:import_id>/undo/", views.undo_import, name="undo_import"),
    path("<int:portfolio_id>/imports/<int:import_id>/discard/", views.discard_import, name="discard_import"),
    path("<int:portfolio_id>/connections/", views.connection_list, name="connections"),
    path("<int:portfolio_id>/connections/<int:connection_id>/", views.change_connection, name="change_connection"),
]
