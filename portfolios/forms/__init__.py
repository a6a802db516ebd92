"""What an investor fills in; the rules are the services', the forms read numbers, days and choices."""

from portfolios.forms.filters import TransactionFilter
from portfolios.forms.portfolios import InvestForm, NameForm, OpenForm, TargetsForm
from portfolios.forms.taxes import RULES, LotMethodForm, RuleForm, TaxSettingsForm, YearForm
from portfolios.forms.transactions import TransactionForm
from portfolios.forms.wallets import DeleteForm, LinkForm, WalletForm

__all__ = [
    "RULES",
    "DeleteForm",
    "InvestForm",
    "LinkForm",
    "LotMethodForm",
    "NameForm",
    "OpenForm",
    "RuleForm",
    "TargetsForm",
    "TaxSettingsForm",
    "TransactionFilter",
    "TransactionForm",
    "WalletForm",
    "YearForm",
]
