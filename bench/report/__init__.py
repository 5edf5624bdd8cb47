"""The report of an evaluation: curves, tables and pictures in one HTML file, and a CSV file."""

from bench.report.evaluation import Evaluation, Row, summarise
from bench.report.page import write_report
from bench.report.text import summary_table, write_csv

__all__ = ["Evaluation", "Row", "summarise", "summary_table", "write_csv", "write_report"]
