"""Exports: whether they are new, have content, and hold rows that can be read back."""

import io
import zipfile
from pathlib import Path

import pytest

from rounds.checks import test_made_files as check
from rounds.estate.perera.exports import write_xlsx
from rounds.fixtures import made_files
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook, RunbookDisagrees

OK, CRITICAL = Outcome.OK, Outcome.CRITICAL
CSV = "name,source\r\nMill,news\r\nDam,permits\r\n"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class TestFresh:
    @pytest.fixture
    def look(self, judged):
        return lambda **more: judged(check.test_files_fresh, check.FilesFresh, **more)

    def test_one_of_today_is_good(self, look, put):
        put("old.csv", CSV, 300)
        put("new.csv", CSV, 23)
        assert look().outcome is OK
        assert look(age="22h").outcome is CRITICAL
        assert look(files="old*").outcome is CRITICAL

    def test_none_is_critical(self, look, put):
        assert "holds no file with content" in look().summary
        put("leads.csv", "", 1)
        put(".leads.csv.swp", "x", 1)
        put("~$leads.xlsx", "x", 1)
        assert look().outcome is CRITICAL, "neither an empty file nor an editor's own is an export"

    def test_one_from_the_future_has_no_age(self, look, put):
        put("new.csv", CSV, -3)
        assert "lies in the future" in look().summary

    def test_a_folder_that_is_not_there(self, look, folder):
        with pytest.raises(RunbookDisagrees, match="there is no folder"):
            look(folder=folder.model_copy(update={"path": "/nowhere"}))


class TestFilled:
    @pytest.fixture
    def look(self, judged):
        return lambda **more: judged(check.test_files_filled, check.FilesFilled, **more)

    def test_files_with_content_are_good(self, look, put):
        put("new.csv", CSV)
        assert look().outcome is OK

    def test_an_empty_one_of_today_is_critical(self, look, put):
        put("new.csv", CSV)
        put("deep/leads.csv", "", 23)
        assert "deep/leads.csv" in look().summary

    def test_an_empty_one_of_last_week_is_none_of_today(self, look, put):
        put("new.csv", CSV)
        put("leads.csv", "", 200)
        assert look().outcome is OK

    def test_no_file_of_today_is_critical(self, look, put):
        assert look().outcome is CRITICAL
        put("old.csv", CSV, 25)
        assert "old.csv" in look().summary


@pytest.fixture
def look(judged):
    return lambda *formats, **more: judged(check.test_files_readable, check.FilesReadable, formats=formats, **more)


@pytest.fixture
def workbook(tmp_path):
    """A workbook with a header and so many rows, whose parts can be replaced (None: left out)."""

    def made(rows=2, **parts):
        path = tmp_path / "made.xlsx"
        write_xlsx(path, [("name", "source"), *[("Mill", "news")] * rows])
        if not parts:
            return path.read_bytes()
        with zipfile.ZipFile(path) as book:
            found = {name: book.read(name) for name in book.namelist()} | parts
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
            for name, text in found.items():
                if text is not None:
                    book.writestr(name, text)
        return data.getvalue()

    return made


