"""The table behind each chart, and the path of a sparkline."""

from datetime import date, timedelta

from market.templatetags.charts import chart_table, spark_path


def make_days(count):
    days = [(date(2026, 1, 1) + timedelta(n)).isoformat() for n in range(count)]
    return {"dates": days, "unit": "level", "series": [{"name": "Index", "values": [float(n) for n in range(count)]}]}


def test_days_stand_newest_first():
    table = chart_table(make_days(2))

    assert table == {"columns": ["Day", "Index"], "rows": [["2026-01-02", "1.00"], ["2026-01-01", "0.00"]], "note": ""}


def test_a_long_series_keeps_month_ends_and_the_last_day_and_says_so():
    table = chart_table(make_days(70))

    assert [row[0] for row in table["rows"]] == ["2026-03-11", "2026-02-28", "2026-01-31"]
    assert "last day of each month" in table["note"]


def test_an_unknown_value_is_called_unknown():
    data = {"dates": ["2026-01-01"], "unit": "usd", "series": [{"name": "Value", "values": [None]}]}

    assert chart_table(data)["rows"] == [["2026-01-01", "unknown"]]


def test_shares_are_listed_by_name():
    table = chart_table({"unit": "percent", "items": [{"name": "A", "value": 0.25}]})

    assert table["rows"] == [["A", "25.00%"]]


def test_a_matrix_has_a_row_and_a_column_for_each_name():
    table = chart_table({"names": ["A", "B"], "matrix": [[1.0, 0.5], [0.5, 1.0]]})

    assert table["columns"] == ["", "A", "B"]
    assert table["rows"] == [["A", "1.00", "0.50"], ["B", "0.50", "1.00"]]


def test_steps_and_categories_are_listed_in_order():
    steps = chart_table({"unit": "usd", "steps": [{"name": "Start", "value": 5.0, "total": True}]})
    years = chart_table({"unit": "percent", "categories": ["2025"], "series": [{"name": "Index", "values": [0.1]}]})

    assert steps["rows"] == [["Start", "$5.00"]]
    assert years == {"columns": ["", "Index"], "rows": [["2025", "10.00%"]], "note": ""}


def test_a_path_runs_from_low_to_high_and_leaves_gaps():
    assert spark_path([1, None, 3]) == "M0.00 28.00M100.00 2.00"
    assert spark_path([1, 3]) == "M0.00 28.00L100.00 2.00"
    assert spark_path([2, 2]) == "M0.00 28.00L100.00 28.00"


def test_fewer_than_two_values_draw_nothing():
    assert spark_path([1, None]) == ""
