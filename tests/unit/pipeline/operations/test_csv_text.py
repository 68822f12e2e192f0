"""What `query_warehouse` prints."""

from operations.csv_text import csv_text


def test_rows_are_csv_below_the_names_of_their_columns():
    rows = [{"device_id": "a,b", "readings": 3, "mean": None}, {"device_id": "c", "readings": 0, "mean": 1.5}]
    assert csv_text(rows) == 'device_id,readings,mean\n"a,b",3,\nc,0,1.5'


def test_no_rows_are_no_text():
    assert csv_text([]) == ""