class TestReadable:
    def test_each_format_is_read_to_its_end(self, look, put, workbook):
        put("a.csv", CSV)
        put("a.JSON", '[{"name": "Mill"}]')
        put("a.xlsx", workbook())
        seen = look("csv", "json", "xlsx")
        assert seen.outcome is OK
        assert [each.value for each in seen.observations] == [2, 1, 2]
        assert look("csv", rows=3).outcome is CRITICAL

    def test_a_format_without_a_file_is_critical(self, look, put):
        put("a.csv", CSV)
        assert "there is no .xlsx file" in look("csv", "xlsx").summary

    def test_the_newest_counts_and_not_one_that_is_being_written(self, look, put):
        put("old.csv", CSV, 30)
        assert look("csv").outcome is OK
        put("half.csv", "name,sou", 0)
        assert look("csv").outcome is OK
        assert look("csv", settled="0s").outcome is CRITICAL
        put("broken.csv", "name,source\r\nMill", 2)
        assert "broken.csv: line 2 has 1 cells, the header 2" in look("csv").summary

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "it is empty"),
            ("name,source\r\n", "0"),
            ("\r\n\r\n", "it has no header"),
            ('name,source\r\n"Mill,news\r\n', "it is no CSV from line"),
            (b"name,source\r\nM\xfcll,news\r\n", "no text in UTF-8"),
            (b"name,source\r\nMill,\0\0\0\0\r\n", "zero bytes"),
            ("name,source\r\nMill,news,x\r\n", "3 cells"),
        ],
    )
    def test_a_csv_without_rows_or_cut_is_critical(self, look, put, text, words):
        put("a.csv", text)
        seen = look("csv")
        assert seen.outcome is CRITICAL
        assert words in seen.summary

    @pytest.mark.parametrize("text", ["\ufeffname;source\nMill, old;news\n\n", "name\nMill\n", 'a\tb\n"x\ny"\t2'])
    def test_csv_as_others_write_it_is_good(self, look, put, text):
        put("a.csv", text)
        assert look("csv").outcome is OK

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[]", "0"),
            ("{}", "0"),
            ('{"leads": [], "page": 1}', "0"),
            ("null", "0"),
            ('[{"name": "Mill"}, {"na', "it is no JSON"),
            ('[{"score": NaN}]', "NaN is no value"),
            (b'["\xfc"]', "no text in UTF-8"),
            ("[" * 200_000, "nested too deep"),
        ],
    )
    def test_a_json_without_entries_or_cut_is_critical(self, look, put, text, words):
        put("a.json", text)
        seen = look("json")
        assert seen.outcome is CRITICAL
        assert words in seen.summary

    def test_a_json_object_has_the_entries_of_its_longest_list(self, look, put):
        put("a.json", '{"columns": ["a"], "leads": [1, 2, 3]}')
        assert look("json", rows=3).outcome is OK

    def test_nothing_of_the_content_is_told(self, look, put):
        put("a.json", '["anna@example.org", oops]')
        assert "anna" not in look("json").summary

    def test_what_is_too_large_is_not_read(self, look, put, monkeypatch):
        monkeypatch.setattr(made_files, "MOST_JSON_BYTES", 10)
        put("a.json", '[{"name": "Mill"}]')
        with pytest.raises(CouldNotLook, match=r"a\.json: it has 18 bytes"):
            look("json")


class TestWorkbooks:
    @pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
    def test_one_that_was_cut_is_critical(self, look, put, workbook, share):
        whole = workbook(500)
        put("a.xlsx", whole[: int(len(whole) * share)])
        assert "cut short or damaged" in look("xlsx").summary

    def test_a_changed_byte_is_found(self, look, put, workbook):
        data = bytearray(workbook(500))
        data[data.rindex(b"sheet1.xml", 0, data.index(b"PK\x01\x02")) + 40] ^= 0xFF
        put("a.xlsx", bytes(data))
        assert look("xlsx").outcome is CRITICAL

    @pytest.mark.parametrize(
        ("parts", "words"),
        [
            ({"xl/sheet1.xml": None}, "its part xl/sheet1.xml is missing"),
            ({"_rels/.rels": None}, "it is no workbook"),
            ({"xl/_rels/workbook.xml.rels": "<Relationships/>"}, "it holds no worksheet"),
            ({"xl/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData><row>'}, "is no XML"),
            ({"xl/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'}, "0"),
            ({"xl/sheet1.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'}, "document type"),
            ({"xl/sheet1.xml": '<w><row><c><v/></c></row><row><c s="1"/></row></w>'}, "0"),
        ],
    )
    def test_one_that_holds_nothing_is_critical(self, look, put, workbook, parts, words):
        put("a.xlsx", workbook(**parts))
        seen = look("xlsx")
        assert seen.outcome is CRITICAL
        assert words in seen.summary

    def test_rows_with_shared_texts_and_numbers_count(self, look, put, workbook):
        sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:row><x:c t="s"><x:v>0</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row></x:worksheet>'
        rels = '<Relationships><Relationship Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="/xl/sheet1.xml"/></Relationships>'
        put("a.xlsx", workbook(**{"xl/sheet1.xml": sheet, "xl/_rels/workbook.xml.rels": rels}))
        assert look("xlsx").outcome is OK

    def test_a_bomb_is_not_unpacked(self, look, put, workbook, monkeypatch):
        monkeypatch.setattr(made_files, "MOST_BYTES", 1 << 20)
        put("a.xlsx", workbook(**{"xl/media/bomb.bin": b"\0" * (8 << 20)}))
        assert "it unpacks to more than" in look("xlsx").summary

    def test_a_text_with_its_name_is_no_workbook(self, look, put):
        put("a.xlsx", CSV)
        assert look("xlsx").outcome is CRITICAL


def test_one_that_may_not_be_read_is_unknown(look, put, as_nobody):
    path = put("a.csv", CSV)
    path.chmod(0)
    for above in list(path.parents)[:3]:
        Path(above).chmod(0o755)
    with as_nobody(), pytest.raises(CouldNotLook, match="Permission denied"):
        look("csv")
