from __future__ import annotations

from click.testing import CliRunner
from payload_support import PICTURES

from bench.payload import main


def test_one_command_prints_the_costs():
    result = CliRunner().invoke(main, [str(PICTURES)])
    assert result.exit_code == 0, result.output
    assert "3 pictures" in result.output
    assert "dB mean" in result.output


def test_a_folder_without_pictures_is_an_error(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == 1
    assert "no PNG, JPEG or WebP pictures" in result.output
