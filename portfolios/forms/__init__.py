"""What an investor fills in; the rules are the services', the forms read numbers, days and choices."""

from portfolios.forms.portfolios import InvestForm, NameForm, OpenForm, TargetsForm
from portfolios.forms.transactions import TransactionFilter, TransactionForm
from portfolios.forms.wallets import WalletForm

__all__ = [
    "InvestForm",
    "NameForm",
    "OpenForm",
    "TargetsForm",
    "TransactionFilter",
    "TransactionForm",
    "WalletForm",
]
