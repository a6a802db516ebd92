"""What an investor fills in; the rules are the services', the forms read numbers, days and choices."""

from portfolios.forms.portfolios import InvestForm, NameForm, OpenForm, TargetsForm
from portfolios.forms.taxes import RULES, LotMethodForm, RuleForm, TaxSettingsForm, YearForm
from portfolios.forms.transactions import TransactionFilter, TransactionForm
from portfolios.forms.wallets import WalletForm

__all__ = [
    "RULES",
    "InvestForm",
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
