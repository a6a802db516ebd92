import django.db.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("indices", "0003_carry_over"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.CheckConstraint(condition=models.Q(('capped_supply__gt', 0), ('units__gt', 0), models.Q(models.Q(('price__gt', 0), ('weight__gt', 0)), models.Q(('price', 0), ('weight', 0)), _connector='OR')), name='units_price_and_supply_positive'),
        ),
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gte', 0), ('weight__lte', 1)), name='holding_weight_in_zero_one'),
        ),
        migrations.AddConstraint(
            model_name='level',
            constraint=models.CheckConstraint(condition=models.Q(('net__isnull', True), models.Q(('net__gt', 0), ('net__lte', models.F('gross'))), _connector='OR'), name='net_is_at_most_gross'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['announced', 'effective', 'superseded'])), fields=('index', 'effective_from'), name='one_public_methodology_a_day'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.UniqueConstraint(condition=models.Q(('effective_from__isnull', True), ('status__in', ['announced', 'effective', 'superseded'])), fields=('index',), name='one_public_methodology_from_the_start'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'effective')), fields=('index',), name='one_effective_methodology'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.CheckConstraint(condition=models.Q(('approver__isnull', True), ('computed_by__isnull', True), models.Q(('approver', models.F('computed_by')), _negated=True), _connector='OR'), name='the_approver_did_not_compute'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.CheckConstraint(condition=models.Q(('second_approver__isnull', True), models.Q(('approver__isnull', False), models.Q(('second_approver', models.F('approver')), _negated=True), models.Q(('author__isnull', True), models.Q(('second_approver', models.F('author')), _negated=True), _connector='OR'), models.Q(('computed_by__isnull', True), models.Q(('second_approver', models.F('computed_by')), _negated=True), _connector='OR')), _connector='OR'), name='the_second_approver_is_a_third_person'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('status__in', ['draft', 'computed'])), models.Q(('approved_at__isnull', False), ('status__in', ['approved', 'announced', 'effective', 'superseded'])), _connector='OR'), name='approved_has_its_instant'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'computed', 'approved']), ('emergency_reason', ''), ('second_approver__isnull', False), _connector='OR'), name='an_emergency_has_two_approvers'),
        ),
        migrations.AddConstraint(
            model_name='methodology',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'computed', 'approved']), ('announced_at__isnull', False), _connector='OR'), name='announced_has_its_instant'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.UniqueConstraint(fields=('index', 'effective_day', 'sequence', 'version'), name='rebalance_version_once'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at__isnull', True)), fields=('index', 'effective_day', 'sequence'), name='one_current_rebalance_a_turn'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.UniqueConstraint(condition=models.Q(('review__isnull', False), ('superseded_at__isnull', True)), fields=('review',), name='a_review_takes_effect_once'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('event__isnull', True), ('kind', 'review'), ('review__isnull', False)), models.Q(('event__isnull', False), ('kind', 'event'), ('review__isnull', True)), _connector='OR'), name='a_rebalance_has_one_origin'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.CheckConstraint(condition=models.Q(('divisor__gt', 0), ('level__gt', 0), ('net_factor__gt', 0)), name='level_and_divisor_positive'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('cost__lt', 1)), name='cost_in_zero_one'),
        ),
        migrations.AddConstraint(
            model_name='rebalance',
            constraint=models.CheckConstraint(condition=models.Q(('theta__gte', 0), ('theta__lte', 1)), name='theta_in_zero_one'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'extraordinary'), _negated=True), fields=('index', 'cutoff_day'), name='one_review_a_cutoff'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['computed', 'approved', 'announced'])), fields=('index',), name='one_waiting_review_an_index'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('announce_day__gt', models.F('cutoff_day')), ('effective_day__gte', models.F('announce_day'))), name='cutoff_then_announcement_then_effect'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'draft'), ('computed_at__isnull', False), _connector='OR'), name='computed_has_its_instant'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('approver__isnull', True), ('requested_by__isnull', True), models.Q(('approver', models.F('requested_by')), _negated=True), _connector='OR'), name='review_approver_did_not_compute'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('second_approver__isnull', True), models.Q(('approver__isnull', False), models.Q(('second_approver', models.F('approver')), _negated=True), models.Q(('requested_by__isnull', True), models.Q(('second_approver', models.F('requested_by')), _negated=True), _connector='OR')), _connector='OR'), name='second_review_approver_is_a_third_person'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'extraordinary'), _negated=True), ('status__in', ['draft', 'computed', 'needs_review', 'rejected']), models.Q(('second_approver__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='extraordinary_needs_two_approvers_and_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='reviewline',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gte', 0), ('weight__lte', 1)), name='line_weight_in_zero_one'),
        ),
        migrations.AddConstraint(
            model_name='ballot',
            constraint=models.UniqueConstraint(fields=('index', 'cutoff_day'), name='one_ballot_a_review'),
        ),
        migrations.AddConstraint(
            model_name='ballot',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='a_ballot_closes_after_it_opens'),
        ),
        migrations.AddConstraint(
            model_name='ballot',
            constraint=models.CheckConstraint(condition=models.Q(('quorum__gte', 1)), name='a_quorum_is_one_or_more'),
        ),
        migrations.AddConstraint(
            model_name='restatement',
            constraint=models.CheckConstraint(condition=models.Q(('approver__isnull', True), models.Q(('approver', models.F('requested_by')), _negated=True), _connector='OR'), name='restatement_approver_is_another_person'),
        ),
        migrations.AddConstraint(
            model_name='restatement',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['requested', 'rejected']), ('approver__isnull', False), _connector='OR'), name='a_restatement_is_approved_first'),
        ),
        migrations.AddConstraint(
            model_name='restatement',
            constraint=models.CheckConstraint(condition=models.Q(('cause', ''), _negated=True), name='a_restatement_has_its_cause'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.UniqueConstraint(condition=models.Q(('asset__isnull', False)), fields=('asset', 'day', 'recorded_at'), name='one_asset_signal_an_instant'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.UniqueConstraint(condition=models.Q(('asset__isnull', True)), fields=('universe', 'day', 'recorded_at'), name='one_market_signal_an_instant'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='a_signal_has_its_source'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(fields=('ballot', 'user'), name='one_vote_a_user'),
        ),
    ]
