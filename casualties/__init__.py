"""Reads a news article about an attack and writes down what it claims about casualties and perpetrators."""

from casualties.extractor import Extractor, extract
from casualties.report import Report

__all__ = ["Extractor", "Report", "extract"]
__version__ = "0.17.0"
