"""The whole ledger: imports, connections, downloads; lots and what came of them.

The unique constraints stand before the keys of two columns that need them.
"""

import django.db.models.deletion
import market.money
import portfolios.models.keys
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market', '0003_event_terms'),
        ('portfolios', '0002_one_portfolio'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AssetChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40)),
                ('code', models.CharField(max_length=80)),
                ('chosen_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['owner_id', 'source', 'code'],
            },
        ),
        migrations.CreateModel(
            name='ColumnTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('header', models.JSONField(help_text='The columns of the file that it was made for.')),
                ('mapping', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['owner_id', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Disposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('quantity', market.money.AmountField(decimal_places=18, max_digits=38)),
                ('kind', models.CharField(choices=[('buy', 'Buy'), ('sell', 'Sell'), ('swap', 'Swap'), ('deposit', 'Deposit'), ('withdrawal', 'Withdrawal'), ('transfer', 'Transfer'), ('fee', 'Fee'), ('income', 'Income'), ('airdrop', 'Airdrop'), ('fork', 'Fork'), ('gift_in', 'Gift received'), ('gift_out', 'Gift given'), ('loss', 'Loss')], max_length=10)),
                ('method', models.CharField(choices=[('fifo', 'First in, first out'), ('lifo', 'Last in, first out'), ('hifo', 'Highest cost first'), ('average', 'Average cost'), ('specific', 'Lots chosen one by one'), ('s104', 'UK share pooling')], max_length=8)),
                ('year', models.PositiveSmallIntegerField()),
                ('place', models.PositiveIntegerField(help_text="Order of the asset's disposals.")),
                ('is_taxable', models.BooleanField(default=True)),
                ('uncovered', market.money.AmountField(decimal_places=18, max_digits=38)),
                ('proceeds', market.money.CostField(decimal_places=36, max_digits=60, null=True)),
                ('cost', market.money.CostField(decimal_places=36, max_digits=60)),
                ('gain', market.money.CostField(decimal_places=36, max_digits=60, null=True)),
                ('is_estimated', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['portfolio_id', 'asset_id', 'place'],
            },
        ),
        migrations.CreateModel(
            name='DisposalMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveIntegerField()),
                ('acquired_at', models.DateTimeField(null=True)),
                ('rule', models.CharField(choices=[('lot', 'Lot'), ('same_day', 'Bought on the same day'), ('thirty_days', 'Bought within 30 days after'), ('pool', 'Pool')], max_length=11)),
                ('term', models.CharField(choices=[('short', 'Short term'), ('long', 'Long term'), ('none', 'No term')], max_length=5)),
                ('quantity', market.money.AmountField(decimal_places=18, max_digits=38)),
                ('proceeds', market.money.CostField(decimal_places=36, max_digits=60, null=True)),
                ('cost', market.money.CostField(decimal_places=36, max_digits=60)),
                ('gain', market.money.CostField(decimal_places=36, max_digits=60, null=True)),
            ],
            options={
                'ordering': ['disposal_id', 'place'],
            },
        ),
        migrations.CreateModel(
            name='Download',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('progress', models.PositiveSmallIntegerField(default=0, help_text='Per cent.')),
                ('message', models.CharField(blank=True, help_text='What came of it, in words.', max_length=500)),
                ('requested_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('export', 'Everything'), ('tax_report', 'Tax report')], max_length=10)),
                ('token', models.CharField(help_text='The same token twice is one download.', max_length=80)),
                ('params', models.JSONField(blank=True, default=dict, help_text='What was asked: year, method, scope, format.')),
                ('file_name', models.CharField(blank=True, max_length=120)),
                ('media_type', models.CharField(blank=True, max_length=120)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('expires_at', models.DateTimeField(blank=True, help_text='When the file goes away.', null=True)),
            ],
            options={
                'ordering': ['portfolio_id', '-requested_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='DownloadFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='ExchangeConnection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('progress', models.PositiveSmallIntegerField(default=0, help_text='Per cent.')),
                ('message', models.CharField(blank=True, help_text='What came of it, in words.', max_length=500)),
                ('requested_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('exchange', models.CharField(max_length=40)),
                ('label', models.CharField(max_length=80)),
                ('secret', models.BinaryField()),
                ('scope', models.CharField(choices=[('read', 'Read only'), ('unknown', 'The exchange does not say')], default='unknown', max_length=7)),
                ('cursor', models.JSONField(blank=True, default=dict)),
                ('synced_at', models.DateTimeField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['portfolio_id', 'label'],
            },
        ),
        migrations.CreateModel(
            name='GainSummary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(blank=True, choices=[('fifo', 'First in, first out'), ('lifo', 'Last in, first out'), ('hifo', 'Highest cost first'), ('average', 'Average cost'), ('specific', 'Lots chosen one by one'), ('s104', 'UK share pooling')], max_length=8)),
                ('year', models.PositiveSmallIntegerField()),
                ('term', models.CharField(choices=[('short', 'Short term'), ('long', 'Long term'), ('none', 'No term')], max_length=5)),
                ('proceeds', market.money.CostField(decimal_places=36, max_digits=60)),
                ('cost', market.money.CostField(decimal_places=36, max_digits=60)),
                ('gain', market.money.CostField(decimal_places=36, max_digits=60)),
                ('disposals', models.PositiveIntegerField()),
                ('incomplete', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['portfolio_id', 'method', 'year', 'asset_id', 'term'],
            },
        ),
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('progress', models.PositiveSmallIntegerField(default=0, help_text='Per cent.')),
                ('message', models.CharField(blank=True, help_text='What came of it, in words.', max_length=500)),
                ('requested_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('step', models.CharField(choices=[('read', 'Being read'), ('questions', 'Answers are needed'), ('preview', 'Ready to be looked at'), ('commit', 'Being written'), ('committed', 'Imported'), ('undo', 'Being taken back'), ('undone', 'Taken back')], default='read', max_length=9)),
                ('file_name', models.CharField(max_length=200)),
                ('digest', models.CharField(help_text='SHA-256 of the file.', max_length=64)),
                ('token', models.CharField(help_text='The same token twice is one import.', max_length=80)),
                ('format', models.CharField(blank=True, help_text='Key of the format; empty: not recognised.', max_length=40)),
                ('mapping', models.JSONField(blank=True, help_text='Which column is what, where no format fits.', null=True)),
                ('questions', models.JSONField(blank=True, default=list)),
                ('answers', models.JSONField(blank=True, default=dict)),
                ('imply_deposits', models.BooleanField(default=False, help_text='Put a deposit before each payment whose money came from nowhere.')),
                ('counts', models.JSONField(blank=True, default=dict, help_text='Rows by verdict.')),
            ],
            options={
                'ordering': ['portfolio_id', '-requested_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='Order within the file, from 1.')),
                ('line', models.PositiveIntegerField(help_text='Line of the file on which the record begins.')),
                ('verdict', models.CharField(choices=[('new', 'New'), ('duplicate', 'Already there'), ('skipped', 'Left out'), ('error', 'Error'), ('imported', 'Imported')], max_length=9)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('column', models.CharField(blank=True, help_text='Column that an error is about.', max_length=80)),
                ('facts', models.JSONField(default=dict)),
                ('row_key', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'ordering': ['batch_id', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', market.money.AmountField(decimal_places=18, max_digits=38)),
                ('at', models.DateTimeField(null=True)),
                ('place', models.PositiveIntegerField(help_text="Order of the asset's lots.")),
                ('cost', market.money.CostField(decimal_places=36, max_digits=60)),
                ('is_unpriced', models.BooleanField(default=False)),
                ('is_estimated', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['portfolio_id', 'asset_id', 'place'],
            },
        ),
        migrations.CreateModel(
            name='LotChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveIntegerField(help_text='Order in which the named lots are drawn.')),
                ('quantity', market.money.AmountField(decimal_places=18, max_digits=38)),
                ('chosen_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['transaction_id', 'place'],
            },
        ),
        migrations.CreateModel(
            name='LotMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='LotMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField()),
                ('method', models.CharField(choices=[('fifo', 'First in, first out'), ('lifo', 'Last in, first out'), ('hifo', 'Highest cost first'), ('average', 'Average cost'), ('specific', 'Lots chosen one by one'), ('s104', 'UK share pooling')], max_length=8)),
                ('scope', models.CharField(choices=[('wallet', 'Each wallet by itself'), ('portfolio', 'All wallets together')], max_length=9)),
                ('chosen_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['portfolio_id', 'valid_from'],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('quantity', market.money.AmountField(decimal_places=18, max_digits=38)),
                ('kind', models.CharField(choices=[('buy', 'Buy'), ('sell', 'Sell'), ('swap', 'Swap'), ('deposit', 'Deposit'), ('withdrawal', 'Withdrawal'), ('transfer', 'Transfer'), ('fee', 'Fee'), ('income', 'Income'), ('airdrop', 'Airdrop'), ('fork', 'Fork'), ('gift_in', 'Gift received'), ('gift_out', 'Gift given'), ('loss', 'Loss')], max_length=10)),
                ('year', models.PositiveSmallIntegerField()),
                ('value', market.money.CostField(decimal_places=36, max_digits=60, null=True)),
                ('is_estimated', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['portfolio_id', 'asset_id', 'at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='TaxSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(default='USD', help_text='Fiat currency in which cost, proceeds and gains are counted.', max_length=3)),
                ('zone', models.CharField(default='UTC', help_text='Time zone of days, anniversaries and years.', max_length=60)),
                ('year_starts', models.CharField(default='01-01', help_text='First day of the tax year, month and day: 04-06 in the UK.', max_length=5)),
                ('term_rule', models.CharField(choices=[('us', 'US: after the first anniversary'), ('de', 'Germany: more than one year'), ('days', 'After a number of days'), ('none', 'No terms')], default='us', max_length=4)),
                ('term_days', models.PositiveIntegerField(blank=True, null=True)),
                ('buy_fee', models.CharField(choices=[('basis', 'Part of the cost'), ('ignore', 'Left out')], default='basis', max_length=6)),
                ('sell_fee', models.CharField(choices=[('proceeds', 'Taken off the proceeds'), ('ignore', 'Left out')], default='proceeds', max_length=8)),
                ('transfer_fee', models.CharField(choices=[('disposal', 'A disposal at market value'), ('basis', 'Added to the cost of what arrives')], default='disposal', max_length=8)),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='at',
            field=models.DateTimeField(help_text='The instant of its transaction, kept here so that an asset has an order.', null=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='acquired_at',
            field=models.DateTimeField(blank=True, help_text='When a deposit or a gift was first acquired, if that is known.', null=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='external_id',
            field=models.CharField(blank=True, help_text='The id that the source gave it.', max_length=200),
        ),
        migrations.AddField(
            model_name='transaction',
            name='is_implied',
            field=models.BooleanField(default=False, help_text='A deposit that an import put before a payment whose money came from nowhere.'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='row_key',
            field=models.CharField(blank=True, help_text='What makes a row of a file the same row in the next file.', max_length=64),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='source',
            field=models.CharField(help_text='web, api, import, exchange or demo.', max_length=20),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['portfolio', 'asset', 'at', 'transaction'], name='entries_of_an_asset_in_time'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['portfolio', 'wallet', 'at', 'transaction'], name='entries_of_a_wallet_in_time'),
        ),
        migrations.AddField(
            model_name='assetchoice',
            name='asset',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.asset'),
        ),
        migrations.AddField(
            model_name='assetchoice',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='columntemplate',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='disposal',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.asset'),
        ),
        migrations.AddField(
            model_name='disposal',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='disposal',
            name='transaction',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.transaction'),
        ),
        migrations.AddField(
            model_name='disposal',
            name='wallet',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.wallet'),
        ),
        migrations.AddField(
            model_name='disposalmatch',
            name='acquired',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.transaction'),
        ),
        migrations.AddField(
            model_name='disposalmatch',
            name='disposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='portfolios.disposal'),
        ),
        migrations.AddField(
            model_name='disposalmatch',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='download',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='downloads', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='download',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='downloadfile',
            name='download',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='file', to='portfolios.download'),
        ),
        migrations.AddField(
            model_name='exchangeconnection',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connections', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='exchangeconnection',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='exchangeconnection',
            name='wallet',
            field=models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='portfolios.wallet'),
        ),
        migrations.AddField(
            model_name='gainsummary',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.asset'),
        ),
        migrations.AddField(
            model_name='gainsummary',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='connection',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='imports', to='portfolios.exchangeconnection'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='wallet',
            field=models.ForeignKey(help_text='Where rows belong that name no wallet.', on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='portfolios.wallet'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='batch',
            field=models.ForeignKey(blank=True, help_text='Its import.', null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='transactions', to='portfolios.importbatch'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['portfolio', 'kind', 'at', 'sequence', 'id'], name='ledger_of_a_kind_in_time'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('external_id', ''), _negated=True), fields=['portfolio', 'external_id'], name='ledger_by_external_id'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('row_key', ''), _negated=True), ('voided_at__isnull', True)), fields=('portfolio', 'row_key'), name='a_row_of_a_file_counts_once'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('acquired_at__isnull', True), models.Q(('acquired_at__lte', models.F('at')), ('kind__in', ['deposit', 'gift_in'])), _connector='OR'), name='acquired_no_later_than_received'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('is_implied', False), ('kind', 'deposit'), _connector='OR'), name='only_a_deposit_is_implied'),
        ),
        migrations.AddField(
            model_name='importfile',
            name='batch',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='file', to='portfolios.importbatch'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='portfolios.importbatch'),
        ),
        migrations.AddField(
            model_name='lot',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.asset'),
        ),
        migrations.AddField(
            model_name='lot',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='lot',
            name='transaction',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.transaction'),
        ),
        migrations.AddField(
            model_name='lot',
            name='wallet',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.wallet'),
        ),
        migrations.AddField(
            model_name='lotchoice',
            name='acquired',
            field=models.ForeignKey(help_text='What brought the lot.', on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='portfolios.transaction'),
        ),
        migrations.AddField(
            model_name='lotchoice',
            name='chosen_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='lotchoice',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='lotchoice',
            name='transaction',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lot_choices', to='portfolios.transaction'),
        ),
        migrations.AddField(
            model_name='lotmark',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='market.asset'),
        ),
        migrations.AddField(
            model_name='lotmark',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lot_marks', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='lotmethod',
            name='chosen_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='lotmethod',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lot_methods', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.asset'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='portfolio',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.portfolio'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='transaction',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.transaction'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='wallet',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portfolios.wallet'),
        ),
        migrations.AddField(
            model_name='taxsettings',
            name='portfolio',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='tax_settings', to='portfolios.portfolio'),
        ),
        migrations.AddConstraint(
            model_name='assetchoice',
            constraint=models.UniqueConstraint(fields=('owner', 'source', 'code'), name='one_choice_a_code'),
        ),
        migrations.AddConstraint(
            model_name='columntemplate',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='template_name_once_an_owner'),
        ),
        migrations.AddIndex(
            model_name='disposal',
            index=models.Index(fields=['portfolio', 'year', 'at'], name='disposals_of_a_year'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.UniqueConstraint(fields=('id', 'portfolio'), name='disposal_of_a_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.UniqueConstraint(fields=('portfolio', 'asset', 'place'), name='one_disposal_a_place'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('quantity__gt', 0), ('uncovered__gte', 0), ('uncovered__lte', models.F('quantity'))), name='no_disposal_beyond_its_size'),
        ),
        migrations.AddConstraint(
            model_name='disposalmatch',
            constraint=models.UniqueConstraint(fields=('disposal', 'place'), name='one_match_a_place'),
        ),
        migrations.AddConstraint(
            model_name='disposalmatch',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('quantity__gt', 0)), name='a_match_draws_something'),
        ),
        migrations.AddIndex(
            model_name='download',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'running'])), fields=['status', 'requested_at'], name='downloads_to_do'),
        ),
        migrations.AddConstraint(
            model_name='download',
            constraint=models.UniqueConstraint(fields=('portfolio', 'token'), name='download_token_once_a_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='download',
            constraint=models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='download_progress_is_a_percentage'),
        ),
        migrations.AddConstraint(
            model_name='exchangeconnection',
            constraint=models.UniqueConstraint(fields=('portfolio', 'label'), name='connection_label_once_a_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='gainsummary',
            constraint=models.UniqueConstraint(fields=('portfolio', 'method', 'asset', 'year', 'term'), name='one_sum_of_gains_a_year'),
        ),
        migrations.AddIndex(
            model_name='importbatch',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'running'])), fields=['status', 'requested_at'], name='imports_to_do'),
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.UniqueConstraint(fields=('portfolio', 'token'), name='import_token_once_a_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.UniqueConstraint(fields=('id', 'portfolio'), name='import_of_a_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='import_progress_is_a_percentage'),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(fields=['batch', 'verdict', 'number'], name='rows_by_verdict'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='one_row_a_number'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.UniqueConstraint(fields=('portfolio', 'asset', 'place'), name='one_lot_a_place'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('quantity__gt', 0)), name='no_lot_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='lotchoice',
            constraint=models.UniqueConstraint(fields=('transaction', 'place'), name='one_choice_a_place'),
        ),
        migrations.AddConstraint(
            model_name='lotchoice',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_choice_draws_something'),
        ),
        migrations.AddConstraint(
            model_name='lotmark',
            constraint=models.UniqueConstraint(fields=('portfolio', 'asset'), name='one_lot_mark_an_asset'),
        ),
        migrations.AddConstraint(
            model_name='lotmethod',
            constraint=models.UniqueConstraint(fields=('portfolio', 'valid_from'), name='one_lot_method_from_a_day'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['portfolio', 'year'], name='receipts_of_a_year'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('transaction', 'asset'), name='one_receipt_a_transaction_and_asset'),
        ),
        migrations.AddConstraint(
            model_name='taxsettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('term_days__isnull', False), ('term_rule', 'days')), models.Q(models.Q(('term_rule', 'days'), _negated=True), ('term_days__isnull', True)), _connector='OR'), name='days_where_days_count'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=portfolios.models.keys.SamePortfolio(field='batch', name='transaction_of_a_batch_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=portfolios.models.keys.SamePortfolio(field='transaction', name='disposal_of_a_transaction_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=portfolios.models.keys.SamePortfolio(field='wallet', name='disposal_in_a_wallet_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='disposalmatch',
            constraint=portfolios.models.keys.SamePortfolio(field='disposal', name='match_of_a_disposal_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='disposalmatch',
            constraint=portfolios.models.keys.SamePortfolio(field='acquired', name='match_of_a_lot_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='exchangeconnection',
            constraint=portfolios.models.keys.SamePortfolio(field='wallet', name='connection_to_a_wallet_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=portfolios.models.keys.SamePortfolio(field='wallet', name='import_into_a_wallet_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=portfolios.models.keys.SamePortfolio(field='transaction', name='lot_of_a_transaction_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=portfolios.models.keys.SamePortfolio(field='wallet', name='lot_in_a_wallet_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='lotchoice',
            constraint=portfolios.models.keys.SamePortfolio(field='transaction', name='choice_for_a_transaction_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='lotchoice',
            constraint=portfolios.models.keys.SamePortfolio(field='acquired', name='choice_of_a_lot_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=portfolios.models.keys.SamePortfolio(field='transaction', name='receipt_of_a_transaction_of_its_portfolio'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=portfolios.models.keys.SamePortfolio(field='wallet', name='receipt_in_a_wallet_of_its_portfolio'),
        ),
    ]
